"""Which columns the tables show, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import hint
from tui.panes.columns import AUTOMATIC, CHOICES, ColumnNames

TICKS = {True: "[x] ", False: "[ ] "}

WORDS = "For all panes and tabs. The name is always shown; columns that do not fit are left out from the right."


class ColumnList(Widget, can_focus=True):
    """One line a column; shown columns have a tick."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", show=False),
        Binding("down,j", "step(1)", show=False),
        Binding("space", "tick", show=False),
        Binding("K,shift+up", "move(-1)", show=False),
        Binding("J,shift+down", "move(1)", show=False),
    ]
    titles: reactive[tuple[str, ...]] = reactive(())
    shown: reactive[frozenset[str]] = reactive(frozenset[str]())
    cursor: reactive[int] = reactive(0)

    def __init__(self, chosen: ColumnNames) -> None:
        super().__init__(id="columns")
        self.offer(chosen or CHOICES)

    def offer(self, shown: Sequence[str]) -> None:
        """Tick `shown`, in this order; the others follow."""
        named = [title for title in shown if title in CHOICES]
        self.titles = (*named, *(title for title in CHOICES if title not in named))
        self.shown = frozenset(named)

    @property
    def chosen(self) -> list[str]:
        return [title for title in self.titles if title in self.shown]

    def render(self) -> Content:
        return Content("\n").join(
            Content.styled(TICKS[title in self.shown] + title, "reverse" if number == self.cursor else "")
            for number, title in enumerate(self.titles)
        )

    def action_step(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self.titles) - 1))

    def action_tick(self) -> None:
        self.shown = self.shown ^ {self.titles[self.cursor]}

    def action_move(self, by: int) -> None:
        """Move the column left or right: up or down in the list."""
        to = self.cursor + by
        if 0 <= to < len(self.titles):
            titles = list(self.titles)
            titles.insert(to, titles.pop(self.cursor))
            self.titles, self.cursor = tuple(titles), to

    def on_click(self, event: Click) -> None:
        line = event.get_content_offset_capture(self).y
        if 0 <= line < len(self.titles):
            self.cursor = line
            self.action_tick()


class ChooseColumns(Dialog[ColumnNames]):
    """Answers with the columns to show; `AUTOMATIC`: as many as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "save", "Save")]

    def __init__(self, chosen: ColumnNames) -> None:
        super().__init__()
        self._list = ColumnList(chosen)

    def compose(self) -> ComposeResult:
        with Frame("Columns", id="choose-columns"):
            yield self._list
            yield Static(WORDS, classes="muted")
            yield Static(hint(("space", "show"), ("K J", "move"), ("tab", "other button")), classes="hints")
            with HorizontalGroup(classes="buttons"):
                yield Button("Save  enter", variant="primary", action="screen.save", compact=True)
                yield Button("Automatic", id="automatic", action="screen.automatic", compact=True)
                yield Button("Cancel  esc", action="screen.cancel", compact=True)

    def action_save(self) -> None:
        """Answer with the ticked columns, or with the name alone."""
        self.leave(tuple(self._list.chosen) or ("name",))

    def action_automatic(self) -> None:
        self.leave(AUTOMATIC)
