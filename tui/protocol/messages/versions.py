"""Versions of objects: listed, counted, brought back."""

from __future__ import annotations

from tui.core.listing import Page
from tui.core.location import Location
from tui.core.orders import RevertOrder, UndeleteOrder
from tui.core.versions import UndoForecast, VersionPage, VersionTally
from tui.link.request import Feed, Request
from tui.model.versions.undo import UndoEntry
from tui.protocol.messages.transfers import Accepted


class ListVersions(Feed[VersionPage], frozen=True, tag="list-versions"):
    """The versions of a key, of one level, or with `recursive` of every key that begins with the location's."""

    connection: str
    location: Location
    recursive: bool = False


class ListWithDeleted(Feed[Page], frozen=True, tag="list-with-deleted"):
    """One level as `ListObjects` lists it, and the keys whose latest version is a delete marker (class `DELETED`)."""

    connection: str
    location: Location


class CountVersions(Feed[VersionTally], frozen=True, tag="count-versions"):
    """How many versions there are of a key or below a prefix, and their bytes, growing; stopping it stops the count."""

    connection: str
    location: Location


class SubmitVersions(Request[Accepted], frozen=True, tag="submit-versions"):
    """Bring deleted objects back, or take a transfer back, in the background."""

    order: UndeleteOrder | RevertOrder


class ListUndo(Feed[UndoEntry], frozen=True, tag="list-undo"):
    """The transfers that can be taken back, or why not, the latest first; of all that the engine still has."""


class AskUndo(Request[UndoForecast], frozen=True, tag="ask-undo"):
    """Whether what a bucket loses can be taken back, before it is overwritten or deleted."""

    connection: str
    bucket: str


Requests = AskUndo | ListVersions | ListWithDeleted | CountVersions | SubmitVersions | ListUndo
"""All requests of this subject."""
