"""Roles of a test's own on a server with IAM: made fresh, and gone when the test ends."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.servers.policies import document
from tests.servers.server import Account, S3Server

Permissions = Mapping[str, Any]
"""One statement of an identity policy."""

ALL_OF_S3: Permissions = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def assuming(role: str) -> Permissions:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}


@contextmanager
def fresh_role(
    server: S3Server, account: Account, trusted: str, *permissions: Permissions, external_id: str = ""
) -> Iterator[str]:
    """Make a role of `account` that `trusted` (a principal) may assume; yield its ARN."""
    iam, name = server.client(account, "iam"), f"role-{secrets.token_hex(6)}"
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    if external_id:
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document(*(permissions or (ALL_OF_S3,))))
    try:
        yield role["Arn"]
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="allowed")
        iam.delete_role(RoleName=name)
