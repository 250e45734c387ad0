"""An object and its copy, with what is known before either is checked."""

from __future__ import annotations

from msgspec import Struct

from tui.core.location import Location


class ListedObject(Struct, frozen=True, array_like=True):
    """An object as a listing shows it; `size` in bytes, the ETag with its quotes or empty."""

    size: int
    etag: str = ""


class Recorded(Struct, frozen=True, array_like=True):
    """The result of a copy; `checksum` is ``ALGORITHM:base64`` or empty.

    `size` None: unknown. `proven_by`: the evidence that it equalled its source; empty: none. `part_size`: the size of
    the parts whose MD5s make the ETag, 0 if unknown.
    """

    size: int | None
    etag: str = ""
    checksum: str = ""
    proven_by: str = ""
    part_size: int = 0


class ObjectPair(Struct, frozen=True, array_like=True):
    """An object and its copy. `version` is the copied version of the source, if known.

    `listed`, `copy_listed`: what the listings have; None: nothing, or there was no listing.
    """

    source: Location
    target: Location
    version: str = ""
    listed: ListedObject | None = None
    copy_listed: ListedObject | None = None
    recorded: Recorded | None = None

    @property
    def size(self) -> int:
        """In bytes, if it is known before any check."""
        known = self.listed or self.copy_listed or self.recorded
        return (known.size or 0) if known else 0


class UnpairedObjects(Struct, frozen=True):
    """So many objects have no copy to compare; `skipped`: as the user wanted."""

    objects: int
    skipped: bool = False


class TruncatedReceipt(Struct, frozen=True):
    """A receipt that was written with `promised` objects, and has only `named` of them."""

    named: int
    promised: int
