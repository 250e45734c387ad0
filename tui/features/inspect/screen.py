"""The inspector: all facts about the row under the cursor, as they arrive."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer

from tui.core.facts import (
    AbsentFact,
    DeniedFact,
    Fact,
    FactName,
    FactSection,
    Finding,
    FindingSeverity,
    KnownFact,
    PolicyReading,
    UnknownFact,
    facts_awaited,
    sections_to_ask,
)
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError
from tui.core.versions import VersionLocation
from tui.features.inspect.words import summary
from tui.kit.commands import key_of
from tui.kit.dialog import given
from tui.kit.json_screen import DocumentScreen
from tui.kit.lines import (
    BAD,
    KEY,
    MUTED,
    SEVERITY_ICONS,
    SEVERITY_TONES,
    STRONG,
    WARNING,
    Lines,
    beside,
    hanging,
    outside,
    painted,
    right_aligned,
    wrapped,
)
from tui.kit.need_dialogs import ask_for, need_words
from tui.kit.timers import once
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Inspect
from tui.text.fact_lines import oldest, shown_in, source_of, value_lines
from tui.text.format import cut_middle, visible

DEBOUNCE = 0.15
"""Seconds that the cursor must rest before the first request."""

FRAME = 0.05
"""Seconds between two layouts: each takes some milliseconds."""

AGES = 10.0
"""Seconds between updates of the shown ages."""


@dataclass(frozen=True, slots=True)
class InspectTarget:
    """What to inspect, as which connection; `other` may know more."""

    connection: str
    location: Location
    other: str | None = None
    marker: str = ""
    """Shown for a delete marker, or a key that one hides. There is no object then, so nothing is requested."""

    def request(
        self, sections: tuple[FactSection, ...] = (), known: tuple[Fact, ...] = (), *, fresh: bool = False
    ) -> Inspect:
        """The request; for the row of a version, about that version."""
        version = self.location.version if isinstance(self.location, VersionLocation) else ""
        return Inspect(self.connection, self.location, self.other, sections, known, fresh, version)


class Inspector(VerticalScroll, can_focus=True):
    """Shows the facts of one target at a time. Sends no requests while it is hidden.

    Requests the facts of its first lines and findings at once, those of a section when it scrolls into view.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "read_policy", "Read the policy"),
        Binding("ctrl+r", "refresh_facts", "Ask again", show=False),
        Binding("enter", "meet", show=False),
        Binding("e", "sources", "Show who was asked", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("q", "leave", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("right_square_bracket", "section(1)", show=False),
        Binding("left_square_bracket", "section(-1)", show=False),
    ]

    book: reactive[AddressBook] = reactive(AddressBook())
    """The accounts of canonical user IDs."""
    with_sources: reactive[bool] = reactive(False)
    """Whether each fact says which request gave it, as whom and when, and facts without a value have a line each."""

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._engine, self._clock = engine, clock
        self._target: InspectTarget | None = None
        self._facts: dict[FactName, Fact] = {}
        self._arrived: list[Fact] = []
        """All facts, also refused ones, in the order of arrival."""
        self._starts: dict[FactSection, int] = {}
        """The first line of each section."""
        self._looked = asyncio.Event()
        """Set when other sections may have become visible."""
        self._fresh = False
        self._findings: list[Finding] = []
        self._problem: Problem | None = None
        self._waiting: tuple[FactName, ...] = ()
        self._rest: Timer | None = None
        self._soon: Timer | None = None
        """Runs until all arrived facts are laid out."""

    def compose(self) -> ComposeResult:
        yield Lines(id="facts")

    def on_mount(self) -> None:
        self.set_interval(AGES, self._paint_ages)

    def show(self, target: InspectTarget | None) -> None:
        """Inspect another target, or none; requests start once the cursor rests."""
        if target == self._target:
            return
        self._target = target if target and target.location.bucket else None
        self._fresh = False
        self._begin()

    def refresh_facts(self) -> None:
        self._fresh = True
        self._begin()

    def _begin(self) -> None:
        self.workers.cancel_group(self, "inspect")
        self._facts, self._arrived, self._findings, self._problem, self._waiting = {}, [], [], None, ()
        if self._target and not self._target.marker:
            self._waiting = facts_awaited(self._target.location)
        self._paint_title()
        self._paint()
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._rest:
            self._rest.stop()
        if self._target and not self._target.marker and self.is_on_screen:
            self._rest = once(self, DEBOUNCE, self._ask)

    @property
    def is_on_screen(self) -> bool:
        return self.display and self.size.width > 0

    def _ask(self) -> None:
        if self._target:
            self._follow(self._target)

    @work(exclusive=True, group="inspect")
    async def _follow(self, target: InspectTarget) -> None:
        """Run one feed at a time: the first facts, then those of visible sections."""
        fresh, self._fresh = self._fresh, False
        try:
            await self._learn_all(target.request(fresh=fresh))
            to_ask = list(sections_to_ask(target.location)) if self._arrived else []
            while to_ask:
                seen = await self._seen_of(to_ask)
                to_ask = [each for each in to_ask if each not in seen]
                known = tuple(self._arrived)
                await self._learn_all(target.request(tuple(seen), known))
        except ProblemError as error:
            self._problem = error.problem
        self._waiting = ()
        self._paint_soon()

    async def _learn_all(self, feed: Inspect) -> None:
        async with aclosing(self._engine.follow(feed)) as updates:
            async for update in updates:
                self._arrived += update.facts
                self._facts |= {fact.name: fact for fact in update.facts}
                if update.findings is not None:
                    self._findings = update.findings
                self._paint_soon()

    async def _seen_of(self, sections: list[FactSection]) -> list[FactSection]:
        """The visible ones of `sections`; wait until there is one."""
        while True:
            self._looked.clear()
            end = self.scroll_offset.y + self.size.height
            if self.is_on_screen and (seen := [each for each in sections if self._starts.get(each, end) < end]):
                return seen
            await self._looked.wait()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._looked.set()

    def _paint_ages(self) -> None:
        if self.is_on_screen and any(fact.asked for fact in self._arrived):
            self._paint()

    def _paint_soon(self) -> None:
        if self._soon is None:
            self._soon = once(self, FRAME, self._paint)

    def _paint(self) -> None:
        if self._soon:
            self._soon.stop()
            self._soon = None
        if not self.children:  # not composed yet
            return
        facts, findings, problem, waiting = dict(self._facts), self._findings, self._problem, self._waiting
        book, target, with_sources = self.book, self._target, self.with_sources
        read_key = "p" if self.has_focus else ""

        def build(width: int) -> list[Content]:
            if target is None:
                return [Content.styled("this row has nothing to inspect", MUTED)]
            if target.marker:
                self._starts = {}
                return wrapped(outside(target.marker, WARNING), width)
            version = target.location.version if isinstance(target.location, VersionLocation) else ""
            top = wrapped(outside(f"version {version}", MUTED), width) if version else []
            top += summary_lines(facts, target.location, book, width) if facts or waiting else []
            top += finding_lines(findings, width)
            if problem:
                give = f" · enter: {need_words(problem)}" if need_words(problem) else ""
                top += wrapped(outside(f"✗ {problem.sentence()}{give}", BAD), width)
            laid = section_lines(
                facts, waiting, book, width, self._clock(), with_sources=with_sources, read_key=read_key
            )
            self._starts = {section: len(top) + start for section, start in laid.starts.items()}
            return top + laid.lines

        self.query_one(Lines).show(build)
        self.call_after_refresh(self._looked.set)

    def _paint_title(self) -> None:
        words = "inspector" if self.styles.border_left[0] else " inspector"  # a corner already has its space
        room = self.size.width - len(words) - 8
        uri = cut_middle(visible(self._target.location.uri), room) if self._target else ""
        self.border_title = Content(f"{words} ─ {uri} " if uri else f"{words} ")

    def watch_book(self) -> None:
        self._paint()

    watch_with_sources = on_focus = on_blur = watch_book

    def action_leave(self) -> None:
        """Return the keys to the rows, or close the dialog that it is in."""
        self.app.simulate_key("escape")

    def action_sources(self) -> None:
        self.with_sources = not self.with_sources

    def on_resize(self) -> None:
        """Fit the title to the width. If it was hidden, request what was waiting."""
        self._paint_title()
        self.call_after_refresh(self._looked.set)
        if self._waiting and not self._facts:
            self._ask_soon()

    def action_meet(self) -> None:
        if self._problem:
            ask_for(self, self._engine, self._problem, given(lambda _: self.refresh_facts()), self._clock)

    def action_section(self, step: int) -> None:
        here = round(self.scroll_offset.y)
        starts = [start for start in self._starts.values() if (start > here if step > 0 else start < here)]
        if starts or step < 0:
            self.scroll_to(y=min(starts) if step > 0 else max(starts, default=0), animate=False)

    def action_refresh_facts(self) -> None:
        self.refresh_facts()

    def action_read_policy(self) -> None:
        fact = self._facts.get(FactName.POLICY)
        if fact and isinstance(fact.state, KnownFact) and isinstance(fact.state.value, PolicyReading):
            bucket = self._target.location.bucket if self._target else ""
            self.app.push_screen(DocumentScreen(f"Policy of {bucket}", fact.state.value.document))
        else:
            local = bool(self._target and not self._target.location.in_s3)
            self.notify(_why_no_policy(fact, local=local), severity="warning", markup=False)


def _why_no_policy(fact: Fact | None, *, local: bool) -> str:
    if local:
        return "local files have no bucket policy"
    match fact and fact.state:
        case AbsentFact():
            return "the bucket has no policy"
        case DeniedFact(permission):
            return f"the policy cannot be read: {permission} is denied"
        case UnknownFact(why):
            return f"the policy cannot be read: {visible(why)}"
        case _:
            return f"the policy is not read yet: the inspector ({key_of('inspector')}) reads it"


# Facts and findings as lines of text: what is known, what was denied, and by which operation. Pure.

INDENT = 14
"""Cells of the longest label, plus one."""

SUMMARY_INDENT = 10
"""The same for the first lines."""

SOURCES_BESIDE = 72
"""From this width on, each fact's source is at its right; below this width, it is above each group with that source."""

TWO_COLUMNS = 150
"""From this width on, there are two columns with the sources beside the values."""

STEP = re.compile(r"(\d+\.) (.*)", re.DOTALL)

GUTTER = "   "

DONE_HERE = dict.fromkeys(("foreign-owned", "foreign-owned-readable"), "in the pane repairs it, with both identities")
"""How the command `repair` fixes the finding of a rule."""

SEVERITY_ORDER = list(FindingSeverity)


def finding_lines(findings: Iterable[Finding], width: int) -> list[Content]:
    lines: list[Content] = []
    for finding in sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity)):
        tone = SEVERITY_TONES[finding.severity]
        sentence = outside(finding.sentence, STRONG if finding.severity is FindingSeverity.ERROR else "")
        lines += hanging(Content.styled(SEVERITY_ICONS[finding.severity], tone), [sentence], 2, width)
        if finding.remedy:
            lines += _remedy_lines(finding.remedy, tone, width)
        if done_here := DONE_HERE.get(finding.rule):
            lines += hanging(Content.styled(f"  {key_of('repair')}", KEY), [outside(done_here)], 4, width)
    return lines


