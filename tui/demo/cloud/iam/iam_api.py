"""IAM: users, roles and their inline policies, each in the caller's own account.

AWS Identity and Access Management API reference.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from tui.demo.cloud.call import require_of_identity
from tui.demo.cloud.iam.iam_identities import EVERYTHING, DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import Policy, PolicyError, require_principals
from tui.demo.cloud.messages import CloudError, DemoRequest, DemoResponse, leaf, node, query_answer, query_parameters

BEGAN: Final = "2026-01-01T00:00:00Z"
"""The creation date of everything."""

_LONGEST: Final = {"user": 2_048, "role": 10_240, "trust": 2_048}
"""Characters without whitespace (IAM user guide, "IAM and AWS STS quotas")."""


@dataclass(frozen=True, slots=True)
class IamCall:
    """One request: its parameters, its caller, and all identities."""

    parameters: Mapping[str, str]
    caller: DemoIdentity
    identities: DemoIdentities

    def given(self, name: str) -> str:
        """A required parameter. Raises `CloudError` if it is missing."""
        if not self.parameters.get(name):
            raise CloudError("ValidationError", f"1 validation error detected: {name} is required")
        return self.parameters[name]

    @property
    def user(self) -> str:
        """The user's ARN; without a name it is the caller's."""
        name = self.parameters.get("UserName") or self.caller.arn.rpartition("/")[2]
        return f"arn:aws:iam::{self.caller.account}:user/{name}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.caller.account}:role/{self.given('RoleName')}"

    @property
    def resource(self) -> str:
        """The resource that the caller's policies must allow: the named user or role, else `*`."""
        if self.parameters.get("UserName"):
            return self.user
        return self.role_arn if self.parameters.get("RoleName") else "*"

    def inline(self) -> dict[str, Policy]:
        """The user's inline policies. Raises `CloudError` if there is no such user."""
        if self.user not in self.identities.inline:
            name = self.user.rpartition("/")[2]
            raise CloudError("NoSuchEntity", f"The user with name {name} cannot be found.")
        return self.identities.inline[self.user]

    def role(self) -> Role:
        """Raises `CloudError` if there is no such role."""
        if self.role_arn not in self.identities.roles:
            raise CloudError("NoSuchEntity", f"The role with name {self.given('RoleName')} cannot be found.")
        return self.identities.roles[self.role_arn]

    def document(self, name: str, kind: str) -> Policy:
        """A policy from the request. Raises `CloudError` if it is invalid or too long."""
        text = self.given(name)
        if len("".join(text.split())) > _LONGEST[kind]:
            raise CloudError("LimitExceeded", f"Maximum policy size of {_LONGEST[kind]} bytes exceeded")
        try:
            policy = Policy.parse(text)
            if kind == "trust":
                require_principals(policy)
                self.identities.require_known(policy)
        except PolicyError as error:
            raise CloudError("MalformedPolicyDocument", str(error)) from error
        return policy


def _create_user(call: IamCall) -> str:
    name = call.given("UserName")
    if call.user in call.identities.inline:
        raise CloudError("EntityAlreadyExists", f"User with name {name} already exists.")
    call.identities.inline[call.user] = {}
    return _get_user(call)


def _get_user(call: IamCall) -> str:
    call.inline()
    return node("User", _user_members(call.user))


def _list_users(call: IamCall) -> str:
    users = [user for user in list(call.identities.inline) if user.split(":")[4] == call.caller.account]
    return node("Users", *(node("member", _user_members(user)) for user in users)) + leaf(IsTruncated=False)


def _delete_user(call: IamCall) -> None:
    if call.inline() or call.identities.keys_of(call.user):
        raise CloudError("DeleteConflict", "Cannot delete entity, must delete policies and access keys first.")
    del call.identities.inline[call.user]


