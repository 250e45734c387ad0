"""Users of the caller's account that are made, and their access keys. They may do nothing until a policy lets them."""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.iam_call import BEGAN, IamCall
from tui.demo.cloud.iam.identities import Identity
from tui.demo.cloud.xml import leaf, node


def _create_user(call: IamCall) -> str:
    name = call.given("UserName")
    if call.identities.inline_policies(call.user) is not None:
        raise CloudError("EntityAlreadyExists", f"User with name {name} already exists.")
    call.identities.put_user(call.user)
    return _get_user(call)


def _get_user(call: IamCall) -> str:
    call.inline()
    return node("User", *_members(call.user))


def _list_users(call: IamCall) -> str:
    users = call.identities.users_of(call.caller.account)
    return node("Users", *(node("member", *_members(user)) for user in users)) + leaf("IsTruncated", False)


def _delete_user(call: IamCall) -> str:
    if call.inline() or call.identities.keys_of(call.user):
        raise CloudError("DeleteConflict", "Cannot delete entity, must delete policies and access keys first.")
    call.identities.delete_user(call.user)
    return ""


def _create_key(call: IamCall) -> str:
    call.inline()
    key = Identity(
        account=call.caller.account,
        arn=call.user,
        user_id=_id(call.user),
        access_key_id=f"AKIADEMO{secrets.token_hex(6).upper()}",
        secret_access_key=secrets.token_urlsafe(30),
        policies=(),
    )
    call.identities.put_key(key)
    return node(
        "AccessKey",
        leaf("UserName", key.arn.rpartition("/")[2]),
        leaf("AccessKeyId", key.access_key_id),
        leaf("Status", "Active"),
        leaf("SecretAccessKey", key.secret_access_key),
        leaf("CreateDate", BEGAN),
    )


def _delete_key(call: IamCall) -> str:
    call.inline()
    key = call.given("AccessKeyId")
    if key not in call.identities.keys_of(call.user):
        raise CloudError("NoSuchEntity", f"The Access Key with id {key} cannot be found.")
    call.identities.delete_key(key)
    return ""


def _members(user: str) -> list[str]:
    return [
        leaf("Path", "/"),
        leaf("UserName", user.rpartition("/")[2]),
        leaf("UserId", _id(user)),
        leaf("Arn", user),
        leaf("CreateDate", BEGAN),
    ]


def _id(user: str) -> str:
    return f"AIDADEMO{user.split(':')[4]}"


OPERATIONS: Final[Mapping[str, Callable[[IamCall], str]]] = {
    "CreateUser": _create_user,
    "GetUser": _get_user,
    "ListUsers": _list_users,
    "DeleteUser": _delete_user,
    "CreateAccessKey": _create_key,
    "DeleteAccessKey": _delete_key,
}
