"""Every layer that may decide a request, with its verdict, reason and source. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui.core.facts import Applies, Effect, FactName, Grants, Pairs
from tui.core.network import AddressScope
from tui.core.policy import Layer, LayerKind, LayerVerdict
from tui.policies.access import acl_lets, blocked
from tui.policies.evaluation.inquiry import Inquiry, unseen_fact
from tui.policies.evaluation.policy_documents import LayerReading, ReadStatement, UnseenPolicy
from tui.policies.evaluation.remedies import is_restricted

_BY_ANSWER = {
    Applies.YES: LayerVerdict.ALLOWS,
    Applies.NO: LayerVerdict.DOES_NOT_ALLOW,
    Applies.MAYBE: LayerVerdict.NOT_KNOWN,
}
_UNREAD = (LayerVerdict.NOT_SEEN, LayerVerdict.NOT_KNOWN)
_ORDER = list(LayerKind)
_UNSEEN_ORGANIZATION = "member accounts of an organization cannot read which of them apply"


def layers(inquiry: Inquiry) -> list[Layer]:
    documents = inquiry.documents
    found = [
        *_identity(inquiry),
        _limit(LayerKind.BOUNDARY, inquiry.boundary, inquiry, "there is none"),
        _limit(LayerKind.SESSION, inquiry.session, inquiry, "the session was made without one"),
        _bucket_policy(inquiry),
        *_owners(inquiry),
        *_public_access(inquiry),
        *_key(inquiry),
        _endpoint(inquiry),
        *([documents.simulated] if documents.simulated else []),
        *_organization(inquiry),
    ]
    found += [one for one in documents.told if not is_read(one.kind, found)]
    return sorted(found, key=lambda layer: _ORDER.index(layer.kind))


def role_layers(inquiry: Inquiry) -> list[Layer]:
    found = [
        *_identity(inquiry),
        _limit(LayerKind.BOUNDARY, inquiry.boundary, inquiry, "there is none"),
        _limit(LayerKind.SESSION, inquiry.session, inquiry, "the session was made without one"),
        _of_policies(LayerKind.TRUST, inquiry.bucket, inquiry.action, "it has no statements"),
        *([inquiry.documents.simulated] if inquiry.documents.simulated else []),
        *_organization(inquiry),
    ]
    return sorted(found, key=lambda layer: _ORDER.index(layer.kind))


def is_read(kind: LayerKind, found: list[Layer]) -> bool:
    """Whether the layer's document was read, and not only named by the denial."""
    return any(one.kind is kind and one.verdict not in _UNREAD for one in found)


def _identity(inquiry: Inquiry) -> Iterator[Layer]:
    kind, reading = LayerKind.IDENTITY, inquiry.identity_policies
    if reading is None:
        why = "unsigned requests have none" if inquiry.caller.anonymous else "the root user is allowed everything"
        verdict = LayerVerdict.NOT_APPLICABLE if inquiry.caller.anonymous else LayerVerdict.ALLOWS
        yield Layer(kind, verdict, why)
        return
    if reading.unseen:
        first, whys = reading.unseen[0], dict.fromkeys(one.why for one in reading.unseen)
        yield Layer(kind, LayerVerdict.NOT_SEEN, "; ".join(whys), first.operation, first.identity)
    if reading.policies or not reading.unseen:
        seen = LayerReading(reading.statements, (), reading.problem, reading.policies)
        yield _of_policies(kind, seen, inquiry.action, "no policy is attached")


def _limit(kind: LayerKind, reading: LayerReading | None, inquiry: Inquiry, none: str) -> Layer:
    if reading is None:
        plain = inquiry.identity_policies is None
        return Layer(kind, LayerVerdict.NOT_APPLICABLE, "it limits users and roles only" if plain else none)
    return _of_policies(kind, reading, inquiry.action, "it has no statements")


def _bucket_policy(inquiry: Inquiry) -> Layer:
    if inquiry.evidence.absent(FactName.POLICY):
        source = _source(inquiry, FactName.POLICY)
        return Layer(LayerKind.BUCKET_POLICY, LayerVerdict.DOES_NOT_ALLOW, "the bucket has none", *source)
    return _of_policies(LayerKind.BUCKET_POLICY, inquiry.bucket, inquiry.action, "it has no statements")


