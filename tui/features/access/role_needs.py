"""Every action that a job needs, on exactly which resource, and whose that is. Pure.

Amazon S3 user guide, "Granting permissions for Batch Operations"; where its examples allow more than one task sends,
the API reference of that request decides (CopyObject, PutObjectTagging, RestoreObject …), as the policies of the
examples are not the least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.core.facts import ObjectOwnership
from tui.core.jobs import BatchOperation, JobAccess, JobPlace
from tui.core.location import Location
from tui.core.problem import Problem, ProblemKind
from tui.policies.request_context import literal


@dataclass(frozen=True, slots=True)
class JobNeed:
    """One action on one resource, as a policy writes it (with wildcards), of the account `owner`.

    `place` is what it is for, as in `JobAccess.places`; `bucket` is empty for the use of a key.
    """

    place: str
    action: str
    resource: str
    owner: str
    bucket: str = ""

    @property
    def probe(self) -> str:
        """The resource of a request that stands for all that the need covers: its ``*`` is an ordinary character.

        A policy covers it only by a pattern that covers everything the need does.
        """
        return self.resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")


def needs_of(job: JobAccess) -> list[JobNeed]:
    """What the role must be allowed. An unknown account of a bucket counts as the job's own."""
    return [*_of_objects(job), *_of_manifest(job), *_of_report(job)]


def _of_objects(job: JobAccess) -> Iterator[JobNeed]:
    kind = "ObjectVersion" if job.versions else "Object"
    match job.operation:
        case BatchOperation.COPY:
            yield from _of_copies(job, kind)
        case BatchOperation.PUT_TAGS:
            yield from _below(job, "source", job.source, f"s3:Put{kind}Tagging")
        case BatchOperation.DELETE_TAGS:
            yield from _below(job, "source", job.source, f"s3:Delete{kind}Tagging")
        case BatchOperation.ACL:
            yield from _below(job, "source", job.source, f"s3:Put{kind}Acl")
        case BatchOperation.RESTORE:
            yield from _below(job, "source", job.source, "s3:RestoreObject")
        case BatchOperation.CHECKSUM:
            yield from _below(job, "source", job.source, f"s3:Get{kind}")
            yield from _keys(job, "source", job.source, "kms:Decrypt")


def _of_copies(job: JobAccess, kind: str) -> Iterator[JobNeed]:
    """CopyObject: one identity reads the source and writes the copy."""
    read = [f"s3:Get{kind}"]
    written = ["s3:PutObject"]
    if job.tags:
        read += [] if job.new_tags else [f"s3:Get{kind}Tagging"]
        written.append("s3:PutObjectTagging")
    if job.annotations:
        read.append("s3:GetObjectAnnotation")
        written.append("s3:PutObjectAnnotation")
    if job.acl and (job.target is None or job.target.has_acls):
        written.append("s3:PutObjectAcl")
    if job.object_lock:
        written += ["s3:PutObjectRetention", "s3:PutObjectLegalHold"]
    yield from _below(job, "source", job.source, *read)
    yield from _keys(job, "source", job.source, "kms:Decrypt")
    if job.target is not None:
        yield from _below(job, "target", job.target, *written)
        yield from _keys(job, "target", job.target, "kms:GenerateDataKey")


def _of_manifest(job: JobAccess) -> Iterator[JobNeed]:
    """Where S3 generates the list, it does so by an inventory of the source's bucket."""
    place = job.manifest
    if job.generated:
        yield _need(job, "source", job.source, "s3:PutInventoryConfiguration", _arn(job, job.source))
    if place is None:
        return
    read = ["s3:GetObjectVersion" if job.manifest_version else "s3:GetObject"]
    if job.generated:
        read = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    elif place.account not in ("", job.role_account) and place.has_acls:
        # without it such a job fails: "Failed to write manifest"
        read.append("s3:GetObjectAcl")
    for resource in _manifest_resources(job, place.location):
        for action in read:
            yield _need(job, "manifest", place, action, resource)
    written = ["kms:GenerateDataKey"] if job.inventory or job.generated else []
    yield from _keys(job, "manifest", place, "kms:Decrypt", *written)


