"""The command that makes the role of a job, as it is typed."""

from __future__ import annotations

import shlex

from tui.model.access.batch_jobs import JOB_FOLDER, BatchOperation, JobAccess, JobPlace
from tui.model.location import Location


def grant_command(job: JobAccess, profile: str | None, other: str | None) -> str:
    """``xs3-tui access batch grant …`` for a job, by the profiles of its account and of the other one."""
    words = ["xs3-tui", "access", "batch", "grant"]
    manifest = job.manifest if job.manifest != job.report and not job.generated else None
    options = (
        ("--profile", profile or ""),
        ("--other", other or ""),
        ("--job-role", job.role),
        ("--operation", "" if job.operation is BatchOperation.COPY else job.operation.value),
        ("--acl", job.acl),
        ("--reports", _reports(job.report)),
        ("--manifest", manifest.location.uri if manifest else ""),
    )
    for name, value in options:
        words += [name, value] if value else []
    switches = (
        ("--inventory", job.inventory),
        ("--generated", job.generated),
        ("--versions", job.versions),
        ("--no-tags", not job.tags),
        ("--annotations", job.annotations),
        ("--object-lock", job.object_lock),
    )
    words += [name for name, chosen in switches if chosen]
    words.append(job.source.location.uri)
    words += [job.target.location.uri] if job.target else []
    return shlex.join(words)


def _reports(place: JobPlace | None) -> str:
    if place is None:
        return ""
    return Location(place.location.bucket, place.location.key.removesuffix(JOB_FOLDER)).uri
