"""The decision on one request: first explicit denies, then the layers that must allow it. Pure.

Rules: IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; Amazon S3 user guide, "How
Amazon S3 authorizes a request for an object operation" and "Blocking public access to your Amazon S3 storage"; AWS KMS
developer guide, "Key policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.core.facts import AccessVerdict, Applies, Effect, FactName
from tui.core.policy import LayerKind, LayerVerdict
from tui.policies.access import acl_lets, blocked
from tui.policies.bucket_policy import is_of_bucket, is_public
from tui.policies.evaluation.inquiry import KEY_ACTIONS, Inquiry, KeyUse
from tui.policies.evaluation.policy_documents import LayerReading, ReadStatement, either, every
from tui.policies.principals import Naming, namings


@dataclass(frozen=True, slots=True)
class Requirement:
    """A layer that must allow a request, and whether it does."""

    layer: LayerKind
    allowed: Applies


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """`denials` are the statements that deny the request; without any, all `requirements` must allow it."""

    denials: tuple[tuple[LayerKind, ReadStatement], ...]
    doubtful_denials: tuple[tuple[LayerKind, ReadStatement], ...]
    requirements: tuple[Requirement, ...]
    is_whole: bool
    """Whether all documents that may deny were read."""

    @property
    def missing(self) -> list[LayerKind]:
        return [one.layer for one in self.requirements if one.allowed is Applies.NO]

    @property
    def doubtful(self) -> list[LayerKind]:
        return [one.layer for one in self.requirements if one.allowed is Applies.MAYBE]

    @property
    def verdict(self) -> AccessVerdict:
        if self.denials or self.missing:
            return AccessVerdict.DENIED
        return (
            AccessVerdict.UNKNOWN
            if self.doubtful or self.doubtful_denials or not self.is_whole
            else AccessVerdict.ALLOWED
        )


def decide(inquiry: Inquiry) -> AccessDecision:
    """Evaluate a request to S3 as AWS does, by the documents that can be seen."""
    return decision_on(
        inquiry, (*_access_requirements(inquiry), *_limit_requirements(inquiry), *_key_requirements(inquiry))
    )


def decide_role(inquiry: Inquiry) -> AccessDecision:
    """Evaluate AssumeRole. The trust policy must allow it; unless it names the caller, the caller's policies must, too.

    `inquiry.bucket` is the trust policy.
    """
    allowed = Requirement(LayerKind.TRUST, inquiry.bucket.allowed)
    instead = direct(inquiry.bucket, inquiry) if inquiry.is_inside else Applies.NO
    return decision_on(inquiry, (allowed, *_identity_requirements(inquiry, instead)))


def decide_resource(inquiry: Inquiry, layer: LayerKind) -> AccessDecision:
    """Evaluate a request by the policies of caller and resource alone; object ownership does not count.

    `inquiry.bucket` is the resource's policy, of the kind `layer`. A key policy must also allow its own account.
    """
    instead = direct(inquiry.bucket, inquiry) if inquiry.is_inside else Applies.NO
    by_resource = [Requirement(layer, inquiry.bucket.allowed)]
    if inquiry.is_inside and (layer is not LayerKind.KEY or instead is Applies.YES):
        by_resource = []
    return decision_on(inquiry, (*by_resource, *_identity_requirements(inquiry, instead)))


def decision_on(inquiry: Inquiry, requirements: tuple[Requirement, ...]) -> AccessDecision:
    return AccessDecision(
        tuple(_denials(inquiry, Applies.YES)),
        tuple(_denials(inquiry, Applies.MAYBE)),
        requirements,
        not inquiry.evidence.by_access_point
        and all(one.is_whole for one in inquiry.readings if _simulated(one, inquiry) is None),
    )


_SIMULATED = {
    LayerVerdict.ALLOWS: Applies.YES,
    LayerVerdict.DENIES: Applies.NO,
    LayerVerdict.DOES_NOT_ALLOW: Applies.NO,
}


def _simulated(reading: LayerReading | None, inquiry: Inquiry) -> Applies | None:
    """The simulator's result if identity policies or a boundary cannot be seen; None: it has none.

    It gets no resource policy and knows no session policy (IAM API reference, "SimulatePrincipalPolicy").
    """
    simulated = inquiry.documents.simulated
    if simulated is None or reading is None or not reading.unseen:
        return None
    known = reading is inquiry.identity_policies or reading is inquiry.boundary
    return _SIMULATED.get(simulated.verdict) if known else None


def _denials(inquiry: Inquiry, applies: Applies) -> Iterator[tuple[LayerKind, ReadStatement]]:
    key = inquiry.key
    readings = (
        (LayerKind.IDENTITY, inquiry.identity_policies),
        (LayerKind.BOUNDARY, inquiry.boundary),
        (LayerKind.SESSION, inquiry.session),
        (LayerKind.TRUST if inquiry.action == "sts:AssumeRole" else LayerKind.BUCKET_POLICY, inquiry.bucket),
        (LayerKind.ENDPOINT, inquiry.endpoint),
        (LayerKind.KEY, key.policy if key else None),
        (LayerKind.KEY, key.identity if key else None),
    )
    for layer, reading in readings:
        for statement in reading.of(Effect.DENY, applies) if reading else []:
            yield layer, statement


def _access_requirements(inquiry: Inquiry) -> Iterator[Requirement]:
    """Within one account, either side must allow the action; across accounts, both must."""
    if inquiry.is_inside and not inquiry.evidence.covers(inquiry.action) and not inquiry.owns_object:
        yield Requirement(LayerKind.OWNER, resource_side(inquiry))
        yield from _identity_requirements(inquiry, Applies.NO)
    elif inquiry.is_inside or inquiry.owns_object:
        if _may_be_foreign(inquiry):
            yield Requirement(LayerKind.OWNER, Applies.MAYBE)
        yield from _identity_requirements(inquiry, direct(inquiry.bucket, inquiry) if inquiry.is_inside else Applies.NO)
    else:
        allowed = resource_side(inquiry)
        if inquiry.is_inside is None:
            allowed = either(allowed, Applies.MAYBE)
        yield Requirement(_resource_layer(inquiry), allowed)
        yield from _identity_requirements(inquiry, Applies.NO)


def _resource_layer(inquiry: Inquiry) -> LayerKind:
    if not inquiry.evidence.covers(inquiry.action):
        return LayerKind.OWNER
    closed = restriction(inquiry) and inquiry.bucket.allowed is not Applies.NO
    return LayerKind.PUBLIC_ACCESS if closed else LayerKind.BUCKET_POLICY


def _identity_requirements(inquiry: Inquiry, instead: Applies) -> Iterator[Requirement]:
    """The caller's own policies within their limits; not needed if a resource policy allows the caller `instead`."""
    own, simulated = inquiry.identity_policies, inquiry.documents.simulated
    if simulated and simulated.verdict is LayerVerdict.DENIES and _simulated(own, inquiry) is not None:
        yield Requirement(LayerKind.IDENTITY, Applies.NO)  # no policy overrides an explicit Deny
        return
    if instead is Applies.YES:
        return
    layers = ((LayerKind.IDENTITY, own), (LayerKind.BOUNDARY, inquiry.boundary), (LayerKind.SESSION, inquiry.session))
    for layer, reading in layers:
        if reading is not None:
            yield Requirement(layer, either(_simulated(reading, inquiry) or reading.allowed, instead))


