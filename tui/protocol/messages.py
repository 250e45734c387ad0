"""The requests of the protocol and the type of each answer.

A `Request[A]` is answered once with an ``A``; a `Feed[A]` is answered with any number of them until it ends or is
stopped. Both may fail with a `Problem` instead.
"""

from __future__ import annotations

from typing import Generic, TypeVar, get_args

from msgspec import Struct

from tui.model.facts import Fact, Finding
from tui.model.identity import Address, AddressBook, Identity, IdentitySpec, ProfileSummary
from tui.model.listing import BucketList, Page
from tui.model.location import Location
from tui.model.plan import CopyOrder, DeleteOrder, Order, PlannedObject, RouteCard, Tally
from tui.model.problem import Problem
from tui.model.transfer import Conflict, ConflictAnswer, Limits, ObjectResult, TransferList
from tui.model.upload import Upload

PROTOCOL_VERSION = 5
"""Raised whenever a message changes its shape, a new member of an enum included.

Both ends compare it in `Hello`, which never changes.
"""

A = TypeVar("A")


class Request(Struct, Generic[A], frozen=True):
    """Asks for one answer of type ``A``."""


class Feed(Struct, Generic[A], frozen=True):
    """Asks for a stream of answers of type ``A``."""


class Welcome(Struct, frozen=True):
    """The engine's greeting; of an engine of another version it is all that is read.

    `program` is the engine's xs3-tui version, `unfinished` the number of transfers that have not ended.
    """

    version: int
    pid: int
    program: str = ""
    unfinished: int = 0


class Profiles(Struct, frozen=True):
    """The profiles of the AWS config files, in their order, and the files they were read from.

    `ambient` is what the default chain finds without a profile: keys, web identity or container role of the
    environment; None: nothing, or only an instance role could be tried.
    """

    profiles: list[ProfileSummary]
    files: list[str]
    ambient: ProfileSummary | None = None


