"""Facts and findings as lines of text: what is known, what was denied, and by which operation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from textual.content import Content

from tui.core.facts import Fact, FactName, Finding, Section, Severity
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.kit.commands import key_of
from tui.kit.lines import (
    KEY,
    MUTED,
    SEVERITY_ICONS,
    SEVERITY_TONES,
    STRONG,
    beside,
    hanging,
    outside,
    painted,
    right_aligned,
)
from tui.text.fact_lines import oldest, shown_in, source_of, value_lines
from tui.text.format import cut_middle, visible
from tui.text.summary import summary

INDENT = 14
"""Cells of the longest label and one more."""

SUMMARY_INDENT = 10
"""The same of the lines at the top."""

SOURCES_BESIDE = 72
"""From this width on each fact's source stands at its right; below, above each run of facts that share it."""

TWO_COLUMNS = 150
"""From this width on there is room for two columns with the sources beside the values."""

STEP = re.compile(r"(\d+\.) (.*)", re.DOTALL)
"""A numbered step of a remedy."""

GUTTER = "   "

DONE_HERE = dict.fromkeys(("foreign-owned", "foreign-owned-readable"), "in the pane repairs it, with both identities")
"""What the command `repair` does about the finding of a rule."""

SEVERITY_ORDER = list(Severity)


def finding_lines(findings: Iterable[Finding], width: int) -> list[Content]:
    """The findings, the gravest first: icon, sentence, and what can be done about it."""
    lines: list[Content] = []
    for finding in sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity)):
        tone = SEVERITY_TONES[finding.severity]
        sentence = outside(finding.sentence, STRONG if finding.severity is Severity.ERROR else "")
        lines += hanging(Content.styled(SEVERITY_ICONS[finding.severity], tone), [sentence], 2, width)
        if finding.remedy:
            lines += _remedy_lines(finding.remedy, tone, width)
        if done_here := DONE_HERE.get(finding.rule):
            lines += hanging(Content.styled(f"  {key_of('repair')}", KEY), [outside(done_here)], 4, width)
    return lines


def _remedy_lines(remedy: str, tone: str, width: int) -> list[Content]:
    """Each step on lines of its own, its number sticking out."""
    lines: list[Content] = []
    for mark, step in zip_longest("▸", remedy.split("\n"), fillvalue=" "):
        numbered = STEP.fullmatch(step)
        number, text = (f" {numbered[1]}", numbered[2]) if numbered else ("", step)
        label = Content.assemble((f"  {mark}", tone), (number, MUTED))
        lines += hanging(label, [outside(text, MUTED)], label.cell_length + 1, width)
    return lines


def summary_lines(facts: Mapping[FactName, Fact], location: Location, book: AddressBook, width: int) -> list[Content]:
    """Owner, grants and endpoint, a line each."""
    room = max(8, width - SUMMARY_INDENT)
    return [
        hanging(Content.styled(label, MUTED), [painted(line)], SUMMARY_INDENT, width)[0]
        for label, line in summary(facts, location, book, room)
    ]


@dataclass(frozen=True, slots=True)
class Laid:
    """The facts by section, laid out. `starts` are the lines that the sections begin at."""

    lines: list[Content]
    starts: dict[Section, int]


def section_lines(
    facts: Mapping[FactName, Fact],
    waiting: Iterable[FactName],
    book: AddressBook,
    width: int,
    now: float | None = None,
) -> Laid:
    """Each section with its facts below a line that has its name; those that are waited for as ``…``."""
    awaited = set(waiting)
    lines: list[Content] = []
    starts: dict[Section, int] = {}
    for section in Section:
        rows = [(name, facts.get(name)) for name in shown_in(section, facts, awaited)]
        if rows:
            starts[section] = len(lines)
            lines.append(_heading(section, oldest([fact for _, fact in rows if fact], now), width))
            lay = _blocks if section is Section.ENDPOINT else _columns  # the path of requests takes the whole width
            lines += lay(rows, book, width, now)
    return Laid(lines, starts)


def _heading(section: Section, age: str, width: int) -> Content:
    name, tail = f"─ {section.value.capitalize()} ", f" {age} ─" if age else ""
    rest = max(0, width - len(name) - len(tail))
    return Content.styled(f"{name}{'─' * rest}{tail}"[:width], MUTED)


Row = tuple[FactName, Fact | None]


def _columns(rows: list[Row], book: AddressBook, width: int, now: float | None) -> list[Content]:
    if width < TWO_COLUMNS or len(rows) == 1:
        return _blocks(rows, book, width, now)
    half = (width - len(GUTTER)) // 2
    blocks = [_blocks([row], book, half, now) for row in rows]
    total, left = sum(map(len, blocks)), 0
    split = 0
    while split < len(blocks) and left + len(blocks[split]) / 2 < total / 2:
        left += len(blocks[split])
        split += 1
    return beside(list(chain(*blocks[:split])), list(chain(*blocks[split:])), half, GUTTER)


def _blocks(rows: list[Row], book: AddressBook, width: int, now: float | None) -> list[Content]:
    lines: list[Content] = []
    last = ""
    for index, (name, fact) in enumerate(rows):
        source = source_of(fact) if fact else ""
        texts = [painted(line) for line in value_lines(fact, book, now)] if fact else [Content.styled("…", MUTED)]
        block = hanging(Content.styled(name.value, MUTED), texts, INDENT, width)
        if source and source != last:
            beside_it = _sourced(block, source, width)
            if width >= SOURCES_BESIDE or (beside_it[1:] == block[1:] and not _shares(rows, index, source)):
                block = beside_it
            else:
                lines.append(outside(f"╶ {source}", MUTED).truncate(width, ellipsis=True))
                last = source
        lines += block
    return lines


def _shares(rows: list[Row], index: int, source: str) -> bool:
    """Whether the fact after this one is of the same source."""
    following = rows[index + 1][1] if index + 1 < len(rows) else None
    return following is not None and source_of(following) == source


def _sourced(lines: list[Content], source: str, width: int) -> list[Content]:
    """A fact's lines; its source stands at the right end of the first that has room, else in a line of its own."""
    tail = Content.styled(cut_middle(visible(source), width - INDENT), MUTED)
    for index, line in enumerate(lines):
        if with_source := right_aligned(line.rstrip(), tail, width):
            return [*lines[:index], with_source, *lines[index + 1 :]]
    return [*lines, right_aligned(Content(""), tail, width) or tail]