def limits(inquiry: Inquiry) -> Applies:
    return every(*(one.allowed for one in (inquiry.boundary, inquiry.session) if one is not None))


def direct(reading: LayerReading, inquiry: Inquiry) -> Applies:
    """Whether a resource policy in the caller's account allows the request without the caller's own policies.

    Boundary and session policy do not limit a grant to the ARN of a user or session, but they limit one to a role's
    ARN. For a grant to everyone, AWS does not document it. A statement that names the account delegates to the
    account's policies.
    """
    found = [_direct(one, inquiry) for one in reading.of(Effect.ALLOW, Applies.YES, Applies.MAYBE)]
    return either(Applies.NO if reading.is_whole else Applies.MAYBE, *found)


def _direct(one: ReadStatement, inquiry: Inquiry) -> Applies:
    principals = one.statement.principals
    found = namings(principals, inquiry.caller) if principals else set()
    if Naming.ITSELF in found:
        return one.reading.applies
    if Naming.ROLE in found:
        return every(one.reading.applies, limits(inquiry))
    if Naming.EVERYBODY in found:
        within = limits(inquiry)
        return every(one.reading.applies, Applies.MAYBE if within is Applies.NO else within)
    return Applies.NO


def resource_side(inquiry: Inquiry) -> Applies:
    """Whether the owners of bucket and object allow the caller, by the bucket policy or an ACL."""
    evidence, policy = inquiry.evidence, inquiry.bucket.allowed
    if not evidence.covers(inquiry.action):
        policy = Applies.NO
    elif _may_be_foreign(inquiry):  # the policy may not cover the object, or the caller may own it
        policy = every(policy, Applies.MAYBE) if inquiry.caller.anonymous else Applies.MAYBE
    if not inquiry.is_inside:
        closed = restriction(inquiry)
        policy = Applies.NO if closed else every(policy, Applies.MAYBE) if closed is None else policy
    return either(policy, acl_lets(evidence, inquiry.identity, inquiry.action))


