"""What a user types as the bounds of a transfer, as values. Pure."""

from __future__ import annotations

from tui.text.typed import TypedError, size

LEAST, MOST = 2**10, 2**49
"""Bytes per second: with less nothing would move, more no line has."""

MOST_OBJECTS = 100_000


def rate(text: str) -> int | None:
    """Bytes per second of ``10M``, ``1.5 MiB``, ``10MB/s``; empty or 0 is no limit, None. Raise `TypedError`."""
    typed = text.strip()
    amount = size(typed.removesuffix("/s"))
    if not amount:
        return None
    if not LEAST <= amount <= MOST:
        raise TypedError(f"{typed!r} is {'too low: nothing would move' if amount < LEAST else 'too high'}; 0: no limit")
    return amount


def objects(text: str) -> int | None:
    """How many objects at once; empty or 0 is no limit of one's own, None. Raise `TypedError`."""
    typed = text.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or int(typed) > MOST_OBJECTS:
        raise TypedError(f"{typed!r} is not a number of objects: write 8, or leave it empty for no limit")
    return int(typed) or None
