"""Gathers the documents about one request concurrently, each as an identity that may read it. Writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tui.aws.connection import is_aws
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.facts import FactName
from tui.core.identity import AuthMethod, Identity
from tui.core.network import AddressScope, Certainty
from tui.core.policy import Layer, LayerKind, LayerVerdict, PolicyKind
from tui.policies.bucket_policy import PolicyRequest
from tui.policies.endpoint_policy import endpoint_with_policy, network_path, passes_no_endpoint
from tui.policies.evaluation.policy_documents import Documents, Policies, PolicyText, UnseenPolicy
from tui.policies.evaluation.reading_iam import IamReader, Principal, as_text, read_role, read_user
from tui.policies.evidence import Evidence
from tui.policies.request_context import Caller

_GATEWAY = "it is not known whether the requests use a VPC endpoint, and with which policy"
_ENDPOINTS = "DescribeVpcEndpoints"
_MADE_ELSEWHERE = "the session was created elsewhere, and AWS does not show its session policy"
_WITHOUT_SESSION_POLICY = (AuthMethod.WEB_IDENTITY, AuthMethod.SSO, AuthMethod.INSTANCE, AuthMethod.CONTAINER)


async def gather_documents(
    control_plane: ControlPlane, evidence: Evidence, identity: Identity, action: str, authorization_id: str = ""
) -> Documents:
    """Read the documents from IAM, KMS and S3 Control. A denied request is a layer that is not seen. Raises nothing."""
    request = evidence.request(identity, action)
    caller = request.caller
    identities = evidence.context.identities
    own = IamReader(control_plane, of_account(identities, caller.account, identity))
    principal, (key, managed), block, simulated, details = await asyncio.gather(
        gather_principal(own, caller),
        _key(control_plane, evidence, identities),
        _account_block(control_plane, evidence, identities),
        simulate(own, request),
        authorization_details(control_plane, identities, authorization_id, _region(evidence)),
    )
    return Documents(
        identity=principal.policies,
        boundary=principal.boundary,
        session=session_policy(identity, caller),
        endpoint=endpoint_document(evidence),
        key=key,
        managed_key=managed,
        account_block=block,
        role=principal.role,
        principal_tags=principal.tags,
        simulated=simulated,
        told=details,
    )


def of_account(identities: tuple[Identity, ...], account: str, first: Identity | None = None) -> list[Identity]:
    found = [one for one in identities if account and one.account == account and one.method is not AuthMethod.ANONYMOUS]
    return sorted(found, key=lambda one: one != first)


def _region(evidence: Evidence) -> str:
    return evidence.endpoint.signing_region if evidence.endpoint else ""


async def gather_principal(reader: IamReader, caller: Caller) -> Principal:
    if caller.user_name:
        return await read_user(reader, caller.user_name, caller.account)
    if caller.principal_type == "AssumedRole" and not caller.anonymous:
        return await read_role(reader, caller.arn.split("/")[1], caller.account)
    why = UnseenPolicy("it is not known which user or role this is", "GetCallerIdentity")
    return Principal(Policies(unseen=(why,)), why)


def session_policy(identity: Identity, caller: Caller) -> PolicyText | UnseenPolicy | None:
    """The session policy of the last role. Sessions that were created elsewhere may have one, which is not seen."""
    roles = identity.spec.roles
    if roles and roles[-1].policy:
        return PolicyText(PolicyKind.SESSION_POLICY, caller.account, roles[-1].arn, roles[-1].policy)
    if roles or caller.principal_type in ("User", "Account"):
        return None
    by_profile = identity.method is AuthMethod.ROLE or identity.method in _WITHOUT_SESSION_POLICY
    return None if by_profile else UnseenPolicy(_MADE_ELSEWHERE)


def endpoint_document(evidence: Evidence) -> PolicyText | UnseenPolicy | None:
    """The policy of the VPC endpoint that requests use; None: they surely use none."""
    endpoint, path, passed = evidence.endpoint, network_path(evidence), endpoint_with_policy(evidence)
    if (
        endpoint is None
        or endpoint.reach is AddressScope.LOOPBACK
        or not is_aws(endpoint.url)
        or passes_no_endpoint(evidence)
    ):
        return None
    if path is None:
        return UnseenPolicy(_GATEWAY, _ENDPOINTS)
    if passed is None:
        return UnseenPolicy(path.why or _GATEWAY, _ENDPOINTS)
    if path.certainty is not Certainty.CERTAIN:
        return UnseenPolicy(f"whether requests pass {passed.id} is {path.certainty.value}: {path.why}", _ENDPOINTS)
    return PolicyText(PolicyKind.ENDPOINT_POLICY, passed.account, passed.id, passed.policy, "", _ENDPOINTS)


async def _key(
    control_plane: ControlPlane, evidence: Evidence, identities: tuple[Identity, ...]
) -> tuple[PolicyText | UnseenPolicy | None, bool]:
    """The policy of the object's key, and whether AWS manages the key.

    S3 returns the ID of a key, also of aws/s3. Only KMS knows who manages it (AWS KMS API Reference, KeyMetadata,
    KeyManager).
    """
    encryption, _, arn = evidence.text(FactName.ENCRYPTION).partition(" ")
    if not encryption.startswith("aws:kms") or not arn:
        return None, False
    account, region = (arn.split(":") + [""] * 6)[4], (arn.split(":") + [""] * 6)[3]
    reader = IamReader(control_plane, of_account(identities, account) or list(identities))
    found, described = await asyncio.gather(
        reader.ask(ControlPlaneService.KMS, "GetKeyPolicy", region=region, KeyId=arn, PolicyName="default"),
        reader.ask(ControlPlaneService.KMS, "DescribeKey", region=region, KeyId=arn),
    )
    key = {} if isinstance(described, UnseenPolicy) else described[0].get("KeyMetadata") or {}
    managed = key.get("KeyManager") == "AWS"
    if isinstance(found, UnseenPolicy):
        return found, managed
    text = as_text(found[0].get("Policy"))
    return PolicyText(PolicyKind.KEY_POLICY, account, arn, text, "", "GetKeyPolicy", found[1]), managed


async def _account_block(
    control_plane: ControlPlane, evidence: Evidence, identities: tuple[Identity, ...]
) -> Mapping[str, bool] | UnseenPolicy | None:
    account = evidence.context.account(evidence.bucket_owner) if evidence.bucket_owner else ""
    endpoint = evidence.endpoint
    if endpoint is not None and not is_aws(endpoint.url):
        return None  # only AWS has one
    if not account:
        return UnseenPolicy("the bucket owner's account number is not known")
    reader = IamReader(control_plane, of_account(identities, account))
    permission = "s3:GetAccountPublicAccessBlock"
    found = await reader.ask(
        ControlPlaneService.S3_CONTROL,
        "GetPublicAccessBlock",
        permission=permission,
        region=_region(evidence),
        AccountId=account,
    )
    if isinstance(found, UnseenPolicy):
        return found
    block = found[0].get("PublicAccessBlockConfiguration") or {}
    return {name: bool(value) for name, value in block.items()} or None


# IAM's own policy simulator, shown beside our evaluation.
#
# IAM API reference, "SimulatePrincipalPolicy": the identity policies of the user or role and its boundary.

SIMULATE = "SimulatePrincipalPolicy"
_VERDICTS = {
    "allowed": LayerVerdict.ALLOWS,
    "explicitDeny": LayerVerdict.DENIES,
    "implicitDeny": LayerVerdict.DOES_NOT_ALLOW,
}


async def simulate(reader: IamReader, request: PolicyRequest) -> Layer | None:
    """The simulator's decision; None if it cannot be asked, or does not decide. Raises nothing."""
    source = request.caller.principal_arn or next(iter(request.caller.principal_shapes), "")
    if not source or source.endswith(":root"):
        return None
    answer = await reader.ask(
        ControlPlaneService.IAM,
        SIMULATE,
        PolicySourceArn=source,
        ActionNames=[request.action],
        ResourceArns=[request.resource],
        ContextEntries=_entries(request),
    )
    if isinstance(answer, UnseenPolicy):
        return Layer(LayerKind.SIMULATOR, LayerVerdict.NOT_SEEN, answer.why, answer.operation, answer.identity)
    found: list[Any] = answer[0].get("EvaluationResults") or []
    decision = str(found[0].get("EvalDecision")) if found else ""
    verdict = _VERDICTS.get(decision)
    if verdict is None:
        return None
    missing = ", ".join(found[0].get("MissingContextValues") or [])
    why = f"it answers {decision}" + (f", without a value for {missing}" if missing else "")
    return Layer(LayerKind.SIMULATOR, verdict, why, SIMULATE, answer[1], source)


