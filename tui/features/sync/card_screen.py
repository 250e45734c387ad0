"""Asks before a sync: how many objects it would copy and, if that is ticked, delete."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, Static
from textual.worker import Worker

from tui.core.orders import SyncOrder
from tui.core.problem import ProblemError
from tui.core.versions import BucketVersioning, UndoForecast
from tui.features.sync.values import PlanSync, SyncPlan
from tui.features.sync.words import BY
from tui.features.transfer_list.conflict_screen import Tick
from tui.kit.change_screens import forecast
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, outside
from tui.link.session import EngineAccess
from tui.text import format as fmt
from tui.text.order_lines import deletions, overwrites

MOST_SHOWN = 2000
"""Deletions in the list; the command's dry run shows all of them."""


class SyncCardScreen(DecisionDialog[SyncOrder]):
    """Returns the order, with the list of the shown deletions if they are ticked; at first they are not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("equals_sign", "by", show=False),
        Binding("space", "toggle_delete", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: SyncOrder) -> None:
        super().__init__()
        self._engine, self._order = engine, order
        self._plan = SyncPlan()
        self._deletions: list[str] = []
        self._forecast: UndoForecast | None = None
        self._failed = ""
        self._planning: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        title = "Sync" if self._order.delete else "Copy what is missing or differs"
        with Frame(title, id="sync-card"):
            yield Static(self._places(), id="sync-places")
            yield Static(id="sync-plan")
            with VerticalScroll(can_focus=False):
                yield Static(id="sync-deletions")
            with Foot():
                yield Tick("delete, too  space", id="delete")
                yield Static(id="sync-demand")
                yield LineInput(select_on_focus=False, compact=True, id="typed")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Start", variant="primary", id="start", compact=True)
                    yield Button("Compare by  =", id="by", compact=True, action="screen.by")
                    yield Button("Cancel  esc", id="cancel", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#cancel"))
        self._begin()
        if self._order.destination.location.kind.has_versions:
            self.run_worker(self._ask_undo(), group="undo")

    def action_by(self) -> None:
        self._order = replace(self._order, by=self._order.by.following)
        self.query_one(Input).clear()
        if self._planning:
            self._planning.cancel()
        self.set_focus(self.query_one("#by"))
        self._begin()

    def action_toggle_delete(self) -> None:
        if (tick := self.query_one(Checkbox)).display:
            tick.toggle()

    @on(Checkbox.Changed)
    def _ticked(self) -> None:
        self._show()
        self._focus_next()

    def _begin(self) -> None:
        self._plan, self._deletions, self._failed = SyncPlan(), [], ""
        self._show()
        self._planning = self.run_worker(self._follow(), group="planning")

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(PlanSync(self._order))) as plans:
                async for plan in plans:
                    self._plan = plan
                    room = MOST_SHOWN - len(self._deletions)
                    self._deletions += [each.source for each in plan.deletions[:room]]
                    self._show()
        except ProblemError as error:
            self._failed = error.problem.sentence()
        self._show()
        self._focus_next()

    def _focus_next(self) -> None:
        kept = self._forecast is not None and self._forecast.versioning is BucketVersioning.ENABLED
        start = self._may_begin and (kept or not self._plan.overwrites)  # else Enter must not overwrite for good
        self.set_focus(self.query_one("#typed" if self._demand else "#start" if start else "#cancel"))

    async def _ask_undo(self) -> None:
        destination = self._order.destination
        self._forecast = await forecast(self._engine, destination.connection, destination.location.bucket)
        self._show()
        if self.focused is self.query_one("#cancel"):
            self._focus_next()

    @property
    def _deletes(self) -> int:
        """How many objects it deletes."""
        return self._plan.deletes if self.query_one(Checkbox).value else 0

    @property
    def _wrong(self) -> str:
        if self._failed:
            return self._failed
        if self._plan.unlisted and self._order.delete:
            return f"nothing can be deleted: {self._plan.unlisted.sentence()}"
        if self._plan.complete and self._deletes and not self._plan.source_objects:
            return "the source has no objects: delete the target's objects in its pane"
        return ""

    @property
    def _demand(self) -> bool:
        return self._plan.complete and bool(self._deletes) and not self._wrong

    @property
    def _may_begin(self) -> bool:
        plan = self._plan
        if not plan.complete or self._failed or not plan.copies + plan.overwrites + self._deletes:
            return False
        return not self._deletes or (not self._wrong and self._typed_number == str(plan.deletes))

    @property
    def _typed_number(self) -> str:
        """The typed number, with or without thousands separators."""
        return self.query_one(Input).value.strip().replace(",", "")

    def _places(self) -> Content:
        room = max(12, min(self.app.size.width, 100) - 12)
        here, there = self._order.selection.base.uri, self._order.destination.location.uri
        first, second = (fmt.cut_middle(fmt.visible(uri), room) for uri in (here, there))
        return Content.assemble((first, STRONG), "\n→ ", (second, STRONG))

    def _show(self) -> None:
        plan, copied = self._plan, fmt.size(self._plan.copied_bytes)
        alone = f" ({copied})" if plan.copies and not plan.overwrites else ""
        differ = f"{fmt.counted(plan.overwrites, 'object')} that {'differs' if plan.overwrites == 1 else 'differ'}"
        lines = [
            Content(f"copy       {fmt.counted(plan.copies, 'object')}{alone} that the target does not have"),
            Content(f"overwrite  {differ}{'' if alone else f' ({copied} in all)'}"),
            *self._way_back(overwrites, plan.overwrites),
        ]
        if self._order.delete:
            what = f"{fmt.counted(plan.deletes, 'object')} ({fmt.size(plan.deleted_bytes)}) that only the target has"
            lines += [Content(f"{'delete    ' if self._deletes else 'keep      '} {what}")]
            lines += self._way_back(deletions, self._deletes)
        lines.append(Content(f"same       {fmt.number(plan.same)}, compared {BY[self._order.by]}"))
        if plan.unknown:
            lines.append(Content(f"unknown    {fmt.number(plan.unknown)} of the same size (left unchanged)"))
        if not plan.complete and not self._wrong:
            lines.append(Content("comparing…"))
        self.query_one("#sync-plan", Static).update(Content("\n").join(lines))
        more = plan.deletes - len(self._deletions)
        goes = [f"- {fmt.visible(uri)}" for uri in self._deletions] + ([f"and {more:,} more"] if more > 0 else [])
        self.query_one("#sync-deletions", Static).update(
            Content.styled("\n".join(goes if self._deletes else ()), MUTED)
        )
        self.query_one("#sync-demand", Static).update(self._demand_line())
        self.query_one(Input).display = self._demand
        self.query_one(Checkbox).display = bool(plan.deletes)
        self.query_one("#start", Button).disabled = not self._may_begin

    def _way_back(self, words: Callable[[UndoForecast], str], count: int) -> list[Content]:
        """Whether undo can restore `count` objects."""
        kind = self._order.destination.location.kind
        if count and not kind.has_versions:
            return [outside(f"{'':11}this cannot be undone: {kind.keeps_none}", WARNING)]
        if not count or self._forecast is None:
            return []
        kept = self._forecast.versioning is BucketVersioning.ENABLED
        return [outside(f"{'':11}{words(self._forecast)}", MUTED if kept else WARNING)]

    def _demand_line(self) -> Content:
        if self._wrong:
            return outside(f"✗ {self._wrong}", BAD)
        if self._demand:
            return Content.styled(f"type {self._plan.deletes} to confirm; no later ones are deleted", WARNING)
        if self._plan.complete and not self._plan.copies + self._plan.overwrites + self._deletes:
            more = "nothing to copy; the tick deletes what only the target has"
            return Content.styled(
                more if self._plan.deletes else "nothing to do: source and target are the same", MUTED
            )
        return Content("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if " " in event.value:  # it is no part of a number: the key is that of the tick
            event.input.value = event.value.replace(" ", "")
            self.action_toggle_delete()
        self.query_one("#start", Button).disabled = not self._may_begin

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._demand and not self._may_begin:
            wrong = outside(f"✗ {event.value!r} is not {self._plan.deletes}; ", BAD)
            self.query_one("#sync-demand", Static).update(wrong + self._demand_line())
        else:
            self._start()

    @on(Button.Pressed, "#start")
    def _start(self) -> None:
        if self._may_begin:
            delete = bool(self._deletes)
            self.leave(replace(self._order, delete=delete, shown=self._plan.shown if delete else ""))
