"""Part sizes: those the source was written in, and those of the copy, within the options and S3's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui.core.naming import GIB, MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MAX_SINGLE_COPY, MIB, MIN_PART_SIZE, counted
from tui.core.orders import CopyOptions
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.store_values import ObjectHead

USUAL_PART_SIZES = tuple(size * MIB for size in (8, 5, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512))
"""What the known programs cut objects into, the AWS CLI's first: the guess where a server does not say it."""


@dataclass(frozen=True, slots=True)
class PartLayout:
    """The parts of an object: `size` bytes each but for the last, 0 if that is not known.

    Not `certain`: it is only likely. A comparison that fits then proves that it was right; one that does not fit proves
    nothing.
    """

    size: int = 0
    certain: bool = False

    def like(self, part_size: int, whole: int) -> bool:
        """Whether parts of `part_size` are the same parts of an object of `whole` bytes."""
        return bool(self.size) and min(part_size, whole) == min(self.size, whole)


def cut_of(head: ObjectHead, first_part: int = 0) -> PartLayout:
    """How an object was cut; `first_part` is the size of its first part, 0 where the server does not say."""
    if head.parts <= 1:
        return PartLayout(head.size, certain=True)
    if first_part and _fits(first_part, head):
        return PartLayout(first_part, certain=True)
    if first_part:
        return PartLayout()  # parts of different sizes
    return PartLayout(next((size for size in _likely(head) if _fits(size, head)), 0))


