"""The requests of the protocol and the type of each answer.

A `Request[A]` is answered once with an ``A``; a `Feed[A]` is answered with any number of them until it ends or is
stopped. Both may fail with a `Problem` instead.
"""

from __future__ import annotations

from typing import Generic, TypeVar, get_args

from msgspec import Struct

from tui.model.facts import Fact, Finding
from tui.model.identity import AddressBook, Identity, IdentitySpec, ProfileSummary
from tui.model.listing import BucketList, Page
from tui.model.location import Location
from tui.model.plan import CopyOrder, RouteCard
from tui.model.problem import Problem
from tui.model.transfer import Conflict, ConflictAnswer, ObjectResult, TransferList

PROTOCOL_VERSION = 1
"""Raised whenever a message changes its shape; both ends compare it in `Hello`."""

A = TypeVar("A")


class Request(Struct, Generic[A], frozen=True):
    """Asks for one answer of type ``A``."""


class Feed(Struct, Generic[A], frozen=True):
    """Asks for a stream of answers of type ``A``."""


class Welcome(Struct, frozen=True):
    """The engine's greeting."""

    version: int
    pid: int


class Profiles(Struct, frozen=True):
    """The profiles of the AWS config files, in their order, and the files they were read from."""

    profiles: list[ProfileSummary]
    files: list[str]


class Accepted(Struct, frozen=True):
    """A transfer was taken; its id is used to watch and cancel it."""

    transfer: str


class Done(Struct, frozen=True):
    """It was done; there is nothing to say."""


class Conflicts(Struct, frozen=True):
    """All conflicts that wait for a decision."""

    waiting: list[Conflict]


class InspectorUpdate(Struct, frozen=True):
    """One more fact, with all findings that follow from the facts so far."""

    fact: Fact
    findings: list[Finding]


class Explanation(Struct, frozen=True):
    """Why a request was denied, the surest reason first; empty where nothing can be told."""

    findings: list[Finding]


class Hello(Request[Welcome], frozen=True, tag="hello"):
    """The first request on a connection."""

    version: int = PROTOCOL_VERSION


class ListProfiles(Request[Profiles], frozen=True, tag="list-profiles"):
    """What the AWS config files hold."""


class Connect(Feed[Identity], frozen=True, tag="connect"):
    """Make an identity usable: first what the configuration says, then (STS, ListBuckets) who it really is."""

    spec: IdentitySpec


class ListBuckets(Request[BucketList], frozen=True, tag="list-buckets"):
    """The identity's own buckets."""

    connection: str


class ListObjects(Feed[Page], frozen=True, tag="list-objects"):
    """The pages below a prefix: one level (prefixes and objects), or with `recursive` every key."""

    connection: str
    location: Location
    recursive: bool = False


class Inspect(Feed[InspectorUpdate], frozen=True, tag="inspect"):
    """Everything that can be known about an object (or a bucket), by its pane's identity and the other pane's."""

    connection: str
    location: Location
    other: str | None = None


class Explain(Request[Explanation], frozen=True, tag="explain"):
    """Which statement, which side, what to add: a denial at a location, looked at by both panes' identities."""

    problem: Problem
    location: Location
    connection: str
    other: str | None = None


class PlanCopy(Feed[RouteCard], frozen=True, tag="plan-copy"):
    """The route card of a copy, growing until it is complete; stopping it stops the count."""

    order: CopyOrder


class SubmitCopy(Request[Accepted], frozen=True, tag="submit-copy"):
    """Start a copy in the background."""

    order: CopyOrder


class WatchTransfers(Feed[TransferList], frozen=True, tag="watch-transfers"):
    """All transfers, whenever something changed, at most ten times a second."""


class WatchResults(Feed[ObjectResult], frozen=True, tag="watch-results"):
    """What became of each object of a transfer: those that ended already first; ends with the transfer."""

    transfer: str


class WatchConflicts(Feed[Conflicts], frozen=True, tag="watch-conflicts"):
    """The conflicts that wait for a decision, whenever they change."""


class AnswerConflict(Request[Done], frozen=True, tag="answer-conflict"):
    """Decide a conflict."""

    answer: ConflictAnswer


class CancelTransfer(Request[Done], frozen=True, tag="cancel-transfer"):
    """Stop a transfer and abort its uploads; answered when nothing of it is left running."""

    transfer: str


class WatchAddresses(Feed[AddressBook], frozen=True, tag="watch-addresses"):
    """The address book, now and whenever it learns."""


AnyRequest = (
    Hello
    | ListProfiles
    | Connect
    | ListBuckets
    | ListObjects
    | Inspect
    | Explain
    | PlanCopy
    | SubmitCopy
    | WatchTransfers
    | WatchResults
    | WatchConflicts
    | AnswerConflict
    | CancelTransfer
    | WatchAddresses
)


def answer_type(request: type[Request[A]] | type[Feed[A]]) -> type[A]:
    """The ``A`` of a request class, read off its base."""
    (answer,) = get_args(request.__orig_bases__[0])  # type: ignore[union-attr]  # set by Generic subclassing
    return answer  # type: ignore[no-any-return]  # get_args is untyped
