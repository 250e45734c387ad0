"""Buckets and prefixes: listed, created, deleted."""

from __future__ import annotations

from tui.core.listing import BucketList, Page
from tui.core.location import Location
from tui.core.orders import RemoveBucketOrder
from tui.core.transfer import Limits
from tui.link.request import Done, Feed, Request
from tui.model.removal.bucket import RemovalPlan
from tui.protocol.messages.transfers import Accepted


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


class PlanRemoval(Feed[RemovalPlan], frozen=True, tag="plan-removal"):
    """What the removal of a bucket would delete, growing until it is complete; stopping it stops the count."""

    order: RemoveBucketOrder


class SubmitRemoval(Request[Accepted], frozen=True, tag="submit-removal"):
    """Start the removal of a bucket in the background."""

    order: RemoveBucketOrder
    limits: Limits = Limits()


Requests = ListBuckets | ListObjects | CreatePrefix | CreateBucket | DeleteBucket | PlanRemoval | SubmitRemoval
"""All requests of this subject."""
