"""Renames by pattern or by a list of names, as they are ordered and planned."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from tui.core.orders import CopyOptions, CopyOrder, Destination, Selection
from tui.link.request import Feed


class RenameRow(Struct, frozen=True, array_like=True):
    """An object and its new key; empty: it keeps its own. `why`: why it cannot be renamed so, as a clause."""

    old: str
    new: str = ""
    why: str = ""
    exists: bool = False
    """Whether there is an object with the new key, as far as that was looked at."""


class RenamePlan(Struct, frozen=True):
    """New names, growing until the plan is `complete`."""

    looked_at: int = 0
    renamed: int = 0
    refused: int = 0
    """Of those renamed; with any, nothing is."""
    rows: list[RenameRow] = []
    """With `PlanRename.most` all that were looked at, else the first refused ones."""
    complete: bool = False
    """Whether everything selected was looked at, and all new names compared."""
    listed: str = ""
    """For `Selection.renamed`: what is renamed, once the plan is complete and nothing is refused."""

    def order(self, selection: Selection, options: CopyOptions) -> CopyOrder:
        """The move of exactly the planned objects."""
        base = selection.base
        chosen = replace(selection, keys=[], prefixes=[base.key], renamed=self.listed)
        return CopyOrder(chosen, Destination(selection.connection, base), replace(options, move=True))


class PlanRename(Feed[RenamePlan], frozen=True, tag="plan-rename"):
    """Plan other names for the selected objects of a bucket; nothing is renamed.

    The first match of the regular expression `match` in a name is replaced by `to`. With `names`, pairs of old and new
    keys, these are the new ones instead. `most`: look at so many objects only, for a preview.
    """

    selection: Selection
    match: str = ""
    to: str = ""
    names: list[tuple[str, str]] = field(default_factory=list)
    most: int = 0
