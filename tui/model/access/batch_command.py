"""The command that makes the role of a job, as it is typed."""

from __future__ import annotations

import shlex

from tui.model.access.batch_jobs import AUTO_ACL, JOB_FOLDER, BatchOperation, JobAccess, JobPlace
from tui.model.identity import IdentitySpec
from tui.model.location import Location


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
