"""Problems that keep a job from running with its role, each with a remedy; and what is not known."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from msgspec.structs import replace as replace_struct

from tui.aws.control_plane import ControlPlaneService
from tui.core.facts import AccessVerdict, Applies, Effect
from tui.core.identity import AuthMethod, Identity, IdentitySpec, Owner
from tui.core.jobs import BATCH_SERVICE, JobAccess, RoleCheck, grant_command
from tui.core.listing import Page
from tui.core.location import Location
from tui.core.policy import LayerKind, PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.document import Services
from tui.features.access.role_facts import with_facts
from tui.features.access.role_needs import JobNeed, needs_of, refusals
from tui.policies.bucket_policy import PolicyRequest
from tui.policies.evaluation.gather_documents import gather_principal, of_account, session_policy
from tui.policies.evaluation.inquiry import Inquiry, inquire_resource
from tui.policies.evaluation.policy_documents import Documents, Policies, PolicyText, UnseenPolicy, every, read
from tui.policies.evaluation.reading_iam import IamReader, Principal, as_text, read_role, refusal_words
from tui.policies.evaluation.verdict import AccessDecision, decide_resource
from tui.policies.evidence import Evidence, EvidenceContext
from tui.policies.request_context import (
    Caller,
    KnownRequest,
    RequestContext,
    caller_of,
    may_fit,
    request_context_of,
    wild,
)
from tui.stores.base import Store

MAKE = "create or extend the role: {}"
_CREATOR = (("s3:CreateJob", "*"), ("iam:PassRole", ""))
"""What the identity that creates the job needs, and on which resource; empty: the role."""


async def check_role(job: JobAccess, services: Services, identities: Sequence[Identity]) -> RoleCheck:
    """What is missing for a job, by requests of `identities`; the first one creates the job. Writes nothing.

    Raises `ProblemError` only for an identity that cannot be used at all; what cannot be read is in
    `RoleCheck.unknown`.
    """
    job = await with_facts(job, services, identities)
    wrong = refusals(job)
    documents = await read_documents(job, services, identities)
    if documents.role.role:
        job = replace_struct(job, role=documents.role.role)
    check = judge(job, documents, MAKE.format(making(job, identities)))
    foreign = await foreign_objects(job, services, identities)
    return replace_struct(check, missing=[*wrong, *check.missing], unknown=[*check.unknown, *foreign])


def making(job: JobAccess, identities: Sequence[Identity]) -> str:
    other = next((each for each in identities if each.account != job.account), None)
    return grant_command(job, identities[0].spec, other.spec if other else None)


def judge(job: JobAccess, documents: JobDocuments, make: str) -> RoleCheck:
    """What the documents show. `make` is the remedy if the role needs more permissions. Pure."""
    missing: list[Problem] = []
    unknown: list[Problem] = []
    for action, on in _CREATOR:
        judged = judge_creator(job, documents, action, on or job.role_arn)
        _add(judged, documents.creator.arn or "this identity", make, missing, unknown)
    if documents.trust is None:
        title, cause = f"account {job.role_account} has no role {job.role_name}", f"the job would run as {job.role_arn}"
        no_role = Problem(ProblemKind.INVALID, title, cause, make, "GetRole", job.role_arn)
        return RoleCheck(job, [no_role, *missing], unknown)
    _add_trust(job, documents.trust, make, missing, unknown)
    unknown += _unread_keys(job)
    for need in needs_of(job):
        _add(judge_need(job, need, documents), f"the role {job.role_name}", make, missing, unknown)
    return RoleCheck(job, missing, unknown)


def _add(judged: JudgedNeed, who: str, make: str, missing: list[Problem], unknown: list[Problem]) -> None:
    match judged.decision.verdict:
        case AccessVerdict.DENIED:
            missing += _denied(judged, who, make)
        case AccessVerdict.UNKNOWN:
            unknown.append(_doubtful(judged, who))
        case _ if judged.partly:
            title, cause = f"{who} may be denied access to some of it", " and ".join(judged.partly)
            remedy = "look at these statements; the completion report names what was denied"
            unknown.append(_problem(judged, title, cause, remedy))


def _add_trust(
    job: JobAccess, trust: PolicyText | UnseenPolicy, make: str, missing: list[Problem], unknown: list[Problem]
) -> None:
    if isinstance(trust, UnseenPolicy):
        title = f"the trust policy of {job.role_name} cannot be read"
        unread = partial(Problem, operation=trust.operation, resource=job.role_arn, identity=trust.identity)
        unknown.insert(0, unread(ProblemKind.DENIED, title, trust.why, "check it with an identity that may read it"))
        return
    denied = partial(Problem, ProblemKind.DENIED, operation="CreateJob", resource=job.role_arn, permission=ASSUME)
    match trusted(job, trust):
        case Applies.NO:
            title = f"the trust policy of {job.role_name} does not let {BATCH_SERVICE} assume the role"
            cause = f"no statement allows {ASSUME} to that service for jobs of account {job.role_account}"
            missing.insert(0, denied(title, cause, make))
        case Applies.MAYBE:
            title = f"it is not known whether {BATCH_SERVICE} may assume the role {job.role_name}"
            cause = "its trust policy has conditions on keys that S3 may not send"
            remedy = "use IfExists operators in the conditions on aws:SourceAccount and aws:SourceArn"
            unknown.insert(0, denied(title, cause, remedy))


def _denied(judged: JudgedNeed, who: str, make: str) -> Iterator[Problem]:
    need, found = judged.need, judged.decision
    for _, one in found.denials:
        cause = f"statement {one.reading.sid} of {one.policy.title} denies it"
        yield _problem(judged, f"{who} is denied {need.action}", cause, f"change {one.policy.title}")
    for layer in found.missing:
        title, remedy = _layer(layer, need, who, make)
        yield _problem(judged, title, f"on resource {need.resource}", remedy)


def _layer(layer: LayerKind, need: JobNeed, who: str, make: str) -> tuple[str, str]:
    title = f"{who} is not authorized to perform {need.action}"
    if need.place == "creator":
        return title, f"allow {need.action} on {need.resource} in its own policies"
    match layer:
        case LayerKind.BUCKET_POLICY:
            title = f"the bucket policy of {need.bucket} (account {need.owner}) does not allow {need.action} to {who}"
        case LayerKind.KEY:
            title = f"the policy of key {need.resource} (account {need.owner}) does not allow {need.action} to {who}"
        case LayerKind.BOUNDARY:
            return f"the permissions boundary of {who} does not allow {need.action}", "change the boundary"
        case _:
            title = f"{title} ({need.place})"
    return title, make


def _doubtful(judged: JudgedNeed, who: str) -> Problem:
    unread = [one.why for reading in judged.inquiry.readings for one in reading.unseen]
    open_conditions = [
        f"statement {one.reading.sid} of {one.policy.title} depends on {condition.key}"
        for reading in judged.inquiry.readings
        for one in reading.statements
        if one.reading.applies is Applies.MAYBE
        for condition in one.reading.conditions
        if condition.applies is Applies.MAYBE
    ]
    causes = "; ".join(dict.fromkeys([*unread, *open_conditions])) or "a condition cannot be evaluated from here"
    title = f"it is not known whether {who} is authorized to perform {judged.need.action}"
    return _problem(judged, title, causes, "check it with an identity that may read these policies")


def _problem(judged: JudgedNeed, title: str, cause: str, remedy: str) -> Problem:
    need = judged.need
    return Problem(
        ProblemKind.DENIED, title, cause, remedy, "CreateJob", resource=need.resource, permission=need.action
    )


def _unread_keys(job: JobAccess) -> Iterator[Problem]:
    """A problem for each bucket whose KMS key the role needs and no identity here may read."""
    for place in {each.location.bucket: each for each in job.places.values() if each.unread_key}.values():
        bucket, alias = place.location.bucket, place.kms_key
        title, operation, resource = f"the ARN of KMS key {alias} is not known", "DescribeKey", alias
        remedy = "give the key's ARN: --kms-key arn:aws:kms:REGION:ACCOUNT:key/ID"
        if not alias:
            title = f"the KMS key of the objects in s3://{bucket} is not known"
            remedy = "check it with an identity that may read the bucket's default encryption and its key"
            operation, resource = "GetBucketEncryption", f"arn:{job.partition}:s3:::{bucket}"
        yield Problem(ProblemKind.DENIED, title, place.unread_key, remedy, operation, resource)


# Objects of the source that the bucket owner does not own: no bucket policy gives a role access to them.
#
# Amazon S3 user guide, "Bucket policies and user policies": the owner of an object grants access to it, by its ACL.


async def foreign_objects(job: JobAccess, services: Services, identities: Sequence[Identity]) -> list[Problem]:
    """What is unknown because of such objects. Lists one page of the source, and only if the bucket has ACLs."""
    if job.source.ownership is None or not job.source.has_acls:
        return []
    of_owner = sorted(identities, key=lambda each: each.account != job.source.account)
    by_role = {each.canonical_id for each in identities if each.canonical_id and each.account == job.role_account}
    why = "no identity here may list the objects with their owners"
    for identity in of_owner:
        try:
            owner, page, whole = await _first_page(await services.store(identity.connection), job)
        except ProblemError:
            continue
        others = [each for each in page.owners if each.id not in {owner.id, *by_role}] if page else []
        if not others and whole:
            return []
        names = ", ".join(sorted(each.name or each.id for each in others))
        why = f"the first objects include some of {names}" if names else "only the first 1,000 objects were checked"
        break
    place, profile = job.source.location, of_owner[0].spec.profile
    named = ["--profile", profile] if profile else []
    see, repair = (shlex.join(["xs3-tui", name, *named, place.uri]) for name in ("owners", "repair-ownership"))
    title = f"the role {job.role_name} cannot read objects that another account owns"
    cause = f"s3://{place.bucket} has ACLs, and its policies do not apply to such objects; {why}"
    remedy = f"see who owns them: {see}; give them to the bucket owner: {repair}"
    resource = f"arn:{job.partition}:s3:::{place.bucket}"
    return [Problem(ProblemKind.DENIED, title, cause, remedy, "CreateJob", resource)]


async def _first_page(store: Store, job: JobAccess) -> tuple[Owner, Page | None, bool]:
    """The bucket owner, the first page of the source (None: empty), and whether it is the only one."""
    place = job.source.location
    owner = (await store.settings.bucket_acl(place.bucket)).owner
    async with aclosing(store.pages(place.bucket, place.key, recursive=True, etags=False)) as pages:
        first = await anext(pages, None)
        return owner, first, await anext(pages, None) is None


# Whether the service may assume the role of a job, and the role may do each action, by the documents. Pure.
#
# Uses the evaluation of the inspector (`tui.policies.evaluation`), with the role's session as the caller.

ASSUME = "sts:AssumeRole"
_SESSION = "s3-batch-operations"
_NEVER = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourcevpcarn")
"""Keys of requests through a VPC endpoint. Requests of S3 itself never have them."""


@dataclass(frozen=True, slots=True)
class JudgedNeed:
    """The decision on one need, and the statements that deny a part of it."""

    need: JobNeed
    decision: AccessDecision
    inquiry: Inquiry
    partly: tuple[str, ...] = ()


def trusted(job: JobAccess, trust: PolicyText) -> Applies:
    """Whether the service may assume the role, whether or not S3 names the job (see `trust_statement`)."""
    account = job.role_account
    named: dict[str, tuple[str, ...]] = {
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (f"arn:{job.partition}:s3:{job.region or '*'}:{account}:job/*",),
    }
    unnamed: dict[str, tuple[str, ...]] = dict.fromkeys(named, ())
    answers = {_assumed(job, trust, each) for each in (named, unnamed)}
    return answers.pop() if len(answers) == 1 else Applies.MAYBE


def _assumed(job: JobAccess, trust: PolicyText, source: dict[str, tuple[str, ...]]) -> Applies:
    values = {"aws:principalisawsservice": ("true",), "aws:principalservicename": (BATCH_SERVICE,), **source}
    request = PolicyRequest(Caller(service=BATCH_SERVICE), ASSUME, job.role_arn, RequestContext(values))
    reading = read([trust], request)
    denied = reading.denied
    if denied is Applies.NO:
        return reading.allowed
    return Applies.NO if denied is Applies.YES else every(reading.allowed, Applies.MAYBE)


def judge_need(job: JobAccess, need: JobNeed, documents: JobDocuments) -> JudgedNeed:
    """Whether the role is allowed one need."""
    account = job.role_account
    session = f"arn:{job.partition}:sts::{account}:assumed-role/{job.role_name}/{_SESSION}"
    bounded = isinstance(documents.role.boundary, PolicyText)
    caller = Caller(account, session, role=documents.role.role or job.role_arn, bounded=bounded)
    known = request_context_of(caller, KnownRequest(writes=True, lists=False, resource_account=need.owner))
    given: dict[str, tuple[str, ...]] = dict.fromkeys(_NEVER, ())
    if need.action in ("s3:PutObject", "s3:PutObjectAcl") and need.place == "target":
        given["s3:x-amz-acl"] = (job.acl,) if job.acl else ()
    request = PolicyRequest(caller, need.action, need.probe, replace(known, values={**known.values, **given}))
    policy = documents.buckets.get(need.bucket) if need.bucket else documents.keys.get(need.resource)
    layer = LayerKind.BUCKET_POLICY if need.bucket else LayerKind.KEY
    inquiry = _inquiry(request, documents.role, None, policy, need.owner == account)
    return JudgedNeed(need, decide_resource(inquiry, layer), inquiry, tuple(_partly(inquiry, need)))


def judge_creator(job: JobAccess, documents: JobDocuments, action: str, resource: str) -> JudgedNeed:
    """Whether the identity that creates the job is allowed `action`."""
    caller = documents.creator
    caller = replace(caller, role=documents.creators.role) if documents.creators.role else caller
    known = request_context_of(caller, KnownRequest(writes=True, lists=False))
    given = {"iam:passedtoservice": (BATCH_SERVICE,), "s3:requestjoboperation": (job.operation.member,)}
    request = PolicyRequest(caller, action, resource, replace(known, values={**known.values, **given}))
    inquiry = _inquiry(request, documents.creators, documents.session, None, True)
    need = JobNeed("creator", action, resource, job.account)
    return JudgedNeed(need, decide_resource(inquiry, LayerKind.BUCKET_POLICY), inquiry)


def _inquiry(
    request: PolicyRequest,
    principal: Principal,
    session: PolicyText | UnseenPolicy | None,
    resource: PolicyText | UnseenPolicy | None,
    inside: bool,
) -> Inquiry:
    caller = request.caller
    label = caller.role or caller.arn
    identity = Identity("", label, AuthMethod.ROLE, IdentitySpec(), account=caller.account, arn=caller.arn)
    evidence = Evidence(Location(""), [], EvidenceContext(identity))
    documents = Documents(identity=principal.policies, boundary=principal.boundary, session=session)
    return inquire_resource(evidence, documents, request, resource, inside=inside)


def _partly(inquiry: Inquiry, need: JobNeed) -> Iterator[str]:
    """The titles of statements that deny the action to some, but not all, of the need's resources."""
    covered = wild(need.resource)
    for reading in inquiry.readings:
        for one in reading.statements:
            scope = {name: judgement.applies for name, judgement in one.scope.items() if name != "Resource"}
            applies = every(*scope.values())
            texts, inverted = one.statement.resources.texts, one.statement.resources.inverted
            reaches = inverted or any(may_fit(wild(text), covered) for text in texts)
            missed = one.scope["Resource"].applies is Applies.NO
            some = missed and reaches and need.resource.endswith("*")
            if one.reading.effect is Effect.DENY and applies is not Applies.NO and some:
                yield f"statement {one.reading.sid} of {one.policy.title}"


