"""What an order would do to each object, and why; nothing is written."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.style import Style
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.browser.card_lines import verb
from tui.core import orders
from tui.core.problem import ProblemError
from tui.core.transfer import PlannedAction, PlannedObject
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, outside
from tui.link.session import EngineAccess
from tui.messages.order_requests import DryRun
from tui.text.format import cut_middle, number, size, visible

ACTION_TONES = {
    PlannedAction.COPY: GOOD,
    PlannedAction.OVERWRITE: WARNING,
    PlannedAction.SKIP: MUTED,
    PlannedAction.RENAME: GOOD,
    PlannedAction.ASK: WARNING,
    PlannedAction.DELETE: BAD,
    PlannedAction.REPAIR: GOOD,
    PlannedAction.UNDELETE: GOOD,
    PlannedAction.UNDO: GOOD,
    PlannedAction.RESTORE: GOOD,
    PlannedAction.ABORT: BAD,
    PlannedAction.REMOVE: BAD,
    PlannedAction.CHANGE: GOOD,
    PlannedAction.REFUSE: BAD,
}

ACTION_WIDTH, SIZE_WIDTH = 9, 8

CLICKED = "action"
"""The name of a count's action in the meta of its style."""


def heading(order: orders.Order) -> str:
    """``Dry run: copy to s3://landing/in/``."""
    if isinstance(order, orders.SyncOrder):
        return f"Dry run: synchronisation of {order.destination.location.uri}"
    if isinstance(order, orders.CopyOrder):
        return f"Dry run: {'move' if order.options.move else 'copy'} to {order.destination.location.uri}"
    return f"Dry run: {_WORDS[type(order)]}"


_WORDS: dict[type, str] = {
    orders.DeleteOrder: "deletion",
    orders.RepairOrder: "repair of ownership",
    orders.RestoreOrder: "restore",
    orders.RemoveBucketOrder: "removal of the bucket",
    orders.UndeleteOrder: "undelete",
    orders.RevertOrder: "undo",
}


