"""What keeps a job from running as its role: named one by one, each with what helps; and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from tui.access.batch.facts import with_facts
from tui.access.batch.foreign import foreign_objects
from tui.access.batch.judging import Judged, judge_creator, judge_need, trusted
from tui.access.batch.needs import needs_of
from tui.access.batch.reading import JobDocuments, read_documents
from tui.access.batch.rules import refusals
from tui.core.facts import Applies, Verdict
from tui.core.identity import Identity
from tui.core.jobs import BATCH_SERVICE, JobAccess, RoleCheck, grant_command
from tui.core.policy import LayerKind
from tui.core.problem import Problem, ProblemKind
from tui.documents.document import Services
from tui.policies.evaluation.policy_documents import Unseen

MAKE = "make or extend the role: {}"
_CREATOR = (("s3:CreateJob", "*"), ("iam:PassRole", ""))
"""What the identity that creates the job needs, on which resource; empty: the role."""


async def check_role(job: JobAccess, services: Services, identities: Sequence[Identity]) -> RoleCheck:
    """What is missing for a job, asked as `identities`, of which the first one creates it. Nothing is written.

    Only an identity that cannot be used at all raises `ProblemError`; what may not be read is `RoleCheck.unknown`.
    """
    job = await with_facts(job, services, identities)
    wrong = refusals(job)
    documents = await read_documents(job, services, identities)
    if documents.role.role:
        job = replace(job, role=documents.role.role)
    check = judge(job, documents, MAKE.format(making(job, identities)))
    foreign = await foreign_objects(job, services, identities)
    return replace(check, missing=[*wrong, *check.missing], unknown=[*check.unknown, *foreign])


def making(job: JobAccess, identities: Sequence[Identity]) -> str:
    """The command that makes the role of a job; the first identity is of the job's account."""
    other = next((each for each in identities if each.account != job.account), None)
    return grant_command(job, identities[0].spec, other.spec if other else None)


def judge(job: JobAccess, documents: JobDocuments, make: str) -> RoleCheck:
    """What the documents say; `make` is what helps where the role is not enough. Pure."""
    missing: list[Problem] = []
    unknown: list[Problem] = []
    creator = [judge_creator(job, documents, action, on or job.role_arn) for action, on in _CREATOR]
    for judged in creator:
        _add(judged, documents.creator.arn or "this identity", make, missing, unknown)
    if documents.trust is None:
        return RoleCheck(job, [_no_role(job, make), *missing], unknown)
    if isinstance(documents.trust, Unseen):
        unknown.insert(0, _unread(f"the trust policy of {job.role_name}", documents.trust, job.role_arn))
    else:
        match trusted(job, documents.trust):
            case Applies.NO:
                missing.insert(0, _no_trust(job, make))
            case Applies.MAYBE:
                unknown.insert(0, _doubtful_trust(job))
    unknown += _unread_keys(job)
    for need in needs_of(job):
        _add(judge_need(job, need, documents), f"the role {job.role_name}", make, missing, unknown)
    return RoleCheck(job, missing, unknown)


def _add(judged: Judged, who: str, make: str, missing: list[Problem], unknown: list[Problem]) -> None:
    match judged.decision.verdict:
        case Verdict.DENIED:
            missing += _denied(judged, who, make)
        case Verdict.UNKNOWN:
            unknown.append(_doubtful(judged, who))
        case _ if judged.partly:
            unknown.append(_problem(judged, f"{who} may be denied some of it", " and ".join(judged.partly), _LOOK))


_LOOK = "look at that document: the completion report will name what was denied"


def _denied(judged: Judged, who: str, make: str) -> Iterator[Problem]:
    """One problem for each document that denies it, or does not allow it."""
    need, found = judged.need, judged.decision
    for _, one in found.denials:
        cause = f"statement {one.reading.sid} of {one.policy.title} denies it"
        yield _problem(judged, f"{who} is denied {need.action}", cause, f"change {one.policy.title}")
    for layer in found.missing:
        title, remedy = _layer(layer, judged, who, make)
        yield _problem(judged, title, f"on {need.resource}", remedy)


