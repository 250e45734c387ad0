"""Where a pane is, segment by segment, each to be clicked or dropped on; and how much of it is listed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click, MouseDown, MouseMove
from textual.geometry import Offset
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.location import SCHEME, Location
from tui.kit.lines import MUTED
from tui.panes.news import RIGHT_BUTTON, MenuOpened, PlaceChosen
from tui.text import format as fmt

LEFT_OUT = "…/"

WIDE = 60
"""From this width on, the long status is shown."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the path: the place it leads to, its text, and the cells it takes."""

    location: Location
    text: str
    span: range


def segments(location: Location, width: int, top: str = SCHEME) -> list[Segment]:
    """The path in `width` cells; levels after the first are left out if they do not fit, the last is cut."""
    chain = location.ancestors()
    texts = [_text(place, top) for place in chain]
    while sum(map(cell_len, texts)) > width and len(chain) > 2:
        del chain[1], texts[1]
        texts[1] = LEFT_OUT + texts[1].removeprefix(LEFT_OUT)
    room = width - sum(map(cell_len, texts[:-1]))
    texts[-1] = fmt.cut_middle(texts[-1], max(0, room))
    placed, left = [], 0
    for place, text in zip(chain, texts, strict=True):
        placed.append(Segment(place, text, range(left, left + cell_len(text))))
        left += cell_len(text)
    return placed


def _text(place: Location, top: str) -> str:
    if not place.bucket:
        return top
    if place.is_root:
        return "/"
    return fmt.visible(place.name) + ("" if place.key else "/")


class PathLine(Widget):
    """One line: the path at the left, the count at the right."""

    ALLOW_SELECT = False
    location: reactive[Location] = reactive(Location())
    top: reactive[str] = reactive(SCHEME)
    """The text of the bucket list."""
    status: reactive[str] = reactive("")
    """How much is listed and marked; never text from outside."""
    short_status: reactive[str] = reactive("")
    """The same for a narrow pane."""
    hovered: reactive[Location | None] = reactive(None)
    drop: reactive[Location | None] = reactive(None)

    def render(self) -> Content:
        status = self._status
        placed = segments(self.location, self._path_width, self.top)
        path = Content("").join(Content.styled(one.text, self._style(one)) for one in placed)
        gap = " " * (self.content_size.width - path.cell_length - cell_len(status))
        return Content.assemble(path, gap, (status, MUTED))

    @property
    def _status(self) -> str:
        return self.status if self.content_size.width >= WIDE else self.short_status

    @property
    def _path_width(self) -> int:
        taken = cell_len(self._status)
        return max(0, self.content_size.width - taken - (1 if taken else 0))

    def _style(self, segment: Segment) -> str:
        if segment.location == self.drop:
            return "$background on $drop-target"
        if segment.location == self.hovered:
            return "underline"
        return "bold" if segment.location == self.location else "$text"

    def place_at(self, pointer: Offset) -> Location | None:
        """The place at a cell of the screen: a segment's, behind the path the pane's; None elsewhere."""
        if not self.region.contains_point(pointer):
            return None
        x = pointer.x - self.content_region.x
        found = [one.location for one in segments(self.location, self._path_width, self.top) if x in one.span]
        return found[0] if found else self.location

    def on_mouse_move(self, event: MouseMove) -> None:
        place = self.place_at(event.screen_offset)
        self.hovered = None if place == self.location else place

    def on_leave(self) -> None:
        self.hovered = None

    def on_mouse_down(self, event: MouseDown) -> None:
        if event.button == RIGHT_BUTTON:
            self.post_message(MenuOpened(None, event.screen_offset))

    def on_click(self, event: Click) -> None:
        if event.button != RIGHT_BUTTON and (place := self.place_at(event.screen_offset)):
            self.post_message(PlaceChosen(place))
