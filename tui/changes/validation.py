"""What IAM Access Analyzer says about a policy before it is written, where it may be asked.

IAM Access Analyzer API reference, "ValidatePolicy"; user guide, "Access Analyzer policy check reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.aws.control_plane import ControlPlane, Service
from tui.core.changes import DocumentKind, DocumentRef
from tui.core.problem import ProblemError

MOST = 5
"""Findings that are shown."""

_TYPES: Mapping[DocumentKind, Mapping[str, str]] = {
    DocumentKind.BUCKET_POLICY: {
        "policyType": "RESOURCE_POLICY",
        "validatePolicyResourceType": "AWS::S3::Bucket",
    },
    DocumentKind.USER_POLICY: {"policyType": "IDENTITY_POLICY"},
    DocumentKind.ROLE_POLICY: {"policyType": "IDENTITY_POLICY"},
    DocumentKind.ROLE_TRUST: {
        "policyType": "RESOURCE_POLICY",
        "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument",
    },
    DocumentKind.KEY_POLICY: {"policyType": "RESOURCE_POLICY"},
}
_GRAVE = ("ERROR", "SECURITY_WARNING", "WARNING")
"""The types of findings that are shown, the gravest first; the rest is advice on style."""


async def findings(control_plane: ControlPlane, ref: DocumentRef, document: str) -> list[str]:
    """What it finds, the gravest first, each a clause; nothing where it is not there or may not be asked."""
    kind = _TYPES.get(ref.kind)
    if kind is None:
        return []
    try:
        if not await control_plane.has_own_endpoint(ref.connection, Service.ACCESS_ANALYZER):
            return []
        answer = await control_plane.read(
            ref.connection, Service.ACCESS_ANALYZER, "ValidatePolicy", policyDocument=document, **kind
        )
    except ProblemError:
        return []  # our own checks are made in any case
    found: list[Mapping[str, Any]] = answer.get("findings", []) if answer else []
    grave = sorted(
        (each for each in found if each.get("findingType") in _GRAVE),
        key=lambda each: _GRAVE.index(each["findingType"]),
    )
    return [f"IAM Access Analyzer: {each.get('findingDetails', '')}" for each in grave[:MOST]]
