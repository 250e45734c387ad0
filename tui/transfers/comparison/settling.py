"""What lists leave open, settled by requests: how objects are encrypted and cut, checksums, and their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tui.model.comparing.comparison import ComparedRow, ComparedSide, ComparisonState, Evidence
from tui.model.comparing.mode import CompareMode
from tui.model.location import Location
from tui.model.problem import ProblemError, ProblemKind
from tui.model.s3_limits import MIB
from tui.model.transfer import Verification
from tui.stores.base import Store
from tui.stores.values import PLAIN_ENCRYPTION, ObjectHead
from tui.transfers.comparison.judging import Judge, looks_like_md5, part_count
from tui.transfers.copy.verify import compare
from tui.transfers.order.local_disk import is_disk
from tui.transfers.tasks import in_batches, together

CHUNK = 8 * MIB
"""Bytes that are read of an object at once."""

Content = ObjectHead | ComparedSide
"""What is read: its size and ETag."""

_GONE = (ProblemKind.NO_SUCH_KEY, ProblemKind.CHANGED)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two places and its store."""

    store: Store
    location: Location

    def key(self, name: str) -> str:
        """The whole key of a name; a single object has its own."""
        return self.location.key + name if self.location.is_prefix else self.location.key

    async def head(self, name: str) -> ObjectHead:
        """HeadObject."""
        return await self.store.head(self.location.bucket, self.key(name))

    async def part_size(self, name: str, etag: str) -> int:
        """The size of the first part; 0: not known."""
        return await self.store.part_size(self.location.bucket, self.key(name), etag=etag)

    async def read(self, name: str, head: Content, start: int) -> bytes:
        """The next bytes of it, `CHUNK` at most."""
        length = min(CHUNK, head.size - start)
        return await self.store.read(self.location.bucket, self.key(name), etag=head.etag, start=start, length=length)


class Settler:
    """Looks at those objects of a comparison whose lists prove nothing."""

    def __init__(self, left: Side, right: Side, judge: Judge) -> None:
        self._left, self._right, self._judge = left, right, judge
        self._checksum = judge.by is CompareMode.CHECKSUM
        self._encryption_seen = not judge.etags

    async def settle(self, rows: Sequence[ComparedRow]) -> list[ComparedRow]:
        """The same rows, more of them decided. Raises `ProblemError`."""
        if self._judge.by.trusts:
            return list(rows)
        if not self._encryption_seen and (doubted := next(filter(_rests_on_md5, rows), None)):
            await self._look_at_encryption(doubted)
        known = [self._again(row) for row in rows]
        open_rows = [at for at, row in enumerate(known) if self._is_open(row)]
        settled = await in_batches(lambda at: self._settle(known[at]), open_rows)
        for at, row in zip(open_rows, settled, strict=True):
            known[at] = row
        return known

    def _again(self, row: ComparedRow) -> ComparedRow:
        if _rests_on_md5(row) and not self._judge.etags and row.left and row.right:
            return self._judge.judge(row.name, row.left, row.right)
        return row

    async def _look_at_encryption(self, row: ComparedRow) -> None:
        """Whether ETags are MD5s here: asked of the first two objects for which it matters."""
        self._encryption_seen = True
        try:
            left, right = await together(self._left.head(row.name), self._right.head(row.name))
        except ProblemError:
            return  # nobody may look: the ETags are what they seem to be
        self._judge.etags = left.encryption in PLAIN_ENCRYPTION and right.encryption in PLAIN_ENCRYPTION

    def _is_open(self, row: ComparedRow) -> bool:
        if row.left is None or row.right is None or row.left.size != row.right.size or not row.left.size:
            return False
        if self._checksum:
            return row.evidence not in (Evidence.SIZE, Evidence.ETAG) or row.state is not ComparisonState.SAME
        if row.is_of_one_second:
            return True
        return row.state is ComparisonState.UNKNOWN and part_count(row.left.etag) == part_count(row.right.etag) > 0

    async def _settle(self, row: ComparedRow) -> ComparedRow:
        try:
            if self._checksum:
                return await self._by_checksums(row)
            return await self._by_md5(row) if row.is_of_one_second else await self._by_parts(row)
        except ProblemError as error:
            if error.problem.kind in _GONE:
                return row  # it has changed since it was listed
            if error.problem.kind is ProblemKind.DENIED or row.state is not ComparisonState.UNKNOWN:
                return row
            raise

    async def _by_parts(self, row: ComparedRow) -> ComparedRow:
        """Other ETags of the same parts are other contents."""
        assert row.left
        assert row.right
        sizes = await together(
            self._left.part_size(row.name, row.left.etag), self._right.part_size(row.name, row.right.etag)
        )
        if sizes[0] and sizes[0] == sizes[1]:
            return replace(row, state=ComparisonState.DIFFERS, evidence=Evidence.ETAG)
        return row

    async def _by_md5(self, row: ComparedRow) -> ComparedRow:
        """A file and an object of one second: the file is read, and the object asked for only if its ETag is another.

        Two files are both read: that costs no transfer.
        """
        assert row.left
        assert row.right
        if is_disk(self._left.store) and is_disk(self._right.store):
            return _said(row, Evidence.CONTENT, same=await self._same_content(row.name, row.left, row.right))
        disk_left = is_disk(self._left.store)
        file, here, remote, there = (
            (self._left, row.left, self._right, row.right)
            if disk_left
            else (self._right, row.right, self._left, row.left)
        )
        if not looks_like_md5(there.etag):
            return row
        if await self._md5(file, row.name, here) == there.etag.strip('"').lower():
            return _said(row, Evidence.CHECKSUM, same=True)
        head = await remote.head(row.name)
        if head.etag != there.etag or head.encryption not in PLAIN_ENCRYPTION:
            return row
        return _said(row, Evidence.CHECKSUM, same=False)

    async def _by_checksums(self, row: ComparedRow) -> ComparedRow:
        left, right = await together(self._left.head(row.name), self._right.head(row.name))
        compared = compare(left, right)
        if compared.verification is not Verification.UNKNOWN:
            evidence = Evidence.ETAG if compared.evidence.startswith("ETag") else Evidence.CHECKSUM
            return _said(row, evidence, same=compared.verification is Verification.SAME)
        for file, side, remote in ((self._left, left, right), (self._right, right, left)):
            if is_disk(file.store) and looks_like_md5(remote.etag) and remote.encryption in PLAIN_ENCRYPTION:
                md5 = await self._md5(file, row.name, side)
                return _said(row, Evidence.CHECKSUM, same=md5 == remote.etag.strip('"').lower())
        return _said(row, Evidence.CONTENT, same=await self._same_content(row.name, left, right))

    async def _md5(self, side: Side, name: str, head: Content) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for start in range(0, head.size, CHUNK):
            digest.update(await side.read(name, head, start))
        return digest.hexdigest()

    async def _same_content(self, name: str, left: Content, right: Content) -> bool:
        """Read both, up to the first difference."""
        for start in range(0, left.size, CHUNK):
            mine, theirs = await together(self._left.read(name, left, start), self._right.read(name, right, start))
            if mine != theirs:
                return False
        return True


def _rests_on_md5(row: ComparedRow) -> bool:
    return row.state is ComparisonState.DIFFERS and row.evidence is Evidence.ETAG and bool(row.left and row.right)


def _said(row: ComparedRow, evidence: Evidence, *, same: bool) -> ComparedRow:
    return replace(row, state=ComparisonState.SAME if same else ComparisonState.DIFFERS, evidence=evidence)
