"""IAM: the inline policies of users and roles, and the roles themselves, each in the caller's own account.

AWS Identity and Access Management API reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote

from tui.demo.cloud.access import require_of_identity
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.identities import EVERYTHING, Identities, Identity, Role
from tui.demo.cloud.iam.policies import Policy, PolicyError, require_principals
from tui.demo.cloud.messages import Request, Response
from tui.demo.cloud.xml import leaf, node

NAMESPACE: Final = "https://iam.amazonaws.com/doc/2010-05-08/"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
"""The managed policy that every user of the demo has."""
_BEGAN: Final = "2026-01-01T00:00:00Z"
_LONGEST: Final = {"user": 2_048, "role": 10_240, "trust": 2_048}
"""Characters without blanks (IAM user guide, "IAM and AWS STS quotas")."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request: its parameters, the caller, and what there is."""

    parameters: Mapping[str, str]
    caller: Identity
    identities: Identities

    def given(self, name: str) -> str:
        """A parameter. Raises `CloudError` if it is missing."""
        if not self.parameters.get(name):
            raise CloudError("ValidationError", f"1 validation error detected: {name} is required")
        return self.parameters[name]

    @property
    def user(self) -> str:
        """The ARN of the user that is meant."""
        name = self.parameters.get("UserName") or self.caller.arn.rpartition("/")[2]
        return f"arn:aws:iam::{self.caller.account}:user/{name}"

    @property
    def role_arn(self) -> str:
        """The ARN of the role that is meant."""
        return f"arn:aws:iam::{self.caller.account}:role/{self.given('RoleName')}"

    def inline(self) -> Mapping[str, Policy]:
        """The inline policies of the user that is meant. Raises `CloudError` if there is no such user."""
        found = self.identities.inline_policies(self.user)
        if found is None:
            name = self.user.rpartition("/")[2]
            raise CloudError("NoSuchEntity", f"The user with name {name} cannot be found.")
        return found

    def role(self) -> Role:
        """The role that is meant. Raises `CloudError` if there is none."""
        found = self.identities.role(self.role_arn)
        if found is None:
            raise CloudError("NoSuchEntity", f"The role with name {self.given('RoleName')} cannot be found.")
        return found

    def document(self, name: str, kind: str) -> Policy:
        """A policy that is put. Raises `CloudError` for one that is none, or too long."""
        text = self.given(name)
        if len("".join(text.split())) > _LONGEST[kind]:
            raise CloudError("LimitExceeded", f"Maximum policy size of {_LONGEST[kind]} bytes exceeded")
        try:
            policy = Policy.parse(text)
            if kind == "trust":
                require_principals(policy)
        except PolicyError as error:
            raise CloudError("MalformedPolicyDocument", str(error)) from error
        return policy


def answer(request: Request, caller: Identity | None, identities: Identities) -> Response:
    """Answer a request to IAM. Raises `CloudError`."""
    parameters = {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}
    if caller is None:
        raise CloudError("MissingAuthenticationToken", "Request is missing Authentication Token")
    action = parameters.get("Action", "")
    operation = _OPERATIONS.get(action)
    if operation is None:
        raise CloudError("InvalidAction", f"Could not find operation {action}")
    require_of_identity(caller, f"iam:{action}", "*", {})
    result = node(f"{action}Result", operation(_Call(parameters, caller, identities)))
    metadata = node("ResponseMetadata", leaf("RequestId", "demo"))
    body = f'<{action}Response xmlns="{NAMESPACE}">{result}{metadata}</{action}Response>'.encode()
    return Response(headers={"content-type": "text/xml"}, body=body)


def _get_user(call: _Call) -> str:
    call.inline()
    name = call.user.rpartition("/")[2]
    return node(
        "User",
        leaf("Path", "/"),
        leaf("UserName", name),
        leaf("UserId", f"AIDADEMO{call.caller.account}"),
        leaf("Arn", call.user),
        leaf("CreateDate", _BEGAN),
    )


def _list_user_policies(call: _Call) -> str:
    return _names(call.inline())


def _get_user_policy(call: _Call) -> str:
    named = leaf("UserName", call.user.rpartition("/")[2])
    return named + _policy(call, call.inline())


def _put_user_policy(call: _Call) -> str:
    call.inline()
    call.identities.put_inline_policy(call.user, call.given("PolicyName"), call.document("PolicyDocument", "user"))
    return ""


def _delete_user_policy(call: _Call) -> str:
    _policy(call, call.inline())
    call.identities.put_inline_policy(call.user, call.given("PolicyName"), None)
    return ""


