"""What a job of S3 Batch Operations needs access to, and what a check of its role has found."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.model.facts import ObjectOwnership
from tui.model.location import Location
from tui.model.orders import AclChoice, CopyOptions
from tui.model.problem import Problem

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
        """The role's ARN."""
        named = self.role if self.role.startswith("arn:") else ""
        return named or f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"

    @property
    def role_account(self) -> str:
        """The number of the role's account."""
        return (self.role_arn.split(":") + [""] * 5)[4]

    @property
    def places(self) -> dict[str, JobPlace]:
        """The places that there are, by what they are for."""
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
