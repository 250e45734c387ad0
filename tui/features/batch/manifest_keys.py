"""Keys as manifests and reports write them, and where a copy by S3 Batch Operations puts an object."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from urllib.parse import quote_from_bytes, unquote_plus

from tui.core.location import DELIMITER, Location
from tui.core.orders import BatchCopy, CopyOrder
from tui.core.problem import Problem, ProblemError, ProblemKind

LONGEST_PREFIX = 1024
"""Characters of a ``TargetKeyPrefix`` (Amazon S3 API reference, S3CopyObjectOperation)."""


NO_XML = re.compile("[\0-\x1f\ufffe\uffff]")
"""Characters that the requests to S3 Control cannot have: XML has none of these, but for line breaks and tabs, which
its readers may change."""

_SAFE = f"{string.ascii_letters}{string.digits}_.-~/".encode()
"""What of a key is not encoded (`urllib.parse.quote`)."""

_ENCODED = {code: quote_from_bytes(bytes([code])).encode() for code in range(256) if code not in _SAFE}


def encoded(keys: Sequence[str]) -> list[str]:
    """Keys as a manifest has them: URL-encoded (Amazon S3 user guide, "Specifying a manifest"), so without commas.

    All of them are encoded at once: a character that has to be is replaced in one pass over their text.
    """
    text = "\0".join(keys).encode()
    if text.count(0) != len(keys) - 1:  # a key has that character, which no server takes
        return [quote_from_bytes(key.encode()) for key in keys]
    found = set(text.translate(None, delete=_SAFE)) - {0}
    for code in sorted(found, key=lambda code: code != ord("%")):  # it begins what the others become
        text = text.replace(bytes([code]), _ENCODED[code])
    return text.decode().split("\0")


def decoded(text: str) -> str:
    """A key as a report has it. A plus sign of a key is encoded, so that one stands for a space."""
    return unquote_plus(text)


def manifest_lines(bucket: str, keys: Sequence[str], versions: Mapping[str, str] | None) -> str:
    """One line for each object; `versions` None: the manifest names none."""
    names = encoded(keys)
    if versions is None:
        return "".join([f"{bucket},{name}\n" for name in names])
    return "".join([f"{bucket},{name},{versions.get(key, '')}\n" for key, name in zip(keys, names, strict=True)])


def target_prefix(copy: CopyOrder) -> str:
    """The ``TargetKeyPrefix``; empty: none.

    S3 keeps the whole key of an object and may put a prefix and a slash before it. Raises `ProblemError` for a target
    that this does not lead to.
    """
    base, place = copy.selection.base.key, copy.destination.location.key
    name = copy.destination.name
    if name:
        base, place = copy.selection.keys[0], name
    if not place.endswith(base):
        raise _elsewhere(copy, base)
    before = place.removesuffix(base) if base else place
    if before and (not before.endswith(DELIMITER) or before == DELIMITER):
        raise _elsewhere(copy, base)
    prefix = before.removesuffix(DELIMITER)
    if NO_XML.search(prefix):
        raise _odd(copy, prefix)
    if len(prefix) > LONGEST_PREFIX or prefix.endswith(DELIMITER):
        raise _elsewhere(copy, base)
    return prefix


def target_of(operation: BatchCopy, prefix: str, key: str) -> tuple[str, str]:
    bucket = operation.destination.location.bucket
    return bucket, f"{prefix}{DELIMITER}{key}" if prefix else key


def _odd(copy: CopyOrder, prefix: str) -> ProblemError:
    title = "S3 Batch Operations cannot be given this prefix"
    cause = f"{prefix!r} has a character that requests in XML cannot have"
    remedy = "choose another target, or use the engine local"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=copy.destination.location.uri))


def _elsewhere(copy: CopyOrder, base: str) -> ProblemError:
    bucket = copy.destination.location.bucket
    title = "S3 Batch Operations keeps the whole key"
    cause = f"{base!r} can only become PREFIX/{base} or stay {base!r}" if base else "no prefix can be left out"
    remedy = f"copy to s3://{bucket}/{base} or to s3://{bucket}/PREFIX/{base}, or use the engine local"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=copy.destination.location.uri))


DIRECTORY = "--x-s3"
"""What the names of directory buckets end with."""

_ALIAS = "alias/"

_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/.+")


def bucket_arn(bucket: str, role: str) -> str:
    """The ARN of a general purpose bucket, in the partition of a job's role (``aws``, ``aws-cn``, ``aws-us-gov``)."""
    found = _ROLE.fullmatch(role)
    return f"arn:{found['partition'] if found else 'aws'}:s3:::{bucket}"


def object_arn(place: Location, role: str) -> str:
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
    return bucket.endswith(DIRECTORY)
