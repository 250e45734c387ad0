"""What the lists of two places prove of one name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui.core.orders import CompareMode
from tui.model.comparing.comparison import ComparedRow, ComparedSide, ComparisonState, Evidence
from tui.stores.local.files import moments_of

_SECOND = 1_000_000_000

_SETTLED = 2 * _SECOND
"""How long after the second of its content's time a file has to get that time: the second, and one as clocks differ."""

_FLOAT = 1000
"""Copies keep times to this many ns: they are carried as floats of seconds."""

_MD5 = re.compile(r'"?[0-9a-f]{32}"?', re.IGNORECASE)
_PARTS = re.compile(r'"?[0-9a-f]{32}-(\d+)"?', re.IGNORECASE)


@dataclass(slots=True)
class Judge:
    """Judges names that both places have.

    `etags`: an ETag that looks like an MD5 is one, in both places. So it is in S3 unless objects are encrypted with a
    key of KMS or the user's (S3 API Reference, "ETag"); on a local disk it never is. `times`: equal times are evidence,
    because one place is a local disk, whose files get the times of the objects that they were copied from; see
    `times_prove`. `by`: what decides about equal sizes.
    """

    etags: bool = True
    times: bool = False
    by: CompareMode = CompareMode.AUTO

    def judge(self, name: str, left: ComparedSide, right: ComparedSide) -> ComparedRow:
        """What the two are. Equal ETags are the same content, whatever they are made of."""
        state, evidence = self._judged(left, right)
        return ComparedRow(name, state, evidence, left, right)

    def judge_all(
        self, names: Iterable[str], lefts: Iterable[ComparedSide], rights: Iterable[ComparedSide]
    ) -> list[ComparedRow]:
        """The same for many names."""
        differs, size, judge = ComparisonState.DIFFERS, Evidence.SIZE, self.judge
        return [
            ComparedRow(name, differs, size, left, right) if left.size != right.size else judge(name, left, right)
            for name, left, right in zip(names, lefts, rights, strict=True)
        ]

    def _judged(self, left: ComparedSide, right: ComparedSide) -> tuple[ComparisonState, Evidence]:
        if left.size != right.size:
            return ComparisonState.DIFFERS, Evidence.SIZE
        if left.etag and left.etag == right.etag:
            return ComparisonState.SAME, Evidence.ETAG
        if not left.size:
            return ComparisonState.SAME, Evidence.SIZE
        if self.by is CompareMode.SIZE:
            return ComparisonState.SAME, Evidence.SIZE_ONLY
        if self.by is CompareMode.TIME:
            newer = left.modified > right.modified
            return ComparisonState.DIFFERS if newer else ComparisonState.SAME, Evidence.SIZE_TIME
        if self.etags and looks_like_md5(left.etag) and looks_like_md5(right.etag):
            return ComparisonState.DIFFERS, Evidence.ETAG
        if left.modified != right.modified:
            return ComparisonState.UNKNOWN, Evidence.TIME
        if self.times:
            return ComparisonState.SAME if times_prove(left, right) else ComparisonState.UNKNOWN, Evidence.TIME
        return ComparisonState.UNKNOWN, Evidence.SIZE


def times_prove(left: ComparedSide, right: ComparedSide) -> bool:
    """Whether two times of the same second, one of them a file's, prove the same content.

    A download gives its file the time of the object, which is a whole second (S3 API Reference, "Object": LastModified
    as lists have it). A file whose time has a fraction was written in that second, before its upload or after it. One
    whose status was changed in that second, or right behind it, was perhaps downloaded before the object was replaced.
    Copies on a disk keep the fraction.
    """
    files = [moments for side in (left, right) if (moments := moments_of(side.etag))]
    written = [file[0] for file in files] if len(files) > 1 else [files[0][0], left.modified * _SECOND] if files else []
    if not written or abs(written[0] - written[1]) > (_FLOAT if len(files) > 1 else 0):
        return False
    return bool(written[0] % _SECOND) or all(changed - moment >= _SETTLED for moment, changed in files)


def looks_like_md5(etag: str) -> bool:
    """Whether it has the form of the MD5 of a content in one part."""
    return _MD5.fullmatch(etag) is not None


def part_count(etag: str) -> int:
    """How many parts an object was uploaded in, as its ETag says; 0: in one."""
    found = _PARTS.fullmatch(etag)
    return int(found[1]) if found else 0
