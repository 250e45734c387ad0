"""Whether a copy is what its source is: a comparison of what S3 says about both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Verification
from tui.stores.base import ObjectHead

_MD5 = re.compile(r'"?[0-9a-fA-F]{32}"?')
_PLAIN_ENCRYPTION = ("", "AES256")
"""With these, and these only, the ETag of a single-part object is the MD5 of its content (S3 API, "ETag")."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The verdict and what it rests on: ``CRC64NVME``, ``ETag``, ``MD5 of each part``, ``size only``."""

    verification: Verification
    evidence: str


UNSEEN = Compared(Verification.UNKNOWN, "the copy cannot be read back")


def compare(source: ObjectHead, copy: ObjectHead, *, sent_md5: bool | None = None) -> Compared:
    """Compare a copy with its source. Never SAME on size alone.

    `sent_md5` says, for a relay, whether the server's ETag of everything it received was the MD5 of what was read
    from the pinned source; None when there is no such evidence.
    """
    if source.size != copy.size:
        return Compared(Verification.DIFFERS, f"size {copy.size:,} instead of {source.size:,}")
    return _by_checksum(source, copy) or _by_etag(source, copy) or _by_sent_md5(copy, sent_md5) or _by_size()


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
    both_plain = source.encryption in _PLAIN_ENCRYPTION and copy.encryption in _PLAIN_ENCRYPTION
    if both_plain and source.parts and _bare(source.etag) == _bare(copy.etag):
        return Compared(Verification.SAME, "ETag of the same parts")
    return None  # other part sizes give other ETags for the same content


def _by_sent_md5(copy: ObjectHead, sent_md5: bool | None) -> Compared | None:
    if sent_md5 is None or (not sent_md5 and copy.encryption not in _PLAIN_ENCRYPTION):
        return None
    return Compared(Verification.SAME if sent_md5 else Verification.DIFFERS, "MD5 of what was sent")


def _by_size() -> Compared:
    return Compared(Verification.UNKNOWN, "size only")


def is_content_md5(head: ObjectHead) -> bool:
    """Whether the ETag is the MD5 of the content: a single part, and no encryption with a key of KMS or the user's."""
    return not head.parts and head.encryption in _PLAIN_ENCRYPTION and bool(_MD5.fullmatch(head.etag))


def _bare(etag: str) -> str:
    return etag.strip('"').lower()
