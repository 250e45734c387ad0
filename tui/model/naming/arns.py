"""Amazon Resource Names of buckets, objects and access points.

Service Authorization Reference, "Resource types defined by Amazon S3".
"""

from __future__ import annotations

import re

_ACCESS_POINT = re.compile(
    r"(?P<head>arn:[^:/]+:s3:[^:/]*:[0-9]+:accesspoint)[:/](?P<name>[^:/]+)(?:/(?P<rest>.*))?", re.DOTALL
)
_ALIAS = "-s3alias"
_OBJECT = "object/"


def is_access_point(bucket: str) -> bool:
    """Whether a bucket's name is that of an access point: its ARN or its alias."""
    return bucket.startswith("arn:") or bucket.endswith(_ALIAS)


def split_bucket(rest: str) -> tuple[str, str]:
    """Bucket and key of what follows ``s3://``; the ARN of an access point is a bucket, though it has a slash."""
    if match := _ACCESS_POINT.fullmatch(rest):
        return f"{match['head']}/{match['name']}", match["rest"] or ""
    bucket, _, key = rest.partition("/")
    return bucket, key


def split_arn(arn: str) -> tuple[str, str]:
    """Bucket and key that an ARN names; raise `ValueError`, saying what can be named, for that of anything else."""
    if _ACCESS_POINT.fullmatch(arn):
        bucket, rest = split_bucket(arn)
        if rest and not rest.startswith(_OBJECT):
            raise ValueError(f"{arn!r} has no object key: write {bucket}/object/key")
        return bucket, rest.removeprefix(_OBJECT)
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "s3-outposts":
        raise ValueError(f"{arn!r} is an S3 on Outposts ARN, which xs3-tui does not support")
    if len(parts) < 6 or parts[2] != "s3" or parts[3] or parts[4]:
        raise ValueError(
            f"{arn!r} is not the ARN of a bucket or access point: write arn:aws:s3:::bucket/key or s3://bucket/key"
        )
    return split_bucket(parts[5])