def _likely(head: ObjectHead) -> list[int]:
    """Usual sizes, then any whole number of MiB that gives that many parts."""
    least = -(-head.size // head.parts)
    rounded = -(-least // MIB) * MIB
    return [*USUAL_PART_SIZES, rounded]


def _fits(size: int, head: ObjectHead) -> bool:
    return size >= MIN_PART_SIZE and -(-head.size // size) == head.parts <= MAX_PARTS


RELAY_PART_SIZE = 8 * MIB
"""Default part of a relay, in bytes: small enough that several fit into memory, large enough that requests are few."""

RELAY_LARGE_OBJECT = GIB
"""Objects of so many bytes are relayed in parts of `RELAY_LARGE_PART_SIZE`, where nobody has chosen another size."""

RELAY_LARGE_PART_SIZE = 16 * MIB
"""In bytes: half the requests, and over a line with latency half the waiting between them."""

SERVER_SIDE_PART_SIZE = 256 * MIB
"""Default part of an UploadPartCopy, in bytes: no byte passes here, so only the number of requests counts."""

RELAY_WHOLE_MAX = 32 * MIB
"""Largest object that is relayed by one PutObject, in bytes, whatever the threshold: it is held in memory."""

RELAY_PART_MAX = 64 * MIB
"""Largest part that a relay takes on request, in bytes; only an object that needs larger ones gets them."""

RELAY_GROWN_PART_MAX = GIB
"""Largest part that a relay takes at all, in bytes, because a part is held in memory."""


@dataclass(frozen=True, slots=True)
class PartRange:
    """A part to be made: its number from 1, its first byte and its length, which is never 0."""

    number: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class PartPlan:
    """An object of `size` bytes in parts of `part_size`; the last one may be smaller."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        return -(-self.size // self.part_size)

    def ranges(self) -> Iterator[PartRange]:
        for number in range(1, self.count + 1):
            start = (number - 1) * self.part_size
            yield PartRange(number, start, min(self.part_size, self.size - start))


@dataclass(frozen=True, slots=True)
class Sizing:
    """When an object is copied in parts, and in which; all in bytes."""

    threshold: int
    part_size: int
    largest_part: int
    follow: int | None = None
    """Objects larger than this are cut as their source was, if it was in parts; None: sizes are as they were chosen."""
    largest_followed: int = 0
    """Largest part of a source that is taken over."""
    whole_max: int = 0
    """Largest source in one part that is copied in one part where only its ETag can verify the copy."""
    same_parts: bool = False
    """Whether the parts of a source are taken over even where another evidence would do."""
    large_part_size: int = 0
    """Part of an object of at least `RELAY_LARGE_OBJECT`; 0: the same as of any other."""

    def follows(self, head: ObjectHead) -> bool:
        return self.follow is not None and head.parts > 1 and head.size > self.follow

    def fitted(self, head: ObjectHead, cut: PartLayout) -> Sizing:
        """The sizing for one object: as its source was cut, where that is wanted and possible."""
        if self.follow is None:
            return self
        if self.follows(head) and MIN_PART_SIZE <= cut.size <= self.largest_followed:
            return replace(self, threshold=self.follow, part_size=cut.size, large_part_size=0)
        if head.parts <= 1 and not head.full_object_crc:
            return replace(self, threshold=max(self.threshold, self.whole_max))
        return self

    def in_parts(self, size: int) -> bool:
        return size > self.threshold

    def plan(self, size: int) -> PartPlan:
        """Cut an object; raise `ProblemError` when even the largest parts would not do."""
        large = self.large_part_size if size >= RELAY_LARGE_OBJECT else 0
        return plan_parts(size, large or self.part_size, self.largest_part)


def plan_parts(size: int, part_size: int, largest_part: int = MAX_PART_SIZE) -> PartPlan:
    """Cut `size` bytes into at most 10,000 parts of `part_size`, grown by whole MiB if that is too small.

    Raises `ProblemError` when a part would be larger than `largest_part`.
    """
    needed = -(-size // MAX_PARTS)
    if needed > part_size:
        part_size = -(-needed // MIB) * MIB
    if part_size > largest_part or size > MAX_OBJECT_SIZE:
        title = f"an object of {counted(size, 'byte')} is too large for this route"
        cause = f"the limit is {MAX_PARTS:,} parts of {_mib(largest_part)}"
        remedy = "grant one identity access to both sides, so that S3 can copy it server-side"
        raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
    return PartPlan(size, part_size)


def server_side_sizing(options: CopyOptions) -> Sizing:
    """The sizing of CopyObject and UploadPartCopy; raises `ProblemError` for options outside S3's limits."""
    threshold = _checked("multipart threshold", options.multipart_threshold) or MAX_SINGLE_COPY
    part_size = _checked("part size", options.part_size) or SERVER_SIDE_PART_SIZE
    chosen = options.part_size or options.multipart_threshold
    follow = 0 if options.same_parts else threshold
    return Sizing(
        threshold,
        part_size,
        MAX_PART_SIZE,
        follow=None if chosen else follow,
        largest_followed=MAX_PART_SIZE,
        same_parts=options.same_parts,
    )


def relay_sizing(options: CopyOptions) -> Sizing:
    """The sizing of a relay, whose parts are held in memory; raises `ProblemError` for options outside S3's limits."""
    threshold = _checked("multipart threshold", options.multipart_threshold) or RELAY_PART_SIZE
    part_size = _checked("part size", options.part_size) or RELAY_PART_SIZE
    chosen = options.part_size or options.multipart_threshold
    return Sizing(
        min(threshold, RELAY_WHOLE_MAX),
        min(part_size, RELAY_PART_MAX),
        RELAY_GROWN_PART_MAX,
        follow=None if chosen else 0,
        largest_followed=RELAY_PART_MAX,
        whole_max=RELAY_WHOLE_MAX,
        same_parts=options.same_parts,
        large_part_size=0 if chosen else RELAY_LARGE_PART_SIZE,
    )


def _checked(name: str, value: int | None) -> int | None:
    if value is None or MIN_PART_SIZE <= value <= MAX_PART_SIZE:
        return value
    title = f"a {name} of {value:,} B is not possible"
    cause = f"S3 allows {_mib(MIN_PART_SIZE)} to {_mib(MAX_PART_SIZE)}"
    raise ProblemError(Problem(ProblemKind.INVALID, title, cause, f"choose a {name} in between"))


def _mib(size: int) -> str:
    return f"{size // MIB:,} MiB"
