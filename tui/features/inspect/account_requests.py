"""What is asked of S3 Control and KMS: settings of the account that owns the bucket, and whose a key is."""

from __future__ import annotations

from typing import Any

from tui.aws.connection import is_aws
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.facts import FactName
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.policies.asking import Asker, FactAnswers, FactRequest
from tui.policies.head_facts import pairs

MOST_ACCESS_POINTS = 1_000
"""Access points of one bucket that are asked for."""


async def described_key(asker: Asker, key: str) -> str:
    """DescribeKey: the ARN of a KMS key that is known by its id or alias. Raises `ProblemError`."""
    answer = await _control(asker).read(
        asker.connection, ControlPlaneService.KMS, "DescribeKey", region=asker.region, KeyId=key
    )
    return str(((answer or {}).get("KeyMetadata") or {}).get("Arn", ""))


async def _public_access(asker: Asker, where: Location) -> FactAnswers:  # noqa: ARG001  # it is of the whole account
    answer = await _asked_s3_control(asker, "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock")
    settings = (answer or {}).get("PublicAccessBlockConfiguration") or {}
    return {FactName.ACCOUNT_PUBLIC_ACCESS: pairs([(name, str(value).lower()) for name, value in settings.items()])}


async def _access_points(asker: Asker, where: Location) -> FactAnswers:
    found: list[tuple[str, str]] = []
    more: dict[str, str] = {}
    while len(found) < MOST_ACCESS_POINTS:
        answer = await _asked_s3_control(asker, "ListAccessPoints", "s3:ListAccessPoints", Bucket=where.bucket, **more)
        found += [_access_point(each) for each in (answer or {}).get("AccessPointList") or []]
        more = {name: answer[name] for name in ("NextToken",) if answer and answer.get(name)}
        if not more:
            break
    return {FactName.ACCESS_POINTS: pairs(found)}


def _access_point(found: dict[str, Any]) -> tuple[str, str]:
    vpc = (found.get("VpcConfiguration") or {}).get("VpcId", "")
    return found.get("Name", ""), f"only from {vpc}" if vpc else "from the internet"


async def _asked_s3_control(asker: Asker, operation: str, permission: str, **parameters: Any) -> dict[str, Any] | None:
    """What S3 Control returns of the identity's own account; a server other than AWS's need not have it."""
    try:
        return await _control(asker).read(
            asker.connection,
            ControlPlaneService.S3_CONTROL,
            operation,
            absent=("NoSuchPublicAccessBlockConfiguration",),
            region=asker.region,
            permission=permission,
            AccountId=asker.account,
            **parameters,
        )
    except ProblemError as error:
        if error.problem.kind is ProblemKind.DENIED or is_aws(asker.store.endpoint):
            raise
        raise ProblemError(_without(asker, operation)) from error


def _control(asker: Asker) -> ControlPlane:
    if asker.control is None:
        raise ProblemError(_without(asker, ""))
    return asker.control


def _without(asker: Asker, operation: str) -> Problem:
    return Problem(
        ProblemKind.UNSUPPORTED, "this server has no S3 Control API", operation=operation, identity=asker.label
    )


ACCOUNT_REQUESTS = (
    FactRequest(
        "GetPublicAccessBlock of S3 Control",
        (FactName.ACCOUNT_PUBLIC_ACCESS,),
        _public_access,
        of_owner=True,
        action="s3:GetAccountPublicAccessBlock",
    ),
    FactRequest(
        "ListAccessPoints", (FactName.ACCESS_POINTS,), _access_points, of_owner=True, action="s3:ListAccessPoints"
    ),
)
"""Asked about the account of a bucket's owner."""
