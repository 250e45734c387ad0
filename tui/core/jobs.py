"""Jobs of S3 Batch Operations: their operations, their role's permissions, their state."""

from __future__ import annotations

import shlex
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.core.facts import ObjectOwnership
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import AclChoice, CopyOptions, ManifestSource
from tui.core.problem import Problem

TRANSFER_TAG = "xs3-tui-transfer"
"""The job tag with the ID of its transfer; the transfer finds its job by this tag."""

NAMES_JOB = "job "
"""The first word of `Transfer.elsewhere` when it tells the state of a job."""


class JobState(StrEnum):
    """The state of a job (Amazon S3 user guide, "Tracking job status and completion reports")."""

    NEW = "New"
    PREPARING = "Preparing"
    SUSPENDED = "Suspended"
    """Awaiting confirmation."""
    READY = "Ready"
    ACTIVE = "Active"
    PAUSING = "Pausing"
    PAUSED = "Paused"
    """A job with a higher priority runs instead."""
    COMPLETING = "Completing"
    COMPLETE = "Complete"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILING = "Failing"
    FAILED = "Failed"

    @property
    def ended(self) -> bool:
        return self in (JobState.COMPLETE, JobState.CANCELLED, JobState.FAILED)


class JobSnapshot(Struct, frozen=True):
    """A job. Times in seconds since the epoch, `active` in seconds; `total` is 0 until S3 has counted its objects."""

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
    """Why the job as a whole failed: S3's codes and reasons."""
    suspended: str = ""
    """Why it is suspended, in S3's words."""
    transfer: str = ""
    """The ID of its transfer, from its tag; empty if it is not a job of xs3-tui or its tags were not read."""


def grant_command(job: JobAccess, own: IdentitySpec, other: IdentitySpec | None) -> str:
    """``xs3-tui access batch grant …`` for a job, with an identity of its account and one of the other account."""
    words = ["xs3-tui", "access", "batch", "grant"]
    manifest = job.manifest if job.manifest != job.report and not job.generated else None
    # The region follows from the bucket that the job writes to, if nothing else is named.
    follows = not own.region and job.region == (job.target or job.source).region
    region = "" if follows else job.region or own.region
    reports = job.report.location if job.report else None
    options = (
        ("--profile", own.profile),
        ("--endpoint", own.endpoint),
        ("--region", region),
        ("--role-arn", own.roles[-1].arn if own.roles else ""),
        ("--other", other.profile if other else ""),
        ("--other-endpoint", other.endpoint if other and other.profile else ""),
        ("--job-role", job.role),
        ("--operation", "" if job.operation is BatchOperation.COPY else job.operation.value),
        ("--acl", "" if job.acl == AUTO_ACL else job.acl),
        ("--encryption", job.target.encryption if job.target else ""),
        ("--kms-key", job.target.kms_key if job.target else ""),
        ("--reports", Location(reports.bucket, reports.key.removesuffix(JOB_FOLDER)).uri if reports else ""),
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


BATCH_SERVICE = "batchoperations.s3.amazonaws.com"
"""The service principal that assumes a job's role."""


AUTO_ACL = AclChoice.AUTO.value

JOB_FOLDER = "xs3-tui/"
"""The folder below the place for reports; it has the manifests and reports of all our jobs."""


def job_folder(reports: Location) -> Location:
    """Our folder below a place for reports, which may lack its final slash."""
    key = f"{reports.key}/" if reports.key and not reports.key.endswith("/") else reports.key
    return Location(reports.bucket, key + JOB_FOLDER)


class BatchOperation(StrEnum):
    """The operation of a job on each object; the value is its name in commands."""

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
    """The requested encryption, ``AES256`` or ``aws:kms``; empty: the bucket's default."""
    kms_key: str = ""
    """With ``aws:kms``: the requested key by ID, alias or ARN; empty: ``aws/s3``."""
    managed_key: bool = False
    """Whether the objects are encrypted with ``aws/s3``. Its policy allows the whole account, and nobody else."""
    unread_key: str = ""
    """Why the encryption key is not known, as one clause; empty if it is known."""

    @property
    def has_acls(self) -> bool:
        """Whether ACLs are enabled, or may be."""
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
    """Whether the manifest names object versions."""
    manifest_version: bool = False
    """Whether the job names a version of its manifest."""
    inventory: bool = False
    """Whether the manifest is an S3 Inventory report."""
    generated: bool = False
    """Whether S3 generates the manifest and keeps it at `manifest`."""
    tags: bool = True
    """Copies: whether they get tags, the source's or new ones."""
    new_tags: bool = False
    """Copies: whether the tags are new ones, so that the source's are not read."""
    acl: str = ""
    """Copies, and `BatchOperation.ACL`: the canned ACL that is sent; empty: none (a copy), or a list of grants.

    `AUTO_ACL`, of a copy, is what `cp` sends by the bucket: found out with the other facts.
    """
    object_lock: bool = False
    """Copies: whether they get a retention and a legal hold."""
    annotations: bool = CopyOptions().annotations
    """Copies: whether they get the source's annotations, as in `cp`."""

    @property
    def role_name(self) -> str:
        """Without its path; without a given role, a name that tells its purpose."""
        made_up = f"xs3-tui-batch-{(self.target or self.source).location.bucket}"
        return (self.role.rpartition("/")[2] or made_up)[:_LONGEST_ROLE]

    @property
    def role_arn(self) -> str:
        named = self.role if self.role.startswith("arn:") else ""
        return named or f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"

    @property
    def role_account(self) -> str:
        return (self.role_arn.split(":") + [""] * 5)[4]

    @property
    def places(self) -> dict[str, JobPlace]:
        named = {"source": self.source, "target": self.target, "manifest": self.manifest, "report": self.report}
        return {name: place for name, place in named.items() if place is not None}

    def with_places(self, places: dict[str, JobPlace]) -> JobAccess:
        """A copy with other places, by their names in `places`."""
        others = {name: places.get(name) for name in ("target", "manifest", "report")}
        return replace(self, source=places["source"], **others)


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
    """The reasons why a job cannot run with its role."""

    job: JobAccess
    """With all the facts about its places."""
    missing: list[Problem] = []
    """What is certainly missing or wrong, each with its remedy."""
    unknown: list[Problem] = []
    """What could not be read, or cannot be known from here."""


class JobPlan(Struct, frozen=True):
    """The job's list of objects, and where the job is created; `region` empty: the identity's own."""

    source: ManifestSource
    account: str
    region: str
    folder: str
    """The URI of the prefix for manifests and reports; each transfer has a folder below it."""
    missing: list[Problem] = []
    """Permissions that the role or the identity is known not to have, each with its remedy."""
    unknown: list[Problem] = []
    """Permissions that could not be checked."""
    notes: list[str] = []
