"""One request with every document that may decide it, read for this request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.core.facts import DeniedFact, Fact, FactName, KnownFact, Pairs, UnknownFact
from tui.core.identity import Identity
from tui.core.network import PathKind
from tui.core.policy import PolicyKind
from tui.policies.access import has_managed_key
from tui.policies.bucket_policy import PolicyRequest
from tui.policies.endpoint_policy import as_seen_by, endpoint_with_policy
from tui.policies.evaluation.policy_documents import (
    Documents,
    LayerReading,
    PolicyText,
    UnseenPolicy,
    read,
    read_all,
    read_limit,
)
from tui.policies.evidence import Evidence
from tui.policies.request_context import Caller, RequestContext

KEY_ACTIONS = {"s3:GetObject": "kms:Decrypt", "s3:GetObjectVersion": "kms:Decrypt"}
"""The KMS action that an S3 action on an encrypted object needs, too."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A request's use of a KMS key: the key policy, and the caller's own policies on the key."""

    arn: str
    request: PolicyRequest
    policy: LayerReading
    identity: LayerReading | None
    is_managed: bool = False
    """Whether it is aws/s3, which AWS manages: nobody can change its policy, and no other account can use it (AWS KMS
    developer guide, "Change a key policy")."""

    @property
    def account(self) -> str:
        fields = self.arn.split(":")
        return fields[4] if len(fields) > 5 else ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A root user and unsigned requests have no `identity_policies`.

    `endpoint` is also None if its policy is not seen: then it is only named, as service control policies are.
    """

    evidence: Evidence
    identity: Identity
    action: str
    documents: Documents
    request: PolicyRequest
    identity_policies: LayerReading | None
    boundary: LayerReading | None
    session: LayerReading | None
    bucket: LayerReading
    endpoint: LayerReading | None
    key: KeyUse | None
    inside: bool | None = None
    """For AssumeRole: whether the caller and the role are in the same account."""

    @property
    def caller(self) -> Caller:
        return self.request.caller

    @property
    def is_inside(self) -> bool | None:
        if self.inside is not None:
            return self.inside
        return False if self.caller.anonymous else self.evidence.belongs_to_bucket(self.identity)

    @property
    def owns_object(self) -> bool:
        """Whether the caller's account owns the object, and another account owns the bucket."""
        owner = self.evidence.object_owner
        foreign = owner is not None and not self.evidence.covers(self.action)
        return foreign and owner is not None and self.evidence.context.belongs(self.identity, owner)

    @property
    def by_gateway(self) -> bool:
        passed = endpoint_with_policy(self.evidence)
        return passed is not None and passed.kind is PathKind.GATEWAY

    @property
    def readings(self) -> list[LayerReading]:
        found = [self.identity_policies, self.boundary, self.session, self.bucket, self.endpoint]
        if self.key:
            found += [self.key.policy, self.key.identity]
        return [one for one in found if one is not None]


def inquire_resource(
    evidence: Evidence,
    documents: Documents,
    request: PolicyRequest,
    resource: PolicyText | UnseenPolicy | None,
    *,
    inside: bool,
) -> Inquiry:
    """Read the policies of the caller and of one resource. `inside`: both are in one account."""
    plain = request.caller.arn.endswith(":root")
    reading = LayerReading()
    if isinstance(resource, UnseenPolicy):
        reading = LayerReading(unseen=(resource,))
    elif resource is not None:
        reading = read([resource], request)
    return Inquiry(
        evidence,
        evidence.context.mine,
        request.action,
        documents,
        request,
        identity_policies=None if plain else read_all(documents.identity, request),
        boundary=None if plain else read_limit(documents.boundary, request),
        session=None if plain else read_limit(documents.session, request),
        bucket=reading,
        endpoint=None,
        key=None,
        inside=inside,
    )


