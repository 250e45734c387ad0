"""botocore's reader of the EC2 instance metadata service, for other paths than its own two; IMDSv2 only."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from botocore.utils import IMDSFetcher

LONGEST_VALUE = 256
"""Characters of a value that is read; what is asked for here has 20 at most."""


class MetadataReader(IMDSFetcher):
    """Reads values by a token; where and whether it may ask is botocore's to say. For a worker thread: it blocks."""

    @property
    def disabled(self) -> bool:
        """Whether the user has switched instance metadata off."""
        found: bool = self._disabled  # type: ignore[attr-defined]  # not in the stubs
        return found

    def token(self) -> str:
        """A token of IMDSv2, or the empty string: nothing answers, or it refuses. Raises botocore's errors."""
        return str(self._fetch_metadata_token() or "")  # type: ignore[attr-defined]  # the same

    def value(self, path: str, token: str) -> str:
        """The value at a path below ``latest/meta-data/``, or the empty string. Raises botocore's errors."""
        fetch: Any = self._get_request  # type: ignore[attr-defined]  # the same
        answer = fetch(f"latest/meta-data/{path}", _accept_every, token)
        found = answer.text.strip() if answer.status_code == HTTPStatus.OK else ""
        return found if len(found) <= LONGEST_VALUE else ""


def _accept_every(_answer: Any) -> bool:
    """Whether to ask again: an answer without the value is one, too."""
    return False


NoAnswerError: type[Exception] = IMDSFetcher._RETRIES_EXCEEDED_ERROR_CLS  # type: ignore[attr-defined]  # the same
"""What it raises when nothing answers, or instance metadata is switched off."""
