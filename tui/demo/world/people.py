"""Users and roles of the demo."""

import json
from typing import Any, Final

from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import Policy
from tui.demo.demo_profiles import ACCOUNTS, ANALYTICS, MEDIA_PROD, ROLE_ARN, DemoAccount

EXTERNAL_ID: Final = "xs3-demo-audit"
AUDIT_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-audit"
"""A second role, whose trust policy asks for `EXTERNAL_ID`."""
OPERATOR_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-operator"
"""A third, whose trust policy asks for MFA."""
ARCHIVE_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/archive-read"
"""A role that only sessions of the third may assume."""

_READABLE: Final = ("media-prod-assets", "media-prod-private")


def make_identities() -> DemoIdentities:
    """Both users, each administrator of the own account, and the roles of media-prod for analytics."""
    return DemoIdentities([_user(account) for account in ACCOUNTS], _roles())


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2))


def root(account: DemoAccount) -> dict[str, str]:
    """The principal that stands for a whole account."""
    return {"AWS": f"arn:aws:iam::{account.number}:root"}


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
        {"Sid": "SeeBuckets", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {
            "Sid": "List",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": [f"arn:aws:s3:::{name}" for name in _READABLE],
        },
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectTagging"],
            "Resource": [f"arn:aws:s3:::{name}/*" for name in _READABLE],
        },
    )
    auditing = policy(
        {
            "Sid": "SeeSettings",
            "Effect": "Allow",
            "Action": ["s3:GetBucket*", "s3:GetEncryptionConfiguration"],
            "Resource": "arn:aws:s3:::media-prod-*",
        }
    )
    operating = policy(
        {"Sid": "BecomeOther", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ARCHIVE_ROLE_ARN}
    )
    archive = policy(
        {
            "Sid": "ReadArchive",
            "Effect": "Allow",
            "Action": ["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"],
            "Resource": ["*"],
        }
    )
    return [
        Role(ROLE_ARN, policy(trust), {"Read": reading}),
        Role(AUDIT_ROLE_ARN, policy(guarded), {"Audit": auditing}),
        Role(OPERATOR_ROLE_ARN, policy(by_device), {"Read": reading, "Operate": operating}),
        Role(ARCHIVE_ROLE_ARN, policy(chained), {"Archive": archive}),
    ]