def _manifest_resources(job: JobAccess, location: Location) -> list[str]:
    """The manifest itself; of an inventory report its data files, too, which lie two folders up in ``data/``."""
    bucket = f"arn:{job.partition}:s3:::{location.bucket}"
    if not location.key or location.key.endswith("/"):
        return [f"{bucket}/{literal(location.key)}*"]
    found = [f"{bucket}/{literal(location.key)}"]
    if job.inventory:
        configuration = "/".join(location.key.split("/")[:-2])
        found.append(f"{bucket}/{literal(configuration)}{'/' if configuration else ''}data/*")
    return found


def _of_report(job: JobAccess) -> Iterator[JobNeed]:
    if job.report is not None:
        key = job.report.location.key
        below = "*" if not key or key.endswith("/") else "/job-*"
        resource = f"{_arn(job, job.report)}/{literal(key)}{below}"
        yield _need(job, "report", job.report, "s3:PutObject", resource)
        yield from _keys(job, "report", job.report, "kms:GenerateDataKey")


def _below(job: JobAccess, name: str, place: JobPlace, *actions: str) -> Iterator[JobNeed]:
    resource = f"{_arn(job, place)}/{literal(place.location.key)}*"
    return (_need(job, name, place, action, resource) for action in actions)


def _keys(job: JobAccess, name: str, place: JobPlace, *actions: str) -> Iterator[JobNeed]:
    for key in place.kms_keys:
        for action in actions:
            yield JobNeed(name, action, key, (key.split(":") + [""] * 5)[4] or job.role_account)


def _need(job: JobAccess, name: str, place: JobPlace, action: str, resource: str) -> JobNeed:
    return JobNeed(name, action, resource, place.account or job.role_account, place.location.bucket)


def _arn(job: JobAccess, place: JobPlace) -> str:
    return f"arn:{job.partition}:s3:::{place.location.bucket}"


# What a job of S3 Batch Operations cannot be, by where its buckets, its role and its region are. Pure.
#
# Each rule names where AWS documents it. A rule about something that is not known says nothing.

FULL_CONTROL = "bucket-owner-full-control"
_DIRECTORY_BUCKET = "--x-s3"

_GRANTING = 'Amazon S3 user guide, "Granting permissions for Batch Operations"'
_CREATING = 'Amazon S3 user guide, "Creating an S3 Batch Operations job"'
_COPYING = 'Amazon S3 user guide, "Copy objects" (Batch Operations)'
_DIRECTORY = 'Amazon S3 user guide, "Using Batch Operations with directory buckets"'
_OWNERSHIP = 'Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket"'
_ACLS = 'Amazon S3 user guide, "Replace access control list (ACL)"'
_PASSING = 'IAM user guide, "Grant a user permissions to pass a role to an AWS service"'
_KEYS = 'AWS KMS developer guide, "AWS managed keys"'
_REPORT = "Amazon S3 API reference, JobReport"
_MANIFEST = "Amazon S3 API reference, JobManifestGenerator and S3ManifestOutputLocation"


@dataclass(frozen=True, slots=True)
class JobRule:
    """One combination that AWS does not allow, or that does not do what was wanted.

    `cause` says what of a job breaks the rule; empty: nothing does, or it is not known.
    """

    name: str
    source: str
    cause: Callable[[JobAccess], str]
    remedy: str


def refusals(job: JobAccess) -> list[Problem]:
    """Why a job cannot be created as it is, one problem a rule."""
    broken = ((rule, rule.cause(job)) for rule in RULES)
    return [
        Problem(
            kind=ProblemKind.INVALID,
            title=f"S3 Batch Operations cannot do this: {cause}",
            cause=f"{rule.name} ({rule.source})",
            remedy=rule.remedy,
            operation="CreateJob",
        )
        for rule, cause in broken
        if cause
    ]


def _role_elsewhere(job: JobAccess) -> str:
    if not (job.role_account and job.account) or job.role_account == job.account:
        return ""
    return f"the role is of account {job.role_account}, the job of account {job.account}"


def _copy_elsewhere(job: JobAccess) -> str:
    target = job.target
    if job.operation is not BatchOperation.COPY or target is None or not (job.region and target.region):
        return ""
    if job.region == target.region:
        return ""
    return f"the job is created in {job.region}, and s3://{target.location.bucket} is in {target.region}"


def _objects_elsewhere(job: JobAccess) -> str:
    if job.operation is BatchOperation.COPY or not (job.region and job.source.region):
        return ""
    if job.region == job.source.region:
        return ""
    return f"the job is created in {job.region}, and s3://{job.source.location.bucket} is in {job.source.region}"


