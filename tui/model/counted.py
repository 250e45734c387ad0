"""Counts in words: here alone, so that one is never ``1 objects``."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A count with its noun: ``1 object``, ``8,412 objects``, ``2 copies``, ``3 prefixes``."""
    return f"{count:,} {noun_for(count, noun)}"


def noun_for(count: int, noun: str) -> str:
    """The noun of a count that stands elsewhere."""
    if count == 1:
        return noun
    if noun.endswith("y") and noun[-2] not in "aeo":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"
