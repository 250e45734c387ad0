"""Asks for other names: of one object or prefix, or of many objects by a pattern."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from functools import partial
from typing import ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Input, Label, Static

from tui.core.location import DELIMITER, Location
from tui.core.naming import counted
from tui.core.orders import CopyOptions, CopyOrder, Selection
from tui.core.problem import ProblemError
from tui.features.copy.values import PlanRename, RenamePlan, RenameRow
from tui.kit.change_screens import forecast
from tui.kit.dialog import Dialog, Frame, while_suspended
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, Lines, hint, outside
from tui.kit.name_screen import NameScreen
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects
from tui.saved.editor import EditorError, edited_file, editor_problem
from tui.text.format import cells, cut_middle, number, visible
from tui.text.order_lines import moves
from tui.text.typed import TypedError, object_below, prefix_below

COPY_IN_BUCKET = "S3 cannot rename: the object is copied to the new key and deleted after the copy is verified."
COPY_ON_DISK = "The file is copied to the new name and deleted after the copy is verified."


class RenameScreen(NameScreen):
    """Another name for an object or a prefix, on the same level or below it."""

    VERB = "rename"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "by_pattern", show=False)]

    def __init__(self, old: Location, engine: EngineAccess | None = None, connection: str = "") -> None:
        """`engine` and `connection` tell what cannot be undone, and which prefixes exist."""
        note = COPY_ON_DISK if old.kind.has_directories else COPY_IN_BUCKET
        if old.is_prefix and not old.kind.has_directories:
            note += " F2 again: other names for all objects below it, by a pattern."
        name = old.name.removesuffix(DELIMITER) if old.is_prefix else old.name
        super().__init__("Rename in ", note, old.parent, name)
        self._old, self._engine, self._connection = old, engine, connection

    @work
    async def on_mount(self) -> None:
        if self._engine and self._old.kind.has_versions and not self._old.is_prefix:  # of a prefix, its card tells
            end = (self._old, await forecast(self._engine, self._connection, self._old.bucket))
            self.query_one("#note", Static).update(f"{self._note} {visible(moves(end, end)).capitalize()}.")

    @on(Input.Changed)
    @work(exclusive=True, group="looking")
    async def _look(self, event: Input.Changed) -> None:
        """Say it if a prefix would be moved into one that exists."""
        with suppress(TypedError, ProblemError):
            new = self.place(event.value)
            if not self._engine or not new.is_prefix:
                return
            await asyncio.sleep(PAUSE)
            async with aclosing(self._engine.follow(ListObjects(self._connection, new))) as pages:
                page = await anext(aiter(pages), None)
            if page and page.prefixes + page.names:
                self.say(f"{visible(new.name)} exists: its objects stay, you are asked about equal names", WARNING)

    def action_by_pattern(self) -> None:
        """Answer with the old place: what is below it is to be renamed."""
        if self._old.is_prefix and not self._old.kind.has_directories:
            self.leave(self._old)

    def place(self, typed: str) -> Location:
        """The new place; not the old one, and not inside it."""
        if not self._old.is_prefix:
            new = object_below(self._level, typed)
        else:
            new = prefix_below(self._level, typed)
            if new != self._old and new.key.startswith(self._old.key):
                raise TypedError("a prefix cannot be moved into itself")
        if new == self._old:
            raise TypedError("it already has this name")
        return new


PREVIEW = 1000
"""So many objects are looked at while a pattern is typed."""
MOST_EDITED = 10_000
"""Names that are edited as text."""
PAUSE = 0.15
"""Seconds without a key before a pattern is looked at."""
FRAME_LINES = 12
"""Of the dialog without its rows."""


class RenameManyScreen(Dialog[CopyOrder]):
    """Other names for a selection: shown while the pattern is typed, planned as a whole before they are ordered."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "edit_names", "Edit names", priority=True)]

    def __init__(self, engine: EngineAccess, selection: Selection, options: CopyOptions) -> None:
        super().__init__()
        self._engine, self._selection, self._options = engine, selection, options
        self._base = len(selection.base.key)
        self._names: list[tuple[str, str]] = []
        """Old and new keys, as they were edited; empty: the pattern gives them."""
        self._text = ""
        """The names as they were edited last."""
        self._shown: RenamePlan | None = None
        """What is shown of the present names."""

    def compose(self) -> ComposeResult:
        with Frame(outside(f"Rename in {cut_middle(visible(self._selection.base.uri), 50)}"), id="rename-many"):
            for label, example in (("match", r"IMG_(?P<n>\d+)"), ("to", "photo-{n:04}")):
                with HorizontalGroup():
                    yield Label(label)
                    yield LineInput(placeholder=f"for example {example}", compact=True, id=label)
            yield Lines(id="rows")
            yield Static(id="message")
            yield Static(COPY_IN_BUCKET, id="undo", classes="muted", markup=False)
            yield Static(hint(("enter", "rename"), ("F4", "edit names as text"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        self._preview()
        self._ask_undo()

    @work
    async def _ask_undo(self) -> None:
        base = self._selection.base
        end = (base, await forecast(self._engine, self._selection.connection, base.bucket))
        self.query_one("#undo", Static).update(f"{COPY_IN_BUCKET} {visible(moves(end, end)).capitalize()}.")

    def _order(self, most: int) -> PlanRename:
        match, to = (self.query_one(f"#{each}", Input).value for each in ("match", "to"))
        names = self._names or ([] if match else [("", "")])  # without a pattern all keep their names
        return PlanRename(self._selection, match, to, names, most)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._names = []
        self._preview()

    @work(exclusive=True, group="plan")
    async def _preview(self) -> None:
        self._shown = None
        await asyncio.sleep(PAUSE)
        if plan := await self._planned(self._order(PREVIEW)):
            self._show(plan)

    async def _planned(self, order: PlanRename) -> RenamePlan | None:
        """The plan; None if there is none, which is then said."""
        plan = RenamePlan()
        try:
            async with aclosing(self._engine.follow(order)) as plans:
                async for plan in plans:
                    if order.most != PREVIEW:
                        self.say(f"looking at {counted(plan.looked_at, 'object')}…", MUTED)
        except ProblemError as error:
            self.say(f"✗ {_regex_hint(order.match)}{error.problem.sentence()}", BAD)
            return None
        return plan

    def _show(self, plan: RenamePlan) -> None:
        """Show the rows and what they come to; the plan can then be confirmed."""
        rows = plan.rows or (self._shown.rows if self._shown else [])
        room = max(3, min(self.app.size.height - FRAME_LINES, 24))
        self._shown = replace(plan, rows=rows)
        if len(rows) > room:
            rows = sorted(rows, key=lambda row: (not row.why, not row.new))[:room]
        longest = max((cells(visible(row.old[self._base :])) for row in rows), default=0)
        self.query_one("#rows", Lines).show(lambda width: [self._line(row, width, longest) for row in rows])
        of = (
            f"of {counted(plan.looked_at, 'object')}"
            if plan.complete
            else f"of the first {counted(plan.looked_at, 'object')}"
        )
        more = f", {number(found)} exist" if (found := sum(row.exists for row in rows)) else ""
        if plan.refused:
            self.say(f"✗ nothing is renamed: {number(plan.refused)} {of} cannot get the new name", BAD)
        elif not plan.renamed and (match := self.query_one("#match", Input).value) and not self._names:
            self.say(f"{_regex_hint(match)}nothing matches {visible(match)}: none {of} gets another name", WARNING)
        else:
            self.say(
                f"{number(plan.renamed)} {of} will be renamed{more}",
                WARNING if found else GOOD if plan.renamed else MUTED,
            )

    def _line(self, row: RenameRow, width: int, longest: int) -> Content:
        """A row in so many cells: old name, new name, and what is in its way."""
        old, new = (visible(each[self._base :]) for each in (row.old, row.new))
        words, tone = (f"✗ {row.why}", BAD) if row.why else ("✗ exists: you are asked", BAD) if row.exists else ("", "")
        left = max(8, min(longest, width * 2 // 5))
        start = Content.styled(cut_middle(old, left), "" if row.new else MUTED).truncate(left, pad=True)
        room = max(4, width - left - 3 - min(cells(words) + 2, width // 3))
        end = (
            Content.assemble((" → ", MUTED), cut_middle(new, room), "  ", (words, tone))
            if new or words
            else Content("")
        )
        return (start + end).truncate(width, ellipsis=True)

    @on(Input.Submitted)
    @work(exclusive=True, group="plan")
    async def _submitted(self) -> None:
        """Plan all of it; order it if it comes to what is shown."""
        shown = self._shown
        plan = await self._planned(self._order(0))
        if plan is None:
            return
        agreed = shown and shown.complete and (shown.looked_at, shown.renamed) == (plan.looked_at, plan.renamed)
        if agreed and plan.listed:
            self.leave(plan.order(self._selection, self._options))
            return
        self._show(plan)
        if plan.listed:
            self.say(f"rename {counted(plan.renamed, 'object')}? Press enter again.", WARNING)

    @work(exclusive=True, group="plan")
    async def action_edit_names(self) -> None:
        """Edit the names in the user's own editor, one a line."""
        plan = await self._planned(PlanRename(self._selection, names=[("", "")], most=MOST_EDITED))
        if plan is None:
            return
        keys = [row.old for row in plan.rows]
        old = [key[self._base :] for key in keys]
        odd = next((each for each in old if not each.isprintable() and any(ord(one) < 32 for one in each)), "")
        if odd or not plan.complete:
            why = f"{odd!r} cannot stand on a line of text" if odd else f"more than {number(MOST_EDITED)} names"
            self.say(f"✗ {visible(why)}: rename by a pattern, or mark fewer objects", BAD)
            return
        text = "".join(f"{each}\n" for each in old)
        before = self._text if self._text.count("\n") == len(old) else text
        try:
            self._text = while_suspended(self.app, partial(edited_file, "names.txt", before.encode())).decode()
        except (SuspendNotSupported, UnicodeDecodeError):
            self.say(
                "✗ the names cannot be edited: no other program can use this terminal, or the text is not UTF-8", BAD
            )
            return
        except EditorError as error:
            self.say(f"✗ {editor_problem(error, 'names.txt').sentence()}", BAD)
            return
        new = self._text.removesuffix("\n").split("\n")
        if len(new) != len(old):
            lines = f"the text has {counted(len(new), 'line')} for {counted(len(old), 'name')}"
            self.say(f"✗ {lines}: nothing is renamed, and nothing is deleted. F4 shows the names again", BAD)
            return
        prefix = self._selection.base.key
        self._names = [(key, prefix + name) for key, name in zip(keys, new, strict=True) if key != prefix + name]
        self._preview()


def _regex_hint(match: str) -> str:
    """How a pattern of a shell is written as a regular expression; empty if it looks like one already."""
    if "*" not in match or re.search(r"[\\(\[+|^$]|\.\*", match):
        return ""
    regex = re.sub(r"[.*?]", lambda found: {".": r"\.", "*": ".*", "?": "."}[found[0]], match)
    return f"regular expression: for {visible(match)} write {visible(regex)}: "
