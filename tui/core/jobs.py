"""Jobs of S3 Batch Operations: what they do, what their role needs, where they stand."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from tui.core.facts import ObjectOwnership
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import AclChoice, CopyOptions, ManifestSource
from tui.core.problem import Problem

TRANSFER_TAG = "xs3-tui-transfer"
"""The tag of a job that names the transfer which has made it: by it the job is found again."""

NAMES_JOB = "job "
"""What the words begin with that say where the job of a transfer stands (`Transfer.elsewhere`)."""


class JobState(StrEnum):
    """The state of a job (Amazon S3 user guide, "Tracking job status and completion reports")."""

    NEW = "New"
    PREPARING = "Preparing"
    SUSPENDED = "Suspended"
    """It awaits confirmation."""
    READY = "Ready"
    ACTIVE = "Active"
    PAUSING = "Pausing"
    PAUSED = "Paused"
    """Another job of a higher priority runs in its place."""
    COMPLETING = "Completing"
    COMPLETE = "Complete"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILING = "Failing"
    FAILED = "Failed"

    @property
    def ended(self) -> bool:
        """Whether it stays in this state."""
        match self:
            case JobState.COMPLETE | JobState.CANCELLED | JobState.FAILED:
                return True
            case (
                JobState.NEW
                | JobState.PREPARING
                | JobState.SUSPENDED
                | JobState.READY
                | JobState.ACTIVE
                | JobState.PAUSING
                | JobState.PAUSED
                | JobState.COMPLETING
                | JobState.CANCELLING
                | JobState.FAILING
            ):
                return False
            case _:
                assert_never(self)


class JobSnapshot(Struct, frozen=True):
    """A job. Times in seconds since the epoch, `active` in seconds; `total` 0 until S3 has counted its objects."""

    id: str
    state: JobState
    description: str = ""
    operation: str = ""
    """As S3 names it: ``S3PutObjectCopy``."""
    priority: int = 0
    role: str = ""
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    active: int = 0
    created: float = 0.0
    ended: float | None = None
    failures: list[str] = []
    """Why the job as a whole has failed: code and reason of S3."""
    suspended: str = ""
    """Why it is suspended, in the words of S3."""
    transfer: str = ""
    """The transfer that has made it, by its tag; empty: it is none of xs3-tui, or its tags were not read."""


def grant_command(job: JobAccess, own: IdentitySpec, other: IdentitySpec | None) -> str:
    """``xs3-tui access batch grant …`` for a job, by an identity of its account and one of the other account."""
    words = ["xs3-tui", "access", "batch", "grant"]
    manifest = job.manifest if job.manifest != job.report and not job.generated else None
    options = (
        ("--profile", own.profile),
        ("--endpoint", own.endpoint),
        ("--region", _region(job, own)),
        ("--role-arn", own.roles[-1].arn if own.roles else ""),
        ("--other", other.profile if other else ""),
        ("--other-endpoint", other.endpoint if other and other.profile else ""),
        ("--job-role", job.role),
        ("--operation", "" if job.operation is BatchOperation.COPY else job.operation.value),
        ("--acl", "" if job.acl == AUTO_ACL else job.acl),
        ("--encryption", job.target.encryption if job.target else ""),
        ("--kms-key", job.target.kms_key if job.target else ""),
        ("--reports", _reports(job.report)),
        ("--manifest", manifest.location.uri if manifest else ""),
    )
    for name, value in options:
        words += [name, value] if value else []
    copies = job.operation is BatchOperation.COPY
    switches = (
        ("--inventory", job.inventory),
        ("--generated", job.generated),
        ("--versions", job.versions),
        ("--no-tags", not job.tags),
        ("--no-annotations", copies and not job.annotations),
        ("--object-lock", job.object_lock),
    )
    words += [name for name, chosen in switches if chosen]
    words.append(job.source.location.uri)
    words += [job.target.location.uri] if job.target else []
    return shlex.join(words)


def _region(job: JobAccess, own: IdentitySpec) -> str | None:
    """The region that has to be named: the job's, unless it follows from the bucket that is written."""
    written = job.target or job.source
    return job.region or own.region if own.region or job.region != written.region else ""


def _reports(place: JobPlace | None) -> str:
    if place is None:
        return ""
    return Location(place.location.bucket, place.location.key.removesuffix(JOB_FOLDER)).uri


BATCH_SERVICE = "batchoperations.s3.amazonaws.com"
"""The service principal that assumes the role of a job."""


AUTO_ACL = AclChoice.AUTO.value

JOB_FOLDER = "xs3-tui/"
"""Below the place for reports, manifests and reports of all jobs of ours are in this folder."""


def job_folder(reports: Location) -> Location:
    """The folder of ours below a place for reports, which may be written without the slash at its end."""
    key = f"{reports.key}/" if reports.key and not reports.key.endswith("/") else reports.key
    return Location(reports.bucket, key + JOB_FOLDER)


class BatchOperation(StrEnum):
    """What a job does to each object; the value is what commands take."""

    COPY = "copy"
    PUT_TAGS = "put-tags"
    DELETE_TAGS = "delete-tags"
    ACL = "acl"
    RESTORE = "restore"
    CHECKSUM = "checksum"

    @property
    def member(self) -> str:
        """Its name in the ``Operation`` of CreateJob."""
        return _MEMBERS[self]


