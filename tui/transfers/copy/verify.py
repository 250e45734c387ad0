"""Whether a copy is what its source is: a comparison of what S3 says about both."""

from __future__ import annotations

import re

from msgspec import Struct

from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Verification
from tui.stores.digests import ALGORITHMS
from tui.stores.s3.headers import part_count
from tui.stores.store_values import PLAIN_ENCRYPTION, Checksum, ObjectHead, Stored

_MD5 = re.compile(r'"?[0-9a-fA-F]{32}"?')


class Compared(Struct, frozen=True):
    """The verdict and what it rests on: ``CRC64NVME``, ``ETag``, ``MD5 of each part``, ``size only``."""

    verification: Verification
    evidence: str


class Relayed(Struct, frozen=True):
    """What a relay knows of the bytes it moved.

    `read`: whether what it read is the source, by `read_by`; None if there is no evidence. `sent`: whether the server's
    ETag of everything it received is the MD5 of what was read; None if the ETag is no MD5. `checksum` of all that was
    read, `etag` the MD5 of what was sent at once, as an ETag; empty: it was not. `sent_by`: what `sent` rests on.
    """

    read: bool | None = None
    read_by: str = ""
    sent: bool | None = None
    checksum: Checksum | None = None
    etag: str = ""
    sent_by: str = "MD5"


UNSEEN = Compared(Verification.UNKNOWN, "the copy cannot be read back")


def compare(source: ObjectHead, copy: ObjectHead, *, relayed: Relayed | None = None) -> Compared:
    """Compare a copy with its source. Never SAME on size alone, nor because all that was sent has arrived.

    `relayed` is for the object that a relay has written, if that is the one that was read back.
    """
    if source.size != copy.size:
        return Compared(Verification.DIFFERS, f"size {copy.size:,} instead of {source.size:,}")
    by_both = _by_checksum(source, copy) or _by_etag(source, copy) or _by_parts_checksum(source, copy)
    return by_both or _by_relay(copy, relayed) or _by_size(source)


def as_answered(source: ObjectHead, stored: Stored) -> ObjectHead:
    """The copy of a source as the answer to its write describes it, of the size that `compare_answered` proves."""
    return ObjectHead(
        source.size,
        stored.etag,
        0.0,
        {},
        {},
        encryption=stored.encryption,
        checksums=stored.checksums,
        parts=part_count(stored.etag),
    )


def compare_answered(source: ObjectHead, answered: ObjectHead, relayed: Relayed | None) -> Compared | None:
    """What the answer to a write proves by itself, in the words of `compare`; None: the copy has to be looked at.

    A checksum or an ETag of the copy is the source's, or that of everything a relay has sent, whose reading is proven:
    both stand for the size, too. An answer that proves nothing, or speaks against the copy, has not the last word.
    """
    ours = relayed and (relayed.etag == answered.etag != "" or relayed.checksum in answered.checksums)
    compared = compare(source, answered, relayed=relayed if ours else None)
    return compared if compared.verification is Verification.SAME else None


def compare_unseen(relayed: Relayed | None) -> Compared:
    """The verdict on a copy that cannot be read back."""
    if relayed and relayed.sent and relayed.read:
        return Compared(Verification.SAME, _both(relayed, relayed.sent_by))
    return UNSEEN


def mismatch(compared: Compared, source: str, target: str) -> Problem:
    """The problem of a copy that differs; `source` and `target` are URIs."""
    return Problem(
        kind=ProblemKind.MISMATCH,
        title="the copy differs from its source",
        cause=f"{compared.evidence}; source {source}",
        remedy="do not use the copy: delete it and copy again",
        resource=target,
    )


def _by_checksum(source: ObjectHead, copy: ObjectHead) -> Compared | None:
    theirs = {each.algorithm: each.value for each in copy.checksums if each.full_object}
    for ours in source.checksums:
        if ours.full_object and ours.algorithm in theirs:
            same = ours.value == theirs[ours.algorithm]
            return Compared(Verification.SAME if same else Verification.DIFFERS, ours.algorithm)
    return None


def _by_parts_checksum(source: ObjectHead, copy: ObjectHead) -> Compared | None:
    """Checksums of parts are equal only for the same content in the same parts; other parts give other ones."""
    theirs = {each.algorithm: each.value for each in copy.checksums if not each.full_object}
    for ours in source.checksums:
        if not ours.full_object and theirs.get(ours.algorithm) == ours.value:
            return Compared(Verification.SAME, f"{ours.algorithm} of the same parts")
    return None


def _by_etag(source: ObjectHead, copy: ObjectHead) -> Compared | None:
    if is_content_md5(copy) and _bare(source.etag) == _bare(copy.etag):
        return Compared(Verification.SAME, "ETag")  # however the source is encrypted: no other ETag is this MD5
    if is_content_md5(source) and is_content_md5(copy):
        return Compared(Verification.DIFFERS, "ETag")
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
        return Compared(Verification.DIFFERS, f"{by} of the upload")
    if relayed.read is None:
        return Compared(Verification.UNKNOWN, f"{by} of the upload only: the source has no checksum to compare")
    return Compared(Verification.SAME if relayed.read else Verification.DIFFERS, _both(relayed, by))


def _arrived(copy: ObjectHead, relayed: Relayed) -> tuple[bool | None, str]:
    ours = relayed.checksum
    for theirs in copy.checksums:
        if ours and theirs.full_object and theirs.algorithm == ours.algorithm:
            return theirs.value == ours.value, ours.algorithm
    if relayed.sent is False and not is_plain(copy):
        return None, ""
    return relayed.sent, relayed.sent_by


def _both(relayed: Relayed, by: str) -> str:
    return f"{relayed.read_by} on read, {by} on write"


def _by_size(source: ObjectHead) -> Compared:
    """Never the same by that; a checksum that the source has, and nothing here can compute, is named."""
    unread = [each.algorithm for each in source.checksums if each.algorithm not in ALGORITHMS]
    why = f": its {' and '.join(unread)} cannot be computed by xs3-tui" if unread else ""
    return Compared(Verification.UNKNOWN, f"size only{why}")


def is_content_md5(head: ObjectHead) -> bool:
    """Whether the ETag is the MD5 of the content: a single part, and no encryption with a key of KMS or the user's."""
    return not head.parts and is_plain(head) and bool(_MD5.fullmatch(head.etag))


def is_plain(head: ObjectHead) -> bool:
    """Whether it is encrypted, if at all, in a way that leaves the ETag an MD5 (S3 API Reference, "ETag")."""
    return head.encryption in PLAIN_ENCRYPTION


def _bare(etag: str) -> str:
    return etag.strip('"').lower()
