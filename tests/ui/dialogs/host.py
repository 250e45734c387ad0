"""An app with nothing of its own: it shows the dialog or widgets that a test is about, with the real style sheets."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.ui.input_order import OrderedInput
from tui.ui.styles import stylesheet_paths

BACKGROUND = "the browser behind it " * 200


class Host(OrderedInput):
    """`answers` holds what the dialog answered, once it did."""

    ALLOW_SELECT = False

    def __init__(self, *, dialog: Screen[Any] | None = None, widgets: list[Widget] | None = None) -> None:
        super().__init__(css_path=[str(path) for path in stylesheet_paths()])
        self._dialog, self._widgets = dialog, widgets or []
        self.answers: list[Any] = []

    def get_css_variables(self) -> dict[str, str]:
        """The theme's, and those that only the browser's style sheets use."""
        variables = super().get_css_variables()
        ours = {"left-accent": "primary", "right-accent": "accent", "drop-target": "success"}
        return {**variables, **{name: variables[theirs] for name, theirs in ours.items()}}

    def compose(self) -> ComposeResult:
        background = Static(BACKGROUND, markup=False)
        background.styles.height = "1fr"
        yield background
        yield from self._widgets

    def on_mount(self) -> None:
        if self._dialog:
            self.push_screen(self._dialog, self.answers.append)


def text_of(widget: Widget) -> str:
    """What a widget shows: its cells, line by line, without the spaces at the end."""
    width, height = widget.size
    lines = widget.render_lines(widget.size.region)
    assert len(lines) == height
    return "\n".join("".join(segment.text for segment in line)[:width].rstrip() for line in lines)


def screen_text(app: App[Any]) -> str:
    """What the whole screen shows."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)
