"""How long a link lasts, as it is typed."""

from __future__ import annotations

import re

from tui.model.links.presigned import LONGEST_LIFE
from tui.text.format import DAY, HOUR, MINUTE
from tui.text.typed import TypedError

_SPANS = {"": 1, "s": 1, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def lifetime(text: str) -> int:
    """Seconds of ``1h``, ``90m``, ``7d``, ``3600``; raise `TypedError` for more than S3 takes, or none."""
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(d|h|min|m|s|)\s*", text.lower(), re.ASCII)
    if found is None:
        raise TypedError(f"{text!r} is not a duration: write 1h, 90m, 7d or 3600")
    seconds = round(float(found[1]) * _SPANS[found[2]])
    if not 1 <= seconds <= LONGEST_LIFE:
        raise TypedError("a link lasts from 1 second to 7 days: S3 refuses longer ones")
    return seconds