def _of_policies(kind: LayerKind, reading: LayerReading, action: str, empty: str) -> Layer:
    if reading.unseen:
        return _not_seen(kind, reading.unseen[0])
    source = reading.policies[0] if reading.policies else None
    operation, identity = (source.operation, source.identity) if source else ("", "")
    verdict, decisive = _verdict(reading)
    if decisive:
        of_document = f" of {decisive.policy.title}" if len(reading.policies) > 1 else ""
        named = f"statement {decisive.reading.sid}{of_document}"
        why = f"{named} {_does(decisive)}: it {decisive.reading.why}".removesuffix(": it ")
    else:
        why = f"no statement allows {action}" if reading.statements else empty
        why += f"; {reading.problem}" if reading.problem else ""
    name = decisive.policy.name or decisive.policy.resource if decisive else ""
    return Layer(kind, verdict, why, operation, identity, name, [one.reading for one in reading.statements])


def _not_seen(kind: LayerKind, one: UnseenPolicy) -> Layer:
    return Layer(kind, LayerVerdict.NOT_SEEN, one.why, one.operation, one.identity)


def _verdict(reading: LayerReading) -> tuple[LayerVerdict, ReadStatement | None]:
    order = (
        (Effect.DENY, Applies.YES, LayerVerdict.DENIES),
        (Effect.DENY, Applies.MAYBE, LayerVerdict.NOT_KNOWN),
        (Effect.ALLOW, Applies.YES, LayerVerdict.ALLOWS),
        (Effect.ALLOW, Applies.MAYBE, LayerVerdict.NOT_KNOWN),
    )
    for effect, applies, verdict in order:
        found = reading.of(effect, applies)
        if found:
            return verdict, found[0]
    return _BY_ANSWER[reading.allowed], None


def _does(one: ReadStatement) -> str:
    verb = "denies" if one.reading.effect is Effect.DENY else "allows"
    may = one.reading.applies is Applies.MAYBE
    return f"may {verb.removesuffix('ies') + 'y' if verb == 'denies' else 'allow'} it" if may else f"{verb} it"


def _owners(inquiry: Inquiry) -> Iterator[Layer]:
    evidence, action = inquiry.evidence, inquiry.action
    owner, fact = evidence.object_owner, evidence.fact(FactName.OBJECT_OWNER)
    if not evidence.location.is_prefix and evidence.covers(action) and owner is not None:
        why = "the bucket's owner owns the object" if not evidence.is_foreign else "only the bucket's owner decides"
        yield Layer(LayerKind.OWNER, LayerVerdict.NOT_APPLICABLE, why, *_source(inquiry, FactName.OBJECT_OWNER))
    elif owner is not None and not evidence.covers(action):
        name = evidence.context.name(owner)
        verdict = LayerVerdict.ALLOWS if inquiry.owns_object else LayerVerdict.DOES_NOT_ALLOW
        why = f"{name} owns the object, so no Allow of the bucket policy covers it"
        yield Layer(LayerKind.OWNER, verdict, why, *_source(inquiry, FactName.OBJECT_OWNER))
    elif fact is not None:
        yield _not_seen(LayerKind.OWNER, unseen_fact(fact))
    yield from _ownership(inquiry)
    yield _acl(inquiry)


def _ownership(inquiry: Inquiry) -> Iterator[Layer]:
    setting, fact = inquiry.evidence.ownership, inquiry.evidence.fact(FactName.OWNERSHIP)
    if setting is not None:
        off = inquiry.evidence.acls_are_off
        why = f"{setting.value}: " + ("ACLs are disabled" if off else "ACLs apply, and the uploader may own an object")
        yield Layer(LayerKind.OWNERSHIP, LayerVerdict.NOT_APPLICABLE, why, *_source(inquiry, FactName.OWNERSHIP))
    elif fact is not None:
        yield _not_seen(LayerKind.OWNERSHIP, unseen_fact(fact))


