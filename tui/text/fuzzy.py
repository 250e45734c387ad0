"""Fuzzy search: every word that was typed, each in one of several texts. Pure.

Textual's own `FuzzySearch` knows one text, and weighs every way to find the letters: a test counts how their number
grows with names in which a letter repeats, as ids and ARNs are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FIRST = 2.0
"""How much more a letter in the first text, the name, counts than one in the others."""


@dataclass(frozen=True, slots=True)
class Found:
    """How well it fits (higher is better), and the letters that fit, by text."""

    score: float
    letters: tuple[frozenset[int], ...]


def find(typed: str, texts: Sequence[str]) -> Found | None:
    """`typed` in `texts`: in the first one its letters may lie apart, in the others a word stands whole.

    None when a word is in none of them.
    """
    score, letters = 0.0, [frozenset[int]() for _ in texts]
    for word in typed.lower().split():
        fits = [(_fit(word, text.lower(), apart=at == 0), at) for at, text in enumerate(texts)]
        weighed = [(fit[0] * (FIRST if at == 0 else 1.0), at, fit[1]) for fit, at in fits if fit]
        if not weighed:
            return None
        best, at, places = max(weighed, key=lambda each: (each[0], -each[1]))
        score, letters[at] = score + best, letters[at] | places
    return Found(score, tuple(letters))


def _fit(word: str, text: str, *, apart: bool) -> tuple[float, frozenset[int]] | None:
    """The best place of a word's letters, from each of its first letters on."""
    starts = [at for at, letter in enumerate(text) if letter == word[0]]
    ways = [places for start in starts if (places := _letters(word, text, start))]
    if not apart:
        ways = [places for places in ways if _runs(places) == 1]
    if not ways:
        return None
    best = max(ways, key=lambda places: _rank(places, text))
    return _rank(best, text), frozenset(best)


def _letters(word: str, text: str, start: int) -> list[int]:
    """The places of the letters one after another, from `start` on; empty when they are not all there."""
    places: list[int] = []
    at = start - 1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return []
        places.append(at)
    return places


def _rank(places: list[int], text: str) -> float:
    """Letters side by side first, then at a word's beginning, then all of the text."""
    begins = places[0] == 0 or not text[places[0] - 1].isalnum()
    return 1 / _runs(places) + 0.3 * begins + 0.2 * len(places) / len(text)


def _runs(places: list[int]) -> int:
    return 1 + sum(later != earlier + 1 for earlier, later in pairwise(places))