_MEMBERS = {
    BatchOperation.COPY: "S3PutObjectCopy",
    BatchOperation.PUT_TAGS: "S3PutObjectTagging",
    BatchOperation.DELETE_TAGS: "S3DeleteObjectTagging",
    BatchOperation.ACL: "S3PutObjectAcl",
    BatchOperation.RESTORE: "S3InitiateRestoreObject",
    BatchOperation.CHECKSUM: "S3ComputeObjectChecksum",
}


class JobPlace(Struct, frozen=True):
    """A place that a job reads or writes, with what is known of its bucket; empty and None: not known.

    `account` is the number of the bucket owner's account, `kms_keys` are the ARNs of the keys that its objects are, or
    will be, encrypted with.
    """

    location: Location
    account: str = ""
    region: str = ""
    kms_keys: list[str] = []
    ownership: ObjectOwnership | None = None
    encryption: str = ""
    """What the job asks for: ``AES256``, ``aws:kms``; empty: the default of the bucket."""
    kms_key: str = ""
    """With ``aws:kms``: the key that the job asks for, by id, alias or ARN; empty: ``aws/s3``."""
    managed_key: bool = False
    """Whether they are encrypted with ``aws/s3``, whose policy lets the whole account in, and nobody else."""
    unread_key: str = ""
    """Why it is not known which key they are encrypted with, in one clause; empty: it is known."""

    @property
    def has_acls(self) -> bool:
        """Whether ACLs are on, or may be."""
        return self.ownership is not ObjectOwnership.BUCKET_OWNER_ENFORCED


class JobAccess(Struct, frozen=True):
    """What a job does, where, and as which role: everything that its permissions follow from.

    `account` and `region` are those that the job is created in. `role` is a name or an ARN; empty: `role_name` makes
    one up. `target` is of copies alone: below its key go the copies. `manifest` is the object that lists the objects,
    or, with a key that is empty or ends in ``/``, the place for any such object; None: there is none, since S3
    generates the list and does not keep it. `report` is the prefix of the completion report; if it is empty or ends in
    ``/``, that prefix is anywhere below.
    """

    operation: BatchOperation
    account: str
    source: JobPlace
    target: JobPlace | None = None
    manifest: JobPlace | None = None
    report: JobPlace | None = None
    region: str = ""
    role: str = ""
    partition: str = "aws"
    versions: bool = False
    """Whether the manifest names versions."""
    manifest_version: bool = False
    """Whether the job names a version of the manifest itself."""
    inventory: bool = False
    """Whether the manifest is an S3 Inventory report."""
    generated: bool = False
    """Whether S3 generates the manifest itself; `manifest` is then where it keeps it."""
    tags: bool = True
    """Copies: whether they get tags, those of their source or others."""
    new_tags: bool = False
    """Copies: whether these are others, so that those of the source are not read."""
    acl: str = ""
    """Copies, and `BatchOperation.ACL`: the canned ACL that is sent; empty: none (a copy), or a list of grants.

    `AUTO_ACL`, of a copy, is what `cp` sends by the bucket: found out with the other facts.
    """
    object_lock: bool = False
    """Copies: whether they get a retention and a legal hold."""
    annotations: bool = CopyOptions().annotations
    """Copies: whether they get the annotations of their source; as `cp` has it."""

    @property
    def role_name(self) -> str:
        """The role's name without its path: the given one, or one that says what it is for."""
        made_up = f"xs3-tui-batch-{(self.target or self.source).location.bucket}"
        return (self.role.rpartition("/")[2] or made_up)[:_LONGEST_ROLE]

    @property
    def role_arn(self) -> str:
        named = self.role if self.role.startswith("arn:") else ""
        return named or f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"

    @property
    def role_account(self) -> str:
        """The number of the role's account."""
        return (self.role_arn.split(":") + [""] * 5)[4]

    @property
    def places(self) -> dict[str, JobPlace]:
        named = {"source": self.source, "target": self.target, "manifest": self.manifest, "report": self.report}
        return {name: place for name, place in named.items() if place is not None}

    def with_places(self, places: dict[str, JobPlace]) -> JobAccess:
        """The same with other places, named as in `places`."""
        return replace(
            self,
            source=places["source"],
            target=places.get("target"),
            manifest=places.get("manifest"),
            report=places.get("report"),
        )


_LONGEST_ROLE = 64


class BatchRoleOrder(Struct, frozen=True):
    """A job's access, and who changes or reads what it takes.

    `owner` is a connection of the job's account; `others` are connections of the accounts of the other buckets and
    keys.
    """

    job: JobAccess
    owner: str
    others: list[str] = []


class RoleCheck(Struct, frozen=True):
    """What keeps a job from running as its role."""

    job: JobAccess
    """With all that was found out about its places."""
    missing: list[Problem] = []
    """What is surely missing or wrong, each with its remedy."""
    unknown: list[Problem] = []
    """What could not be read, or depends on what cannot be known from here."""


class JobPlan(Struct, frozen=True):
    """Where its list of objects is from, and where it is made; `region` empty: the identity's own."""

    source: ManifestSource
    account: str
    region: str
    folder: str
    """URI of the prefix below which manifest and report of a transfer are, each in a folder of its own."""
    missing: list[Problem] = []
    """What is surely missing in the role, or what the identity may not do, each with its remedy."""
    unknown: list[Problem] = []
    """What could not be read of that."""
    notes: list[str] = []
