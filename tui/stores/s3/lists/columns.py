"""The columns of a `Page`, of the texts in an answer to ListObjectsV2."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import unquote

import msgspec

from tui.core.listing import UNKNOWN_INDEX
from tui.stores.s3.lists.raw_page import PageError

T = TypeVar("T")

_FIGURES = bytes(0x30 if 0x30 <= each <= 0x39 else each for each in range(256))
"""Turns each digit into a zero."""
_MINUTES = {f"{minute // 60:02d}:{minute % 60:02d}:": 60 * minute for minute in range(24 * 60)}
_SECONDS = {f"{second:02d}": second for second in range(60)}
_decode_numbers = msgspec.json.Decoder(list[int]).decode


def relative(keys: Sequence[str], prefix: str) -> list[str]:
    """Keys without `prefix`; raise `PageError` for one that is not below it."""
    if not prefix or not keys:
        return list(keys)
    if not (min(keys).startswith(prefix) and max(keys).startswith(prefix)):  # all others come between these two
        wrong = next(key for key in keys if not key.startswith(prefix))
        raise PageError(f"the server listed {wrong!r}, which is not below {prefix!r}")
    cut = len(prefix)
    return [key[cut:] for key in keys]


def indexed(values: Sequence[T], absent: T) -> tuple[list[T], bytes]:
    """The different values, and for each row the index of its own."""
    if values and values[0] != absent and values.count(values[0]) == len(values):
        return [values[0]], bytes(2 * len(values))
    index: dict[T, int] = {absent: UNKNOWN_INDEX}
    rows = array("H", [index.setdefault(value, len(index) - 1) for value in values])
    return list(index)[1:], rows.tobytes()


def sizes(texts: Sequence[str]) -> bytes:
    """Sizes in bytes as an ``array('q')``: decimal digits of ASCII, and nothing else that Python takes for a number."""
    digits = "".join(texts)
    if digits and not (digits.isascii() and digits.isdigit()):
        wrong = next(text for text in texts if text and not (text.isascii() and text.isdigit()))
        raise PageError(f"a size cannot be read: {wrong[:40]!r}")
    try:
        return array("q", _numbers(texts)).tobytes()
    except (OverflowError, ValueError) as error:
        raise PageError("a size cannot be read: it is larger than any object") from error


def _numbers(texts: Sequence[str]) -> list[int]:
    if "" not in texts:
        with suppress(msgspec.MsgspecError):  # one begins with a zero
            return _decode_numbers(f"[{','.join(texts)}]")
    return [int(text or 0) for text in texts]


def times(texts: Sequence[str]) -> bytes:
    """Seconds since the epoch of each, as an ``array('q')``; raise `PageError` for what is no time."""
    different = set(texts)
    if len(different) <= len(texts) // 4:
        known = {text: _seconds(text) for text in different}
        return array("q", map(known.__getitem__, texts)).tobytes()
    return array("q", _as_aws_writes(texts) or map(_seconds, texts)).tobytes()


def _as_aws_writes(texts: Sequence[str]) -> list[int] | None:
    """Seconds since the epoch of times like ``2026-11-24T10:11:12.000Z``; None if one is written otherwise.

    So it is for one that is not of this age, and for what is no time.
    """
    if "".join(texts).encode().translate(_FIGURES) != b"0000-00-00T00:00:00.000Z" * len(texts):
        return None
    try:
        days = {day: _day(day) for day in {text[:11] for text in texts}}
        return [days[text[:11]] + _MINUTES[text[11:17]] + _SECONDS[text[17:19]] for text in texts]
    except (KeyError, ValueError):
        return None


def _day(text: str) -> int:
    """Seconds since the epoch at the beginning of a day like ``2026-11-24T``; raise `ValueError`."""
    begun = int(datetime.fromisoformat(f"{text}00:00:00+00:00").timestamp())
    if begun < 0:
        raise ValueError(text)
    return begun


def _seconds(text: str) -> int:
    """Seconds since the epoch of ``2026-11-24T10:11:12.000Z``, or of another time of ISO 8601 or RFC 5322.

    0, which is unknown, for none, and for a time before the epoch: some servers write the year 1 for "no time".
    """
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return max(0, int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError) as error:
        raise PageError(f"a time cannot be read: {text[:40]!r}") from error


def url_decoded(texts: Sequence[str]) -> Sequence[str]:
    """Undo ``EncodingType=url``: form encoding, where ``+`` is a blank."""
    joined = "".join(texts)
    if "%" not in joined and "+" not in joined:
        return texts
    return [unquote(text.replace("+", " ")) if "%" in text or "+" in text else text for text in texts]
