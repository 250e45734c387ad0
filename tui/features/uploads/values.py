"""Incomplete multipart uploads."""

from __future__ import annotations

from msgspec import Struct

from tui.core.location import Location
from tui.core.problem import Problem
from tui.link.request import Feed, Request


class ListedUpload(Struct, frozen=True):
    """An incomplete multipart upload. `started` in seconds since the epoch, `size` the bytes of its parts.

    `size` is None while it is not known, or where the parts may not be listed (`problem`). `ours`: xs3-tui made it
    and its journal still knows it; `active`: a transfer of this engine is using it.
    """

    bucket: str
    key: str
    upload: str
    started: float
    size: int | None = None
    parts: int | None = None
    initiator: str = ""
    ours: bool = False
    active: bool = False
    problem: Problem | None = None


class UploadsFound(Struct, frozen=True):
    """The incomplete uploads found so far; sent again as sizes become known."""

    uploads: list[ListedUpload]
    complete: bool = False
    damaged: Problem | None = None
    """Why our own uploads may not be recognized: an earlier journal was damaged."""


class Aborted(Struct, frozen=True):
    """The number of aborted uploads, and the problems with the others by upload ID."""

    count: int
    problems: dict[str, Problem] = {}


class ListUploads(Feed[UploadsFound], frozen=True, tag="list-uploads"):
    """The incomplete multipart uploads below a location, with their sizes."""

    connection: str
    location: Location


class AbortUploads(Request[Aborted], frozen=True, tag="abort-uploads"):
    """AbortMultipartUpload for each; uploads in use by a transfer of this engine are refused."""

    connection: str
    uploads: list[ListedUpload]
