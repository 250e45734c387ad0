"""Every action that a job needs, each with its exact resource and the owner's account. Pure.

Amazon S3 user guide, "Granting permissions for Batch Operations". Its example policies are not least privilege: if they
allow more than a task sends, the API reference of that request decides (CopyObject, PutObjectTagging …).
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
    """One action on one resource with wildcards, as in a policy, of the account `owner`.

    `place` is a name in `JobAccess.places`; `bucket` is empty for the use of a key.
    """

    place: str
    action: str
    resource: str
    owner: str
    bucket: str = ""

    @property
    def probe(self) -> str:
        """The resource of a request that stands for the whole need: its ``*`` is an ordinary character.

        Only a pattern that covers the whole need matches it.
        """
        return self.resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")


def needs_of(job: JobAccess) -> list[JobNeed]:
    """What the role must be allowed. A bucket of an unknown account counts as the job's own."""
    return [*_of_objects(job), *_of_manifest(job), *_of_report(job)]


_ACTIONS = {
    BatchOperation.PUT_TAGS: "s3:Put{}Tagging",
    BatchOperation.DELETE_TAGS: "s3:Delete{}Tagging",
    BatchOperation.ACL: "s3:Put{}Acl",
    BatchOperation.RESTORE: "s3:RestoreObject",
    BatchOperation.CHECKSUM: "s3:Get{}",
}
"""Actions of jobs that change objects in place; ``{}`` is ``Object`` or ``ObjectVersion``."""


def _of_objects(job: JobAccess) -> Iterator[JobNeed]:
    kind = "ObjectVersion" if job.versions else "Object"
    if job.operation is BatchOperation.COPY:
        yield from _of_copies(job, kind)
        return
    yield from _below(job, "source", job.source, _ACTIONS[job.operation].format(kind))
    if job.operation is BatchOperation.CHECKSUM:
        yield from _keys(job, "source", job.source, "kms:Decrypt")


def _of_copies(job: JobAccess, kind: str) -> Iterator[JobNeed]:
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
    """S3 generates a manifest with an inventory of the source bucket."""
    place = job.manifest
    if job.generated:
        yield _need(job, "source", job.source, "s3:PutInventoryConfiguration", _arn(job, job.source))
    if place is None:
        return
    read = ["s3:GetObjectVersion" if job.manifest_version else "s3:GetObject"]
    if job.generated:
        read = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    elif place.account not in ("", job.role_account) and place.has_acls:
        # else the job fails: "Failed to write manifest"
        read.append("s3:GetObjectAcl")
    for resource in _manifest_resources(job, place.location):
        for action in read:
            yield _need(job, "manifest", place, action, resource)
    written = ["kms:GenerateDataKey"] if job.inventory or job.generated else []
    yield from _keys(job, "manifest", place, "kms:Decrypt", *written)


def _manifest_resources(job: JobAccess, location: Location) -> list[str]:
    """The manifest; for an inventory report also its data files, two folders up in ``data/``."""
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


# The limits of S3 Batch Operations: the accounts and regions of the buckets, of the role and of the job. Pure.
#
# Each rule cites the AWS documentation. A rule does not apply if the facts are unknown.

FULL_CONTROL = "bucket-owner-full-control"
_DIRECTORY_BUCKET = "--x-s3"

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
    """`cause` says how a job breaks the rule; empty: it does not, or that is unknown."""

    name: str
    source: str
    cause: Callable[[JobAccess], str]
    remedy: str


def refusals(job: JobAccess) -> list[Problem]:
    """Why a job cannot be created, one problem for each broken rule."""
    title = "S3 Batch Operations cannot do this: {}"
    return [
        Problem(
            ProblemKind.INVALID, title.format(cause), f"{rule.name} ({rule.source})", rule.remedy, operation="CreateJob"
        )
        for rule in RULES
        if (cause := rule.cause(job))
    ]


def _role_elsewhere(job: JobAccess) -> str:
    if not (job.role_account and job.account) or job.role_account == job.account:
        return ""
    return f"the role belongs to account {job.role_account}, and the job to account {job.account}"