def inquire(
    evidence: Evidence,
    identity: Identity,
    action: str,
    documents: Documents,
    given: Mapping[str, tuple[str, ...]] | None = None,
) -> Inquiry:
    """Read all documents for one request. `given` are condition keys that it has (``()``: surely not)."""
    evidence = _with_account_block(evidence, documents)
    request = evidence.request(identity, action, documents.role)
    request = replace(request, request_context=_known_context(request, documents, given or {}))
    caller = replace(request.caller, bounded=isinstance(documents.boundary, PolicyText))
    request = replace(request, caller=caller)
    plain = caller.anonymous or caller.arn.endswith(":root")
    passed = documents.endpoint if isinstance(documents.endpoint, PolicyText) else None
    return Inquiry(
        evidence,
        identity,
        action,
        documents,
        request,
        identity_policies=None if plain else read_all(documents.identity, request),
        boundary=None if plain else read_limit(documents.boundary, request),
        session=None if plain else read_limit(documents.session, request),
        bucket=_bucket(evidence, request, action),
        endpoint=read([passed], as_seen_by(endpoint_with_policy(evidence), request)) if passed else None,
        key=_key_use(evidence, documents, request, plain),
    )


def _with_account_block(evidence: Evidence, documents: Documents) -> Evidence:
    """The evidence with the Block Public Access setting that counts: the stricter of bucket and account."""
    block = documents.account_block
    if not isinstance(block, Mapping) or not any(block.values()):
        return evidence
    pairs = evidence.value(FactName.PUBLIC_ACCESS, Pairs)
    own = {name: value.lower() == "true" for name, value in pairs.pairs} if pairs else {}
    both = [(name, str(block.get(name, False) or own.get(name, False)).lower()) for name in {**own, **block}]
    fact = evidence.fact(FactName.PUBLIC_ACCESS)
    merged = Fact(FactName.PUBLIC_ACCESS, KnownFact(Pairs(both)), "GetPublicAccessBlock", fact.identity if fact else "")
    return replace(evidence, facts=[*evidence.facts, merged], _readings={})


def _known_context(
    request: PolicyRequest, documents: Documents, given: Mapping[str, tuple[str, ...]]
) -> RequestContext:
    known = request.request_context
    tags = documents.principal_tags
    values = {f"aws:principaltag/{name.lower()}": (value,) for name, value in (tags or {}).items()}
    closed = known.closed if tags is None else (*known.closed, "aws:principaltag/")
    return replace(known, values={**known.values, **values, **given}, closed=closed)


def _bucket(evidence: Evidence, request: PolicyRequest, action: str) -> LayerReading:
    fact, policy = evidence.fact(FactName.POLICY), evidence.policy
    if policy is not None and fact is not None:
        account = evidence.context.account(evidence.bucket_owner) if evidence.bucket_owner else ""
        text = PolicyText(
            PolicyKind.BUCKET_POLICY,
            account,
            evidence.location.bucket,
            policy.document,
            operation=fact.operation,
            identity=fact.identity,
        )
        return read([text], request, covers_object=evidence.covers(action))
    if evidence.absent(FactName.POLICY):
        return LayerReading()
    return LayerReading(unseen=(unseen_fact(fact),))


def unseen_fact(fact: Fact | None) -> UnseenPolicy:
    match fact:
        case Fact(state=DeniedFact(permission=permission)):
            return UnseenPolicy(f"{permission} is not allowed", fact.operation, fact.identity)
        case Fact(state=UnknownFact(why=why)):
            return UnseenPolicy(why, fact.operation, fact.identity)
        case _:
            return UnseenPolicy("it was not read")


def _key_use(evidence: Evidence, documents: Documents, request: PolicyRequest, plain: bool) -> KeyUse | None:
    wanted = KEY_ACTIONS.get(request.action)
    encryption, _, arn = evidence.text(FactName.ENCRYPTION).partition(" ")
    if wanted is None or not encryption.startswith("aws:kms"):
        return None
    region = evidence.endpoint.signing_region if evidence.endpoint else ""
    via = {"kms:viaservice": (f"s3.{region}.amazonaws.com",)} if region else {}
    account = {"kms:calleraccount": (request.caller.account,)} if request.caller.account else {}
    known = request.request_context
    context = replace(known, values={**known.values, **via, **account})
    asked = PolicyRequest(request.caller, wanted, arn, context)
    policy = read_limit(documents.key, asked) or LayerReading(
        unseen=(UnseenPolicy("the key has no policy that can be read"),)
    )
    managed = documents.managed_key or has_managed_key(evidence)
    return KeyUse(arn, asked, policy, None if plain else read_all(documents.identity, asked), managed)
