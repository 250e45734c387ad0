"""What IAM's own policy simulator says of a request, shown beside our reading.

IAM API reference, "SimulatePrincipalPolicy": the identity policies of the user or role and its boundary.
"""

from __future__ import annotations

from typing import Any

from tui.aws.control_plane import Service
from tui.core.policy import Layer, LayerKind, LayerVerdict
from tui.inspection.evaluation.documents import Unseen
from tui.inspection.evaluation.reading_iam import Reader
from tui.inspection.policies import PolicyRequest

OPERATION = "SimulatePrincipalPolicy"
_VERDICTS = {
    "allowed": LayerVerdict.ALLOWS,
    "explicitDeny": LayerVerdict.DENIES,
    "implicitDeny": LayerVerdict.DOES_NOT_ALLOW,
}


async def simulate(reader: Reader, request: PolicyRequest) -> Layer | None:
    """The simulator's decision; None where it cannot be asked, or has nothing to say. Raises nothing."""
    source = request.caller.principal_arn or next(iter(request.caller.principal_shapes), "")
    if not source or source.endswith(":root"):
        return None
    answer = await reader.ask(
        Service.IAM,
        OPERATION,
        PolicySourceArn=source,
        ActionNames=[request.action],
        ResourceArns=[request.resource],
        ContextEntries=_entries(request),
    )
    if isinstance(answer, Unseen):
        return Layer(LayerKind.SIMULATOR, LayerVerdict.NOT_SEEN, answer.why, answer.operation, answer.identity)
    found: list[Any] = answer[0].get("EvaluationResults") or []
    decision = str(found[0].get("EvalDecision")) if found else ""
    verdict = _VERDICTS.get(decision)
    if verdict is None:
        return None
    missing = ", ".join(found[0].get("MissingContextValues") or [])
    why = f"it answers {decision}" + (f", without a value for {missing}" if missing else "")
    return Layer(LayerKind.SIMULATOR, verdict, why, OPERATION, answer[1], source)


def _entries(request: PolicyRequest) -> list[dict[str, object]]:
    """The condition keys that are known, for the simulator; those of the caller it fills in itself."""
    known = request.request_context.values
    return [
        {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}
        for key, values in known.items()
        if values and key in ("aws:sourceip", "aws:securetransport", "aws:sourcevpce", "s3:prefix", "s3:delimiter")
    ]
