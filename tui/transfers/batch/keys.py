"""Keys as manifests and reports write them, and where a copy by S3 Batch Operations puts an object."""

from __future__ import annotations

from urllib.parse import quote, unquote_plus

from tui.model.location import DELIMITER
from tui.model.orders import BatchCopy, CopyOrder
from tui.model.problem import Problem, ProblemError, ProblemKind

LONGEST_PREFIX = 1024
"""Characters of a ``TargetKeyPrefix`` (Amazon S3 API reference, S3CopyObjectOperation)."""


def encoded(key: str) -> str:
    """A key as a manifest has it: URL-encoded (Amazon S3 user guide, "Specifying a manifest"), so without commas."""
    return quote(key)


def decoded(text: str) -> str:
    """A key as a report has it. A plus sign of a key is encoded, so that one stands for a space."""
    return unquote_plus(text)


def manifest_line(bucket: str, key: str, version: str = "") -> str:
    """One object, with the version of those whose manifest names versions."""
    return f"{bucket},{encoded(key)},{version}\n" if version else f"{bucket},{encoded(key)}\n"


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
    if len(prefix) > LONGEST_PREFIX or prefix.endswith(DELIMITER):
        raise _elsewhere(copy, base)
    return prefix


def target_of(operation: BatchCopy, prefix: str, key: str) -> tuple[str, str]:
    """Bucket and key of the copy of a key."""
    bucket = operation.destination.location.bucket
    return bucket, f"{prefix}{DELIMITER}{key}" if prefix else key


def _elsewhere(copy: CopyOrder, base: str) -> ProblemError:
    bucket = copy.destination.location.bucket
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title="S3 Batch Operations keep the whole key",
            cause=f"{base!r} can only become PREFIX/{base} or stay {base!r}" if base else "no prefix can be left out",
            remedy=f"copy to s3://{bucket}/{base} or to s3://{bucket}/PREFIX/{base}, or use the engine local",
            resource=copy.destination.location.uri,
        )
    )