class Secret(Struct, frozen=True):
    """A secret text: no log, no error and no repr shows it."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"


class SignInStep(Struct, frozen=True):
    """How a sign-in stands: open `url` in any browser, on any machine, and enter `code` (`complete_url` includes it).

    `expires`: until when, in seconds since the epoch. The last step is `done`.
    """

    url: str = ""
    complete_url: str = ""
    code: str = ""
    expires: float = 0.0
    done: bool = False


class Accepted(Struct, frozen=True):
    """A transfer was taken; its id is used to watch and cancel it."""

    transfer: str


class Done(Struct, frozen=True):
    """It was done; there is nothing to say."""


class Exported(Struct, frozen=True):
    """A file was written: where, and how many objects it names."""

    path: str
    objects: int


class UploadsFound(Struct, frozen=True):
    """The incomplete uploads found so far; sent again, fuller, as sizes become known."""

    uploads: list[Upload]
    complete: bool = False
    damaged: Problem | None = None
    """Why uploads of ours may not be known as such: an earlier journal was damaged."""


class Aborted(Struct, frozen=True):
    """How many uploads were aborted, and what went wrong with the others, by upload id."""

    count: int
    problems: dict[str, Problem] = {}


class Conflicts(Struct, frozen=True):
    """All conflicts that wait for a decision."""

    waiting: list[Conflict]


class InspectorUpdate(Struct, frozen=True):
    """One more fact, with all findings that follow from the facts so far."""

    fact: Fact
    findings: list[Finding]


class Explanation(Struct, frozen=True):
    """Why a request was denied, the surest reason first; empty if none is known."""

    findings: list[Finding]


class Hello(Request[Welcome], frozen=True, tag="hello"):
    """The first request on a connection."""

    version: int = PROTOCOL_VERSION


class ListProfiles(Request[Profiles], frozen=True, tag="list-profiles"):
    """The profiles of the AWS config files."""


class Connect(Feed[Identity], frozen=True, tag="connect"):
    """Make an identity usable: first what the configuration says, then what STS and ListBuckets return."""

    spec: IdentitySpec


class WatchIdentity(Feed[Identity], frozen=True, tag="watch-identity"):
    """An identity that is connected: now, whenever its credentials were renewed, and when they end.

    Credentials are renewed in time without being asked. Where that is not possible the identity's `problem` says why
    and what it `needs`.
    """

    connection: str


class GiveKeys(Request[Done], frozen=True, tag="give-keys"):
    """Keep typed access keys in the engine's memory, for every spec with this `access_key` and this endpoint.

    Two servers may both know an ``admin``.
    """

    access_key: str
    secret: Secret
    session_token: Secret = Secret("")
    endpoint: str = ""
    """As the spec has it; empty: it has none."""


class GiveCode(Request[Done], frozen=True, tag="give-code"):
    """Assume the role that needs a code with this one; answered when its session is there, or the code is refused."""

    connection: str
    code: Secret


class Stay(Request[Done], frozen=True, tag="stay"):
    """Keep running for this many seconds without a client: what was entered is only in the engine's memory.

    The latest time that was asked for counts; 0 takes it back.
    """

    seconds: float


class SignIn(Feed[SignInStep], frozen=True, tag="sign-in"):
    """Sign in to IAM Identity Center by device authorization; stopping it gives it up.

    The token is kept where the AWS CLI looks for it, so that both are signed in.
    """

    connection: str


class NameAccount(Request[Done], frozen=True, tag="name-account"):
    """Enter a line of the address book by hand; it is stronger than what was learned. Empty texts take it away."""

    address: Address


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
    """Start a copy in the background, within `limits` from its first byte on."""

    order: CopyOrder
    limits: Limits = Limits()


class SubmitDelete(Request[Accepted], frozen=True, tag="submit-delete"):
    """Start a deletion in the background."""

    order: DeleteOrder


class PlanDelete(Feed[Tally], frozen=True, tag="plan-delete"):
    """How many objects a deletion would take, and their bytes, growing; stopping it stops the count."""

    order: DeleteOrder


class DryRun(Feed[PlannedObject], frozen=True, tag="dry-run"):
    """What would happen to each object of an order, and why; nothing is written."""

    order: Order


class PauseTransfers(Request[Done], frozen=True, tag="pause-transfers"):
    """Pause these transfers, or all; answered when nothing of them is left running. Uploads are kept."""

    transfers: list[str] = []


class ResumeTransfers(Request[Done], frozen=True, tag="resume-transfers"):
    """Resume these transfers, or all that are paused or waiting."""

    transfers: list[str] = []


class CancelTransfers(Request[Done], frozen=True, tag="cancel-transfers"):
    """Stop these transfers, or all, and abort their uploads; answered when nothing of them is left running."""

    transfers: list[str] = []


class RetryTransfer(Request[Done], frozen=True, tag="retry-transfer"):
    """Try the failed and the cancelled objects of an ended transfer again; it keeps its id."""

    transfer: str


class MoveTransfer(Request[Done], frozen=True, tag="move-transfer"):
    """Change the order of the queue: this transfer comes right before the other one (empty: to the end)."""

    transfer: str
    before: str = ""


class ForgetTransfers(Request[Done], frozen=True, tag="forget-transfers"):
    """Remove ended transfers from the list and the journal: these, or all that have ended."""

    transfers: list[str] = []


class SetLimits(Request[Done], frozen=True, tag="set-limits"):
    """Change the bounds of a transfer, or (empty) of all together, at once."""

    limits: Limits
    transfer: str = ""


class ExportReceipt(Request[Exported], frozen=True, tag="export-receipt"):
    """Write the receipt of a transfer, one JSON object per line, to an absolute path; `failed` only what failed."""

    transfer: str
    path: str
    failed: bool = False


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


class ListUploads(Feed[UploadsFound], frozen=True, tag="list-uploads"):
    """The incomplete multipart uploads below a location, with their sizes."""

    connection: str
    location: Location


class AbortUploads(Request[Aborted], frozen=True, tag="abort-uploads"):
    """AbortMultipartUpload for each; those in use by a transfer of this engine are refused."""

    connection: str
    uploads: list[Upload]


class WatchTransfers(Feed[TransferList], frozen=True, tag="watch-transfers"):
    """All transfers, whenever something changed, but at most twice a second when it was only numbers."""


class WatchResults(Feed[ObjectResult], frozen=True, tag="watch-results"):
    """What became of each object of a transfer: those that ended already first; ends with the transfer."""

    transfer: str


class WatchConflicts(Feed[Conflicts], frozen=True, tag="watch-conflicts"):
    """The conflicts that wait for a decision, whenever they change."""


class AnswerConflict(Request[Done], frozen=True, tag="answer-conflict"):
    """Decide a conflict."""

    answer: ConflictAnswer


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
    | SubmitDelete
    | PlanDelete
    | DryRun
    | PauseTransfers
    | ResumeTransfers
    | CancelTransfers
    | RetryTransfer
    | MoveTransfer
    | ForgetTransfers
    | SetLimits
    | ExportReceipt
    | CreatePrefix
    | CreateBucket
    | DeleteBucket
    | ListUploads
    | AbortUploads
    | WatchAddresses
    | WatchIdentity
    | GiveKeys
    | GiveCode
    | Stay
    | SignIn
    | NameAccount
)


def answer_type(request: type[Request[A]] | type[Feed[A]]) -> type[A]:
    """The ``A`` of a request class, read off its base."""
    (answer,) = get_args(request.__orig_bases__[0])  # type: ignore[union-attr]  # set by Generic subclassing
    return answer  # type: ignore[no-any-return]  # get_args is untyped
