"""Facts and findings as lines of text: what is known, what was denied, and by which operation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, zip_longest

from textual.content import Content

from tui.model.facts import (
    BUCKET_FACTS,
    LOCAL_FACTS,
    LOCAL_ONLY,
    WHERE_THERE_IS_ONE,
    Fact,
    FactName,
    Finding,
    Severity,
)
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.text.fact_values import value_lines
from tui.text.format import cut_middle, visible
from tui.ui.kit.lines import beside, hanging, right_aligned
from tui.ui.kit.tones import (
    KEY,
    MUTED,
    SEVERITY_ICONS,
    SEVERITY_TONES,
    STRONG,
    outside,
    painted,
)

INDENT = 14
"""Cells of the longest label and one more."""

SOURCES_BESIDE = 72
"""From this width on a fact's source stands at its right, below it above each run of facts that share it."""

TWO_COLUMNS = 150
"""From this width on there is room for two columns with the sources beside the values."""

STEP = re.compile(r"(\d+\.) (.*)", re.DOTALL)
"""A numbered step of a remedy."""

GUTTER = "   "

DONE_HERE = dict.fromkeys(("foreign-owned", "foreign-owned-readable"), "repairs it from here, with both identities")
"""What the key `O` does about the finding of a rule."""

SEVERITY_ORDER = list(Severity)


def facts_awaited(location: Location) -> tuple[FactName, ...]:
    """The facts that a location has."""
    if location.is_local:
        return tuple(name for name in LOCAL_FACTS if name is not FactName.SIZE or not location.is_prefix)
    return (
        BUCKET_FACTS
        if location.is_prefix
        else tuple(name for name in FactName if name not in (*LOCAL_ONLY, *WHERE_THERE_IS_ONE))
    )


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
            lines += hanging(Content.styled("  O", KEY), [outside(done_here)], 4, width)
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


def fact_lines(
    facts: dict[FactName, Fact], waiting: Iterable[FactName], book: AddressBook, width: int, now: float | None = None
) -> list[Content]:
    """All facts in their order, those that are waited for as ``…``; the endpoint over the whole width."""
    awaited = set(waiting)
    shown = [name for name in FactName if name in facts or name in awaited]
    cut = list(FactName).index(FactName.ENDPOINT)
    before = [name for name in shown if list(FactName).index(name) < cut]
    after = [name for name in shown if list(FactName).index(name) > cut]
    lines = _columns([(name, facts.get(name)) for name in before], book, width, now)
    if FactName.ENDPOINT in shown:
        lines += _blocks([(FactName.ENDPOINT, facts.get(FactName.ENDPOINT))], book, width, now)
    return lines + _columns([(name, facts.get(name)) for name in after], book, width, now)


Row = tuple[FactName, Fact | None]


def _columns(rows: list[Row], book: AddressBook, width: int, now: float | None) -> list[Content]:
    if width < TWO_COLUMNS:
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
    for name, fact in rows:
        source = source_of(fact) if fact else ""
        if width < SOURCES_BESIDE and source and source != last:
            lines.append(outside(f"╶ {source}", MUTED).truncate(width, ellipsis=True))
            last = source
        texts = [painted(line) for line in value_lines(fact, book, now)] if fact else [Content.styled("…", MUTED)]
        lines += _block(name, texts, source if width >= SOURCES_BESIDE else "", width)
    return lines


def _block(name: FactName, texts: list[Content], source: str, width: int) -> list[Content]:
    """A fact's lines; its source stands at the right end of the first that has room, else in a line of its own."""
    lines = hanging(Content.styled(name.value, MUTED), texts, INDENT, width)
    if not source:
        return lines
    tail = Content.styled(cut_middle(visible(source), width - INDENT), MUTED)
    for index, line in enumerate(lines):
        if with_source := right_aligned(line.rstrip(), tail, width):
            return [*lines[:index], with_source, *lines[index + 1 :]]
    return [*lines, right_aligned(Content(""), tail, width) or tail]


def source_of(fact: Fact) -> str:
    """The operation that returned it, and its identity: ``GetObjectAcl as analytics``."""
    return f"{fact.operation} as {fact.identity}" if fact.identity else fact.operation
