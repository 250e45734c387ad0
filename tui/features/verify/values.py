"""Verification: compares copies with their sources, and with the record of the copy."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.core.orders import Filters
from tui.core.problem import Problem
from tui.link.request import Done, Feed, Request


class ReadPolicy(StrEnum):
    """Whether content is read."""

    ASK = "ask"
    """Ask, once it is known how much it would be."""
    NEEDED = "needed"
    """Of the objects that nothing else proves."""
    ALWAYS = "always"
    """Of all objects of the same size: what the server says of them is not taken for a proof."""
    NEVER = "never"


class VerifiedState(StrEnum):
    """What is known about one object."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    MISSING = "missing"
    """It is not at the second place."""
    EXTRA = "extra"
    """It is at the second place only."""


class Verified(Struct, frozen=True):
    """One object: its state, and what that rests on, such as ``CRC64NVME``, ``ETag``, ``size``.

    `size` in bytes as far as it is known, `read` the bytes of content that were read. `source` or `target` is empty
    where there is none.
    """

    source: str
    target: str
    state: VerifiedState
    evidence: str = ""
    size: int = 0
    read: int = 0
    problem: Problem | None = None
    source_changed: bool = False
    """The copy is what was recorded, its source no longer is."""


class VerificationStage(StrEnum):
    """How far a verification has come."""

    LOOKING = "looking"
    """Listings and heads are compared; no content is read."""
    ASKING = "asking"
    """It waits for `AnswerReading`."""
    READING = "reading"
    DONE = "done"


class VerifyTally(Struct, frozen=True):
    """Objects by state, and what would have to be read of those that nothing else proves; bytes of content.

    Of a transfer, there is nothing to compare of `left_out`, which failed, were cancelled or are undecided, nor of
    `skipped`, which the user wanted to be left alone.
    """

    stage: VerificationStage = VerificationStage.LOOKING
    same: int = 0
    differs: int = 0
    unknown: int = 0
    missing: int = 0
    extra: int = 0
    left_out: int = 0
    skipped: int = 0
    unproven: int = 0
    """Objects that content must be read of; they have no state before `READING`."""
    bytes_to_read: int = 0
    bytes_read: int = 0
    named: int = 0
    """Of a receipt that was cut: the objects that it names still."""
    promised: int = 0
    """Of such a receipt: how many it was written with."""

    @property
    def objects(self) -> int:
        return self.same + self.differs + self.unknown + self.missing + self.extra

    @property
    def found(self) -> bool:
        """Whether there is anything at all, copied or not."""
        return bool(self.objects or self.left_out or self.skipped or self.promised)

    @property
    def good(self) -> bool:
        """Whether all are known to be the same, but for what the user wanted skipped; of the whole receipt."""
        return self.objects == self.same and not self.left_out and self.named >= self.promised

    def count(self, state: VerifiedState) -> int:
        return int(getattr(self, state.value))


class VerifyPlaces(Struct, frozen=True, tag="places"):
    """Compare all objects below one prefix with those below another, or two objects.

    Times and sizes of `filters` are those at the first place, where the object is there. `one_way`: what is at the
    second place only does not count.
    """

    source_connection: str
    source: Location
    target_connection: str
    target: Location
    filters: Filters = Filters()
    one_way: bool = False


class VerifyReceipt(Struct, frozen=True, tag="receipt"):
    """Compare the copies of a receipt with what it recorded, and with their sources. `path` is absolute."""

    path: str
    source_connection: str
    target_connection: str


class VerifyTransfer(Struct, frozen=True, tag="transfer"):
    """The same for a transfer that the engine's journal has, as the identities that it was made with."""

    transfer: str


VerifyOrder = VerifyPlaces | VerifyReceipt | VerifyTransfer
"""What is to be verified."""


class VerifyUpdate(Struct, frozen=True):
    """What was found out since the last update, and all in all."""

    tally: VerifyTally
    results: list[Verified] = []


class Verify(Feed[VerifyUpdate], frozen=True, tag="verify"):
    """Verify objects; stopping it stops the work. `name` is the client's own, for `AnswerReading`.

    First no content is read. With `ReadPolicy.ASK` the feed then waits for an answer if something is left to read.
    """

    name: str
    order: VerifyOrder
    read: ReadPolicy = ReadPolicy.ASK


class AnswerReading(Request[Done], frozen=True, tag="answer-reading"):
    """Whether the content of what is not proven is to be read. `ProblemError`: no such verification waits."""

    name: str
    read: bool
