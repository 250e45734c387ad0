"""What the lists of two places prove of one name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.model.comparing.comparison import ComparedRow, ComparedSide, ComparisonState, Evidence

_MD5 = re.compile(r'"?[0-9a-f]{32}"?', re.IGNORECASE)
_PARTS = re.compile(r'"?[0-9a-f]{32}-(\d+)"?', re.IGNORECASE)


@dataclass(slots=True)
class Judge:
    """Judges names that both places have.

    `etags`: an ETag that looks like an MD5 is one, in both places. So it is in S3 unless objects are encrypted with a
    key of KMS or the user's (S3 API Reference, "ETag"); on a local disk it never is. `times`: equal times are evidence,
    because one place is a local disk, whose files get the times of the objects that they were copied from.
    """

    etags: bool = True
    times: bool = False

    def judge(self, name: str, left: ComparedSide, right: ComparedSide) -> ComparedRow:
        """What the two are. Equal ETags are the same content, whatever they are made of."""
        state, evidence = self._judged(left, right)
        return ComparedRow(name, state, evidence, left, right)

    def _judged(self, left: ComparedSide, right: ComparedSide) -> tuple[ComparisonState, Evidence]:
        if left.size != right.size:
            return ComparisonState.DIFFERS, Evidence.SIZE
        if left.etag and left.etag == right.etag:
            return ComparisonState.SAME, Evidence.ETAG
        if not left.size:
            return ComparisonState.SAME, Evidence.SIZE
        if self.etags and looks_like_md5(left.etag) and looks_like_md5(right.etag):
            return ComparisonState.DIFFERS, Evidence.ETAG
        if self.times and left.modified == right.modified:
            return ComparisonState.SAME, Evidence.TIME
        return ComparisonState.UNKNOWN, Evidence.TIME if left.modified != right.modified else Evidence.SIZE


def looks_like_md5(etag: str) -> bool:
    """Whether it has the form of the MD5 of a content in one part."""
    return _MD5.fullmatch(etag) is not None


def part_count(etag: str) -> int:
    """How many parts an object was uploaded in, as its ETag says; 0: in one."""
    found = _PARTS.fullmatch(etag)
    return int(found[1]) if found else 0
