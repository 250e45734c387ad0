"""Connection IDs, validation of accounts and ARNs in responses, and the identity of this machine."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from botocore.parsers import ResponseParserError
from msgspec import structs

from tui.core.identity import AuthMethod, Identity, IdentitySpec, Safety
from tui.core.problem import Problem, ProblemError, ProblemKind


def connection_id(spec: IdentitySpec) -> str:
    """The ID of a spec's connection; equal specs have equal IDs."""
    if spec.safety == Safety():  # msgspec omits only the default object itself, not an equal one
        spec = structs.replace(spec, safety=IdentitySpec().safety)
    return msgspec.json.encode(spec).decode()


def spec_of(connection: str) -> IdentitySpec:
    """The spec of an ID; raises `ProblemError` for a text that `connection_id` did not create."""
    try:
        return msgspec.json.decode(connection, type=IdentitySpec)
    except msgspec.MsgspecError as error:
        problem = Problem(ProblemKind.INVALID, "unknown connection", cause=str(error), resource=connection)
        raise ProblemError(problem) from error


# Accounts, ARNs and IDs in responses are validated, because they go into policies, scripts and sentences: a wildcard in
# an ARN would allow more than one identity, and a line break would end a comment. S3's responses are not checked here:
# they have none, except for KMS keys, which `tui.features.access.plan_access` checks.

SERVICES = ("sts", "sso", "iam", "kms", "ec2", "s3-control")
"""Services whose responses are validated, by botocore's event names."""

_ACCOUNT = re.compile(r"\d{12}|\d{20}|RGW\d{17}|", re.ASCII)
"""12 digits on AWS and most others; StorageGRID has 20, Ceph ``RGW`` and 17, or none."""

_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:\w{0,64}:[\w+=,.@:/-]{1,2048}", re.ASCII)
"""IAM API Reference, data types. The account is ``aws`` in managed policies, and a tenant name in Ceph."""

_OBJECT = re.compile(r"arn:[a-z0-9-]+:s3:::.+", re.DOTALL)
"""An object's ARN contains its key, which may be any text."""

_ID = re.compile(r"[\w+=,.@:/-]{0,2048}", re.ASCII)

_FORMS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("Account", "AccountId", "AWSAccountId"), _ACCOUNT),
    "OwnerId": re.compile(r"\d{12}|AWS|", re.ASCII),
    "ObjectArn": _OBJECT,
    "VpcEndpointId": re.compile(r"vpce-[0-9a-z]{1,64}"),
    "VpcId": re.compile(r"vpc-[0-9a-z]{1,64}"),
    "AccessKeyId": re.compile(r"[\w+=.@:-]{1,256}", re.ASCII),
    **dict.fromkeys(
        (
            *("UserId", "RoleId", "AssumedRoleId", "FederatedUserId", "PolicyId", "KeyId", "JobId"),
            *("RouteTableId", "SubnetId", "PrefixListId", "NetworkInterfaceId", "GatewayId", "NatGatewayId"),
        ),
        _ID,
    ),
}
"""The form of each field by its name; fields that end in ``Arn`` are ARNs."""

_POLICIES = ("PolicyDocument", "AssumeRolePolicyDocument", "Document", "Policy")
"""Fields with the user's own documents, which are not validated."""


class WrongNameError(ResponseParserError):
    """A response has something else instead of an account, ARN or ID."""


def is_arn(text: str) -> bool:
    """Whether it is the ARN of one resource: no wildcards, blanks or quotes."""
    return _ARN.fullmatch(text) is not None


def check_answer(parsed: object, **_: object) -> None:
    """A botocore handler that raises `WrongNameError` for an invalid account, ARN or ID."""
    for name, value in _named(parsed):
        form = _FORMS.get(name) or (_ARN if name.endswith("Arn") else None)
        if form and value and not form.fullmatch(value):
            raise WrongNameError(f"{name} has an invalid value: {value[:80]!r}")


def _named(parsed: object) -> Iterator[tuple[str, str]]:
    """Every text in a response with its field name, in the spelling of either kind of service."""
    if isinstance(parsed, list):
        for each in parsed:
            yield from _named(each)
    elif isinstance(parsed, dict):
        fields: dict[str, Any] = parsed
        for name, value in fields.items():
            if isinstance(value, str):
                yield name[:1].upper() + name[1:], value
            elif name not in _POLICIES:
                yield from _named(value)


def file_system_name() -> str:
    return f"file system of {socket.gethostname()}"


def identity_without_account(spec: IdentitySpec) -> Identity:
    return Identity(
        connection=connection_id(spec),
        label=spec.kind.label,
        method=AuthMethod.LOCAL,
        spec=spec,
        endpoint=file_system_name(),
    )