def _may_be_foreign(inquiry: Inquiry) -> bool:
    evidence = inquiry.evidence
    of_object = not is_of_bucket(inquiry.action) and inquiry.action not in ("s3:PutObject", "s3:DeleteObject")
    return of_object and evidence.object_owner is None and not evidence.acls_are_off


def restriction(inquiry: Inquiry) -> bool | None:
    public = any(is_public(one.statement) for one in inquiry.bucket.statements)
    return blocked(inquiry.evidence, "RestrictPublicBuckets") if public else False


def _limit_requirements(inquiry: Inquiry) -> Iterator[Requirement]:
    if inquiry.endpoint is not None:
        yield Requirement(LayerKind.ENDPOINT, inquiry.endpoint.allowed)
    acl = inquiry.request.request_context.value("s3:x-amz-acl") or ()
    if inquiry.action in ("s3:PutObject", "s3:PutObjectAcl") and any(one.startswith("public-") for one in acl):
        on = blocked(inquiry.evidence, "BlockPublicAcls")
        yield Requirement(LayerKind.PUBLIC_ACCESS, {True: Applies.NO, False: Applies.YES, None: Applies.MAYBE}[on])


def _key_requirements(inquiry: Inquiry) -> Iterator[Requirement]:
    evidence = inquiry.evidence
    if inquiry.key is not None:
        yield Requirement(LayerKind.KEY, _key(inquiry, inquiry.key))
    elif inquiry.action in KEY_ACTIONS and evidence.fact(FactName.SIZE) is not None:
        told = evidence.absent(FactName.ENCRYPTION) or evidence.text(FactName.ENCRYPTION)
        yield Requirement(LayerKind.KEY, Applies.YES if told else Applies.MAYBE)


def _key(inquiry: Inquiry, key: KeyUse) -> Applies:
    if key.is_managed:
        return {True: Applies.YES, False: Applies.NO, None: Applies.MAYBE}[inquiry.is_inside]
    own = Applies.NO if inquiry.caller.anonymous else key.identity.allowed if key.identity else Applies.YES
    both = every(key.policy.allowed, own)
    if key.account and key.account == inquiry.caller.account:
        return either(both, direct(key.policy, inquiry))
    return both