def _remedy_lines(remedy: str, tone: str, width: int) -> list[Content]:
    """Each step on its own lines, with a hanging number."""
    lines: list[Content] = []
    for mark, step in zip_longest("▸", remedy.split("\n"), fillvalue=" "):
        numbered = STEP.fullmatch(step)
        number, text = (f" {numbered[1]}", numbered[2]) if numbered else ("", step)
        label = Content.assemble((f"  {mark}", tone), (number, MUTED))
        lines += hanging(label, [outside(text, MUTED)], label.cell_length + 1, width)
    return lines


def summary_lines(facts: Mapping[FactName, Fact], location: Location, book: AddressBook, width: int) -> list[Content]:
    room = max(8, width - SUMMARY_INDENT)
    return [
        hanging(Content.styled(label, MUTED), [painted(line)], SUMMARY_INDENT, width)[0]
        for label, line in summary(facts, location, book, room)
    ]


@dataclass(frozen=True, slots=True)
class Laid:
    """The facts by section, laid out. `starts` are the first lines of the sections."""

    lines: list[Content]
    starts: dict[FactSection, int]


def section_lines(
    facts: Mapping[FactName, Fact],
    waiting: Iterable[FactName],
    book: AddressBook,
    width: int,
    now: float | None = None,
    *,
    with_sources: bool = True,
    read_key: str = "",
) -> Laid:
    """Each section: a line with its name, then its facts; ``…`` for facts that have not arrived.

    Without sources, one line names all facts of a section that have no value.
    """
    awaited = set(waiting)
    lines: list[Content] = []
    starts: dict[FactSection, int] = {}
    for section in FactSection:
        rows = [(name, facts.get(name)) for name in shown_in(section, facts, awaited)]
        if rows:
            starts[section] = len(lines)
            age = oldest([fact for _, fact in rows if fact], now) if with_sources else ""
            lines.append(_heading(section, age, width))
            absent = [] if with_sources else [row for row in rows if row[1] and isinstance(row[1].state, AbsentFact)]
            rows = [row for row in rows if row not in absent]
            lay = _blocks if section is FactSection.ENDPOINT else _columns  # the network path takes the full width
            lines += lay(rows, book, width, now, with_sources=with_sources, read_key=read_key)
            if absent:
                names = Content.styled(", ".join(name.value for name, _ in absent), MUTED)
                lines += hanging(Content.styled("no", MUTED), [names], INDENT, width)
    return Laid(lines, starts)