def _entries(request: PolicyRequest) -> list[dict[str, object]]:
    """The known condition keys for the simulator, which adds those of the caller itself."""
    known = request.request_context.values
    return [
        {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}
        for key, values in known.items()
        if values and key in ("aws:sourceip", "aws:securetransport", "aws:sourcevpce", "s3:prefix", "s3:delimiter")
    ]


# The authorization details of a denial, requested by both identities: each account or organization sees its own part.
#
# AWS, IAM Toolbox API reference, "GetRequestAuthorizationDetails" (preview): kept for 24 hours, in the region of the
# denial.

AUTHORIZATION_DETAILS = "GetRequestAuthorizationDetails"
_EFFECTS = {
    "ALLOW": LayerVerdict.ALLOWS,
    "EXPLICIT_DENY": LayerVerdict.DENIES,
    "IMPLICIT_DENY": LayerVerdict.DOES_NOT_ALLOW,
}
_TYPES = {"SERVICE_CONTROL_POLICY": LayerKind.SCP, "RESOURCE_CONTROL_POLICY": LayerKind.RCP}


async def authorization_details(
    control_plane: ControlPlane, identities: Sequence[Identity], authorization_id: str, region: str
) -> tuple[Layer, ...]:
    """The layers in the details, as each identity reads them; empty without an ID. Raises nothing."""
    if not authorization_id:
        return ()
    asked = await asyncio.gather(*(_half(control_plane, one, authorization_id, region) for one in identities))
    return tuple(layer for half in asked for layer in half)


