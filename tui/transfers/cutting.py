"""In which parts a source was written, so that a copy can be cut like it and be told to be the same by its ETag."""

from __future__ import annotations

from dataclasses import dataclass

from tui.stores.base import ObjectHead
from tui.stores.limits import MAX_PARTS, MIB, MIN_PART_SIZE

USUAL_PART_SIZES = tuple(size * MIB for size in (8, 5, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512))
"""What the known programs cut objects into, the AWS CLI's first: the guess where a server does not say it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The parts of an object: `size` bytes each but for the last, 0 if that is not known.

    Not `certain`: it is only likely. A comparison that fits then proves that it was right; one that does not fit proves
    nothing.
    """

    size: int = 0
    certain: bool = False

    def like(self, part_size: int, whole: int) -> bool:
        """Whether parts of `part_size` are the same parts of an object of `whole` bytes."""
        return bool(self.size) and min(part_size, whole) == min(self.size, whole)


def cut_of(head: ObjectHead, first_part: int = 0) -> Cut:
    """How an object was cut; `first_part` is the size of its first part, 0 where the server does not say."""
    if head.parts <= 1:
        return Cut(head.size, certain=True)
    if first_part and _fits(first_part, head):
        return Cut(first_part, certain=True)
    if first_part:
        return Cut()  # parts of different sizes
    return Cut(next((size for size in _likely(head) if _fits(size, head)), 0))


def _likely(head: ObjectHead) -> list[int]:
    """Usual sizes, then any whole number of MiB that gives that many parts."""
    least = -(-head.size // head.parts)
    rounded = -(-least // MIB) * MIB
    return [*USUAL_PART_SIZES, rounded]


def _fits(size: int, head: ObjectHead) -> bool:
    return size >= MIN_PART_SIZE and -(-head.size // size) == head.parts <= MAX_PARTS
