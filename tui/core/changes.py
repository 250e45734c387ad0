"""Changes of settings documents: planned, made and undone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind

_REMEDY = "list them: xs3-tui access log"


class ChangeLog:
    """Evaluates a list of changes, latest first."""

    def __init__(self, changes: Sequence[AppliedChange]) -> None:
        self.changes = changes
        self.undone_by: dict[str, str] = {}
        """By the ID of each undone change: the ID of the change that undid it."""
        for each in changes:
            # An undo is later than its change, so it is already known here whether the undo itself is undone.
            if each.undoes and not each.unsure and each.id not in self.undone_by:
                self.undone_by.setdefault(each.undoes, each.id)

    def find(self, change: str) -> AppliedChange:
        """Raises `ProblemError` if there is no change with this ID."""
        found = next((each for each in self.changes if each.id == change), None)
        if found is None:
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"there is no change {change}", remedy=_REMEDY))
        return found

    def together(self, change: AppliedChange) -> list[AppliedChange]:
        """All changes of one unit, latest first."""
        return [each for each in self.changes if each.unit == change.unit]

    def left(self, change: AppliedChange) -> list[AppliedChange]:
        """The changes of a unit that are not undone, latest first."""
        return [each for each in self.together(change) if each.id not in self.undone_by]

    def stands(self, change: AppliedChange) -> bool:
        """Whether `undo` without an ID can pick it: it is not an undo, and not undone."""
        return not change.undoes and change.id not in self.undone_by

    def to_take_back(self, change: str) -> list[AppliedChange]:
        """The changes that `undo` reverts, latest first: the unit of this change, or (empty) of the latest that stands.

        Raises `ProblemError` if there is none, or all of it is undone.
        """
        if change:
            named = self.find(change)
            if left := self.left(named):
                return left
            by = self.undone_by[named.id]
            remedy = f"to undo that: xs3-tui access undo {by}"
            raise ProblemError(
                Problem(ProblemKind.CHANGED, f"change {change} is already undone by {by}", remedy=remedy)
            )
        latest = next(filter(self.stands, self.changes), None)
        if latest is None:
            title = "nothing to undo: all changes are already undone"
            remedy = "to undo an undo, name its ID; see xs3-tui access log"
            raise ProblemError(Problem(ProblemKind.CHANGED, title, remedy=remedy))
        return self.left(latest)


class DocumentKind(StrEnum):
    """The documents that can be changed; users read the value."""

    BUCKET_POLICY = "bucket policy"
    USER_POLICY = "user policy"
    ROLE_TRUST = "role trust policy"
    ROLE_POLICY = "role policy"
    KEY_POLICY = "KMS key policy"
    OBJECT_OWNERSHIP = "Object Ownership"
    """A bucket's ownership controls, as in S3's API: ``{"Rules": [{"ObjectOwnership": …}]}``."""
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
    """A document: its kind and the resource it belongs to.

    `location` is the bucket or object of an S3 document. `resource` is the user, role or key ARN of an IAM or KMS
    document, `name` the name of an inline policy. `account` is the account number, `connection` the identity that reads
    and writes the document; both are empty if unknown.
    """

    kind: DocumentKind
    location: Location = Location("")
    resource: str = ""
    name: str = ""
    account: str = ""
    connection: str = ""

    @property
    def title(self) -> str:
        """For example ``bucket policy of media-prod``, ``user policy xs3-tui-media of user bob``."""
        where = self.location.uri if self.location.key else self.location.bucket
        what = {DocumentKind.USER_POLICY: "user ", DocumentKind.KEY_POLICY: "key "}.get(self.kind, "role ")
        name = f" {self.name}" if self.name else ""
        return f"{self.kind}{name} of {where or what + self.resource}"

    @property
    def was(self) -> str:
        """The verb for the title: ``were`` for tags and headers."""
        return "were" if self.kind in _PLURAL else "was"


class PlannedChange(Struct, frozen=True):
    """A planned change of one document.

    `before` and `after` are the whole document as text; None: no document.
    """

    ref: DocumentRef
    before: str | None
    after: str | None
    unread: Problem | None = None
    """Why this identity could not read the document: somebody else has to apply the change."""
    stops: list[str] = []
    """Why the change cannot be made, one clause each."""
    notes: list[str] = []
    """Other consequences, one clause each."""
    limit: int = 0
    """AWS's quota for the document in bytes; 0 if unknown."""
    size: int = 0
    """Bytes that count against the quota after the change."""

    @property
    def is_needed(self) -> bool:
        return self.unread is not None or self.before != self.after

    @property
    def can_be_applied(self) -> bool:
        return self.is_needed and self.unread is None and not self.stops and bool(self.ref.connection)


class AppliedChange(Struct, frozen=True):
    """A change that was made. `after` is the document as the service returned it afterwards.

    `at` is in seconds since the epoch; `identity` is the label of the identity that made it.
    """

    id: str
    at: float
    identity: str
    ref: DocumentRef
    before: str | None
    after: str | None
    undoes: str = ""
    """The ID of the change that this one undid."""
    group: str = ""
    """The ID of the first change that was made together with this one; empty for the first."""
    unsure: bool = False
    """Whether the outcome is unknown: it was interrupted, or the service did not respond."""

    @property
    def unit(self) -> str:
        """The same for all changes made together: the ID of the first."""
        return self.group or self.id
