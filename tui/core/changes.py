"""Changes of settings documents: what was planned, what was made, what was undone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind

_REMEDY = "list them: xs3-tui access log"


class ChangeLog:
    """Works on the changes as they are listed: the latest first."""

    def __init__(self, changes: Sequence[AppliedChange]) -> None:
        self.changes = changes
        self.undone_by: dict[str, str] = {}
        """The id of the change that took it back, by the id of each that is undone."""
        for each in changes:
            # What takes back a change is later: whether it is undone itself is known by now.
            if each.undoes and not each.unsure and each.id not in self.undone_by:
                self.undone_by.setdefault(each.undoes, each.id)

    def find(self, change: str) -> AppliedChange:
        """The change with this id. Raises `ProblemError` if there is none."""
        found = next((each for each in self.changes if each.id == change), None)
        if found is None:
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"there is no change {change}", remedy=_REMEDY))
        return found

    def together(self, change: AppliedChange) -> list[AppliedChange]:
        """All that was made together with a change, itself included, the latest first."""
        return [each for each in self.changes if each.unit == change.unit]

    def left(self, change: AppliedChange) -> list[AppliedChange]:
        """What is to be taken back with a change, the latest first: all of its unit that is not undone."""
        return [each for each in self.together(change) if each.id not in self.undone_by]

    def stands(self, change: AppliedChange) -> bool:
        """Whether it is taken back without being named: it undoes nothing, and is not undone."""
        return not change.undoes and change.id not in self.undone_by

    def to_take_back(self, change: str) -> list[AppliedChange]:
        """What `undo` takes back, the latest first: the unit of this change, or (empty) of the latest that stands.

        Raises `ProblemError` if there is none, or nothing of it is left.
        """
        if change:
            named = self.find(change)
            if left := self.left(named):
                return left
            by = self.undone_by[named.id]
            title, remedy = (
                f"change {change} is undone already, by {by}",
                f"to take that back: xs3-tui access undo {by}",
            )
            raise ProblemError(Problem(ProblemKind.CHANGED, title, remedy=remedy))
        latest = next(filter(self.stands, self.changes), None)
        if latest is None:
            title = "there is nothing to take back: no change was made that is not undone"
            raise ProblemError(
                Problem(ProblemKind.CHANGED, title, remedy="an undo is taken back by its id: xs3-tui access log")
            )
        return self.left(latest)


# Settings documents of AWS and how they change: what a document is, a planned change, a change that was made.


class DocumentKind(StrEnum):
    """The documents that can be changed; the value is what a user reads."""

    BUCKET_POLICY = "bucket policy"
    USER_POLICY = "user policy"
    ROLE_TRUST = "role trust policy"
    ROLE_POLICY = "role policy"
    KEY_POLICY = "KMS key policy"
    OBJECT_OWNERSHIP = "Object Ownership"
    """The ownership controls of a bucket, as S3's API has them: ``{"Rules": [{"ObjectOwnership": …}]}``."""
    OBJECT_TAGS = "object tags"
    OBJECT_ACL = "object ACL"
    HEADERS = "headers and metadata"
    STORAGE_CLASS = "storage class"
    BUCKET_TAGS = "bucket tags"
    BUCKET_ACL = "bucket ACL"
    VERSIONING = "bucket versioning"
    ENCRYPTION = "default encryption"
    PUBLIC_ACCESS_BLOCK = "public access block"


_PLURAL = frozenset({DocumentKind.OBJECT_TAGS, DocumentKind.BUCKET_TAGS, DocumentKind.HEADERS})


class DocumentRef(Struct, frozen=True):
    """One document: its kind, and what it belongs to.

    `location` is the bucket or object of a document of S3. `resource` is the user, the role or the ARN of the key that
    a document of IAM or KMS belongs to, `name` that of an inline policy. `account` is the number of the account,
    `connection` the identity that reads and writes the document; each empty where it is not known.
    """

    kind: DocumentKind
    location: Location = Location("")
    resource: str = ""
    name: str = ""
    account: str = ""
    connection: str = ""

    @property
    def title(self) -> str:
        """What is changed: ``bucket policy of media-prod``, ``user policy xs3-tui-media of user bob``."""
        where = self.location.uri if self.location.key else self.location.bucket
        what = {DocumentKind.USER_POLICY: "user ", DocumentKind.KEY_POLICY: "key "}.get(self.kind, "role ")
        name = f" {self.name}" if self.name else ""
        return f"{self.kind}{name} of {where or what + self.resource}"

    @property
    def was(self) -> str:
        """The verb behind the title: ``were`` of tags and headers."""
        return "were" if self.kind in _PLURAL else "was"


class PlannedChange(Struct, frozen=True):
    """A change of one document as it is shown before it is made.

    `before` and `after` are the whole document as text; None: there is none, it is removed.
    """

    ref: DocumentRef
    before: str | None
    after: str | None
    unread: Problem | None = None
    """Why the document could not be read by this identity: somebody else has to apply the change."""
    stops: list[str] = []
    """Why the change is not made, each a clause."""
    notes: list[str] = []
    """What else follows from it, each a clause."""
    limit: int = 0
    """How many bytes the document may have, by AWS's quota; 0: none is known."""
    size: int = 0
    """How many bytes of the quota it takes afterwards."""

    @property
    def is_needed(self) -> bool:
        return self.unread is not None or self.before != self.after

    @property
    def can_be_applied(self) -> bool:
        """Whether the app can make it."""
        return self.is_needed and self.unread is None and not self.stops and bool(self.ref.connection)


class AppliedChange(Struct, frozen=True):
    """A change that was made. `after` is the document as the service returned it then.

    `at` is in seconds since the epoch, `identity` the label of the identity that made it.
    """

    id: str
    at: float
    identity: str
    ref: DocumentRef
    before: str | None
    after: str | None
    undoes: str = ""
    """The id of the change that this one took back."""
    group: str = ""
    """The id of the first of the changes that were made together; empty: this is the first one, or it is alone."""
    unsure: bool = False
    """Whether it is not known that the service has taken it: it was interrupted, or not answered."""

    @property
    def unit(self) -> str:
        """What is the same for changes that were made together: the id of the first one."""
        return self.group or self.id
