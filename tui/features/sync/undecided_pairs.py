"""Decides by requests what listings leave open: encryption, parts, checksums and content of objects."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import CompareMode
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import VerificationOutcome
from tui.features.sync.values import ComparedRow, ComparedSide, ComparisonEvidence, ComparisonState
from tui.stores.base import Store
from tui.stores.local.files import moments_of
from tui.stores.store_values import PLAIN_ENCRYPTION, ObjectHead
from tui.transfers.copy.checksums import compare
from tui.transfers.copy.expected_digest import RunningDigest, expected_of
from tui.transfers.copy.parts import cut_of
from tui.transfers.local_disk import is_disk
from tui.transfers.tasks import in_batches, together

CHUNK = 8 * MIB
"""Bytes of one read."""

ReadableContent = ObjectHead | ComparedSide
"""What reading needs of an object: size and ETag."""

READ_UNASKED = 8 * MIB
"""Bytes. Files up to this size are read if times decide nothing. Larger objects mostly have parts."""

READ_UNASKED_OF_PARTS = 256 * MIB
"""The same for a file beside an object with parts: such a file is read in about a second."""

_UNASKED = (ProblemKind.INVALID, ProblemKind.UNSUPPORTED, ProblemKind.ARCHIVED)
"""Refusals that do not fail a comparison that was not asked to read objects."""

_GONE = (ProblemKind.NO_SUCH_KEY, ProblemKind.CHANGED)


@dataclass(frozen=True, slots=True)
class PlaceStore:
    """One of the two locations and its store."""

    store: Store
    location: Location

    def key(self, name: str) -> str:
        """The whole key of a name. A single object has its own key."""
        return self.location.key + name if self.location.is_prefix else self.location.key

    async def head(self, name: str) -> ObjectHead:
        return await self.store.head(self.location.bucket, self.key(name))

    async def part_size(self, name: str, etag: str) -> int:
        """The size of the first part; 0 if unknown."""
        return await self.store.part_size(self.location.bucket, self.key(name), etag=etag)

    async def read(self, name: str, head: ReadableContent, start: int) -> bytes:
        """The next bytes of the object, at most `CHUNK`."""
        length = min(CHUNK, head.size - start)
        return await self.store.read(self.location.bucket, self.key(name), etag=head.etag, start=start, length=length)


class Settler:
    """Checks the objects of a comparison for which listings prove nothing."""

    def __init__(self, left: PlaceStore, right: PlaceStore, judge: Judge) -> None:
        self._left, self._right, self._judge = left, right, judge
        self._checksum = judge.by is CompareMode.CHECKSUM
        self._keyed = False
        """Whether an object has an ETag that looks like an MD5 but is none."""
        self._encryption_seen = not judge.etags

    async def settle(self, rows: Sequence[ComparedRow]) -> list[ComparedRow]:
        """The same rows, with more of them decided. Raises `ProblemError`."""
        known = list(rows)
        if self._judge.by.trusts:
            return known
        listed, size, differs = ComparisonEvidence.LISTED, ComparisonEvidence.SIZE, ComparisonState.DIFFERS
        of_one_size = [
            at
            for at, row in enumerate(known)
            if row.evidence is not listed and (row.evidence is not size or row.state is not differs)
        ]
        if not self._encryption_seen and (
            doubted := next(filter(_rests_on_md5, (known[at] for at in of_one_size)), None)
        ):
            await self._look_at_encryption(doubted)
        for at in of_one_size if not self._judge.etags else ():
            row = known[at]
            if _rests_on_md5(row) and row.left and row.right:
                known[at] = self._judge.judge(row.name, row.left, row.right)
        open_rows = [at for at in of_one_size if self._is_open(known[at])]
        settled = await in_batches(lambda at: self._settle(known[at]), open_rows)
        for at, row in zip(open_rows, settled, strict=True):
            known[at] = row
        return known

    async def _look_at_encryption(self, row: ComparedRow) -> None:
        """Find out whether ETags are MD5s here, from the first pair for which it matters."""
        self._encryption_seen = True
        try:
            left, right = await together(self._left.head(row.name), self._right.head(row.name))
        except ProblemError:
            return  # access is denied: take the ETags for MD5s
        self._judge.etags = left.encryption in PLAIN_ENCRYPTION and right.encryption in PLAIN_ENCRYPTION

    def _is_open(self, row: ComparedRow) -> bool:
        if row.left is None or row.right is None or row.left.size != row.right.size or not row.left.size:
            return False
        if self._checksum:
            return (
                row.evidence not in (ComparisonEvidence.SIZE, ComparisonEvidence.ETAG)
                or row.state is not ComparisonState.SAME
            )
        if row.is_of_one_second or self._is_cheap(row, row.left, row.right):
            return True
        return row.state is ComparisonState.UNKNOWN and self._is_worth_a_request(row.left, row.right)

    def _is_worth_a_request(self, left: ComparedSide, right: ComparedSide) -> bool:
        """Whether one has parts: such objects are large, and S3 mostly stores a checksum of the whole object."""
        if not part_count(left.etag) and not part_count(right.etag):
            return False
        disk = is_disk(self._left.store) or is_disk(self._right.store)
        return not disk or left.size <= READ_UNASKED_OF_PARTS

    def _is_cheap(self, row: ComparedRow, left: ComparedSide, right: ComparedSide) -> bool:
        """Whether reading a small file decides: if it equals the object, no request is needed."""
        if row.state is not ComparisonState.UNKNOWN or self._keyed or left.size > READ_UNASKED:
            return False
        return (is_disk(self._left.store) and looks_like_md5(right.etag)) or (
            is_disk(self._right.store) and looks_like_md5(left.etag)
        )

    async def _settle(self, row: ComparedRow) -> ComparedRow:
        try:
            if self._checksum:
                left, right = await self._heads(row)
                if said := await self._by_kept_checksums(row, left, right):
                    return said  # without stored checksums, read both
                return _said(row, ComparisonEvidence.CONTENT, same=await self._same_content(row.name, left, right))
            if _same_part_count(row) and (row := await self._by_parts(row)).state is not ComparisonState.UNKNOWN:
                return row
            if row.left and row.right and self._is_worth_a_request(row.left, row.right):
                return await self._by_kept_checksums(row, *await self._heads(row)) or row
            return await self._by_md5(row)
        except ProblemError as error:
            if error.problem.kind in _GONE:
                return row  # changed since it was listed
            if not self._checksum and error.problem.kind in _UNASKED:
                return row  # S3 denies HeadObject without the customer-provided key
            if error.problem.kind is ProblemKind.DENIED or row.state is not ComparisonState.UNKNOWN:
                return row
            raise

    async def _by_parts(self, row: ComparedRow) -> ComparedRow:
        """Different ETags of equal parts prove different contents."""
        assert row.left
        assert row.right
        sizes = await together(
            self._left.part_size(row.name, row.left.etag), self._right.part_size(row.name, row.right.etag)
        )
        if sizes[0] and sizes[0] == sizes[1]:
            return replace(row, state=ComparisonState.DIFFERS, evidence=ComparisonEvidence.ETAG)
        return row

    async def _by_md5(self, row: ComparedRow) -> ComparedRow:
        """Compare the MD5 of a file with an object's ETag; request the object only if they differ.

        Two files are both read, because that costs no transfer.
        """
        assert row.left
        assert row.right
        if is_disk(self._left.store) and is_disk(self._right.store):
            return _said(row, ComparisonEvidence.CONTENT, same=await self._same_content(row.name, row.left, row.right))
        file, here, remote, there = self._left, row.left, self._right, row.right
        if not is_disk(file.store):
            file, here, remote, there = remote, there, file, here
        if not looks_like_md5(there.etag) or (self._keyed and not row.is_of_one_second):
            return row
        if await self._md5(file, row.name, here) == there.etag.strip('"').lower():
            return _said(row, ComparisonEvidence.CHECKSUM, same=True)
        head = await remote.head(row.name)
        if head.etag != there.etag:
            return row
        if head.encryption not in PLAIN_ENCRYPTION:
            self._keyed = True
            return row
        return _said(row, ComparisonEvidence.CHECKSUM, same=False)

    async def _heads(self, row: ComparedRow) -> tuple[ObjectHead, ObjectHead]:
        left, right = await together(self._left.head(row.name), self._right.head(row.name))
        return left, right

    async def _by_kept_checksums(self, row: ComparedRow, left: ObjectHead, right: ObjectHead) -> ComparedRow | None:
        """By stored checksums and ETags, or by those of an object and the content of a file; None: no proof."""
        compared = compare(left, right)
        if compared.verification is not VerificationOutcome.UNKNOWN:
            evidence = ComparisonEvidence.ETAG if compared.evidence.startswith("ETag") else ComparisonEvidence.CHECKSUM
            return _said(row, evidence, same=compared.verification is VerificationOutcome.SAME)
        for file, side, other, remote in (
            (self._left, left, self._right, right),
            (self._right, right, self._left, left),
        ):
            if is_disk(file.store) and not is_disk(other.store):
                fits = await self._fits(file, other, row.name, side, remote)
                if fits is not None:
                    return _said(row, ComparisonEvidence.CHECKSUM, same=fits)
        return None

    async def _fits(
        self, file: PlaceStore, other: PlaceStore, name: str, head: ObjectHead, remote: ObjectHead
    ) -> bool | None:
        """Whether a file has the digest that S3 stores for the object or its parts; None: S3 stores none."""
        expected = expected_of(remote, cut_of(remote))
        if expected is None and remote.parts > 1:
            expected = expected_of(remote, cut_of(remote, await other.part_size(name, remote.etag)))
        if expected is None:
            return None
        digest = RunningDigest(expected)
        for start in range(0, head.size, CHUNK):
            await asyncio.to_thread(digest.take, await file.read(name, head, start))
        return True if digest.fits() else (False if expected.final else None)

    async def _md5(self, side: PlaceStore, name: str, head: ReadableContent) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for start in range(0, head.size, CHUNK):
            await asyncio.to_thread(digest.update, await side.read(name, head, start))
        return digest.hexdigest()

    async def _same_content(self, name: str, left: ReadableContent, right: ReadableContent) -> bool:
        """Read both until the first difference."""
        for start in range(0, left.size, CHUNK):
            mine, theirs = await together(self._left.read(name, left, start), self._right.read(name, right, start))
            if mine != theirs:
                return False
        return True


def _rests_on_md5(row: ComparedRow) -> bool:
    return row.state is ComparisonState.DIFFERS and row.evidence is ComparisonEvidence.ETAG


def _same_part_count(row: ComparedRow) -> bool:
    if not row.left or not row.right:
        return False
    return part_count(row.left.etag) == part_count(row.right.etag) > 0


def _said(row: ComparedRow, evidence: ComparisonEvidence, *, same: bool) -> ComparedRow:
    return replace(row, state=ComparisonState.SAME if same else ComparisonState.DIFFERS, evidence=evidence)


_SECOND = 1_000_000_000

_SETTLED = 2 * _SECOND
"""A file may get the time of its content this long after the second of that time: the second itself, and one more
because clocks differ."""

_FLOAT = 1000
"""The precision of copied times in ns, because they are floats of seconds."""

_MD5 = re.compile(r'"?[0-9a-f]{32}"?', re.IGNORECASE)
_PARTS = re.compile(r'"?[0-9a-f]{32}-(\d+)"?', re.IGNORECASE)


@dataclass(slots=True)
class Judge:
    """Judges names that are at both locations.

    `etags`: in both locations, an ETag that looks like an MD5 is one. This is so in S3, except for objects encrypted
    with KMS or customer-provided keys (S3 API Reference, "ETag"), and never on a local disk. `times`: equal times are
    evidence, because one location is a local disk, whose files get the times of the objects they were copied from; see
    `times_prove`. `by`: what decides about equal sizes.
    """

    etags: bool = True
    times: bool = False
    by: CompareMode = CompareMode.AUTO

    def judge(self, name: str, left: ComparedSide, right: ComparedSide) -> ComparedRow:
        """Compare the two sides. Equal ETags prove equal content, in any form."""
        state, evidence = self._judged(left, right)
        return ComparedRow(name, state, evidence, left, right)

    def judge_all(
        self, names: Iterable[str], lefts: Iterable[ComparedSide], rights: Iterable[ComparedSide]
    ) -> list[ComparedRow]:
        differs, size, judge = ComparisonState.DIFFERS, ComparisonEvidence.SIZE, self.judge
        return [
            ComparedRow(name, differs, size, left, right) if left.size != right.size else judge(name, left, right)
            for name, left, right in zip(names, lefts, rights, strict=True)
        ]

    def _judged(self, left: ComparedSide, right: ComparedSide) -> tuple[ComparisonState, ComparisonEvidence]:
        if left.size != right.size:
            return ComparisonState.DIFFERS, ComparisonEvidence.SIZE
        if left.etag and left.etag == right.etag:
            return ComparisonState.SAME, ComparisonEvidence.ETAG
        if not left.size:
            return ComparisonState.SAME, ComparisonEvidence.SIZE
        if self.by is CompareMode.SIZE:
            return ComparisonState.SAME, ComparisonEvidence.SIZE_ONLY
        if self.by is CompareMode.TIME:
            newer = left.modified > right.modified
            return ComparisonState.DIFFERS if newer else ComparisonState.SAME, ComparisonEvidence.SIZE_TIME
        if self.etags and looks_like_md5(left.etag) and looks_like_md5(right.etag):
            return ComparisonState.DIFFERS, ComparisonEvidence.ETAG
        if left.modified != right.modified:
            return ComparisonState.UNKNOWN, ComparisonEvidence.TIME
        if self.times and times_prove(left, right):
            return ComparisonState.SAME, ComparisonEvidence.TIME
        return ComparisonState.UNKNOWN, ComparisonEvidence.TIME if self.times else ComparisonEvidence.SIZE


def times_prove(left: ComparedSide, right: ComparedSide) -> bool:
    """Whether two times in the same second, one of them of a file, prove equal content.

    A download gives its file the time of the object, which is a whole second (S3 API Reference, "Object": LastModified
    in listings). A file whose time has a fraction was written in that second, before its upload or after it. A file
    whose status changed in that second, or just after it, may have been downloaded before the object was replaced.
    Copies on a disk keep the fraction.
    """
    files = [moments for side in (left, right) if (moments := moments_of(side.etag))]
    written = [file[0] for file in files] if len(files) > 1 else [files[0][0], left.modified * _SECOND] if files else []
    if not written or abs(written[0] - written[1]) > (_FLOAT if len(files) > 1 else 0):
        return False
    return bool(written[0] % _SECOND) or all(changed - moment >= _SETTLED for moment, changed in files)


def looks_like_md5(etag: str) -> bool:
    """Whether it has the form of an MD5 of content in one part."""
    return _MD5.fullmatch(etag) is not None


def part_count(etag: str) -> int:
    """The number of parts in the ETag; 0 without parts."""
    found = _PARTS.fullmatch(etag)
    return int(found[1]) if found else 0