def _heading(section: FactSection, age: str, width: int) -> Content:
    name, tail = f"─ {section.value.capitalize()} ", f" {age} ─" if age else ""
    rest = max(0, width - len(name) - len(tail))
    return Content.styled(f"{name}{'─' * rest}{tail}"[:width], MUTED)


FactRow = tuple[FactName, Fact | None]


def _columns(
    rows: list[FactRow], book: AddressBook, width: int, now: float | None, *, with_sources: bool, read_key: str
) -> list[Content]:
    if width < TWO_COLUMNS or len(rows) < 2:
        return _blocks(rows, book, width, now, with_sources=with_sources, read_key=read_key)
    half = (width - len(GUTTER)) // 2
    blocks = [_blocks([row], book, half, now, with_sources=with_sources, read_key=read_key) for row in rows]
    total, left = sum(map(len, blocks)), 0
    split = 0
    while split < len(blocks) and left + len(blocks[split]) / 2 < total / 2:
        left += len(blocks[split])
        split += 1
    return beside(list(chain(*blocks[:split])), list(chain(*blocks[split:])), half, GUTTER)


def _blocks(
    rows: list[FactRow], book: AddressBook, width: int, now: float | None, *, with_sources: bool, read_key: str
) -> list[Content]:
    lines: list[Content] = []
    last = ""
    for index, (name, fact) in enumerate(rows):
        source = source_of(fact) if fact and with_sources else ""
        texts = (
            [painted(line) for line in value_lines(fact, book, now, read_key=read_key)]
            if fact
            else [Content.styled("…", MUTED)]
        )
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


def _shares(rows: list[FactRow], index: int, source: str) -> bool:
    following = rows[index + 1][1] if index + 1 < len(rows) else None
    return following is not None and source_of(following) == source


def _sourced(lines: list[Content], source: str, width: int) -> list[Content]:
    """A fact's lines. Its source is right-aligned in the first line with room, else on its own line."""
    tail = Content.styled(cut_middle(visible(source), width - INDENT), MUTED)
    for index, line in enumerate(lines):
        if with_source := right_aligned(line.rstrip(), tail, width):
            return [*lines[:index], with_source, *lines[index + 1 :]]
    return [*lines, right_aligned(Content(""), tail, width) or tail]
