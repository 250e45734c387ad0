"""Whether a copy is what its source is: a comparison of what S3 says about both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Verification
from tui.stores.base import PLAIN_ENCRYPTION, Checksum, ObjectHead

_MD5 = re.compile(r'"?[0-9a-fA-F]{32}"?')
_SENT = "MD5"


@dataclass(frozen=True, slots=True)
class Compared:
    """The verdict and what it rests on: ``CRC64NVME``, ``ETag``, ``MD5 of each part``, ``size only``."""

    verification: Verification
    evidence: str


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a relay knows of the bytes it moved.

    `read`: whether what it read is the source, by `read_by`; None if nothing tells. `sent`: whether the server's ETag
    of everything it received is the MD5 of what was read; None if it says nothing. `checksum` of all that was read.
    """

    read: bool | None = None
    read_by: str = ""
    sent: bool | None = None
    checksum: Checksum | None = None


UNSEEN = Compared(Verification.UNKNOWN, "the copy cannot be read back")


def compare(source: ObjectHead, copy: ObjectHead, *, relayed: Relayed | None = None) -> Compared:
    """Compare a copy with its source. Never SAME on size alone, nor because all that was sent has arrived.

    `relayed` is for the object that a relay has written, if that is the one that was read back.
    """
    if source.size != copy.size:
        return Compared(Verification.DIFFERS, f"size {copy.size:,} instead of {source.size:,}")
    return _by_checksum(source, copy) or _by_etag(source, copy) or _by_relay(copy, relayed) or _by_size()


def compare_unseen(relayed: Relayed | None) -> Compared:
    """What can be said of a copy that cannot be read back."""
    if relayed and relayed.sent and relayed.read:
        return Compared(Verification.SAME, _both(relayed, _SENT))
    return UNSEEN


def mismatch(compared: Compared, source: str, target: str) -> Problem:
    """The problem of a copy that differs; `source` and `target` are URIs."""
    return Problem(
        kind=ProblemKind.MISMATCH,
        title="the copy differs from its source",
        cause=f"{compared.evidence}; source {source}",
        remedy="do not use the copy; delete it and copy again",
        resource=target,
    )


def _by_checksum(source: ObjectHead, copy: ObjectHead) -> Compared | None:
    theirs = {each.algorithm: each.value for each in copy.checksums if each.full_object}
    for ours in source.checksums:
        if ours.full_object and ours.algorithm in theirs:
            same = ours.value == theirs[ours.algorithm]
            return Compared(Verification.SAME if same else Verification.DIFFERS, ours.algorithm)
    return None


def _by_etag(source: ObjectHead, copy: ObjectHead) -> Compared | None:
    if is_content_md5(source) and is_content_md5(copy):
        same = _bare(source.etag) == _bare(copy.etag)
        return Compared(Verification.SAME if same else Verification.DIFFERS, "ETag")
    if is_plain(source) and is_plain(copy) and source.parts and _bare(source.etag) == _bare(copy.etag):
        return Compared(Verification.SAME, "ETag of the same parts")
    return None  # other part sizes give other ETags for the same content


def _by_relay(copy: ObjectHead, relayed: Relayed | None) -> Compared | None:
    """What was read is the source, and what was read has arrived: each of the two needs its own evidence."""
    if relayed is None:
        return None
    arrived, by = _arrived(copy, relayed)
    if arrived is None:
        return None
    if not arrived:
        return Compared(Verification.DIFFERS, f"{by} of what was sent")
    if relayed.read is None:
        return Compared(Verification.UNKNOWN, f"{by} of what was sent; nothing of the source to compare it with")
    return Compared(Verification.SAME if relayed.read else Verification.DIFFERS, _both(relayed, by))


def _arrived(copy: ObjectHead, relayed: Relayed) -> tuple[bool | None, str]:
    ours = relayed.checksum
    for theirs in copy.checksums:
        if ours and theirs.full_object and theirs.algorithm == ours.algorithm:
            return theirs.value == ours.value, ours.algorithm
    if relayed.sent is False and not is_plain(copy):
        return None, ""
    return relayed.sent, _SENT


def _both(relayed: Relayed, by: str) -> str:
    return f"{relayed.read_by} when read, {by} when written"


def _by_size() -> Compared:
    return Compared(Verification.UNKNOWN, "size only")


def is_content_md5(head: ObjectHead) -> bool:
    """Whether the ETag is the MD5 of the content: a single part, and no encryption with a key of KMS or the user's."""
    return not head.parts and is_plain(head) and bool(_MD5.fullmatch(head.etag))


def is_plain(head: ObjectHead) -> bool:
    """Whether it is encrypted, if at all, in a way that leaves the ETag an MD5 (S3 API Reference, "ETag")."""
    return head.encryption in PLAIN_ENCRYPTION


def _bare(etag: str) -> str:
    return etag.strip('"').lower()