def _no_target(job: JobAccess) -> str:
    if job.operation is BatchOperation.COPY:
        return "" if job.target else "a copy needs a target bucket"
    return f"{job.operation.value} changes the objects where they are: it has no target" if job.target else ""


def _foreign_owner(job: JobAccess) -> str:
    """Copies into another account's bucket that stay the property of the job's account."""
    target = job.target
    if target is None or not target.account or target.account == job.role_account or target.ownership is None:
        return ""
    if target.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED:
        return ""
    if target.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED and job.acl == FULL_CONTROL:
        return ""
    bucket = f"s3://{target.location.bucket}"
    if target.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED:
        return f"account {job.role_account} would own the copies in {bucket}: they are sent without {FULL_CONTROL}"
    return f"account {job.role_account} would own the copies in {bucket}: its Object Ownership is ObjectWriter"


def _acl_where_off(job: JobAccess) -> str:
    place = job.target if job.operation is BatchOperation.COPY else job.source
    if place is None or place.has_acls or job.acl == FULL_CONTROL:
        return ""
    if job.operation is BatchOperation.ACL:
        wanted = job.acl or "a list of grants"
    elif job.operation is BatchOperation.COPY and job.acl:
        wanted = job.acl
    else:
        return ""
    return f"ACLs are disabled in s3://{place.location.bucket}, and the job sends {wanted}"


def _managed_key(job: JobAccess) -> str:
    for name, place in job.places.items():
        if place.managed_key and place.account not in ("", job.role_account):
            bucket = f"s3://{place.location.bucket}"
            return f"the objects of the {name}, {bucket}, are encrypted with aws/s3 of another account"
    return ""


def _directory_bucket(job: JobAccess) -> str:
    copies = job.operation is BatchOperation.COPY
    found = (
        name
        for name, place in job.places.items()
        if place.location.bucket.endswith(_DIRECTORY_BUCKET) and (name in ("manifest", "report") or not copies)
    )
    return next((f"the {name} is in a directory bucket" for name in found), "")


def _generated_from_directory(job: JobAccess) -> str:
    wanted = job.generated and job.source.location.bucket.endswith(_DIRECTORY_BUCKET)
    return "S3 generates no manifest of a directory bucket" if wanted else ""


def _no_names(job: JobAccess) -> str:
    wanted = job.operation is BatchOperation.CHECKSUM and job.report is None
    return "the checksums are in the completion report alone, and there is none" if wanted else ""


RULES: tuple[JobRule, ...] = (
    JobRule(
        "a role is passed within its own account only",
        _PASSING,
        _role_elsewhere,
        "use a role of the account that the job is created in, and let the other account's bucket policy allow it",
    ),
    JobRule(
        "a copy job is created in the region of its target bucket",
        _COPYING,
        _copy_elsewhere,
        "create it with an identity that uses the target bucket's region: --region REGION",
    ),
    JobRule(
        "any other job is created in the region of its objects",
        _CREATING,
        _objects_elsewhere,
        "create it with an identity that uses the bucket's region: --region REGION",
    ),
    JobRule("only copies have a target", _CREATING, _no_target, "name the target of a copy, and of nothing else"),
    JobRule(
        "an upload into another account's bucket is owned by the account that writes it unless ACLs are disabled",
        _OWNERSHIP,
        _foreign_owner,
        "create the job in the account of the target bucket, disable ACLs there (BucketOwnerEnforced), or use "
        f"BucketOwnerPreferred with the ACL {FULL_CONTROL}",
    ),
    JobRule(
        "where ACLs are disabled, only full control for the bucket owner can be set",
        _ACLS,
        _acl_where_off,
        f"send no ACL, or {FULL_CONTROL}",
    ),
    JobRule(
        "no other account can use an AWS managed key",
        _KEYS,
        _managed_key,
        "create the job in the account of these objects, or encrypt them with a key that can be shared",
    ),
    JobRule(
        "directory buckets are sources and targets of copies only",
        _DIRECTORY,
        _directory_bucket,
        "use a general purpose bucket",
    ),
    JobRule(
        "the manifest generator reads general purpose buckets only",
        _MANIFEST,
        _generated_from_directory,
        "write a manifest",
    ),
    JobRule("checksums are returned in the completion report", _REPORT, _no_names, "name a place for the report"),
)
"""Every rule. That a manifest of another account may take s3:GetObjectAcl is a need, see above."""
