"""Times as in the caches of the AWS CLI."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def utc(seconds: float) -> str:
    """Seconds since the epoch as ``2026-11-26T12:00:00Z``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def seconds_of(text: Any) -> float | None:
    """Seconds since the epoch of a time as written in a file; None: not valid. Old SDKs wrote ``UTC`` for ``Z``."""
    try:
        found = datetime.fromisoformat(str(text).replace("UTC", "Z"))
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo else None
