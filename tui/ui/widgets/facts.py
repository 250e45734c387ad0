"""Facts and findings as lines of text: what is known, what was denied, and who said so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, zip_longest

from textual.content import Content

from tui.model.facts import (
    LOCAL_FACTS,
    LOCAL_ONLY,
    Absent,
    Applies,
    Denied,
    EffectiveEndpoint,
    Fact,
    FactName,
    FactValue,
    Finding,
    Grant,
    Grants,
    Instant,
    Known,
    OwnedBy,
    Ownership,
    Pairs,
    PolicyReading,
    Severity,
    Size,
    StatementReading,
    Text,
    Unknown,
)
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.ui.format import counted, cut_middle, short_region, size_exact, time_full, visible
from tui.ui.owners import owner_name, short_name
from tui.ui.tones import ACCENT, BAD, GOOD, KEY, MUTED, SEVERITY_ICONS, SEVERITY_TONES, STRONG, WARNING, outside
from tui.ui.widgets.lines import beside, hanging, right_aligned

INDENT = 14
"""Cells of the longest label and one more."""

SOURCES_BESIDE = 72
"""From this width on a fact's source stands at its right, below it above each run of facts that share it."""

TWO_COLUMNS = 150
"""From this width on there is room for two columns with the sources beside the values."""

STEP = re.compile(r"(\d+\.) (.*)", re.DOTALL)
"""A numbered step of a remedy."""

GUTTER = "   "

PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")

APPLIES_MARKS = {Applies.YES: ("✓ ", GOOD), Applies.NO: ("✗ ", MUTED), Applies.MAYBE: ("? ", WARNING)}

SEVERITY_ORDER = list(Severity)

BUCKET_FACTS = (
    FactName.BUCKET_OWNER,
    FactName.OWNERSHIP,
    FactName.BUCKET_GRANTS,
    FactName.POLICY,
    FactName.PUBLIC_ACCESS,
    FactName.ENDPOINT,
)


def facts_awaited(location: Location) -> tuple[FactName, ...]:
    """The facts that will be told of a location."""
    if location.is_local:
        return tuple(name for name in LOCAL_FACTS if name is not FactName.SIZE or not location.is_prefix)
    return BUCKET_FACTS if location.is_prefix else tuple(name for name in FactName if name not in LOCAL_ONLY)


def finding_lines(findings: Iterable[Finding], width: int) -> list[Content]:
    """The findings, the gravest first: icon, sentence, and what can be done about it."""
    lines: list[Content] = []
    for finding in sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity)):
        tone = SEVERITY_TONES[finding.severity]
        sentence = outside(finding.sentence, STRONG if finding.severity is Severity.ERROR else "")
        lines += hanging(Content.styled(SEVERITY_ICONS[finding.severity], tone), [sentence], 2, width)
        if finding.remedy:
            lines += _remedy_lines(finding.remedy, tone, width)
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
        texts = value_lines(fact, book, now) if fact else [Content.styled("…", MUTED)]
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
    """Which operation said so, asked by whom: ``GetObjectAcl as analytics``."""
    return f"{fact.operation} as {fact.identity}" if fact.identity else fact.operation


def value_lines(fact: Fact, book: AddressBook, now: float | None = None, *, with_keys: bool = True) -> list[Content]:
    """The value of a fact; one that was denied, is absent or unknown says so. `with_keys`: and what a key would do."""
    match fact.state:
        case Known(value=PolicyReading() as policy):
            return _policy(policy, with_keys=with_keys)
        case Known(value=value):
            return known_lines(value, book, now)
        case Denied(permission=permission):
            return [outside(f"denied: {permission}", BAD)]
        case Absent():
            return [Content.styled("none", MUTED)]
        case Unknown(why=why):
            return [outside(f"unknown: {why}", WARNING)]


def known_lines(value: FactValue, book: AddressBook, now: float | None) -> list[Content]:
    """What the server said, in one line or more."""
    match value:
        case Text(text=text):
            return [outside(text)]
        case Size(bytes=count):
            return [Content(size_exact(count))]
        case Instant(seconds=seconds):
            return [Content(time_full(seconds, now))]
        case OwnedBy(owner=owner):
            return [Content.assemble((owner_name(owner, book), STRONG))]
        case Grants(grants=grants):
            return [_grant(grant, book) for grant in grants] or [Content.styled("none", MUTED)]
        case Ownership(setting=setting):
            return [Content(setting.value)]
        case Pairs(pairs=pairs):
            return [Content.assemble(outside(name, MUTED), "  ", outside(text)) for name, text in pairs]
        case PolicyReading():
            return _policy(value, with_keys=False)
        case EffectiveEndpoint():
            return _endpoint(value)


def _grant(grant: Grant, book: AddressBook) -> Content:
    name = visible(grant.grantee.id.rsplit("/", 1)[-1]) if grant.is_group else short_name(grant.grantee, book)
    public = grant.is_group and any(group in grant.grantee.id for group in PUBLIC_GROUPS)
    return Content.assemble((name, WARNING if public else ""), "  ", outside(grant.permission, ACCENT))


def _policy(policy: PolicyReading, *, with_keys: bool) -> list[Content]:
    applying = sum(statement.applies is Applies.YES for statement in policy.statements)
    summary = f"{counted(len(policy.statements), 'statement')}, {applying} {'applies' if applying == 1 else 'apply'}"
    lines = [Content.assemble(summary, "   ", ("p", KEY), (" read", MUTED)) if with_keys else Content(summary)]
    if not policy.covers_object:
        lines.append(Content.styled("does not reach this object: another account owns it", WARNING))
    return lines + [_statement(statement) for statement in policy.statements]


def _statement(statement: StatementReading) -> Content:
    mark, tone = APPLIES_MARKS[statement.applies]
    denies = statement.effect.value == "Deny"
    return Content.assemble(
        (mark, BAD if denies and statement.applies is Applies.YES else tone),
        (statement.effect.value, BAD if denies else ""),
        " ",
        outside(statement.sid or "(no Sid)"),
        (f" {statement.applies.value}", MUTED),
        outside(f": {statement.why}" if statement.why else "", MUTED),
    )


def _endpoint(endpoint: EffectiveEndpoint) -> list[Content]:
    address = f" → {endpoint.address}" if endpoint.address else " → no connection yet"
    words = (
        f"{endpoint.reach.value} · signed for {short_region(endpoint.signing_region)} · from {endpoint.source.value}"
    )
    return [Content.assemble(outside(endpoint.url), outside(address, STRONG)), outside(words, MUTED)]
