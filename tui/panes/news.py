"""The messages of widgets to the nodes above them. News goes up as messages, state comes down as attributes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from textual.geometry import Offset
from textual.message import Message

from tui.core.location import Location
from tui.core.problem import Problem
from tui.panes.columns import SortKey

RIGHT_BUTTON = 3
"""Opens the context menu."""


class PaneSide(StrEnum):
    """Which pane, by the side it started on; it keeps its name and accent when the panes are swapped."""

    LEFT = "left"
    RIGHT = "right"


class Lifetime(Enum):
    """How long credentials last."""

    LASTING = auto()
    ENDING = auto()
    ENDED = auto()


class ColumnsPlanned(Message):
    """A table's columns have other widths: its headings follow."""


class CursorMoved(Message):
    """The cursor of a table stands on another row, or its row changed."""


@dataclass
class RowOpened(Message):
    """The row at `number` was double-clicked."""

    number: int


@dataclass
class RowToggled(Message):
    """The guide of the container at `number` was clicked."""

    number: int


@dataclass
class MenuOpened(Message):
    """The right button went down on the row at `number`, or beside all rows."""

    number: int | None
    pointer: Offset
    """In cells of the screen."""


class MarksChanged(Message):
    """Marks were set or taken away by the mouse."""


@dataclass
class SortChosen(Message):
    """A column's heading was clicked."""

    key: SortKey


@dataclass
class PlaceChosen(Message):
    """A segment of the path line was clicked."""

    location: Location


@dataclass
class FilterChanged(Message):
    """The text of the filter line has changed."""

    pattern: str


@dataclass
class FilterLeft(Message):
    """The filter line was left: with Enter the filter stays, with Esc (`clear`) it goes."""

    clear: bool


@dataclass
class DragBegun(Message):
    """A row was pressed and the pointer moved: the drag takes it, or all marked rows if it is one of them."""

    number: int
    pointer: Offset
    """In cells of the screen."""


@dataclass
class DragMoved(Message):
    """The pointer is at another cell of the screen while something is dragged."""

    pointer: Offset


@dataclass
class DragEnded(Message):
    """The button was let go; without a pointer: the drag was called off."""

    pointer: Offset | None


@dataclass
class SplitterMoved(Message):
    """The splitter is dragged to another cell of the screen."""

    pointer: Offset


@dataclass
class PaneChanged(Message):
    """Location, identity, cursor, marks or the state of the listing of a pane changed."""

    side: PaneSide


class PaneRefreshed(Message):
    """A pane lists places again: facts about their rows may have changed, too."""


@dataclass
class ObjectOpened(Message):
    """Enter or a double click on an object."""

    side: PaneSide


@dataclass
class ProblemOpened(Message):
    """The user wants an explanation of a failure at a location."""

    side: PaneSide
    problem: Problem
    location: Location


@dataclass
class NotConnected(Message):
    """A pane could not connect with the chosen identity."""

    side: PaneSide
    problem: Problem


@dataclass
class NeedOpened(Message):
    """The user wants to give the code, sign-in or secret that a pane's identity needs."""

    side: PaneSide
    problem: Problem


@dataclass
class IdentityOpened(Message):
    """The user wants to see a pane's identity; `explaining`: or why something failed that a toast told of."""

    side: PaneSide
    explaining: bool = False


@dataclass
class CredentialsAged(Message):
    """The credentials of a pane will end soon, have ended, or were renewed after that."""

    side: PaneSide
    lifetime: Lifetime


@dataclass
class AccentChosen(Message):
    """The account that a pane acts in has a colour of its own (empty: it has none)."""

    side: PaneSide
    colour: str
