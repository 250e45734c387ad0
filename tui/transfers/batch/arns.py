"""Buckets, objects and roles as jobs name them."""

from __future__ import annotations

import re

from tui.core.location import Location

DIRECTORY = "--x-s3"
"""What the names of directory buckets end with."""

_ALIAS = "alias/"

_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/.+")


def bucket_arn(bucket: str, role: str) -> str:
    """The ARN of a general purpose bucket, in the partition of a job's role (``aws``, ``aws-cn``, ``aws-us-gov``)."""
    found = _ROLE.fullmatch(role)
    return f"arn:{found['partition'] if found else 'aws'}:s3:::{bucket}"


def object_arn(place: Location, role: str) -> str:
    """The ARN of an object, in the same partition."""
    return f"{bucket_arn(place.bucket, role)}/{place.key}"


def role_account(role: str) -> str:
    """The account of a role by its ARN; empty for what is none."""
    found = _ROLE.fullmatch(role)
    return found["account"] if found else ""


def key_arn(key: str, role: str, region: str) -> str:
    """The ARN of a KMS key, or of its alias, in a job's region: S3 looks for an id in the account of the job's role."""
    found = _ROLE.fullmatch(role)
    if is_key_arn(key) or not found:
        return key
    resource = key if key.startswith(_ALIAS) else f"key/{key}"
    return f"arn:{found['partition']}:kms:{region}:{found['account']}:{resource}"


def is_key_arn(key: str) -> bool:
    """Whether a key is named by its ARN, or by that of its alias."""
    return key.startswith("arn:")


def is_directory_bucket(bucket: str) -> bool:
    """Whether it is a directory bucket, by its name."""
    return bucket.endswith(DIRECTORY)
