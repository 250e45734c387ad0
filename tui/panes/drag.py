"""What is dragged: the ghost beside the pointer that says so, and where it may be dropped."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.events import Click, MouseDown, MouseMove, MouseUp
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.location import Location
from tui.core.orders import Selection
from tui.panes.branches import Branches
from tui.panes.news import PaneSide, SplitterMoved
from tui.panes.path_line import PathLine
from tui.panes.rows import RowKind, is_below
from tui.text import format as fmt

BESIDE = Offset(2, 1)
"""Never under the pointer: the screen must find, and the user see, the place below it."""


@dataclass(frozen=True, slots=True)
class DropTarget:
    """A place of a pane."""

    side: PaneSide
    location: Location


@dataclass(frozen=True, slots=True)
class Drag:
    """A selection of one pane, described in a few words, dragged over `target` (None: nowhere)."""

    source: PaneSide
    selection: Selection
    words: str
    target: DropTarget | None = None

    @property
    def label(self) -> str:
        if self.target is None:
            return f" copy {self.words} "
        return f" copy {self.words} → {fmt.visible(self.target.location.name or self.target.location.uri)} "


def may_drop(selection: Selection, target: Location, *, same_server: bool) -> bool:
    """Whether to copy to `target`: a bucket or prefix, not where the objects are, nor inside themselves.

    `same_server`: both panes use the same endpoint, so that equal names mean the same place.
    """
    if not target.bucket or not target.is_prefix:
        return False
    if not same_server:
        return True
    return target != selection.base and not any(
        target == taken or is_below(target, taken)
        for taken in (Location(selection.base.bucket, prefix) for prefix in selection.prefixes)
    )


class Ghost(Widget):
    """Lies above everything, and only during a drag."""

    ALLOW_SELECT = False
    label: reactive[str] = reactive("", layout=True)

    def render(self) -> Content:
        return Content(fmt.cut_end(self.label, self.app.size.width))

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002  # Textual calls it
        return min(cell_len(self.label), viewport.width)

    def follow(self, pointer: Offset) -> None:
        width, height = self.app.size
        wide = min(cell_len(self.label), width)
        x = pointer.x + BESIDE.x if pointer.x + BESIDE.x + wide <= width else max(0, pointer.x - wide - 1)
        y = pointer.y + BESIDE.y if pointer.y + BESIDE.y < height else pointer.y - 1
        self.offset = Offset(x, y)


class DropPlaces:
    """Where a drop would go in one pane: a path segment, a container's row, else the whole pane."""

    def __init__(self, pane: Widget, side: PaneSide, branches: Branches, path: PathLine) -> None:
        self._pane, self._side, self._branches, self._path = pane, side, branches, path

    def target(self, pointer: Offset) -> DropTarget | None:
        """The drop target at a cell of the screen; None outside the pane."""
        if not self._pane.region.contains_point(pointer):
            return None
        if place := self._path.place_at(pointer):
            return DropTarget(self._side, place)
        number = self._branches.table.row_number_at(pointer)
        row = None if number is None else self._branches.table.row_at(number)
        if row and row.kind is RowKind.CONTAINER:
            return DropTarget(self._side, row.location)
        return DropTarget(self._side, self._branches.location)

    def show(self, target: DropTarget | None) -> None:
        """Highlight a drop target; None: nothing in this pane."""
        place = target.location if target and target.side is self._side else None
        row = None if place is None else self._branches.tree.row_of(place)
        self._branches.table.highlight(drop=row)
        self._path.drop = place if row is None else None
        self._pane.set_class(place is not None and place == self._branches.location, "-drop")


class Splitter(Widget):
    """One cell wide; a double click puts it back into the middle."""

    ALLOW_SELECT = False

    class Centred(Message):
        """The splitter was double-clicked."""

    _held = False

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # all lines are alike
        return Strip([Segment("│", self.rich_style)])

    def on_mouse_down(self, event: MouseDown) -> None:
        event.stop()
        self._held = True
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        if self._held:
            self.post_message(SplitterMoved(event.screen_offset))

    def on_mouse_up(self, event: MouseUp) -> None:
        event.stop()
        self._held = False
        self.release_mouse()

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self.post_message(self.Centred())