def _acl(inquiry: Inquiry) -> Layer:
    evidence = inquiry.evidence
    if evidence.acls_are_off:
        return Layer(LayerKind.ACL, LayerVerdict.NOT_APPLICABLE, "ACLs are disabled")
    answer = acl_lets(evidence, inquiry.identity, inquiry.action)
    if answer is Applies.MAYBE:
        fact = evidence.fact(FactName.GRANTS) or evidence.fact(FactName.BUCKET_GRANTS)
        return _not_seen(LayerKind.ACL, unseen_fact(fact))
    name = FactName.GRANTS if evidence.value(FactName.GRANTS, Grants) else FactName.BUCKET_GRANTS
    why = "a grant allows it" if answer is Applies.YES else "no grant allows it"
    return Layer(LayerKind.ACL, _BY_ANSWER[answer], why, *_source(inquiry, name))


def _source(inquiry: Inquiry, name: FactName) -> tuple[str, str]:
    fact = inquiry.evidence.fact(name)
    return (fact.operation, fact.identity) if fact else ("", "")


def _public_access(inquiry: Inquiry) -> Iterator[Layer]:
    """The settings of bucket and account. Policy and ACL show their effect on this request."""
    evidence, kind = inquiry.evidence, LayerKind.PUBLIC_ACCESS
    pairs, fact = evidence.value(FactName.PUBLIC_ACCESS, Pairs), evidence.fact(FactName.PUBLIC_ACCESS)
    if blocking := _blocking(inquiry):
        yield Layer(kind, LayerVerdict.DOES_NOT_ALLOW, blocking, *_source(inquiry, FactName.PUBLIC_ACCESS))
    elif pairs or evidence.absent(FactName.PUBLIC_ACCESS):
        on = [name for name, value in pairs.pairs if value.lower() == "true"] if pairs else []
        yield Layer(kind, LayerVerdict.NOT_APPLICABLE, _settings(on), *_source(inquiry, FactName.PUBLIC_ACCESS))
    else:
        yield _not_seen(kind, unseen_fact(fact))
    block, kind = inquiry.documents.account_block, LayerKind.ACCOUNT_PUBLIC_ACCESS
    if isinstance(block, UnseenPolicy):
        yield _not_seen(kind, block)
    else:
        on = [name for name, value in block.items() if value] if isinstance(block, Mapping) else []
        yield Layer(kind, LayerVerdict.NOT_APPLICABLE, _settings(on))


def _settings(on: list[str]) -> str:
    return f"nothing here is public ({', '.join(on)})" if on else "it blocks nothing"


def _blocking(inquiry: Inquiry) -> str:
    """The setting of the bucket or account that blocks this request, as a clause."""
    acl = inquiry.request.request_context.value("s3:x-amz-acl") or ()
    if any(one.startswith("public-") for one in acl) and blocked(inquiry.evidence, "BlockPublicAcls"):
        return "BlockPublicAcls refuses public ACLs"
    if is_restricted(inquiry):
        return "RestrictPublicBuckets restricts a public bucket policy to the bucket's account"
    return ""


def _key(inquiry: Inquiry) -> Iterator[Layer]:
    key = inquiry.key
    if key is None:
        return
    if key.is_managed:
        why = "other accounts cannot use the AWS managed key aws/s3"
        verdict = LayerVerdict.ALLOWS if inquiry.is_inside else LayerVerdict.DOES_NOT_ALLOW
        yield Layer(LayerKind.KEY, verdict, why, name=key.arn)
        return
    yield _of_policies(LayerKind.KEY, key.policy, key.request.action, "the key policy has no statements")
    if key.identity is not None and not key.identity.unseen:
        yield _of_policies(LayerKind.KEY, key.identity, key.request.action, "no policy is attached")


def _endpoint(inquiry: Inquiry) -> Layer:
    endpoint, unseen = inquiry.evidence.endpoint, inquiry.documents.endpoint
    if inquiry.endpoint is not None:
        return _of_policies(LayerKind.ENDPOINT, inquiry.endpoint, inquiry.action, "it has no statements")
    if not isinstance(unseen, UnseenPolicy) or (endpoint and endpoint.reach is AddressScope.LOOPBACK):
        return Layer(LayerKind.ENDPOINT, LayerVerdict.NOT_APPLICABLE, "these requests pass no VPC endpoint")
    return _not_seen(LayerKind.ENDPOINT, unseen)


def _organization(inquiry: Inquiry) -> Iterator[Layer]:
    told = {one.kind for one in inquiry.documents.told}
    for kind in (LayerKind.SCP, LayerKind.RCP):
        if kind not in told:
            yield Layer(kind, LayerVerdict.NOT_SEEN, _UNSEEN_ORGANIZATION)