async def _half(control_plane: ControlPlane, identity: Identity, authorization_id: str, region: str) -> list[Layer]:
    kind = LayerKind.TROUBLESHOOTER
    answer = await IamReader(control_plane, [identity]).ask(
        ControlPlaneService.IAM_TOOLBOX, AUTHORIZATION_DETAILS, region=region, authorizationId=authorization_id
    )
    if isinstance(answer, UnseenPolicy):
        return [Layer(kind, LayerVerdict.NOT_SEEN, answer.why, answer.operation, answer.identity)]
    return [*_layers(answer[0], answer[1])]


def _layers(details: Any, identity: str) -> Iterator[Layer]:
    """One layer for each evaluation, and for each organization policy in it."""
    types = {str(one.get("uri")): str(one.get("type")) for one in details.get("policies", [])}
    for one in details.get("evaluations", []):
        verdict = _EFFECTS.get(str(one.get("evaluatedEffect")), LayerVerdict.NOT_KNOWN)
        matched = one.get("matchedPolicies", [])
        why = "; ".join(_matched(each, types) for each in matched) or "no policy matched"
        resource = str(one.get("resource", ""))
        yield Layer(
            LayerKind.TROUBLESHOOTER, verdict, f"{one.get('action')}: {why}", AUTHORIZATION_DETAILS, identity, resource
        )
        for each in matched:
            kind = _TYPES.get(types.get(str(each.get("uri")), ""))
            if kind:
                yield Layer(kind, verdict, _matched(each, types), AUTHORIZATION_DETAILS, identity, str(each.get("uri")))


def _matched(policy: Any, types: dict[str, str]) -> str:
    uri = str(policy.get("uri"))
    kind = types.get(uri, "policy").replace("_", " ").lower()
    sids = ", ".join(str(one.get("sid")) for one in policy.get("matchedStatements", []))
    return f"statement {sids} of the {kind}" if sids else f"the {kind}"
