"""What the session credentials of workers may do at most: what one copy needs, and nothing else of their identity."""

from __future__ import annotations

import json
import re

from tui.core.orders import CopyOrder

_KMS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")

_MOST_NAMED = 6
"""Keys and prefixes that are named each: GetFederationToken takes 2,048 characters."""


def session_policy(order: CopyOrder, partition: str) -> str:
    """The policy, for the session of either identity: each may be the one that copies. Empty: none can say it.

    Access points and directory buckets have other ARNs and permissions.
    """
    source, target = order.selection.base, order.destination.location
    if any(
        bucket.startswith("arn:") or bucket.endswith(("-s3alias", "--x-s3"))
        for bucket in (source.bucket, target.bucket)
    ):
        return ""
    buckets = sorted({f"arn:{partition}:s3:::{bucket}" for bucket in (source.bucket, target.bucket)})
    keys = _patterns(order)
    read = [f"arn:{partition}:s3:::{source.bucket}/{each}" for each in keys]
    below = [_literal(target.key) + each.removeprefix(_literal(source.key)) for each in keys]
    names = [_literal(order.destination.name)] if order.destination.name else below
    written = [f"arn:{partition}:s3:::{target.bucket}/{each}" for each in names]
    statements = [
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": [*buckets, *read, *written]},
        {"Effect": "Allow", "Action": ["s3:PutObject*", "s3:AbortMultipartUpload"], "Resource": written},
        {"Effect": "Allow", "Action": _KMS, "Resource": "*", "Condition": {"StringLike": {"kms:ViaService": "s3.*"}}},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _patterns(order: CopyOrder) -> list[str]:
    """The keys of the source that are copied, as far as a policy has room for them."""
    selection = order.selection
    if len(selection.keys) + len(selection.prefixes) > _MOST_NAMED:
        return [f"{_literal(selection.base.key)}*"]
    return [*map(_literal, selection.keys), *(f"{_literal(each)}*" for each in selection.prefixes)]


def _literal(key: str) -> str:
    return re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", key)