def _create_key(call: IamCall) -> str:
    call.inline()
    key = DemoIdentity(
        account=call.caller.account,
        arn=call.user,
        user_id=_id(call.user),
        access_key_id=f"AKIADEMO{secrets.token_hex(6).upper()}",
        secret_access_key=secrets.token_urlsafe(30),
        policies=(),
    )
    call.identities.keys[key.access_key_id] = key
    return node(
        "AccessKey",
        leaf(
            UserName=key.arn.rpartition("/")[2],
            AccessKeyId=key.access_key_id,
            Status="Active",
            SecretAccessKey=key.secret_access_key,
            CreateDate=BEGAN,
        ),
    )


def _list_keys(call: IamCall) -> str:
    call.inline()
    name = call.user.rpartition("/")[2]
    keys = call.identities.keys_of(call.user)
    known = [leaf(UserName=name, AccessKeyId=key, Status="Active", CreateDate=BEGAN) for key in keys]
    return node("AccessKeyMetadata", *(node("member", each) for each in known)) + leaf(IsTruncated=False)


def _delete_key(call: IamCall) -> None:
    call.inline()
    key = call.given("AccessKeyId")
    if key not in call.identities.keys_of(call.user):
        raise CloudError("NoSuchEntity", f"The Access Key with id {key} cannot be found.")
    del call.identities.keys[key]


def _user_members(user: str) -> str:
    return leaf(Path="/", UserName=user.rpartition("/")[2], UserId=_id(user), Arn=user, CreateDate=BEGAN)


def _id(user: str) -> str:
    return f"AIDADEMO{user.split(':')[4]}"


NAMESPACE: Final = "https://iam.amazonaws.com/doc/2010-05-08/"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
"""The managed policy of the demo's first users."""


def answer(request: DemoRequest, caller: DemoIdentity | None, identities: DemoIdentities) -> DemoResponse:
    parameters = query_parameters(request)
    if caller is None:
        raise CloudError("MissingAuthenticationToken", "Request is missing Authentication Token")
    action = parameters.get("Action", "")
    operation = _OPERATIONS.get(action)
    if operation is None:
        raise CloudError("InvalidAction", f"Could not find operation {action}")
    call = IamCall(parameters, caller, identities)
    require_of_identity(caller, f"iam:{action}", call.resource, {})
    return query_answer(NAMESPACE, action, operation(call) or "")


def _get_user_policy(call: IamCall) -> str:
    named = leaf(UserName=call.user.rpartition("/")[2])
    return named + _policy(call, call.inline())


def _put_user_policy(call: IamCall) -> None:
    call.inline()[call.given("PolicyName")] = call.document("PolicyDocument", "user")


def _delete_user_policy(call: IamCall) -> None:
    _policy(call, call.inline())
    del call.inline()[call.given("PolicyName")]


def _list_attached_user_policies(call: IamCall) -> str:
    call.inline()
    attached = node("member", leaf(PolicyName="AdministratorAccess", PolicyArn=ADMINISTRATOR))
    return node("AttachedPolicies", attached if call.user in call.identities.first else "") + leaf(IsTruncated=False)


def _list_groups(call: IamCall) -> str:
    call.inline()
    return node("Groups") + leaf(IsTruncated=False)


def _list_roles(call: IamCall) -> str:
    roles = [role for role in list(call.identities.roles.values()) if role.account == call.caller.account]
    return node("Roles", *(node("member", _members(role)) for role in roles)) + leaf(IsTruncated=False)


def _create_role(call: IamCall) -> str:
    if call.role_arn in call.identities.roles:
        raise CloudError("EntityAlreadyExists", f"Role with name {call.given('RoleName')} already exists.")
    longest = int(call.parameters.get("MaxSessionDuration", "3600"))
    role = Role(call.role_arn, call.document("AssumeRolePolicyDocument", "trust"), {}, longest)
    call.identities.roles[role.arn] = role
    return _role(role)


def _update_trust(call: IamCall) -> None:
    call.identities.roles[call.role_arn] = replace(call.role(), trust=call.document("PolicyDocument", "trust"))


