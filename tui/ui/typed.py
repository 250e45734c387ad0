"""What a user types, as values: sizes, times, patterns, names of buckets and prefixes. Pure but for `receipt_path`."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from pathlib import Path

from tui.model.location import DELIMITER, MAX_KEY_BYTES, Location
from tui.model.sizes import bytes_of
from tui.ui.format import DAY, HOUR, MINUTE, visible

SPANS = {"min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


class TypedError(ValueError):
    """What was typed has no meaning here; the message says what is expected."""


def size(text: str) -> int | None:
    """Bytes of ``10M``, ``1.5 GiB``, ``4096``; units are binary. None for an empty text; raise `TypedError`."""
    if not text.strip():
        return None
    try:
        return bytes_of(text)
    except ValueError as error:
        raise TypedError(str(error)) from error


def instant(text: str, now: float, zone: tzinfo | None = None) -> float | None:
    """Seconds since the epoch of ``2026-11-01``, ``2026-11-01 14:30``, or ``7d`` (so long ago: min, h, d, w).

    `zone` None is the machine's. None for an empty text; raise `TypedError`.
    """
    typed = text.strip()
    if not typed:
        return None
    if span := re.fullmatch(r"(\d+)\s*(min|h|d|w)", typed, re.ASCII):
        return now - int(span[1]) * SPANS[span[2]]
    for form in DATES:
        try:
            return datetime.strptime(typed, form).replace(tzinfo=zone).timestamp()
        except (ValueError, OverflowError):
            continue
    raise TypedError(f"{text!r} is no time: write 2026-11-01, 2026-11-01 14:30 or 7d")


def patterns(text: str) -> list[str]:
    """The globs of ``*.mp4, raw/*``."""
    return [part.strip() for part in text.split(",") if part.strip()]


def receipt_path(text: str) -> str:
    """The absolute path of a file that can be written; empty for an empty text; raise `TypedError`."""
    if not text.strip():
        return ""
    path = Path(text.strip()).expanduser().absolute()
    if path.is_dir():
        raise TypedError(f"{str(path)!r} is a directory: name a file in it")
    if not path.parent.is_dir():
        raise TypedError(f"there is no directory {str(path.parent)!r}")
    return str(path)


def bucket_name(text: str) -> str:
    """A name that CreateBucket takes (Amazon S3 User Guide, "General purpose bucket naming rules"); `TypedError`."""
    name = text.strip()
    if not 3 <= len(name) <= 63:
        raise TypedError("a bucket's name has 3 to 63 characters")
    if not re.fullmatch(r"[a-z0-9.-]+", name, re.ASCII):
        raise TypedError("a bucket's name has lower-case letters, digits, dots and hyphens only")
    if not (name[0].isalnum() and name[-1].isalnum()):
        raise TypedError("a bucket's name begins and ends with a letter or a digit")
    if ".." in name or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        raise TypedError("a bucket's name has no two dots side by side, and is no IP address")
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(
        ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
    ):
        raise TypedError("S3 keeps names that begin or end like this for itself")
    return name


def prefix_below(level: Location, text: str) -> Location:
    """The prefix `text` directly or deeper below `level`; raise `TypedError`."""
    return _below(level, text.rstrip(DELIMITER), DELIMITER)


def object_below(level: Location, text: str) -> Location:
    """The object `text` directly or deeper below `level`; raise `TypedError`."""
    if text.endswith(DELIMITER):
        raise TypedError("a name that ends with / is a prefix, not an object")
    return _below(level, text, "")


def _below(level: Location, name: str, end: str) -> Location:
    if not name:
        raise TypedError("type a name")
    if name.startswith(DELIMITER) or DELIMITER * 2 in name:
        raise TypedError("a level without a name: leave out the / that is too many")
    if any(segment in (".", "..") for segment in name.split(DELIMITER)):
        raise TypedError(". and .. are no names: many programs take them for directories")
    if level.is_local and "\0" in name:
        raise TypedError("a file's name has no NUL")
    try:
        length = len((level.key + name + end).encode())
    except UnicodeEncodeError as error:
        raise TypedError(f"{visible(name)!r} is not UTF-8, as every S3 key is") from error
    if not level.is_local and length > MAX_KEY_BYTES:
        raise TypedError(f"the key would be {length} bytes long: S3 allows {MAX_KEY_BYTES}")
    return level.child(name + end)
