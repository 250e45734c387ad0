"""What can be undone: transfers that wrote or deleted, and changes of documents, each unfolded to what is below it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.changes import AppliedChange, ChangeLog
from tui.core.orders import RevertOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import PlannedAction, PlannedObject
from tui.features.versions.words import left_out_words, undo_words, what_words
from tui.kit.dialog import Dialog, Foot, Frame, move_highlight
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, fill, hint, outside
from tui.link.session import EngineAccess
from tui.messages.document_requests import ListChanges
from tui.messages.listing_requests import ListUndo, Undoable, UndoEntry
from tui.messages.order_requests import DryRun
from tui.text.format import counted, cut_end, cut_middle, time_day, visible

MOST_OBJECTS = 200
"""Objects of a transfer that are unfolded; the preview has all."""


@dataclass(frozen=True, slots=True)
class ClearedMarks:
    """So many rows of the pane that Esc has unmarked."""

    count: int


Undone = RevertOrder | AppliedChange | ClearedMarks


class UndoScreen(Dialog[Undone]):
    """Answers with the order that undoes the chosen transfer, or with what else was chosen; changes are shown first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Objects"),
        Binding("left,h", "fold", "Fold"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("g", "move(-1000000)", show=False),
        Binding("G", "move(1000000)", show=False),
        Binding("slash", "all", "List all, or what can be undone"),
    ]

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time, marks: int = 0) -> None:
        """`clock` returns the current time in seconds since the epoch; `marks` can be brought back."""
        super().__init__()
        self._marks = [ClearedMarks(marks)] if marks > 1 else []
        self._engine, self._clock = engine, clock
        self._entries: list[UndoEntry] = []
        self._log = ChangeLog([])
        self._objects: dict[str, list[PlannedObject]] = {}
        """Those of the unfolded transfers and, without any, the unfolded changes."""
        self._rows: list[UndoEntry | AppliedChange | ClearedMarks] = []
        """The entry that each row belongs to."""
        self._all = False
        """Whether those that cannot be undone, or are undone already, are listed, too."""
        self._complete = False
        self._unlisted: Problem | None = None
        self._refused: Problem | None = None
        """Why the objects of the transfer that was unfolded last cannot be shown."""

    def compose(self) -> ComposeResult:
        with Frame("Undo", id="undo"):
            yield OptionList(id="rows", compact=True, markup=False)
            with Foot():
                yield Static(id="said")
                keys = (("enter", "preview"), ("→", "objects"), ("←", "fold"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._show()
        self._follow()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @work(group="undo")
    async def _follow(self) -> None:
        try:
            self._log = ChangeLog((await self._engine.ask(ListChanges())).changes)
            async with aclosing(self._engine.follow(ListUndo())) as entries:
                async for entry in entries:
                    self._entries.append(entry)
                    self._show()
            self._complete = True
        except ProblemError as error:
            self._unlisted = error.problem
        self._show()

    def _show(self) -> None:
        listed = self.query_one(OptionList)
        at, width, now = listed.highlighted, listed.scrollable_content_region.width, self._clock()
        current = self._current
        row = at - self._rows.index(current) if current and at is not None else 0
        lines: list[Content] = []
        self._rows = []
        left_out = [] if self._all else [entry for entry in self._entries if not entry.is_open]
        shown: list[UndoEntry | AppliedChange] = [entry for entry in self._entries if entry not in left_out]
        shown += open_changes(self._log)
        for marks in self._marks:
            lines.append(_line(f"unmark {counted(marks.count, 'row')}", "", "marks them again", GOOD, width))
            self._rows.append(marks)
        for entry in sorted(shown, key=_when, reverse=True):
            objects = self._objects.get(_id(entry))
            if isinstance(entry, AppliedChange):
                made = self._log.left(entry)
                lines.append(change_line(made, now, width, unfolded=objects is not None))
                below = [Content.styled(f"    {cut_end(visible(each.ref.title), width - 4)}", MUTED) for each in made]
                below = below if objects is not None else []
            else:
                lines.append(entry_line(entry, now, width, unfolded=objects is not None))
                below = [object_line(each, width) for each in objects or []]
            lines += below
            self._rows += [entry] * (len(below) + 1)
        listed.set_options(map(Option, lines))
        if current in self._rows:  # rows of others may have come above it
            listed.highlighted = self._rows.index(current) + min(row, self._rows.count(current) - 1)
        elif lines:
            listed.highlighted = min(at or 0, len(lines) - 1)
        said = "" if lines or self._entries else NOTHING if self._complete else "loading…"
        if left_out:
            said = left_out_words(left_out, "/ lists them")
        refused = self._refused or self._unlisted
        words = outside(f"✗ {refused.sentence()}", BAD) if refused else Content.styled(said, MUTED)
        fill(self.query_one("#said", Static), words)

    @property
    def _current(self) -> UndoEntry | AppliedChange | ClearedMarks | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def action_move(self, rows: int) -> None:
        move_highlight(self.query_one(OptionList), rows)

    def action_all(self) -> None:
        """List also what cannot be undone or is undone already, or leave it out again."""
        self._all = not self._all
        self._show()

    def action_unfold(self) -> None:
        entry = self._current
        if entry and not isinstance(entry, ClearedMarks) and _id(entry) not in self._objects:
            self._objects[_id(entry)] = []
            self._refused = None
            if isinstance(entry, AppliedChange):
                self._show()
            else:
                self._look_into(entry)

    def action_fold(self) -> None:
        entry = self._current
        if entry and not isinstance(entry, ClearedMarks) and self._objects.pop(_id(entry), None) is not None:
            self.query_one(OptionList).highlighted = self._rows.index(entry)
            self._refused = None
            self._show()

    @work(group="objects")
    async def _look_into(self, entry: UndoEntry) -> None:
        found: list[PlannedObject] = []
        try:
            async with aclosing(self._engine.follow(DryRun(entry.order))) as planned:
                async for each in planned:
                    found.append(each)
                    if len(found) == MOST_OBJECTS:
                        break
        except ProblemError as error:
            self._refused = error.problem
        if entry.transfer.id in self._objects:
            self._objects[entry.transfer.id] = found
        self._show()

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        entry = self._current
        if entry is None:
            return
        if isinstance(entry, AppliedChange | ClearedMarks):
            self.leave(entry)
        elif entry.possible:
            self.leave(entry.order)
        else:
            self.notify(visible(f"this cannot be undone: {entry.why}"), severity="warning", markup=False)


FOLDED, UNFOLDED = "▸ ", "▾ "
TIME_WIDTH = 10

TONES = {Undoable.ALL: GOOD, Undoable.SOME: WARNING, Undoable.NONE: MUTED}

NOTHING = "nothing to undo: no copy, move, deletion or edit, and no change of a policy, ACL, tags or settings"


def open_changes(log: ChangeLog) -> list[AppliedChange]:
    """Of each unit of changes that is not undone the latest one; latest first."""
    units: dict[str, AppliedChange] = {}
    for each in filter(log.stands, log.changes):
        units.setdefault(each.unit, each)
    return list(units.values())


def _id(entry: UndoEntry | AppliedChange) -> str:
    return entry.unit if isinstance(entry, AppliedChange) else entry.transfer.id


def _when(entry: UndoEntry | AppliedChange) -> float:
    return entry.at if isinstance(entry, AppliedChange) else entry.transfer.submitted


def entry_line(entry: UndoEntry, now: float, width: int, *, unfolded: bool) -> Content:
    """What, when, and how much of it can be undone, in `width` cells."""
    complete = entry.undone_objects >= entry.objects or entry.undoing
    tone = MUTED if complete else WARNING if entry.undone else TONES[entry.undoable]
    when, what = time_day(entry.transfer.submitted, now), what_words(entry.transfer)
    return _line(what, when, undo_words(entry), tone, width, unfolded=unfolded)


def change_line(made: list[AppliedChange], now: float, width: int, *, unfolded: bool) -> Content:
    """The latest of the changes that were made together, when, and how many documents they are, in `width` cells."""
    when, count = time_day(made[0].at, now), counted(len(made), "document")
    return _line(f"change {made[0].ref.title}", when, count, GOOD, width, unfolded=unfolded)


def _line(what: str, when: str, words: str, tone: str, width: int, *, unfolded: bool = False) -> Content:
    right = cut_end(visible(words), max(20, width // 2))
    room = max(10, width - len(FOLDED) - TIME_WIDTH - len(right) - 3)
    return Content.assemble(
        (UNFOLDED if unfolded else FOLDED, MUTED),
        cut_middle(visible(what), room).ljust(room),
        " ",
        (when.rjust(TIME_WIDTH), MUTED),
        "  ",
        (right, tone),
    )


def object_line(planned: PlannedObject, width: int) -> Content:
    """One object below its transfer: its name, and what an undo does to it or why not."""
    room = max(10, (width - 4) // 2)
    name = cut_middle(visible(planned.target or planned.source), room)
    tones = {PlannedAction.UNDO: GOOD, PlannedAction.REFUSE: BAD}
    return Content.assemble(
        "    ",
        name.ljust(room),
        " ",
        (cut_end(visible(planned.why), max(10, width - room - 5)), tones.get(planned.action, MUTED)),
    )