def _delete_role(call: IamCall) -> None:
    if call.role().policies:
        raise CloudError("DeleteConflict", "Cannot delete entity, must delete policies first.")
    del call.identities.roles[call.role_arn]


def _put_role_policy(call: IamCall) -> None:
    role = call.role()
    named = {call.given("PolicyName"): call.document("PolicyDocument", "role")}
    call.identities.roles[role.arn] = replace(role, policies={**role.policies, **named})


def _delete_role_policy(call: IamCall) -> None:
    role, name = call.role(), call.given("PolicyName")
    _policy(call, role.policies)
    kept = {known: policy for known, policy in role.policies.items() if known != name}
    call.identities.roles[role.arn] = replace(role, policies=kept)


def _list_attached_role_policies(call: IamCall) -> str:
    call.role()
    return node("AttachedPolicies") + leaf(IsTruncated=False)


def _get_policy(call: IamCall) -> str:
    _require_managed(call)
    named = leaf(PolicyName="AdministratorAccess", Arn=ADMINISTRATOR)
    return node("Policy", named, leaf(DefaultVersionId="v1"))


def _get_policy_version(call: IamCall) -> str:
    _require_managed(call)
    document = leaf(Document=quote(EVERYTHING.text))
    return node("PolicyVersion", document, leaf(VersionId="v1", IsDefaultVersion=True))


def _require_managed(call: IamCall) -> None:
    if call.given("PolicyArn") != ADMINISTRATOR:
        raise CloudError("NoSuchEntity", f"Policy {call.given('PolicyArn')} does not exist.")


def _role(role: Role) -> str:
    return node("Role", _members(role))


def _members(role: Role) -> str:
    return leaf(
        Path="/",
        RoleName=role.name,
        RoleId="AROADEMO",
        Arn=role.arn,
        CreateDate=BEGAN,
        AssumeRolePolicyDocument=quote(role.trust.text),
    )


def _names(policies: Mapping[str, Policy]) -> str:
    return node("PolicyNames", *(leaf(member=name) for name in policies)) + leaf(IsTruncated=False)


def _policy(call: IamCall, policies: Mapping[str, Policy]) -> str:
    """Raises `CloudError` if there is no policy of that name."""
    name = call.given("PolicyName")
    if name not in policies:
        raise CloudError("NoSuchEntity", f"The policy with name {name} cannot be found.")
    return leaf(PolicyName=name, PolicyDocument=quote(policies[name].text))


_OPERATIONS: Final[Mapping[str, Callable[[IamCall], str | None]]] = {
    "CreateUser": _create_user,
    "GetUser": _get_user,
    "ListUsers": _list_users,
    "DeleteUser": _delete_user,
    "CreateAccessKey": _create_key,
    "ListAccessKeys": _list_keys,
    "DeleteAccessKey": _delete_key,
    "ListUserPolicies": lambda call: _names(call.inline()),
    "GetUserPolicy": _get_user_policy,
    "PutUserPolicy": _put_user_policy,
    "DeleteUserPolicy": _delete_user_policy,
    "ListAttachedUserPolicies": _list_attached_user_policies,
    "ListGroupsForUser": _list_groups,
    "ListRoles": _list_roles,
    "GetRole": lambda call: _role(call.role()),
    "CreateRole": _create_role,
    "UpdateAssumeRolePolicy": _update_trust,
    "DeleteRole": _delete_role,
    "ListRolePolicies": lambda call: _names(call.role().policies),
    "GetRolePolicy": lambda call: leaf(RoleName=call.given("RoleName")) + _policy(call, call.role().policies),
    "PutRolePolicy": _put_role_policy,
    "DeleteRolePolicy": _delete_role_policy,
    "ListAttachedRolePolicies": _list_attached_role_policies,
    "GetPolicy": _get_policy,
    "GetPolicyVersion": _get_policy_version,
}
