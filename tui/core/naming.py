"""Names of buckets, objects and access points; S3's limits; counts as text."""

from __future__ import annotations

import re

_ACCESS_POINT = re.compile(
    r"(?P<head>arn:[^:/]+:s3:[^:/]*:[0-9]+:accesspoint)[:/](?P<name>[^:/]+)(?:/(?P<rest>.*))?", re.DOTALL
)
_ALIAS = "-s3alias"
_OBJECT = "object/"


def is_access_point(bucket: str) -> bool:
    """Whether a bucket name is an access point's ARN or alias."""
    return bucket.startswith("arn:") or bucket.endswith(_ALIAS)


def split_bucket(rest: str) -> tuple[str, str]:
    """Bucket and key of the text after ``s3://``. An access point's ARN is a bucket, although it has a slash."""
    if match := _ACCESS_POINT.fullmatch(rest):
        return f"{match['head']}/{match['name']}", match["rest"] or ""
    bucket, _, key = rest.partition("/")
    return bucket, key


def split_arn(arn: str) -> tuple[str, str]:
    """Bucket and key of an ARN. Any other ARN raises `ValueError`, which says what to write instead."""
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


def counted(count: int, noun: str) -> str:
    """A count with its noun, so that nothing ever says ``1 objects``: ``2 copies``, ``8,412 prefixes``."""
    return f"{count:,} {noun_for(count, noun)}"


def noun_for(count: int, noun: str) -> str:
    """The noun alone, for a count that stands elsewhere."""
    if count == 1:
        return noun
    if noun.endswith("y") and noun[-2] not in "aeo":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"


# The names that a new bucket may have (Amazon S3 User Guide, "General purpose bucket naming rules").

_ALLOWED = re.compile(r"[a-z0-9.-]*")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
SHORTEST, _LONGEST = 3, 63


def wrong_with_bucket_name(name: str) -> str:
    """Why S3 does not accept the name for a new bucket; empty if it does."""
    checks = (
        (
            not SHORTEST <= len(name) <= _LONGEST,
            f"it has {counted(len(name), 'character')}, not {SHORTEST} to {_LONGEST}",
        ),
        (not _ALLOWED.fullmatch(name), "it may have lowercase letters, digits, hyphens and dots only"),
        (name[:1] in ("-", ".") or name[-1:] in ("-", "."), "it must begin and end with a letter or digit"),
        (".." in name, "it has two dots in a row"),
        (bool(_ADDRESS.fullmatch(name)), "it looks like an IP address"),
        (name.startswith(_RESERVED_STARTS), f"names that begin with {', '.join(_RESERVED_STARTS)} are reserved"),
        (name.endswith(_RESERVED_ENDS), f"names that end in {', '.join(_RESERVED_ENDS)} are reserved"),
    )
    return next((why for wrong, why in checks if wrong), "")


UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def bytes_of(text: str) -> int:
    """Bytes of ``10M``, ``1.5 GiB``, ``4096``; units are binary. The `ValueError` shows how to write a size."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text, re.IGNORECASE | re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} is not a size: write 4096, 10M or 1.5G")
    return round(float(found[1]) * UNITS[found[2].lower()])


# Amazon S3's limits (Amazon S3 User Guide, "Amazon S3 multipart upload limits").

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

MIN_PART_SIZE = 5 * MIB
"""Smallest part except the last, in bytes."""

MAX_PART_SIZE = 5 * GIB
"""Largest part, in bytes; also the largest object of one PutObject or CopyObject."""

MAX_PARTS = 10_000
MAX_OBJECT_SIZE = MAX_PARTS * MAX_PART_SIZE
"""Largest object, in bytes: 48.8 TiB."""

MAX_DELETE = 1_000
"""Keys of one DeleteObjects."""

MAX_SINGLE_COPY = 5 * GIB
"""Largest object for CopyObject, in bytes."""

MAX_ANNOTATIONS = 1000
"""For one object (Amazon S3 API Reference, PutObjectAnnotation)."""

MAX_ANNOTATION = MIB
"""Largest payload of an annotation, in bytes."""
