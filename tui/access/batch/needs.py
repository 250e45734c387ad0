"""Every action that a job needs, on exactly which resource, and whose that is. Pure.

Amazon S3 user guide, "Granting permissions for Batch Operations"; where its examples allow more than one task sends,
the API reference of that request decides (CopyObject, PutObjectTagging, RestoreObject …), as the policies of the
examples are not the least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.core.jobs import BatchOperation, JobAccess, JobPlace
from tui.core.location import Location
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