def _elsewhere(job: JobAccess, place: JobPlace | None) -> str:
    if place is None or not (job.region and place.region) or job.region == place.region:
        return ""
    return f"the job is created in {job.region}, and s3://{place.location.bucket} is in {place.region}"


def _no_target(job: JobAccess) -> str:
    if job.operation is BatchOperation.COPY:
        return "" if job.target else "a copy needs a target bucket"
    return f"{job.operation.value} changes the objects in place: it has no target" if job.target else ""


def _foreign_owner(job: JobAccess) -> str:
    target, preferred = job.target, ObjectOwnership.BUCKET_OWNER_PREFERRED
    if target is None or not target.account or target.account == job.role_account or target.ownership is None:
        return ""
    if not target.has_acls or (target.ownership is preferred and job.acl == FULL_CONTROL):
        return ""
    words = f"account {job.role_account} would own the copies in s3://{target.location.bucket}: "
    if target.ownership is preferred:
        return f"{words}they are sent without {FULL_CONTROL}"
    return f"{words}its Object Ownership is ObjectWriter"


def _acl_where_off(job: JobAccess) -> str:
    place = job.target if job.operation is BatchOperation.COPY else job.source
    if place is None or place.has_acls or job.acl == FULL_CONTROL:
        return ""
    wanted = job.acl if job.operation is BatchOperation.COPY else ""
    if job.operation is BatchOperation.ACL:
        wanted = job.acl or "a list of grants"
    return f"ACLs are disabled in s3://{place.location.bucket}, and the job sends {wanted}" if wanted else ""


def _managed_key(job: JobAccess) -> str:
    for name, place in job.places.items():
        if place.managed_key and place.account not in ("", job.role_account):
            return f"aws/s3 of another account encrypts the objects of the {name} (s3://{place.location.bucket})"
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
    return "S3 cannot generate a manifest of a directory bucket" if wanted else ""


def _no_names(job: JobAccess) -> str:
    wanted = job.operation is BatchOperation.CHECKSUM and job.report is None
    return "the job returns checksums only in its completion report, and there is none" if wanted else ""


RULES: tuple[JobRule, ...] = (
    JobRule(
        "a role can be passed only within its own account",
        _PASSING,
        _role_elsewhere,
        "use a role of the job's account, and allow that role in the bucket policy of the other account",
    ),
    JobRule(
        "a copy job is created in the region of its target bucket",
        _COPYING,
        lambda job: _elsewhere(job, job.target) if job.operation is BatchOperation.COPY else "",
        "create the job in the region of the target bucket: --region REGION",
    ),
    JobRule(
        "any other job is created in the region of its objects",
        _CREATING,
        lambda job: "" if job.operation is BatchOperation.COPY else _elsewhere(job, job.source),
        "create the job in the region of the bucket: --region REGION",
    ),
    JobRule("only copies have a target", _CREATING, _no_target, "give a target for a copy, and for nothing else"),
    JobRule(
        "unless ACLs are disabled, the account that uploads an object owns it, also in another account's bucket",
        _OWNERSHIP,
        _foreign_owner,
        "create the job in the account of the target bucket, disable ACLs there (BucketOwnerEnforced), or set "
        f"BucketOwnerPreferred and send the ACL {FULL_CONTROL}",
    ),
    JobRule(
        "where ACLs are disabled, S3 accepts only full control for the bucket owner",
        _ACLS,
        _acl_where_off,
        f"send no ACL, or {FULL_CONTROL}",
    ),
    JobRule(
        "other accounts cannot use an AWS managed key",
        _KEYS,
        _managed_key,
        "create the job in the account of these objects, or encrypt them with a customer managed key",
    ),
    JobRule(
        "directory buckets can only be the source or the target of a copy",
        _DIRECTORY,
        _directory_bucket,
        "use a general purpose bucket",
    ),
    JobRule(
        "S3 generates manifests of general purpose buckets only",
        _MANIFEST,
        _generated_from_directory,
        "write a manifest",
    ),
    JobRule("the completion report has the checksums", _REPORT, _no_names, "give a prefix for the completion report"),
)
"""Every rule. That a manifest of another account may need s3:GetObjectAcl is a need, see above."""