def _list_attached_user_policies(call: _Call) -> str:
    call.inline()
    attached = node("member", leaf("PolicyName", "AdministratorAccess"), leaf("PolicyArn", ADMINISTRATOR))
    return node("AttachedPolicies", attached) + leaf("IsTruncated", False)


def _list_groups(call: _Call) -> str:
    call.inline()
    return node("Groups") + leaf("IsTruncated", False)


def _get_role(call: _Call) -> str:
    return _role(call.role())


def _create_role(call: _Call) -> str:
    if call.identities.role(call.role_arn):
        raise CloudError("EntityAlreadyExists", f"Role with name {call.given('RoleName')} already exists.")
    role = Role(call.role_arn, call.document("AssumeRolePolicyDocument", "trust"), {})
    call.identities.put_role(role.arn, role)
    return _role(role)


def _update_trust(call: _Call) -> str:
    call.identities.put_role(call.role_arn, replace(call.role(), trust=call.document("PolicyDocument", "trust")))
    return ""


def _delete_role(call: _Call) -> str:
    if call.role().policies:
        raise CloudError("DeleteConflict", "Cannot delete entity, must delete policies first.")
    call.identities.put_role(call.role_arn, None)
    return ""


def _list_role_policies(call: _Call) -> str:
    return _names(call.role().policies)


def _get_role_policy(call: _Call) -> str:
    return leaf("RoleName", call.given("RoleName")) + _policy(call, call.role().policies)


def _put_role_policy(call: _Call) -> str:
    role = call.role()
    named = {call.given("PolicyName"): call.document("PolicyDocument", "role")}
    call.identities.put_role(role.arn, replace(role, policies={**role.policies, **named}))
    return ""


def _delete_role_policy(call: _Call) -> str:
    role, name = call.role(), call.given("PolicyName")
    _policy(call, role.policies)
    kept = {known: policy for known, policy in role.policies.items() if known != name}
    call.identities.put_role(role.arn, replace(role, policies=kept))
    return ""


def _list_attached_role_policies(call: _Call) -> str:
    call.role()
    return node("AttachedPolicies") + leaf("IsTruncated", False)


def _get_policy(call: _Call) -> str:
    _require_managed(call)
    named = leaf("PolicyName", "AdministratorAccess") + leaf("Arn", ADMINISTRATOR)
    return node("Policy", named, leaf("DefaultVersionId", "v1"))


def _get_policy_version(call: _Call) -> str:
    _require_managed(call)
    document = leaf("Document", quote(EVERYTHING.text))
    return node("PolicyVersion", document, leaf("VersionId", "v1"), leaf("IsDefaultVersion", True))


def _require_managed(call: _Call) -> None:
    if call.given("PolicyArn") != ADMINISTRATOR:
        raise CloudError("NoSuchEntity", f"Policy {call.given('PolicyArn')} does not exist.")


def _role(role: Role) -> str:
    return node(
        "Role",
        leaf("Path", "/"),
        leaf("RoleName", role.name),
        leaf("RoleId", "AROADEMO"),
        leaf("Arn", role.arn),
        leaf("CreateDate", _BEGAN),
        leaf("AssumeRolePolicyDocument", quote(role.trust.text)),
    )


def _names(policies: Mapping[str, Policy]) -> str:
    return node("PolicyNames", *(leaf("member", name) for name in policies)) + leaf("IsTruncated", False)


def _policy(call: _Call, policies: Mapping[str, Policy]) -> str:
    """The policy that is named. Raises `CloudError` if there is none."""
    name = call.given("PolicyName")
    if name not in policies:
        raise CloudError("NoSuchEntity", f"The policy with name {name} cannot be found.")
    return leaf("PolicyName", name) + leaf("PolicyDocument", quote(policies[name].text))


_OPERATIONS: Final[Mapping[str, Callable[[_Call], str]]] = {
    "GetUser": _get_user,
    "ListUserPolicies": _list_user_policies,
    "GetUserPolicy": _get_user_policy,
    "PutUserPolicy": _put_user_policy,
    "DeleteUserPolicy": _delete_user_policy,
    "ListAttachedUserPolicies": _list_attached_user_policies,
    "ListGroupsForUser": _list_groups,
    "GetRole": _get_role,
    "CreateRole": _create_role,
    "UpdateAssumeRolePolicy": _update_trust,
    "DeleteRole": _delete_role,
    "ListRolePolicies": _list_role_policies,
    "GetRolePolicy": _get_role_policy,
    "PutRolePolicy": _put_role_policy,
    "DeleteRolePolicy": _delete_role_policy,
    "ListAttachedRolePolicies": _list_attached_role_policies,
    "GetPolicy": _get_policy,
    "GetPolicyVersion": _get_policy_version,
}
