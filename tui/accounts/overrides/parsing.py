"""botocore's handler of errors that come with status 200, which reads a whole answer to find them."""

from __future__ import annotations

from botocore.handlers import _handle_200_error  # type: ignore[attr-defined]  # it has no public name

handle_200_error = _handle_200_error
