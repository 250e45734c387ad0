"""The authorization details of a denial, asked by both identities: each account or organization sees its own half.

AWS, IAM Toolbox API reference, "GetRequestAuthorizationDetails" (preview): kept for 24 hours, in the region of the
denial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from tui.aws.control_plane import ControlPlane, Service
from tui.core.identity import Identity
from tui.core.policy import Layer, LayerKind, LayerVerdict
from tui.inspection.evaluation.documents import Unseen
from tui.inspection.evaluation.reading_iam import Reader

OPERATION = "GetRequestAuthorizationDetails"
_EFFECTS = {
    "ALLOW": LayerVerdict.ALLOWS,
    "EXPLICIT_DENY": LayerVerdict.DENIES,
    "IMPLICIT_DENY": LayerVerdict.DOES_NOT_ALLOW,
}
_TYPES = {
    "SERVICE_CONTROL_POLICY": LayerKind.SCP,
    "RESOURCE_CONTROL_POLICY": LayerKind.RCP,
}


async def authorization_details(
    control_plane: ControlPlane, identities: Sequence[Identity], authorization_id: str, region: str
) -> tuple[Layer, ...]:
    """The layers that the details tell of, of both halves; empty without an id. Raises nothing."""
    if not authorization_id:
        return ()
    asked = await asyncio.gather(*(_half(control_plane, one, authorization_id, region) for one in identities))
    return tuple(layer for half in asked for layer in half)


async def _half(control_plane: ControlPlane, identity: Identity, authorization_id: str, region: str) -> list[Layer]:
    kind = LayerKind.TROUBLESHOOTER
    answer = await Reader(control_plane, [identity]).ask(
        Service.IAM_TOOLBOX, OPERATION, region=region, authorizationId=authorization_id
    )
    if isinstance(answer, Unseen):
        return [Layer(kind, LayerVerdict.NOT_SEEN, answer.why, answer.operation, answer.identity)]
    return [*_layers(answer[0], answer[1])]


def _layers(details: Any, identity: str) -> Iterator[Layer]:
    """One layer for each evaluation, and one for each policy of an organization that took part in it."""
    types = {str(one.get("uri")): str(one.get("type")) for one in details.get("policies", [])}
    for one in details.get("evaluations", []):
        verdict = _EFFECTS.get(str(one.get("evaluatedEffect")), LayerVerdict.NOT_KNOWN)
        matched = one.get("matchedPolicies", [])
        why = "; ".join(_matched(each, types) for each in matched) or "no policy matched"
        resource = str(one.get("resource", ""))
        yield Layer(LayerKind.TROUBLESHOOTER, verdict, f"{one.get('action')}: {why}", OPERATION, identity, resource)
        for each in matched:
            kind = _TYPES.get(types.get(str(each.get("uri")), ""))
            if kind:
                yield Layer(kind, verdict, _matched(each, types), OPERATION, identity, str(each.get("uri")))


def _matched(policy: Any, types: dict[str, str]) -> str:
    uri = str(policy.get("uri"))
    kind = types.get(uri, "policy").replace("_", " ").lower()
    sids = ", ".join(str(one.get("sid")) for one in policy.get("matchedStatements", []))
    return f"statement {sids} of the {kind}" if sids else f"the {kind}"
