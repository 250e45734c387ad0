"""What is dragged, where it may be dropped, and what the ghost beside the pointer says. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.model.location import Location
from tui.model.plan import Selection
from tui.ui import format as fmt
from tui.ui.listing.rows import is_below
from tui.ui.messages import Side


@dataclass(frozen=True, slots=True)
class DropTarget:
    """A place of a pane."""

    side: Side
    location: Location


@dataclass(frozen=True, slots=True)
class Drag:
    """What is under way: a selection of one pane, described in a few words, over `target` (None: nowhere)."""

    source: Side
    selection: Selection
    words: str
    target: DropTarget | None = None

    @property
    def label(self) -> str:
        """What the ghost says."""
        if self.target is None:
            return f" copy {self.words} "
        return f" copy {self.words} → {fmt.visible(self.target.location.name or self.target.location.uri)} "


def may_drop(selection: Selection, target: Location, *, same_server: bool) -> bool:
    """Whether a copy to `target` makes sense: it is a bucket or prefix, not where things are, nor inside themselves.

    `same_server`: both panes speak to the same endpoint, so that equal names are the same place.
    """
    if not target.bucket or not target.is_prefix:
        return False
    if not same_server:
        return True
    return target != selection.base and not any(
        target == taken or is_below(target, taken)
        for taken in (Location(selection.base.bucket, prefix) for prefix in selection.prefixes)
    )
