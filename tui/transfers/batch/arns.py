"""Buckets, objects and roles as jobs name them."""

from __future__ import annotations

import re

DIRECTORY = "--x-s3"
"""What the names of directory buckets end with."""

_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/.+")


def bucket_arn(bucket: str, partition: str = "aws") -> str:
    """The ARN of a general purpose bucket."""
    return f"arn:{partition}:s3:::{bucket}"


def object_arn(bucket: str, key: str, partition: str = "aws") -> str:
    """The ARN of an object."""
    return f"{bucket_arn(bucket, partition)}/{key}"


def role_account(role: str) -> str:
    """The account of a role by its ARN; empty for what is none."""
    found = _ROLE.fullmatch(role)
    return found["account"] if found else ""


def is_directory_bucket(bucket: str) -> bool:
    """Whether it is a directory bucket, by its name."""
    return bucket.endswith(DIRECTORY)