NO_ROLE = Principal(Policies(), None)


@dataclass(frozen=True, slots=True)
class JobDocuments:
    """The documents. `trust` is None if the role does not exist; a bucket's policy is None if it has none."""

    trust: PolicyText | UnseenPolicy | None
    role: Principal
    creator: Caller
    creators: Principal
    session: PolicyText | UnseenPolicy | None = None
    buckets: Mapping[str, PolicyText | UnseenPolicy | None] = field(default_factory=dict)
    keys: Mapping[str, PolicyText | UnseenPolicy] = field(default_factory=dict)


async def read_documents(job: JobAccess, services: Services, identities: Sequence[Identity]) -> JobDocuments:
    """Read each document as an identity of its account. Denials become `UnseenPolicy`; raises no `ProblemError`."""
    first, control_plane = identities[0], services.control_plane
    own = IamReader(control_plane, of_account(tuple(identities), job.role_account, first))
    needs = needs_of(job)
    buckets = {each.bucket: each.owner for each in needs if each.bucket}
    keys = {each.resource: each.owner for each in needs if not each.bucket}
    caller = caller_of(first)
    trust, role, creators, policies, key_policies = await asyncio.gather(
        _read_trust(own, job),
        read_role(own, job.role_name, job.role_account),
        gather_principal(IamReader(control_plane, [first]), caller),
        asyncio.gather(*(_bucket(services, each, account, identities) for each, account in buckets.items())),
        asyncio.gather(*(_key(services, each, account, identities) for each, account in keys.items())),
    )
    return JobDocuments(
        trust,
        NO_ROLE if trust is None else role,
        caller,
        creators,
        session_policy(first, caller),
        dict(zip(buckets, policies, strict=True)),
        dict(zip(keys, key_policies, strict=True)),
    )