def planned_line(planned: PlannedObject, order: orders.Order, width: int) -> Content:
    """One object in `width` cells: action, name, size, reason; a renamed one with its new name."""
    room = max(12, min(60, (width - ACTION_WIDTH - SIZE_WIDTH - 4) // 2))
    name = cut_middle(visible(planned.source.removeprefix(order.selection.base.uri) or planned.source), room)
    why = planned.why
    if planned.action is PlannedAction.RENAME and isinstance(order, orders.CopyOrder):
        why = f"→ {planned.target.removeprefix(order.destination.location.uri) or planned.target}  {why}"
    return Content.assemble(
        (f"{planned.action.value:<{ACTION_WIDTH}}", ACTION_TONES[planned.action]),
        " ",
        name + " " * (room - cell_len(name)),
        (f"{'—' if planned.size is None else size(planned.size):>{SIZE_WIDTH + 1}}", MUTED),
        "  ",
        outside(why, "" if planned.action is PlannedAction.REFUSE else MUTED),
    )


def planned_detail(planned: PlannedObject) -> Content:
    """One object in full: source, target, route and reason."""
    where = planned.source if planned.target in ("", planned.source) else f"{planned.source} → {planned.target}"
    by = (f"; {planned.note}" if planned.note else "") + (f" · {planned.route.value}" if planned.route else "")
    tone = ACTION_TONES[planned.action]
    return Content.assemble(outside(where, MUTED), "\n", (planned.action.value, tone), outside(f": {planned.why}{by}"))


def counts_line(counts: dict[PlannedAction, int], only: PlannedAction | None, *, complete: bool) -> Content:
    """The number of each action, to be clicked; the shown one is marked."""
    total = sum(counts.values())
    parts = [_count("all", total, "", marked=only is None)]
    parts += [
        _count(action.value, counts[action], ACTION_TONES[action], marked=only is action)
        for action in PlannedAction
        if counts.get(action)
    ]
    return Content("   ").join(parts) + Content.styled("" if complete else "  …", MUTED)


def _count(word: str, count: int, tone: str, *, marked: bool) -> Content:
    text = f"▸{word} {number(count)}" if marked else f"{word} {number(count)}"
    meta = Style.from_meta({CLICKED: "" if word == "all" else word})
    return Content.styled(text, "bold" if marked else tone).stylize(meta)


MAX_ROWS = 2000
"""Rows kept of each action, so that many of one leave room for the few of another."""

SHOW_SECONDS = 0.1
"""Updates within this time are shown together."""


class ActionCounts(Static):
    """The number of objects for each action; a click lists only those."""

    class Chosen(Message):
        """The user wants to see only this action; None: all."""

        def __init__(self, action: PlannedAction | None) -> None:
            super().__init__()
            self.action = action

    def on_click(self, event: Click) -> None:
        action = event.style.meta.get(CLICKED)
        if action is not None:
            self.post_message(self.Chosen(PlannedAction(action) if action else None))


class PlannedRows(OptionList, can_focus=False):
    """The objects; the keys of the screen move in it, so that Enter is for the buttons."""


class DryRunScreen(DecisionDialog[bool]):
    """Answers True to do it now. The list grows while the engine looks at one object after the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C,f5", "do('C')", "Copy", show=False),
        Binding("M,f6", "do('M')", "Move", show=False),
        Binding("U", "do('U')", "Undelete", show=False),
        Binding("Z", "do('Z')", "Undo", show=False),
        Binding("slash", "only", "Only"),
        *(Binding(key, f"move('{key}')", show=False) for key in ("up", "down", "pageup", "pagedown", "home", "end")),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: orders.Order) -> None:
        super().__init__()
        self._engine, self._order = engine, order
        self._counts: Counter[PlannedAction] = Counter()
        self._kept: list[PlannedObject] = []
        self._new: list[PlannedObject] = []
        self._listed: list[PlannedObject] = []
        self._only: PlannedAction | None = None
        self._complete = False

    def compose(self) -> ComposeResult:
        title = cut_middle(visible(heading(self._order)), self.app.size.width - 8)
        with Frame(outside(title), id="dry-run-frame"):
            yield ActionCounts(id="counts")
            yield PlannedRows(id="planned", compact=True, markup=False)
            with Foot():
                yield Static(id="detail")
                yield Static(id="left-out")
                with HorizontalGroup(classes="buttons"):
                    do, key = _doing(self._order)
                    if do:
                        act = f"screen.do('{key}')"
                        yield Button(f"{do}  {key}", variant="primary", id="do", action=act, compact=True)
                    yield Button("Filter  /", id="only", action="screen.only", compact=True)
                    yield Button("Back  esc", id="back", action="screen.cancel", compact=True)

    def on_mount(self) -> None:
        self.query_one("#do" if _doing(self._order)[0] else "#back").focus()
        self._show_counts()
        self.set_interval(SHOW_SECONDS, self._flush)
        self._follow()

    def on_resize(self) -> None:
        self._show_all()

    @work
    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(DryRun(self._order))) as plan:
                async for planned in plan:
                    self._counts[planned.action] += not planned.objects
                    if self._counts[planned.action] <= MAX_ROWS:
                        self._new.append(planned)
            self._complete = True
        except ProblemError as error:
            self._flush()
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        self._flush()
        self._show_counts()

    def _flush(self) -> None:
        if not self._new:
            return
        new, self._new = self._new, []
        self._kept += new
        shown = list(filter(self._shown, new))
        self._listed += shown
        self.query_one(OptionList).add_options(map(self._option, shown))
        self._stand_on_first()
        self._show_counts()

    def _shown(self, planned: PlannedObject) -> bool:
        return self._only is None or planned.action is self._only

    def _option(self, planned: PlannedObject) -> Option:
        return Option(planned_line(planned, self._order, self.query_one(OptionList).scrollable_content_region.width))

    def _show_counts(self) -> None:
        self.query_one(ActionCounts).update(counts_line(self._counts, self._only, complete=self._complete))
        left_out = sum(max(0, count - MAX_ROWS) for count in self._counts.values())
        if left_out:
            self._say(Content.styled(f"and {number(left_out)} more, included in the totals", MUTED))
        elif self._complete and not self._counts:
            self._say(Content.styled("no objects: the selection is empty, or the filters match none", MUTED))
        else:
            self._say(Content(""))

    def _say(self, text: Content) -> None:
        line = self.query_one("#left-out", Static)
        line.update(text)
        line.display = bool(text.plain)

    def _show_all(self) -> None:
        self._listed = list(filter(self._shown, self._kept))
        self.query_one(OptionList).set_options(map(self._option, self._listed))
        self._stand_on_first()

    def _stand_on_first(self) -> None:
        rows = self.query_one(OptionList)
        if rows.highlighted is None and self._listed:
            rows.highlighted = 0

    @on(OptionList.OptionHighlighted)
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#detail", Static).update(planned_detail(self._listed[event.option_index]))

    def action_only(self) -> None:
        """Only the next action that occurs; after the last, all."""
        kinds = [None, *(action for action in PlannedAction if self._counts[action])]
        self._choose(kinds[(kinds.index(self._only) + 1) % len(kinds)])

    @on(ActionCounts.Chosen)
    def _chosen(self, event: ActionCounts.Chosen) -> None:
        self._choose(event.action)

    def _choose(self, only: PlannedAction | None) -> None:
        self._only = only
        self._show_counts()
        self._show_all()

    def action_move(self, key: str) -> None:
        rows = self.query_one(OptionList)
        moves = {
            "up": rows.action_cursor_up,
            "down": rows.action_cursor_down,
            "pageup": rows.action_page_up,
            "pagedown": rows.action_page_down,
            "home": rows.action_first,
            "end": rows.action_last,
        }
        moves[key]()

    def action_do(self, key: str) -> None:
        """Do it, if the key is that of the order."""
        if _doing(self._order)[1] == key:
            self.leave(True)


def _doing(order: orders.Order) -> tuple[str, str]:
    """The label of the button that starts the order, and its key; empty: another dialog confirms it."""
    if isinstance(order, orders.CopyOrder):
        return verb(order), "M" if order.options.move else "C"
    if isinstance(order, orders.UndeleteOrder):
        return "Undelete", "U"
    return ("Undo", "Z") if isinstance(order, orders.RevertOrder) else ("", "")
