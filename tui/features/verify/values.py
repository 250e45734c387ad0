"""Verification: compares copies with their sources, and with the records of the copies."""

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
    """Ask, once the amount is known."""
    NEEDED = "needed"
    """Read objects that nothing else proves."""
    ALWAYS = "always"
    """Read all objects of the same size: responses of the server are no proof."""
    NEVER = "never"


class VerifiedState(StrEnum):
    """What is known about one object."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    MISSING = "missing"
    """It is not at the second location."""
    EXTRA = "extra"
    """It is only at the second location."""


class Verified(Struct, frozen=True):
    """One object: its state and the evidence, such as ``CRC64NVME``, ``ETag``, ``size``.

    `size` in bytes if known, `read` the bytes of content that were read. `source` or `target` is empty if it does not
    exist.
    """

    source: str
    target: str
    state: VerifiedState
    evidence: str = ""
    size: int = 0
    read: int = 0
    problem: Problem | None = None
    source_changed: bool = False
    """The copy is as recorded, but its source has changed."""


class VerificationStage(StrEnum):
    """The stage of a verification."""

    LOOKING = "looking"
    """Compares listings and heads; reads no content."""
    ASKING = "asking"
    """Waits for `AnswerReading`."""
    READING = "reading"
    DONE = "done"


class VerifyTally(Struct, frozen=True):
    """Objects by state, and how much would be read for those that nothing else proves; bytes of content.

    For a transfer: `left_out` failed, were cancelled or are undecided; `skipped` were left alone as the user wanted.
    Neither has anything to compare.
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
    """Objects whose content must be read. They have no state before `READING`."""
    bytes_to_read: int = 0
    bytes_read: int = 0
    named: int = 0
    """For a receipt with missing lines: the number of objects it has."""
    promised: int = 0
    """For such a receipt: the number of objects it was written with."""

    @property
    def objects(self) -> int:
        return self.same + self.differs + self.unknown + self.missing + self.extra

    @property
    def found(self) -> bool:
        """Whether there is any object, copied or not."""
        return bool(self.objects or self.left_out or self.skipped or self.promised)

    @property
    def good(self) -> bool:
        """Whether all are known to be the same, except skipped ones; for a receipt, whether it is complete, too."""
        return self.objects == self.same and not self.left_out and self.named >= self.promised

    def count(self, state: VerifiedState) -> int:
        return int(getattr(self, state.value))


class VerifyPlaces(Struct, frozen=True, tag="places"):
    """Compare all objects below one prefix with those below another, or two objects.

    Times and sizes of `filters` apply to the first location's object, if it has one. `one_way`: ignore what is only at
    the second location.
    """

    source_connection: str
    source: Location
    target_connection: str
    target: Location
    filters: Filters = Filters()
    one_way: bool = False


class VerifyReceipt(Struct, frozen=True, tag="receipt"):
    """Compare the copies in a receipt with its records and with their sources. `path` is absolute."""

    path: str
    source_connection: str
    target_connection: str


class VerifyTransfer(Struct, frozen=True, tag="transfer"):
    """The same for a transfer in the engine's journal, as the identities of that transfer."""

    transfer: str


VerifyOrder = VerifyPlaces | VerifyReceipt | VerifyTransfer
"""What to verify."""


class VerifyUpdate(Struct, frozen=True):
    """New results, and the totals."""

    tally: VerifyTally
    results: list[Verified] = []


class Verify(Feed[VerifyUpdate], frozen=True, tag="verify"):
    """Verify objects. Stopping it stops the work. `name` is the client's own, for `AnswerReading`.

    First reads no content. With `ReadPolicy.ASK`, the feed then waits for an answer if something must be read.
    """

    name: str
    order: VerifyOrder
    read: ReadPolicy = ReadPolicy.ASK


class AnswerReading(Request[Done], frozen=True, tag="answer-reading"):
    """Whether to read the content of what is not proven. `ProblemError`: no such verification waits."""

    name: str
    read: bool
