"""Gathers the documents around one request, at once, by whichever identity may read them. Nothing here writes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tui.aws.connection import is_aws
from tui.aws.control_plane import ControlPlane, Service
from tui.core.facts import FactName
from tui.core.identity import AuthMethod, Identity
from tui.core.network import Certainty, Reach
from tui.core.policy import PolicyKind
from tui.inspection.callers import Caller
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText, Unseen
from tui.inspection.evaluation.reading_iam import Principal, Reader, as_text, read_role, read_user
from tui.inspection.evaluation.simulator import simulate
from tui.inspection.evaluation.troubleshooter import authorization_details
from tui.inspection.evidence import Evidence
from tui.inspection.network.known import endpoint_with_policy, network_path, passes_no_endpoint

_GATEWAY = "whether the requests pass a VPC endpoint, and its policy, is not known from here"
_ENDPOINTS = "DescribeVpcEndpoints"
_MADE_ELSEWHERE = "the session was created elsewhere, and AWS does not show its session policy"
_WITHOUT_SESSION_POLICY = (AuthMethod.WEB_IDENTITY, AuthMethod.SSO, AuthMethod.INSTANCE, AuthMethod.CONTAINER)


async def gather_documents(
    control_plane: ControlPlane, evidence: Evidence, identity: Identity, action: str, authorization_id: str = ""
) -> Documents:
    """Everything that IAM, KMS and S3 Control tell; a refusal is a layer that is not seen. Raises nothing."""
    request = evidence.request(identity, action)
    caller = request.caller
    identities = evidence.context.identities
    own = Reader(control_plane, of_account(identities, caller.account, identity))
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
    """The identities of one account, `first` before the other."""
    found = [one for one in identities if account and one.account == account and one.method is not AuthMethod.ANONYMOUS]
    return sorted(found, key=lambda one: one != first)


def _region(evidence: Evidence) -> str:
    return evidence.endpoint.signing_region if evidence.endpoint else ""


async def gather_principal(reader: Reader, caller: Caller) -> Principal:
    """What IAM tells of the caller."""
    if caller.user_name:
        return await read_user(reader, caller.user_name, caller.account)
    if caller.principal_type == "AssumedRole" and not caller.anonymous:
        return await read_role(reader, caller.arn.split("/")[1], caller.account)
    why = Unseen("it is not known which user or role this is", "GetCallerIdentity")
    return Principal(Policies(unseen=(why,)), why)


def session_policy(identity: Identity, caller: Caller) -> PolicyText | Unseen | None:
    """The session policy of the last role; sessions that somebody else has made may have one."""
    roles = identity.spec.roles
    if roles and roles[-1].policy:
        return PolicyText(PolicyKind.SESSION_POLICY, caller.account, roles[-1].arn, roles[-1].policy)
    if roles or caller.principal_type in ("User", "Account"):
        return None
    by_profile = identity.method is AuthMethod.ROLE or identity.method in _WITHOUT_SESSION_POLICY
    return None if by_profile else Unseen(_MADE_ELSEWHERE)


def endpoint_document(evidence: Evidence) -> PolicyText | Unseen | None:
    """The policy of the VPC endpoint that requests pass; None: they surely pass none."""
    endpoint, path, passed = evidence.endpoint, network_path(evidence), endpoint_with_policy(evidence)
    if endpoint is None or endpoint.reach is Reach.LOOPBACK or not is_aws(endpoint.url) or passes_no_endpoint(evidence):
        return None
    if path is None:
        return Unseen(_GATEWAY, _ENDPOINTS)
    if passed is None:
        return Unseen(path.why or _GATEWAY, _ENDPOINTS)
    if path.certainty is not Certainty.CERTAIN:
        return Unseen(f"whether requests pass {passed.id} is {path.certainty.value}: {path.why}", _ENDPOINTS)
    return PolicyText(PolicyKind.ENDPOINT_POLICY, passed.account, passed.id, passed.policy, "", _ENDPOINTS)


async def _key(
    control_plane: ControlPlane, evidence: Evidence, identities: tuple[Identity, ...]
) -> tuple[PolicyText | Unseen | None, bool]:
    """The policy of the object's key, and whether AWS manages the key.

    S3 names a key by its id, aws/s3 too: only KMS tells whose it is (AWS KMS API Reference, KeyMetadata, KeyManager).
    """
    encryption, _, arn = evidence.text(FactName.ENCRYPTION).partition(" ")
    if not encryption.startswith("aws:kms") or not arn:
        return None, False
    account, region = (arn.split(":") + [""] * 6)[4], (arn.split(":") + [""] * 6)[3]
    reader = Reader(control_plane, of_account(identities, account) or list(identities))
    found, described = await asyncio.gather(
        reader.ask(Service.KMS, "GetKeyPolicy", region=region, KeyId=arn, PolicyName="default"),
        reader.ask(Service.KMS, "DescribeKey", region=region, KeyId=arn),
    )
    key = {} if isinstance(described, Unseen) else described[0].get("KeyMetadata") or {}
    managed = key.get("KeyManager") == "AWS"
    if isinstance(found, Unseen):
        return found, managed
    text = as_text(found[0].get("Policy"))
    return PolicyText(PolicyKind.KEY_POLICY, account, arn, text, "", "GetKeyPolicy", found[1]), managed


async def _account_block(
    control_plane: ControlPlane, evidence: Evidence, identities: tuple[Identity, ...]
) -> Mapping[str, bool] | Unseen | None:
    account = evidence.context.account(evidence.bucket_owner) if evidence.bucket_owner else ""
    endpoint = evidence.endpoint
    if endpoint is not None and not is_aws(endpoint.url):
        return None  # only AWS has one
    if not account:
        return Unseen("the bucket owner's account number is not known")
    reader = Reader(control_plane, of_account(identities, account))
    permission = "s3:GetAccountPublicAccessBlock"
    found = await reader.ask(
        Service.S3_CONTROL, "GetPublicAccessBlock", permission=permission, region=_region(evidence), AccountId=account
    )
    if isinstance(found, Unseen):
        return found
    block = found[0].get("PublicAccessBlockConfiguration") or {}
    return {name: bool(value) for name, value in block.items()} or None
