"""What the message of a denial tells, by what it says and by what it leaves out. Pure.

Rules: IAM user guide, "Troubleshoot access denied error messages"; Amazon S3 user guide, "Troubleshoot access denied
(403 Forbidden) errors in Amazon S3": S3 names the kind of policy only if caller and bucket are of one account or one
organization.
"""

from __future__ import annotations

from tui.aws.connection import is_aws
from tui.aws.refusals import read_reason
from tui.core.policy import Layer, LayerKind, LayerVerdict
from tui.core.problem import Problem
from tui.inspection.evidence import Evidence
from tui.inspection.policies import LIST_BUCKET, READ_OBJECT

_KINDS = {
    "identity-based": LayerKind.IDENTITY,
    "resource-based": LayerKind.BUCKET_POLICY,
    "session": LayerKind.SESSION,
    "service control": LayerKind.SCP,
    "resource control": LayerKind.RCP,
    "permissions boundary": LayerKind.BOUNDARY,
    "VPC endpoint": LayerKind.ENDPOINT,
}


def told_by(problem: Problem, action: str) -> tuple[Layer, ...]:
    """The layer that the message names as the one that denies `action`; none if it names no kind of policy."""
    explicit, policy = read_reason(problem.cause)
    kind = _KINDS.get(policy)
    if kind is None or problem.permission != action:
        return ()
    verdict = LayerVerdict.DENIES if explicit else LayerVerdict.DOES_NOT_ALLOW
    why = f"the denial itself says: {problem.cause}"
    return (Layer(kind, verdict, why, problem.operation, problem.identity),)


_MISSING = (
    "The denial is about s3:ListBucket: the object does not exist. S3 says so only to identities that may list "
    "the bucket."
)


def notes_on(problem: Problem, action: str, evidence: Evidence) -> list[str]:
    """What the wording of S3 at AWS tells; other servers word their denials as they like."""
    if (action, problem.permission) == (READ_OBJECT, LIST_BUCKET):
        return [_MISSING]
    if evidence.endpoint is None or not is_aws(evidence.endpoint.url) or not problem.code:
        return []  # the answer to a HEAD has no words
    if read_reason(problem.cause)[1]:
        return ["S3 names the kind of policy: the identity and the bucket are of one account or one organization."]
    return [
        "S3 names no kind of policy in this denial: the identity and the bucket are of different organizations, or "
        "this is a directory bucket."
    ]
