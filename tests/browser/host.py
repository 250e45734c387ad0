"""An app that shows what a test is about, and takes its keys; scenes that are laid out at every size."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from tests.waiting import until
from tui.browser.first_frame import stylesheet_paths
from tui.browser.input_order import OrderedInput
from tui.features.copy.screen import RouteCardScreen
from tui.kit.dialog import DecisionDialog

BACKGROUND = "the browser behind it " * 200

OPEN = object()
"""Instead of an answer: the dialog may stay."""


class Host(OrderedInput):
    ALLOW_SELECT = False

    def __init__(self, *, dialog: Screen[Any] | None = None, widgets: list[Widget] | None = None) -> None:
        super().__init__(css_path=[str(path) for path in stylesheet_paths()])
        self._dialog, self._widgets = dialog, widgets or []
        self.answers: list[Any] = []

    def get_css_variables(self) -> dict[str, str]:
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

    async def answered(self) -> Any:
        await until(lambda: bool(self.answers), "the dialog answers")
        [answer] = self.answers
        return answer


def text_of(widget: Widget) -> str:
    width, height = widget.size
    lines = widget.render_lines(widget.size.region)
    assert len(lines) == height
    return "\n".join("".join(segment.text for segment in line)[:width].rstrip() for line in lines)


def screen_text(app: App[Any]) -> str:
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


async def until_shown(pilot: Pilot[Any], *texts: str) -> None:
    await until(lambda: all(text in screen_text(pilot.app) for text in texts), f"the screen shows {texts}")


@asynccontextmanager
async def showing(
    dialog: Screen[Any], words: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """A dialog on an app of its own while the block lasts, which begins as soon as some words are on the screen."""
    app = Host(dialog=dialog)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_shown(pilot, words)
        yield app, pilot


async def press(
    pilot: Pilot[Any], *keys: str, then: str = "", front: type[Screen[Any]] | None = None, answer: Any = OPEN
) -> None:
    """Press one key after the other, and wait for what follows: words, the dialog in front, what the dialog answers.

    A dialog that drops keys until it is painted is waited for first."""
    for key in keys:
        await until(lambda: painted(pilot), "the dialog on top is painted")
        await pilot.press(key)
    if then:
        await until_shown(pilot, then)
    if front:
        await until(lambda: isinstance(pilot.app.screen, front), f"{front.__name__} is in front")
    if answer is not OPEN:
        assert await cast("Host", pilot.app).answered() == answer


def painted(pilot: Pilot[Any]) -> bool:
    screen = pilot.app.screen
    return not isinstance(screen, DecisionDialog) or screen.painted < math.inf


SMALL, LARGE = (80, 24), (200, 50)


@dataclass(frozen=True)
class Scene:
    """`act` is done and `keys` are pressed once `first` is on the screen; it stands once `then` is."""

    make: Callable[[], Host]
    first: str = ""
    keys: tuple[str, ...] = ()
    then: str = ""
    act: Callable[[Pilot[None]], Awaitable[None]] | None = None

    async def lay_out(self) -> None:
        async with self.make().run_test(size=SMALL) as pilot:
            await self.arrange(pilot)

    async def arrange(self, pilot: Pilot[None]) -> None:
        """Begin at the small size, look at the scene at the large one, too, and end at the small one."""
        await until_shown(pilot, self.first)
        await pilot.pause()
        if self.act:
            await self.act(pilot)
        await press(pilot, *self.keys)
        await self._look(pilot)
        for size in (LARGE, SMALL):
            await pilot.resize_terminal(*size)
            await self._look(pilot)

    async def _look(self, pilot: Pilot[None]) -> None:
        await until_shown(pilot, self.then)
        if isinstance(card := pilot.app.screen, RouteCardScreen):
            await until(lambda: not card.planning.is_due, "it is planned again")
        await pilot.pause()
        await pilot.pause()
        found = cut_or_covered(pilot.app.screen)
        assert not found, found


def cut_or_covered(screen: Screen[Any]) -> list[str]:
    """What is covered by something beside it, or has less room than its words."""
    found = []
    for parent in [screen, *screen.query(Widget)]:
        shown = [child for child in parent.children if child.display and child.region.area]
        found += [f"{named(other)} covers {named(one)}" for one, other in combinations(shown, 2) if overlap(one, other)]
        found += [f"{named(child)} is cut" for child in shown if not fits(child, parent)]
    buttons = [button for button in screen.query(Button) if button.region.area]
    return found + [f"{each.label} is cut" for each in buttons if each.content_size.width < len(str(each.label))]


def named(widget: Widget) -> str:
    return f"{type(widget).__name__}#{widget.id}"


def overlap(one: Widget, other: Widget) -> bool:
    return one.layer == other.layer and one.region.overlaps(other.region)


def fits(child: Widget, parent: Widget) -> bool:
    """Whether all that a widget shows is within its parent's width, or can be scrolled to."""
    room = parent.content_region
    if parent.allow_horizontal_scroll:
        return True
    return child.region.x >= room.x and all(
        len(line) <= room.right - child.region.x for line in text_of(child).split("\n")
    )