async def _read_trust(reader: IamReader, job: JobAccess) -> PolicyText | UnseenPolicy | None:
    answer = await reader.ask(ControlPlaneService.IAM, "GetRole", RoleName=job.role_name)
    if isinstance(answer, UnseenPolicy):
        return answer
    role = answer[0].get("Role")
    if role is None:
        return None
    text = as_text(role.get("AssumeRolePolicyDocument"))
    return PolicyText(PolicyKind.TRUST_POLICY, job.role_account, job.role_name, text, "", "GetRole", answer[1])


async def _bucket(
    services: Services, bucket: str, account: str, identities: Sequence[Identity]
) -> PolicyText | UnseenPolicy | None:
    refused = UnseenPolicy("no identity here may read it", "GetBucketPolicy")
    for identity in sorted(identities, key=lambda each: each.account != account):
        try:
            store = await services.store(identity.connection)
            text = await store.settings.policy(bucket)
        except ProblemError as error:
            if not refused.identity:
                refused = UnseenPolicy(refusal_words(error.problem), "GetBucketPolicy", identity.label)
            continue
        if text is None:
            return None
        return PolicyText(PolicyKind.BUCKET_POLICY, account, bucket, text, "", "GetBucketPolicy", identity.label)
    return refused


async def _key(services: Services, key: str, account: str, identities: Sequence[Identity]) -> PolicyText | UnseenPolicy:
    region = (key.split(":") + [""] * 4)[3]
    reader = IamReader(services.control_plane, of_account(tuple(identities), account) or list(identities))
    found = await reader.ask(ControlPlaneService.KMS, "GetKeyPolicy", region=region, KeyId=key, PolicyName="default")
    if isinstance(found, UnseenPolicy):
        return found
    return PolicyText(
        PolicyKind.KEY_POLICY, account, key, as_text(found[0].get("Policy")), "", "GetKeyPolicy", found[1]
    )
