"""A change to one policy document, as a value that can be shown, applied or handed to somebody else."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class PolicyKind(StrEnum):
    """The kinds of policy documents, by what they are attached to."""

    BUCKET_POLICY = "bucket policy"
    USER_POLICY = "user policy"
    ROLE_POLICY = "role policy"
    GROUP_POLICY = "group policy"
    MANAGED_POLICY = "managed policy"
    KEY_POLICY = "key policy"
    TRUST_POLICY = "trust policy"
    SESSION_POLICY = "session policy"
    ENDPOINT_POLICY = "VPC endpoint policy"


class PolicyEdit(Struct, frozen=True):
    """One statement to add to a document, to change in it, or to remove from it."""

    kind: PolicyKind
    account: str
    """The number of the account that the document belongs to; empty: not known."""
    resource: str
    """What the document is attached to: a bucket, the name of a user, role or group, else an ARN."""
    statement_json: str
    """The statement to add, or as it is to be after the change; empty: the statement is removed."""
    replaces_sid: str = ""
    """The statement that is changed or removed: its Sid, or ``#2`` (the second one); empty: it is added."""
    policy_name: str = ""
    """The name of an inline policy of a user, role or group; empty: a new one."""
