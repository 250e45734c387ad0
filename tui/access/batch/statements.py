"""The statements of a role for jobs: trust in the service, permissions, and what other accounts let it do. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from tui.access.batch.needs import JobNeed, needs_of
from tui.access.statements import Statement
from tui.core.jobs import BATCH_SERVICE, JobAccess

_PLACES = ("Source", "Target", "Manifest", "Report")
_LISTING = "s3:PutInventoryConfiguration"
_PARTS = ("Inventory", *_PLACES, *(f"{place}Keys" for place in _PLACES))
TRUST_SID = "Xs3BatchTrust"
"""Of the trust in the service, which all jobs of a role share."""


def trust_statement(job: JobAccess) -> Statement:
    """The service may assume the role, for jobs of the role's own account.

    The user guide's trust policy has no condition, and AWS documents nowhere that S3 names the job when it assumes the
    role. So the conditions that the IAM user guide recommends ("The confused deputy problem") end in ``IfExists``:
    they keep out jobs of others wherever S3 names them, and let no job fail where it does not. That nobody of another
    account can pass this role to a job is ensured by iam:PassRole in any case.
    """
    account = job.role_account
    return {
        "Sid": TRUST_SID,
        "Effect": "Allow",
        "Principal": {"Service": BATCH_SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEqualsIfExists": {"aws:SourceAccount": account},
            "ArnLikeIfExists": {"aws:SourceArn": f"arn:{job.partition}:s3:*:{account}:job/*"},
        },
    }


def role_statements(job: JobAccess) -> list[Statement]:
    """The permissions of the role: everything that the job needs."""
    return _statements(job, needs_of(job))


def bucket_statements(job: JobAccess, bucket: str) -> list[Statement]:
    """What the policy of a bucket of another account has to allow the role."""
    found = _statements(job, [need for need in needs_of(job) if need.bucket == bucket])
    return [_for_role(each, job) for each in found]


def key_statements(job: JobAccess, key: str) -> list[Statement]:
    """What the policy of a KMS key of another account has to allow the role."""
    found = _statements(job, [need for need in needs_of(job) if not need.bucket and need.resource == key])
    return [_for_role({**each, "Resource": "*"}, job) for each in found]


def foreign_buckets(job: JobAccess) -> dict[str, str]:
    """The buckets of other accounts than the role's, with their account numbers."""
    return {each.bucket: each.owner for each in needs_of(job) if each.bucket and each.owner != job.role_account}


def foreign_keys(job: JobAccess) -> dict[str, str]:
    """The KMS keys of other accounts than the role's, with their account numbers."""
    return {each.resource: each.owner for each in needs_of(job) if not each.bucket and each.owner != job.role_account}


def permission_sids(job: JobAccess) -> tuple[str, ...]:
    """All Sids that the permissions of this job may have: what is removed when they are taken back."""
    return tuple(f"{_stem(job)}{part}" for part in _PARTS)


def _statements(job: JobAccess, needs: Sequence[JobNeed]) -> list[Statement]:
    """One statement for each place, and one for the keys of each."""
    found: list[Statement] = []
    for part in _PARTS:
        wanted = [need for need in needs if _part(need) == part]
        if wanted:
            found.append(_statement(f"{_stem(job)}{part}", wanted))
    return found


def _part(need: JobNeed) -> str:
    if need.action == _LISTING:
        return "Inventory"
    return need.place.capitalize() + ("" if need.bucket else "Keys")


def _statement(sid: str, needs: Sequence[JobNeed]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": _one_or_list(need.action for need in needs),
        "Resource": _one_or_list(need.resource for need in needs),
    }


def _one_or_list(values: Iterable[str]) -> str | list[str]:
    found = list(dict.fromkeys(values))
    return found if len(found) > 1 else found[0]


def _for_role(statement: Statement, job: JobAccess) -> Statement:
    made: Statement = {"Sid": statement["Sid"], "Effect": "Allow", "Principal": {"AWS": job.role_arn}}
    return made | statement


def _stem(job: JobAccess) -> str:
    """Equal for jobs that need the same of the same role: letters and digits alone, as IAM takes a Sid."""
    words = "\n".join((job.role_arn, *(f"{each.action} {each.resource}" for each in needs_of(job))))
    return f"Xs3Batch{hashlib.sha256(words.encode()).hexdigest()[:8]}"
