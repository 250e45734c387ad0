"""Whom access is given to: the principal of a policy, and which document is that identity's own.

Rules: IAM user guide, "AWS JSON policy elements: Principal"; IAM Identity Center user guide, "Referencing permission
sets in resource policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tui.aws.control_plane import ControlPlane, Service
from tui.aws.ids import is_arn
from tui.core.changes import DocumentKind
from tui.core.identity import Identity
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.iam_documents import NOT_THERE
from tui.model.access.grants import GrantOrder
from tui.policies.request_context import Caller, caller_of

_RESERVED = "AWSReservedSSO_"


@dataclass(frozen=True, slots=True)
class Grantee:
    """An identity as policies name it.

    `conditions` are needed besides `principal` where it names more than the identity. `document` is the kind of its
    own inline policy, of the user or role `name`; None: it has none that can be changed, and `why` says so.
    """

    arn: str
    account: str
    partition: str
    principal: str
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    document: DocumentKind | None = None
    name: str = ""
    why: str = ""

    @property
    def is_delegated(self) -> bool:
        """Whether policies name the account in the identity's place."""
        return self.principal != self.arn and self.principal.endswith(":root")


async def grantee_of(order: GrantOrder, identity: Identity, control_plane: ControlPlane) -> Grantee:
    """The identity that an order is for. Raises `ProblemError` if its ARN is not known."""
    found = await _named(order, identity, control_plane)
    if not order.whole_account or not found.account:
        return found
    return replace(found, principal=f"arn:{found.partition}:iam::{found.account}:root", conditions={})


async def _named(order: GrantOrder, identity: Identity, control_plane: ControlPlane) -> Grantee:
    if order.principal:
        if not is_arn(order.principal):
            raise ProblemError(_no_principal(order.principal))
        return _of_arn(order.principal)
    caller = caller_of(identity)
    if not caller.arn:
        raise ProblemError(_nameless(identity))
    session = _session_role(caller.arn)
    if not session:
        return _of_arn(caller.arn)
    if caller.principal_arn:
        return _of_role(caller.principal_arn, caller)
    if session.startswith(_RESERVED):
        return _of_permission_set(caller, session)
    return _of_role(await _role_arn(control_plane, order.applier or order.other, caller, session), caller)


async def _role_arn(control_plane: ControlPlane, connection: str, caller: Caller, role: str) -> str:
    """The role's ARN with its path, which no session's ARN has; without the path if the role may not be read."""
    plain = f"arn:{caller.partition}:iam::{caller.account}:role/{role}"
    try:
        answer = await control_plane.read(connection, Service.IAM, "GetRole", absent=NOT_THERE, RoleName=role)
    except ProblemError as error:
        if error.problem.kind.meaning.unusable:
            raise
        return plain
    return str(answer["Role"]["Arn"]) if answer else plain


def _of_role(arn: str, caller: Caller) -> Grantee:
    name = arn.rsplit("/", 1)[-1]
    return Grantee(arn, caller.account, caller.partition, arn, document=DocumentKind.ROLE_POLICY, name=name)


def _of_permission_set(caller: Caller, role: str) -> Grantee:
    """The role of a permission set has a path with a region in it, and its policies belong to Identity Center."""
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    pattern = f"arn:{caller.partition}:iam::{caller.account}:role/aws-reserved/sso.amazonaws.com/*{role}"
    why = "its policies come from a permission set: add the statements there, in IAM Identity Center"
    conditions = {"ArnLike": {"aws:PrincipalArn": pattern}}
    return Grantee(caller.arn, caller.account, caller.partition, root, conditions, why=why)


def _of_arn(arn: str) -> Grantee:
    fields = arn.split(":", 5)
    if len(fields) < 6 or fields[2] != "iam":
        return Grantee(arn, "", "aws", arn, why="its own policies cannot be changed from here")
    kind, _, name = fields[5].partition("/")
    kinds = {"user": DocumentKind.USER_POLICY, "role": DocumentKind.ROLE_POLICY}
    why = "" if kind in kinds else "a root user needs no policy of its own"
    return Grantee(
        arn, fields[4], fields[1] or "aws", arn, document=kinds.get(kind), name=name.rsplit("/", 1)[-1], why=why
    )


def _session_role(arn: str) -> str:
    """The name of the role of a session; empty for anything else."""
    fields = arn.split(":", 5)
    tail = fields[5].split("/") if len(fields) > 5 and fields[2] == "sts" else []
    return tail[1] if len(tail) == 3 and tail[0] == "assumed-role" else ""


def _no_principal(typed: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{typed} is not the ARN of one identity",
        cause="an ARN has six parts, and no wildcards, blanks or quotes",
        remedy="write it like arn:aws:iam::111122223333:user/NAME",
    )


def _nameless(identity: Identity) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the ARN of {identity.label} is not known",
        cause=identity.problem.sentence() if identity.problem else "GetCallerIdentity did not return it",
        remedy="give it: --principal arn:aws:iam::ACCOUNT:user/NAME",
        identity=identity.label,
    )
