"""Users and roles of the demo."""

import json
from typing import Any, Final

from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import Policy
from tui.demo.demo_profiles import ACCOUNTS, ANALYTICS, MEDIA_PROD, ROLE_ARN, DemoAccount

EXTERNAL_ID: Final = "xs3-demo-audit"
AUDIT_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-audit"
"""Its trust policy requires `EXTERNAL_ID`."""
OPERATOR_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-operator"
"""Its trust policy requires MFA."""
ARCHIVE_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/archive-read"
"""Only sessions of the operator role may assume it."""

_READABLE: Final = ("media-prod-assets", "media-prod-private")


def make_identities() -> DemoIdentities:
    """Both users, each an administrator of its account, and media-prod's roles for analytics."""
    return DemoIdentities([_user(account) for account in ACCOUNTS], _roles())


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2))


def root(account: DemoAccount) -> dict[str, str]:
    """The principal of a whole account."""
    return {"AWS": f"arn:aws:iam::{account.number}:root"}


def allow(
    sid: str, actions: str | list[str], resource: str | list[str], *, to: DemoAccount | None = None, **more: Any
) -> dict[str, Any]:
    """An Allow statement: for an account, or in an identity policy."""
    principal = {"Principal": root(to)} if to else {}
    return {"Sid": sid, "Effect": "Allow", **principal, "Action": actions, "Resource": resource, **more}


DELIVER: Final = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]


def _user(account: DemoAccount) -> DemoIdentity:
    return DemoIdentity(
        account=account.number,
        arn=account.user_arn,
        user_id=f"AIDADEMO{account.number}",
        access_key_id=account.access_key_id,
        secret_access_key=account.secret_access_key,
        mfa_serial=account.mfa_serial,
        mfa_secret=account.secret_access_key.encode(),
    )


def _roles() -> list[Role]:
    trust = {"Effect": "Allow", "Principal": root(ANALYTICS), "Action": "sts:AssumeRole"}
    by_device = {**trust, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    chained = {**trust, "Principal": {"AWS": OPERATOR_ROLE_ARN}}
    guarded = {**trust, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    reading = policy(
        allow("SeeBuckets", "s3:ListAllMyBuckets", "*"),
        allow("List", ["s3:ListBucket", "s3:GetBucketLocation"], [f"arn:aws:s3:::{name}" for name in _READABLE]),
        allow("Read", ["s3:GetObject", "s3:GetObjectTagging"], [f"arn:aws:s3:::{name}/*" for name in _READABLE]),
    )
    auditing = policy(
        allow("SeeSettings", ["s3:GetBucket*", "s3:GetEncryptionConfiguration"], "arn:aws:s3:::media-prod-*")
    )
    operating = policy(allow("BecomeOther", "sts:AssumeRole", ARCHIVE_ROLE_ARN))
    archive = policy(allow("ReadArchive", ["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"], ["*"]))
    return [
        Role(ROLE_ARN, policy(trust), {"Read": reading}),
        Role(AUDIT_ROLE_ARN, policy(guarded), {"Audit": auditing}),
        Role(OPERATOR_ROLE_ARN, policy(by_device), {"Read": reading, "Operate": operating}),
        Role(ARCHIVE_ROLE_ARN, policy(chained), {"Archive": archive}),
    ]
