"""Buckets, objects and roles as jobs name them."""

from __future__ import annotations

import re

from tui.model.location import Location

DIRECTORY = "--x-s3"
"""What the names of directory buckets end with."""

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


def is_directory_bucket(bucket: str) -> bool:
    """Whether it is a directory bucket, by its name."""
    return bucket.endswith(DIRECTORY)
