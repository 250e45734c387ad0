"""Buckets and prefixes: listed, created, deleted."""

from __future__ import annotations

from tui.model.listing import BucketList, Page
from tui.model.location import Location
from tui.protocol.messages.base import Done, Feed, Request


class ListBuckets(Request[BucketList], frozen=True, tag="list-buckets"):
    """The identity's own buckets."""

    connection: str


class ListObjects(Feed[Page], frozen=True, tag="list-objects"):
    """The pages below a prefix: one level (prefixes and objects), or with `recursive` every key."""

    connection: str
    location: Location
    recursive: bool = False


class CreatePrefix(Request[Done], frozen=True, tag="create-prefix"):
    """Make an empty object whose key ends in ``/``, so that the prefix is there; locally, a directory."""

    connection: str
    location: Location


class CreateBucket(Request[Done], frozen=True, tag="create-bucket"):
    """CreateBucket, owned by the identity's account; `region` empty: the identity's own."""

    connection: str
    bucket: str
    region: str = ""


class DeleteBucket(Request[Done], frozen=True, tag="delete-bucket"):
    """DeleteBucket: the server refuses it while something is in the bucket."""

    connection: str
    bucket: str


Requests = ListBuckets | ListObjects | CreatePrefix | CreateBucket | DeleteBucket
"""All requests of this subject."""
