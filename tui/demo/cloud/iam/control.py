"""IAM: users, roles and their inline policies, each in the caller's own account.

AWS Identity and Access Management API reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote

from tui.demo.cloud.access import require_of_identity
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam import users
from tui.demo.cloud.iam.iam_call import BEGAN, IamCall
from tui.demo.cloud.iam.identities import EVERYTHING, Identities, Identity, Role
from tui.demo.cloud.iam.policies import Policy
from tui.demo.cloud.messages import Request, Response
from tui.demo.cloud.xml import leaf, node

NAMESPACE: Final = "https://iam.amazonaws.com/doc/2010-05-08/"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
"""The managed policy of the users that the demo begins with."""


def answer(request: Request, caller: Identity | None, identities: Identities) -> Response:
    """Answer a request to IAM. Raises `CloudError`."""
    parameters = {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}
    if caller is None:
        raise CloudError("MissingAuthenticationToken", "Request is missing Authentication Token")
    action = parameters.get("Action", "")
    operation = _OPERATIONS.get(action)
    if operation is None:
        raise CloudError("InvalidAction", f"Could not find operation {action}")
    call = IamCall(parameters, caller, identities)
    require_of_identity(caller, f"iam:{action}", call.resource, {})
    result = node(f"{action}Result", operation(call))
    metadata = node("ResponseMetadata", leaf("RequestId", "demo"))
    body = f'<{action}Response xmlns="{NAMESPACE}">{result}{metadata}</{action}Response>'.encode()
    return Response(headers={"content-type": "text/xml"}, body=body)


def _list_user_policies(call: IamCall) -> str:
    return _names(call.inline())


def _get_user_policy(call: IamCall) -> str:
    named = leaf("UserName", call.user.rpartition("/")[2])
    return named + _policy(call, call.inline())


def _put_user_policy(call: IamCall) -> str:
    call.inline()
    call.identities.put_inline_policy(call.user, call.given("PolicyName"), call.document("PolicyDocument", "user"))
    return ""


def _delete_user_policy(call: IamCall) -> str:
    _policy(call, call.inline())
    call.identities.put_inline_policy(call.user, call.given("PolicyName"), None)
    return ""


def _list_attached_user_policies(call: IamCall) -> str:
    call.inline()
    attached = node("member", leaf("PolicyName", "AdministratorAccess"), leaf("PolicyArn", ADMINISTRATOR))
    is_made = call.identities.is_made(call.user)
    return node("AttachedPolicies", "" if is_made else attached) + leaf("IsTruncated", False)


def _list_groups(call: IamCall) -> str:
    call.inline()
    return node("Groups") + leaf("IsTruncated", False)


def _list_roles(call: IamCall) -> str:
    roles = call.identities.roles_of(call.caller.account)
    return node("Roles", *(node("member", *_members(role)) for role in roles)) + leaf("IsTruncated", False)


def _get_role(call: IamCall) -> str:
    return _role(call.role())


def _create_role(call: IamCall) -> str:
    if call.identities.role(call.role_arn):
        raise CloudError("EntityAlreadyExists", f"Role with name {call.given('RoleName')} already exists.")
    role = Role(call.role_arn, call.document("AssumeRolePolicyDocument", "trust"), {})
    call.identities.put_role(role.arn, role)
    return _role(role)


def _update_trust(call: IamCall) -> str:
    call.identities.put_role(call.role_arn, replace(call.role(), trust=call.document("PolicyDocument", "trust")))
    return ""


def _delete_role(call: IamCall) -> str:
    if call.role().policies:
        raise CloudError("DeleteConflict", "Cannot delete entity, must delete policies first.")
    call.identities.put_role(call.role_arn, None)
    return ""


def _list_role_policies(call: IamCall) -> str:
    return _names(call.role().policies)


def _get_role_policy(call: IamCall) -> str:
    return leaf("RoleName", call.given("RoleName")) + _policy(call, call.role().policies)


def _put_role_policy(call: IamCall) -> str:
    role = call.role()
    named = {call.given("PolicyName"): call.document("PolicyDocument", "role")}
    call.identities.put_role(role.arn, replace(role, policies={**role.policies, **named}))
    return ""


def _delete_role_policy(call: IamCall) -> str:
    role, name = call.role(), call.given("PolicyName")
    _policy(call, role.policies)
    kept = {known: policy for known, policy in role.policies.items() if known != name}
    call.identities.put_role(role.arn, replace(role, policies=kept))
    return ""


def _list_attached_role_policies(call: IamCall) -> str:
    call.role()
    return node("AttachedPolicies") + leaf("IsTruncated", False)


def _get_policy(call: IamCall) -> str:
    _require_managed(call)
    named = leaf("PolicyName", "AdministratorAccess") + leaf("Arn", ADMINISTRATOR)
    return node("Policy", named, leaf("DefaultVersionId", "v1"))


def _get_policy_version(call: IamCall) -> str:
    _require_managed(call)
    document = leaf("Document", quote(EVERYTHING.text))
    return node("PolicyVersion", document, leaf("VersionId", "v1"), leaf("IsDefaultVersion", True))


def _require_managed(call: IamCall) -> None:
    if call.given("PolicyArn") != ADMINISTRATOR:
        raise CloudError("NoSuchEntity", f"Policy {call.given('PolicyArn')} does not exist.")


def _role(role: Role) -> str:
    return node("Role", *_members(role))


def _members(role: Role) -> list[str]:
    return [
        leaf("Path", "/"),
        leaf("RoleName", role.name),
        leaf("RoleId", "AROADEMO"),
        leaf("Arn", role.arn),
        leaf("CreateDate", BEGAN),
        leaf("AssumeRolePolicyDocument", quote(role.trust.text)),
    ]


def _names(policies: Mapping[str, Policy]) -> str:
    return node("PolicyNames", *(leaf("member", name) for name in policies)) + leaf("IsTruncated", False)


def _policy(call: IamCall, policies: Mapping[str, Policy]) -> str:
    """The policy that is named. Raises `CloudError` if there is none."""
    name = call.given("PolicyName")
    if name not in policies:
        raise CloudError("NoSuchEntity", f"The policy with name {name} cannot be found.")
    return leaf("PolicyName", name) + leaf("PolicyDocument", quote(policies[name].text))


_OPERATIONS: Final[Mapping[str, Callable[[IamCall], str]]] = {
    **users.OPERATIONS,
    "ListUserPolicies": _list_user_policies,
    "GetUserPolicy": _get_user_policy,
    "PutUserPolicy": _put_user_policy,
    "DeleteUserPolicy": _delete_user_policy,
    "ListAttachedUserPolicies": _list_attached_user_policies,
    "ListGroupsForUser": _list_groups,
    "ListRoles": _list_roles,
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
