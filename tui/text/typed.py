"""What a user types, as values: sizes, times, patterns, names of buckets and prefixes. Pure but for `receipt_path`."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from pathlib import Path

from tui.core.location import DELIMITER, Location
from tui.core.naming import bytes_of, wrong_with_bucket_name
from tui.text.format import DAY, HOUR, MINUTE, counted, visible

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
    except OverflowError as error:
        raise TypedError("no object is so large") from error
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
    raise TypedError(f"{text!r} is not a time: write 2026-11-01, 2026-11-01 14:30 or 7d")


def patterns(text: str) -> list[str]:
    """The globs of ``*.mp4, raw/*``."""
    return [part.strip() for part in text.split(",") if part.strip()]


def receipt_path(text: str) -> str:
    """The absolute path of a file that can be written; empty for an empty text; raise `TypedError`."""
    if not text.strip():
        return ""
    path = path_of(text.strip())
    try:
        is_directory, in_directory = path.is_dir(), path.parent.is_dir()
    except OSError as error:  # too long, or in a directory that may not be entered
        raise TypedError(f"{str(path)!r}: {error.strerror}") from error
    if is_directory:
        raise TypedError(f"{str(path)!r} is a directory: add a file name")
    if not in_directory:
        raise TypedError(f"no directory {str(path.parent)!r}")
    return str(path)


def path_of(text: str) -> Path:
    """The absolute path of what was typed, in which ``~`` is a home directory; raise `TypedError` if there is none."""
    try:
        return Path(text).expanduser().absolute()
    except (OSError, RuntimeError, ValueError) as error:  # while ``~user`` is typed there is no such user
        raise TypedError(f"{text!r} is not a path: {error}") from error


def bucket_name(text: str) -> str:
    """The name of a new bucket; raise `TypedError` for one that S3 does not take."""
    name = text.strip()
    if why := wrong_with_bucket_name(name):
        raise TypedError(f"no bucket can have this name: {why}")
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
        raise TypedError("an empty level: remove the extra /")
    if any(segment in (".", "..") for segment in name.split(DELIMITER)):
        raise TypedError(". and .. are not allowed: many programs read them as directories")
    if level.is_local and "\0" in name:
        raise TypedError("a file name cannot contain NUL")
    try:
        length = len((level.key + name + end).encode())
    except UnicodeEncodeError as error:
        raise TypedError(f"{visible(name)!r} is not UTF-8: S3 keys must be") from error
    if length > level.longest_key:
        raise TypedError(f"the key would be {counted(length, 'byte')} long: S3 allows {level.longest_key}")
    return level.child(name + end)
