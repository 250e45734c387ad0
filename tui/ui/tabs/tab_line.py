"""The line above a pane with several tabs."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.ui.tabs.tab_labels import TabLabel, tab_labels

MIDDLE_BUTTON = 2


class TabLine(Widget):
    """A click shows a tab, a click with the middle button closes it."""

    ALLOW_SELECT = False
    names: reactive[tuple[str, ...]] = reactive(())
    """The tabs, from left to right; control characters are visible in them."""
    front: reactive[int] = reactive(0)
    """The number of the tab that is shown, from 0 on."""

    @dataclass
    class Chosen(Message):
        """The tab `number` (from 0 on) was clicked."""

        number: int

    @dataclass
    class Closed(Message):
        """The tab `number` (from 0 on) was clicked with the middle button."""

        number: int

    @property
    def _labels(self) -> list[TabLabel]:
        return tab_labels(self.names, self.front, self.content_size.width)

    def render(self) -> Content:
        """The tabs; the one in front stands out."""
        return Content("").join(Content.styled(label.text, self._style(label)) for label in self._labels)

    def _style(self, label: TabLabel) -> str:
        return "bold reverse" if label.is_tab and label.tab == self.front else "$text"

    def on_click(self, event: Click) -> None:
        """Show the tab under the pointer, or close it."""
        label = next((label for label in self._labels if event.x in label.span), None)
        if label and event.button == MIDDLE_BUTTON and label.is_tab:
            self.post_message(self.Closed(label.tab))
        elif label:
            self.post_message(self.Chosen(label.tab))