def _layer(layer: LayerKind, judged: Judged, who: str, make: str) -> tuple[str, str]:
    """What is missing in a layer, and what helps."""
    need = judged.need
    if need.place == "creator":
        return f"{who} is not allowed {need.action}", f"let its own policies allow {need.action} on {need.resource}"
    match layer:
        case LayerKind.BUCKET_POLICY:
            title = f"the bucket policy of {need.bucket} (account {need.owner}) does not allow {who} {need.action}"
        case LayerKind.KEY:
            title = f"the policy of key {need.resource} (account {need.owner}) does not allow {who} {need.action}"
        case LayerKind.BOUNDARY:
            return f"the permissions boundary of {who} does not allow {need.action}", "change the boundary"
        case _:
            title = f"{who} is not allowed {need.action} ({need.place})"
    return title, make


def _doubtful(judged: Judged, who: str) -> Problem:
    unread = [f"{one.why}" for reading in judged.inquiry.readings for one in reading.unseen]
    open_conditions = [
        f"statement {one.reading.sid} of {one.policy.title} depends on {condition.key}"
        for reading in judged.inquiry.readings
        for one in reading.statements
        if one.reading.applies is Applies.MAYBE
        for condition in one.reading.conditions
        if condition.applies is Applies.MAYBE
    ]
    causes = list(dict.fromkeys([*unread, *open_conditions])) or ["a policy depends on what is not known here"]
    title = f"it is not known whether {who} is allowed {judged.need.action}"
    return _problem(judged, title, "; ".join(causes), "check it with an identity that may read these policies")


def _problem(judged: Judged, title: str, cause: str, remedy: str) -> Problem:
    need = judged.need
    return Problem(
        kind=ProblemKind.DENIED,
        title=title,
        cause=cause,
        remedy=remedy,
        operation="CreateJob",
        resource=need.resource,
        permission=need.action,
    )


def _no_role(job: JobAccess, make: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"there is no role {job.role_name} in account {job.role_account}",
        cause=f"the job is to run as {job.role_arn}",
        remedy=make,
        operation="GetRole",
        resource=job.role_arn,
    )


def _no_trust(job: JobAccess, make: str) -> Problem:
    return _trust(
        job,
        f"the trust policy of {job.role_name} does not let {BATCH_SERVICE} assume it",
        f"no statement of it allows sts:AssumeRole to that service for jobs of account {job.role_account}",
        make,
    )


def _doubtful_trust(job: JobAccess) -> Problem:
    return _trust(
        job,
        f"it is not known whether {BATCH_SERVICE} may assume the role {job.role_name}",
        "its trust policy has conditions on keys that AWS does not say S3 sends",
        "let the conditions on aws:SourceAccount and aws:SourceArn end in IfExists",
    )


def _trust(job: JobAccess, title: str, cause: str, remedy: str) -> Problem:
    return Problem(
        kind=ProblemKind.DENIED,
        title=title,
        cause=cause,
        remedy=remedy,
        operation="CreateJob",
        resource=job.role_arn,
        permission="sts:AssumeRole",
    )


NAME_THE_KEY = "name the key by its ARN: --kms-key arn:aws:kms:REGION:ACCOUNT:key/ID"


def _unread_keys(job: JobAccess) -> Iterator[Problem]:
    """One problem for each bucket of which nobody may read the key that a role would have to use."""
    for place in {each.location.bucket: each for each in job.places.values() if each.unread_key}.values():
        bucket, alias = place.location.bucket, place.kms_key
        title = f"it is not known which key the objects of s3://{bucket} are encrypted with"
        remedy = "check it with an identity that may read the bucket's default encryption and its key"
        yield Problem(
            kind=ProblemKind.DENIED,
            title=f"it is not known which key {alias} is" if alias else title,
            cause=place.unread_key,
            remedy=NAME_THE_KEY if alias else remedy,
            operation="DescribeKey" if alias else "GetBucketEncryption",
            resource=alias or f"arn:{job.partition}:s3:::{bucket}",
        )


def _unread(what: str, unseen: Unseen, resource: str) -> Problem:
    return Problem(
        kind=ProblemKind.DENIED,
        title=f"{what} cannot be read",
        cause=unseen.why,
        remedy="check it with an identity that may read it",
        operation=unseen.operation,
        resource=resource,
        identity=unseen.identity,
    )
