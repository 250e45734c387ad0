"""What a user types, as values: sizes, times, patterns, names of buckets and prefixes. Pure but for `receipt_path`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

from tui.core.location import DELIMITER, Location
from tui.core.naming import bytes_of, wrong_with_bucket_name
from tui.text.format import DAY, HOUR, MINUTE, counted, visible

SPANS = {"min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


class TypedError(ValueError):
    """The typed text is not valid here; the message says what is expected."""


def size(text: str) -> int | None:
    """Bytes of ``10M``, ``1.5 GiB``, ``4096``; units are binary. None for an empty text; raise `TypedError`."""
    if not text.strip():
        return None
    try:
        return bytes_of(text)
    except OverflowError as error:
        raise TypedError("no object can be this large") from error
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


_HEADER_NAME = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
"""The characters of a header name (RFC 9110, "Tokens")."""

_MOST_METADATA = 2048
"""Bytes of all names and values (Amazon S3 User Guide, "Working with object metadata")."""


def header_value(text: str) -> str:
    """The value of a header; raise `TypedError` for what a request cannot carry."""
    if not (text.isascii() and text.isprintable()):
        raise TypedError(f"{text!r} has characters that no header can have: use printable ASCII")
    return text.strip()


def metadata(text: str) -> dict[str, str]:
    """Names in lowercase and values of ``owner=anna,team=data`` or of a JSON object; raise `TypedError`.

    A comma divides if a name and = follow.
    """
    try:
        pairs = json.loads(text) if text.lstrip().startswith("{") else None
    except ValueError as error:
        raise TypedError(f"{text!r} is not a JSON object: {error}") from error
    parts = re.split(rf",(?={_HEADER_NAME}=)", text) if pairs is None else []
    found = pairs if isinstance(pairs, dict) else dict(part.partition("=")[::2] for part in parts)
    for name, value in found.items():
        if not re.fullmatch(_HEADER_NAME, name) or not isinstance(value, str) or (parts and "=" not in text):
            raise TypedError(f"{text!r} is not metadata: write name=value, or name=value,name=value")
    if sum(len(name) + len(value) for name, value in found.items()) > _MOST_METADATA:
        raise TypedError(f"names and values have more than {_MOST_METADATA:,} bytes, the limit of S3")
    return {name.lower(): header_value(value) for name, value in found.items()}


def expires(text: str) -> str:
    """The date of an Expires header for ``2027-01-31``, ``2027-01-31T12:00:00Z`` or a date as in headers.

    Without a time zone it is UTC. Raise `TypedError`.
    """
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except ValueError as error:
            raise TypedError(f"{text!r} is not a time: write 2027-01-31 or 2027-01-31T12:00:00Z") from error
    try:
        return format_datetime((when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC), usegmt=True)
    except OverflowError as error:
        raise TypedError(f"{text!r} is beyond all calendars") from error


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
    """The name of a new bucket; raise `TypedError` if S3 refuses it."""
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
    if "\0" in name and not level.kind.allows_nul:
        raise TypedError("a file name cannot contain NUL")
    try:
        length = len((level.key + name + end).encode())
    except UnicodeEncodeError as error:
        raise TypedError(f"{visible(name)!r} is not UTF-8: S3 keys must be") from error
    if length > level.kind.longest_key:
        raise TypedError(f"the key would be {counted(length, 'byte')} long: S3 allows {level.kind.longest_key}")
    return level.child(name + end)


# Fuzzy search: every word that was typed, each in one of several texts. Pure.
#
# Textual's own `FuzzySearch` knows one text, and weighs every way to find the letters: for an account number of twelve
# equal digits in an ARN it takes 140 ms a row, and this 0.07 ms. A test counts the ways.

FIRST = 2.0
"""The weight of a letter in the first text, the name."""


@dataclass(frozen=True, slots=True)
class FuzzyMatch:
    """How well it matches (higher is better), and the matching letters, by text."""

    score: float
    letters: tuple[frozenset[int], ...]


def find(typed: str, texts: Sequence[str]) -> FuzzyMatch | None:
    """`typed` in `texts`: letters may lie apart in the first, words are whole in the others; None: one is missing."""
    score, letters = 0.0, [frozenset[int]() for _ in texts]
    for word in typed.lower().split():
        fits = [(_fit(word, text.lower(), apart=at == 0), at) for at, text in enumerate(texts)]
        weighed = [(fit[0] * (FIRST if at == 0 else 1.0), at, fit[1]) for fit, at in fits if fit]
        if not weighed:
            return None
        best, at, places = max(weighed, key=lambda each: (each[0], -each[1]))
        score, letters[at] = score + best, letters[at] | places
    return FuzzyMatch(score, tuple(letters))


def _fit(word: str, text: str, *, apart: bool) -> tuple[float, frozenset[int]] | None:
    """The best match of a word, from each place of its first letter on."""
    starts = [at for at, letter in enumerate(text) if letter == word[0]]
    ways = [places for start in starts if (places := _letters(word, text, start))]
    if not apart:
        ways = [places for places in ways if _runs(places) == 1]
    if not ways:
        return None
    best = max(ways, key=lambda places: _rank(places, text))
    return _rank(best, text), frozenset(best)


def _letters(word: str, text: str, start: int) -> list[int]:
    """The places of the letters in their order, from `start` on; empty if one is missing."""
    places: list[int] = []
    at = start - 1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return []
        places.append(at)
    return places


def _rank(places: list[int], text: str) -> float:
    """Letters side by side count most, then a word's beginning, then the share of the text."""
    begins = places[0] == 0 or not text[places[0] - 1].isalnum()
    return 1 / _runs(places) + 0.3 * begins + 0.2 * len(places) / len(text)


def _runs(places: list[int]) -> int:
    return 1 + sum(later != earlier + 1 for earlier, later in pairwise(places))


LEAST, MOST = 2**10, 2**49
"""Bytes per second: with less nothing would move, and no line has more."""

MOST_OBJECTS = 100_000


def rate(text: str) -> int | None:
    """Bytes per second of ``10M``, ``1.5 MiB``, ``10MB/s``; empty or 0: None, no limit. Raise `TypedError`."""
    typed = text.strip()
    amount = size(typed.removesuffix("/s"))
    if not amount:
        return None
    if not LEAST <= amount <= MOST:
        raise TypedError(f"{typed!r} is {'too low: nothing would move' if amount < LEAST else 'too high'}; 0: no limit")
    return amount


def objects(text: str) -> int | None:
    """How many objects at once; empty or 0: None, no limit of its own. Raise `TypedError`."""
    typed = text.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or int(typed) > MOST_OBJECTS:
        raise TypedError(f"{typed!r} is not a number of objects: write 8, or leave it empty for no limit")
    return int(typed) or None
