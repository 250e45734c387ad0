"""Checksums of what was read from a source, compared with those that its server reports."""

from __future__ import annotations

import asyncio
import hashlib
import re

from msgspec import Struct

from tui.aws.refusals import DAMAGED
from tui.core.naming import KIB
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import VerificationOutcome
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, NEWER, combined, composite, hashed, multipart_etag
from tui.stores.s3.headers import part_count
from tui.stores.store_values import PLAIN_ENCRYPTION, Checksum, CompletedPart, Digests, ObjectHead, WriteResult
from tui.transfers.copy.parts import PartLayout

THE_FILE = "the file"
"""The evidence for what is read of a disk, which compares what it reads itself."""

_MD5 = re.compile(r"[0-9a-f]{32}")
_FOLLOWING_ETAG = re.compile(r'"[0-9a-f]{32}(-[0-9]+)?"')


class SourceMatch(Struct, frozen=True):
    """Whether what was read is the source (None: no evidence), and the evidence: ``CRC64NVME``, ``ETag``."""

    same: bool | None = None
    by: str = ""


class SourceReading:
    """The parts of one source as they were read and sent, in any order.

    `algorithm` is that of the checksum which is computed of each part (empty: none), `cut` how the source was cut, and
    `part_size` how it is cut now. `faithful`: what the reader reads needs no proof.
    """

    def __init__(
        self, head: ObjectHead, algorithm: str, cut: PartLayout, part_size: int, *, faithful: bool = False
    ) -> None:
        self._head, self.algorithm, self._cut, self._part_size = head, algorithm, cut, part_size
        self._faithful = faithful
        self._parts: dict[int, tuple[int, Digests]] = {}
        self._sent: bool | None = None
        self._sent_by = set[str]()
        self._unproven = self._doubtful = False
        self._running = RunningMd5(head.size, cut.size) if self._needs_running() else None

    async def take(self, number: int, start: int, body: bytes, *, md5: bool = True) -> Digests:
        """The digests of a part that was read. Parts may come side by side, but must have begun in their order.

        `md5`: its MD5 is wanted, whether or not `needs_md5`.
        """
        md5 = md5 or self.needs_md5
        if self._running:
            digests, _ = await asyncio.gather(hashed(body, self.algorithm), self._running.take(start, body))
        else:
            digests = await hashed(body, self.algorithm, md5=md5)
        self.took(number, len(body), digests)
        return digests

    def took(self, number: int, size: int, digests: Digests) -> None:
        """A part of so many bytes was read, whose digests somebody else has computed."""
        self._parts[number] = (size, digests)

    def keep(self, part: CompletedPart, digests: Digests) -> None:
        """A part that an earlier attempt has read and sent. Called before any `take`; see `rereads`."""
        self.took(part.number, part.size, digests)
        self.sent(digests, part.etag, part.checksum)

    @property
    def needs_md5(self) -> bool:
        """Whether the MD5s of parts are needed to prove what was read; its checksum proves it where the source has one.

        That of the whole, that is: of parts it proves something only if they are the same. Where the source's ETag is
        no MD5, or that of another number of parts, MD5s prove nothing.
        """
        as_many = max(1, -(-self._head.size // self._part_size)) == max(self._head.parts, 1)
        return as_many and self._etag_is_md5() and not (self._faithful or self._is_told())

    @property
    def in_order(self) -> bool:
        """Whether the parts have to be read front to back, through memory."""
        return self._running is not None

    @property
    def rereads(self) -> bool:
        """Whether what was kept has to be read again (not sent): only the whole can be compared with the source."""
        return self._running is not None

    async def reread(self, number: int, start: int, body: bytes) -> None:
        """A part that was kept, read again in its turn. If it is not what was sent, there is no evidence for either."""
        digests, _ = await asyncio.gather(hashed(body, ""), self._follow(start, body))
        self._doubtful = self._doubtful or digests.md5 != self._parts[number][1].md5

    def sent(self, digests: Digests, etag: str, checksum: str = "") -> None:
        """What the server has answered for a part, or for all that was sent at once: is it what was read?

        The checksum that came with it, if the server names the same one (``ALGORITHM:base64``), or its MD5. One ETag
        that is not the MD5 of what was sent spoils the evidence; one that is no MD5 at all says nothing.
        """
        received = etag.strip('"').lower()
        if digests.checksum and checksum == digests.checksum.text:
            same, by = True, digests.checksum.algorithm
        elif digests.md5 and _MD5.fullmatch(received):
            same, by = received == digests.md5, "MD5"
        else:
            self._unproven = self._unproven or not digests.md5
            return
        self._sent = self._sent is not False and same
        self._sent_by.add(by)

    @property
    def checksum(self) -> Checksum | None:
        """The checksum of all that was read, where it can be had from those of the parts."""
        parts = self._in_order()
        known = [(each.checksum, size) for size, each in parts if each.checksum]
        if not self._complete() or len(known) != len(parts) or {one.algorithm for one, _ in known} != {self.algorithm}:
            return None
        if len(known) == 1:
            return known[0][0]
        return combined(known) if self.algorithm in CRC_OCTETS else None

    def relayed(self, *, reads_back: bool) -> Relayed:
        """What there is to compare the copy with; `reads_back`: the writer has compared what it wrote."""
        verdict = self.verdict()
        sent = self._sent if self._sent is False or not self._unproven else None
        by = " and ".join(sorted(self._sent_by)) or "MD5"
        return Relayed(verdict.same, verdict.by, True if reads_back else sent, self.checksum, self._etag(), by)

    def require(self, uri: str, identity: str) -> None:
        verdict = self.verdict()
        if verdict.same is False:
            raise DamagedError(_damaged(uri, identity, verdict.by))

    def verdict(self) -> SourceMatch:
        if self._faithful:
            return SourceMatch(same=True, by=THE_FILE)
        if not self._complete():
            return SourceMatch()
        return (
            self._by_checksum() or self._by_parts_checksum() or self._by_etag() or self._by_running() or SourceMatch()
        )

    def _by_checksum(self) -> SourceMatch | None:
        ours = self.checksum
        for theirs in self._head.checksums:
            if ours and theirs.full_object and theirs.algorithm == ours.algorithm:
                return SourceMatch(theirs.value == ours.value, ours.algorithm)
        return None

    def _by_parts_checksum(self) -> SourceMatch | None:
        parts = [each.checksum for _, each in self._in_order() if each.checksum]
        for theirs in self._head.checksums:
            if theirs.full_object or theirs.algorithm != self.algorithm or len(parts) != self._head.parts:
                continue
            ours = composite(parts)
            return self._of_parts(theirs.value.partition("-")[0] == ours.value.partition("-")[0], ours.algorithm)
        return None

    def _by_etag(self) -> SourceMatch | None:
        md5s = [each.md5 for _, each in self._in_order()]
        if not self._etag_is_md5() or not all(md5s) or len(md5s) != max(self._head.parts, 1):
            return None
        ours = multipart_etag(md5s) if self._head.parts else f'"{md5s[0]}"'
        return self._of_parts(ours == self._head.etag.lower(), "ETag")

    def _by_running(self) -> SourceMatch | None:
        md5s = self._running.md5s() if self._running and not self._doubtful else []
        if not md5s:
            return None
        ours = multipart_etag(md5s) if self._head.parts else f'"{md5s[0]}"'
        same = ours == self._head.etag.lower()
        return SourceMatch(same, "ETag") if same or self._cut.certain else None

    def _etag(self) -> str:
        """The ETag of what was sent at once; empty where it was in parts, or its MD5 is not known."""
        md5s = [each.md5 for _, each in self._in_order()]
        return f'"{md5s[0]}"' if self._complete() and len(md5s) == 1 and md5s[0] else ""

    def _of_parts(self, same: bool, by: str) -> SourceMatch | None:
        """A comparison of parts: what does not fit proves nothing if they may have been cut otherwise."""
        if same:
            return SourceMatch(same=True, by=by)
        certain = self._cut.certain and self._cut.like(self._part_size, self._head.size)
        return SourceMatch(same=False, by=by) if certain else None

    async def _follow(self, start: int, body: bytes) -> None:
        if self._running:
            await self._running.take(start, body)

    def _needs_running(self) -> bool:
        """Only where there is no other evidence: it hashes everything once more."""
        like = self._cut.like(self._part_size, self._head.size)
        return not (self._faithful or self._is_told() or like) and self._cut.size > 0 and self._etag_is_md5()

    def _is_told(self) -> bool:
        """Whether the source's own checksum is one of the whole, by the algorithm that is computed here."""
        return any(each.full_object and each.algorithm == self.algorithm for each in self._head.checksums)

    def _etag_is_md5(self) -> bool:
        return is_plain(self._head) and bool(_FOLLOWING_ETAG.fullmatch(self._head.etag.lower()))

    def _in_order(self) -> list[tuple[int, Digests]]:
        return [self._parts[number] for number in sorted(self._parts)]

    def _complete(self) -> bool:
        return bool(self._parts) and sum(size for size, _ in self._parts.values()) == self._head.size


class DamagedError(ProblemError):
    """What was read is not the source. Nothing of it has become an object: it may be copied again."""


def is_damage(problem: Problem) -> bool:
    """Whether a store's problem is that bytes were damaged on their way."""
    return problem.kind is ProblemKind.MISMATCH or problem.code in DAMAGED


def _damaged(uri: str, identity: str, by: str) -> Problem:
    title = "the data was damaged in transit"
    cause = f"the data read from {uri} does not match its {by}"
    remedy = "try again; check the network and the proxy"
    return Problem(ProblemKind.MISMATCH, title, cause, remedy, operation="GetObject", resource=uri, identity=identity)


def algorithm_for(head: ObjectHead, default: str, *, whole: bool, newer: bool = True) -> str:
    """The one checksum algorithm for an object, from its source to its target; empty for none.

    The source's own, if it has one that can be computed of what is read: a SHA of the whole object only when it is read
    `whole`, a SHA of parts only when it is not. Those of 2026 only `whole`, and only if the target knows `newer` ones.
    Else the target's `default`.
    """
    for each in sorted(head.checksums, key=lambda checksum: not checksum.full_object):
        if each.algorithm in CRC_OCTETS:
            return each.algorithm
        if each.algorithm in NEWER and not (whole and newer):
            continue
        if each.algorithm in ALGORITHMS and each.full_object is whole:
            return each.algorithm
    return default


_WORTH_A_THREAD = 256 * KIB


class RunningMd5:
    """Hashes an object of `size` bytes front to back, one MD5 for each `part_size` bytes.

    The bodies may come in any order, but each waits for those before it: they must all be under way already.
    """

    def __init__(self, size: int, part_size: int) -> None:
        self._size, self._part_size = size, part_size
        self._at = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._done: list[str] = []
        self._moved = asyncio.Condition()

    async def take(self, start: int, body: bytes) -> None:
        """Hash a body once everything before it has been. One that was there before is passed over."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._at >= start)
            if self._at > start:
                return
            if len(body) < _WORTH_A_THREAD:
                self._hash(body)
            else:
                await asyncio.to_thread(self._hash, body)
            self._moved.notify_all()

    def md5s(self) -> list[str]:
        """The hexadecimal MD5 of each part, in order; none before the end was reached."""
        return self._done if self._at == self._size else []

    def _hash(self, body: bytes) -> None:
        view = memoryview(body)
        while len(view):
            left = self._part_size - self._at % self._part_size
            piece, view = view[:left], view[left:]
            self._md5.update(piece)
            self._at += len(piece)
            if len(piece) == left or self._at == self._size:
                self._done.append(self._md5.hexdigest())
                self._md5 = hashlib.md5(usedforsecurity=False)


_MD5_ETAG = re.compile(r'"?[0-9a-fA-F]{32}"?')


class VerificationResult(Struct, frozen=True):
    """The verdict and what it rests on: ``CRC64NVME``, ``ETag``, ``MD5 of each part``, ``size only``."""

    verification: VerificationOutcome
    evidence: str


class Relayed(Struct, frozen=True):
    """The evidence of a relay about the bytes it moved.

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


UNSEEN = VerificationResult(VerificationOutcome.UNKNOWN, "the copy cannot be read back")


def compare(source: ObjectHead, copy: ObjectHead, *, relayed: Relayed | None = None) -> VerificationResult:
    """Compare a copy with its source. Never SAME on size alone, nor because all that was sent has arrived.

    `relayed` is for the object that a relay has written, if that is the one that was read back.
    """
    if source.size != copy.size:
        return VerificationResult(VerificationOutcome.DIFFERS, f"size {copy.size:,} instead of {source.size:,}")
    by_both = _by_checksum(source, copy) or _by_etag(source, copy) or _by_parts_checksum(source, copy)
    return by_both or _by_relay(copy, relayed) or _by_size(source)


def as_answered(source: ObjectHead, stored: WriteResult) -> ObjectHead:
    """The copy of a source as the answer to its write describes it, of the size that `compare_answered` proves."""
    encryption, parts = stored.encryption, part_count(stored.etag)
    return ObjectHead(source.size, stored.etag, encryption=encryption, checksums=stored.checksums, parts=parts)


def compare_answered(source: ObjectHead, answered: ObjectHead, relayed: Relayed | None) -> VerificationResult | None:
    """What the answer to a write proves by itself, in the words of `compare`; None: the copy has to be looked at.

    A checksum or an ETag of the copy is the source's, or that of everything a relay has sent, whose reading is proven:
    both stand for the size, too. An answer that proves nothing, or speaks against the copy, has not the last word.
    """
    ours = relayed and (relayed.etag == answered.etag != "" or relayed.checksum in answered.checksums)
    compared = compare(source, answered, relayed=relayed if ours else None)
    return compared if compared.verification is VerificationOutcome.SAME else None


def compare_unseen(relayed: Relayed | None) -> VerificationResult:
    if relayed and relayed.sent and relayed.read:
        return VerificationResult(VerificationOutcome.SAME, _both(relayed, relayed.sent_by))
    return UNSEEN


def mismatch(compared: VerificationResult, source: str, target: str) -> Problem:
    """The problem of a copy that differs; `source` and `target` are URIs."""
    title = "the copy differs from its source"
    cause = f"{compared.evidence}; source {source}"
    return Problem(ProblemKind.MISMATCH, title, cause, "do not use the copy: delete it and copy again", resource=target)


def _by_checksum(source: ObjectHead, copy: ObjectHead) -> VerificationResult | None:
    theirs = {each.algorithm: each.value for each in copy.checksums if each.full_object}
    for ours in source.checksums:
        if ours.full_object and ours.algorithm in theirs:
            same = ours.value == theirs[ours.algorithm]
            return VerificationResult(VerificationOutcome.SAME if same else VerificationOutcome.DIFFERS, ours.algorithm)
    return None


def _by_parts_checksum(source: ObjectHead, copy: ObjectHead) -> VerificationResult | None:
    """Checksums of parts are equal only for the same content in the same parts; other parts give other ones."""
    theirs = {each.algorithm: each.value for each in copy.checksums if not each.full_object}
    for ours in source.checksums:
        if not ours.full_object and theirs.get(ours.algorithm) == ours.value:
            return VerificationResult(VerificationOutcome.SAME, f"{ours.algorithm} of the same parts")
    return None


def _by_etag(source: ObjectHead, copy: ObjectHead) -> VerificationResult | None:
    if is_content_md5(copy) and _bare(source.etag) == _bare(copy.etag):
        # however the source is encrypted: no other ETag is this MD5
        return VerificationResult(VerificationOutcome.SAME, "ETag")
    if is_content_md5(source) and is_content_md5(copy):
        return VerificationResult(VerificationOutcome.DIFFERS, "ETag")
    if is_plain(source) and is_plain(copy) and source.parts and _bare(source.etag) == _bare(copy.etag):
        return VerificationResult(VerificationOutcome.SAME, "ETag of the same parts")
    return None  # other part sizes give other ETags for the same content


def _by_relay(copy: ObjectHead, relayed: Relayed | None) -> VerificationResult | None:
    """What was read is the source, and what was read has arrived: each of the two needs its own evidence."""
    if relayed is None:
        return None
    arrived, by = _arrived(copy, relayed)
    if arrived is None:
        return None
    if not arrived:
        return VerificationResult(VerificationOutcome.DIFFERS, f"{by} of the upload")
    if relayed.read is None:
        return VerificationResult(
            VerificationOutcome.UNKNOWN, f"{by} of the upload only: the source has no checksum to compare"
        )
    return VerificationResult(
        VerificationOutcome.SAME if relayed.read else VerificationOutcome.DIFFERS, _both(relayed, by)
    )


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


def _by_size(source: ObjectHead) -> VerificationResult:
    """Never the same by that; a checksum that the source has, and nothing here can compute, is named."""
    unread = [each.algorithm for each in source.checksums if each.algorithm not in ALGORITHMS]
    why = f": its {' and '.join(unread)} cannot be computed by xs3-tui" if unread else ""
    return VerificationResult(VerificationOutcome.UNKNOWN, f"size only{why}")


def is_content_md5(head: ObjectHead) -> bool:
    """Whether the ETag is the MD5 of the content: a single part, and no encryption with a key of KMS or the user's."""
    return not head.parts and is_plain(head) and bool(_MD5_ETAG.fullmatch(head.etag))


def is_plain(head: ObjectHead) -> bool:
    """Whether it is encrypted, if at all, in a way that leaves the ETag an MD5 (S3 API Reference, "ETag")."""
    return head.encryption in PLAIN_ENCRYPTION and not head.listed


def _bare(etag: str) -> str:
    return etag.strip('"').lower()
