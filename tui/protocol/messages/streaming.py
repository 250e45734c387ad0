"""Objects that are written from a stream of unknown length: piece by piece, and not at all unless it is finished."""

from __future__ import annotations

from msgspec import Struct

from tui.core.location import Location
from tui.link.request import Done, Feed, Request


class StreamAttributes(Struct, frozen=True):
    """What the new object gets; empty: the server's or bucket's default. `acl` is a canned ACL."""

    content_type: str = ""
    storage_class: str = ""
    acl: str = ""
    encryption: str = ""
    kms_key: str = ""


class UploadBegun(Struct, frozen=True):
    """By this id its pieces are sent."""

    upload: str


class BeginUpload(Feed[UploadBegun], frozen=True, tag="begin-upload"):
    """Begin an upload. It lives as long as this feed is followed: an end before `FinishUpload` aborts it.

    `only_new`: an object that is there is not replaced (kind EXISTS).
    """

    connection: str
    location: Location
    attributes: StreamAttributes = StreamAttributes()
    only_new: bool = False


class SendPiece(Request[Done], frozen=True, tag="send-piece"):
    """The next bytes, at least 5 MiB of them unless they are the last ones; at most 10,000 pieces."""

    upload: str
    content: bytes


class UploadFinished(Struct, frozen=True):
    """What was written.

    `version` as in `SavedContent`, `transfer` is the id by which undo takes it back; empty: it cannot.
    """

    etag: str
    size: int
    version: str = ""
    transfer: str = ""


class FinishUpload(Request[UploadFinished], frozen=True, tag="finish-upload"):
    """All pieces were sent: only now the object appears."""

    upload: str


Requests = BeginUpload | SendPiece | FinishUpload
"""All requests of this subject."""
