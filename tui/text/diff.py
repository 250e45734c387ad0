"""Two versions of a document, line by line: what stays, what goes, what comes."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tui.core.json_text import read_json
from tui.core.naming import counted

CONTEXT = 3
"""Unchanged lines shown before and after a change."""

MOST_PAIRS = 250_000
"""Most pairs of equal lines among which the best match is looked for: a fraction of a second."""


class DiffLine(NamedTuple):
    """One line: `mark` is ``+``, ``-``, a blank for a line that stays, or ``…`` for lines that are left out."""

    mark: str
    text: str


def pretty(document: str) -> str:
    """JSON with one value a line; other text unchanged."""
    try:
        return json.dumps(read_json(document), indent=2, ensure_ascii=False)
    except ValueError:
        return document


def diff(before: str | None, after: str | None, context: int = CONTEXT) -> list[DiffLine]:
    """The lines of two documents (None: there is none), JSON with one value a line, without commas at their ends."""
    old = pretty(before).splitlines() if before is not None else []
    new = pretty(after).splitlines() if after is not None else []
    found: list[DiffLine] = []
    old_values, new_values = ([line.removesuffix(",") for line in lines] for lines in (old, new))
    frequent = _frequent(old_values, new_values)
    matcher = difflib.SequenceMatcher(frequent.__contains__, old_values, new_values, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += _stays(new[c:d], context, first=a == 0, last=b == len(old))
        else:
            found += [DiffLine("-", line) for line in old[a:b]] + [DiffLine("+", line) for line in new[c:d]]
    return found


def _frequent(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """The lines at which no match may begin: the most frequent, until at most `MOST_PAIRS` are left."""
    there = Counter(new)
    pairs = {line: count * there[line] for line, count in Counter(old).items() if line in there}
    left, frequent = sum(pairs.values()), set()
    for line in sorted(pairs, key=pairs.__getitem__, reverse=True):
        if left <= MOST_PAIRS:
            break
        left -= pairs[line]
        frequent.add(line)
    return frozenset(frequent)


def _stays(lines: list[str], context: int, *, first: bool, last: bool) -> list[DiffLine]:
    """Unchanged lines; of a long run only those next to a change."""
    head = 0 if first else context
    tail = 0 if last else context
    if len(lines) <= head + tail + 1:
        return [DiffLine(" ", line) for line in lines]
    hidden = len(lines) - head - tail
    return [
        *(DiffLine(" ", line) for line in lines[:head]),
        DiffLine("…", f"{counted(hidden, 'line')} {'stays as it is' if hidden == 1 else 'stay as they are'}"),
        *(DiffLine(" ", line) for line in lines[len(lines) - tail :]),
    ]
