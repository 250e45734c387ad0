"""Who owns the objects of a bucket, and what a repair would do about those that are not its owner's."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.facts import ObjectOwnership
from tui.model.identity import Owner
from tui.model.problem import Problem


class Half(StrEnum):
    """Which halves of a repair are done."""

    BOTH = "both"
    """As many as there are identities for."""
    GRANT = "grant"
    """The uploader gives the bucket's owner full control (PutObjectAcl)."""
    COPY = "copy"
    """The bucket's owner copies the object onto itself (CopyObject), and then owns it."""


class OwnerCount(Struct, frozen=True):
    """How many objects an account owns, and their bytes."""

    owner: Owner
    objects: int = 0
    bytes: int = 0


class OwnersSeen(Struct, frozen=True):
    """The owners below a prefix, counted so far: the bucket's owner first, then those with the most objects.

    An owner with an empty id stands for objects that the server listed without one. `bucket_owner` None: not known.
    """

    owners: list[OwnerCount] = []
    bucket_owner: Owner | None = None
    complete: bool = False

    @property
    def foreign(self) -> list[OwnerCount]:
        """Those that are not the bucket's owner."""
        mine = self.bucket_owner.id if self.bucket_owner else None
        return [each for each in self.owners if each.owner.id != mine]


class LeftOut(Struct, frozen=True):
    """Objects that a repair leaves as they are, and why (one clause)."""

    why: str
    objects: int = 0
    bytes: int = 0


class RepairStep(Struct, frozen=True):
    """One half of a repair: who does what, in how many requests that write, or what somebody else has to run."""

    half: Half
    who: str
    """The label of the identity, or who it would have to be."""
    what: str
    requests: int = 0
    ours: bool = True
    """Whether it is done here; else `commands` are for somebody else."""
    commands: list[str] = []
    """The same with the AWS CLI, one command a line."""


class RepairPlan(Struct, frozen=True):
    """All that is known about a repair before it is confirmed; sent again, fuller, each time more is known."""

    objects: int = 0
    """How many would be repaired."""
    bytes: int = 0
    large: int = 0
    """How many of them are copied in parts."""
    seen: OwnersSeen = OwnersSeen()
    left_out: list[LeftOut] = []
    steps: list[RepairStep] = []
    versioned: bool | None = None
    """Whether each copy makes a new version and keeps the old one; None: not known."""
    ownership: ObjectOwnership | None = None
    """The bucket's setting; None: it has none, or (not `ownership_known`) it cannot be read."""
    ownership_known: bool = False
    notes: list[str] = []
    """What the user should know, each as a sentence."""
    problem: Problem | None = None
    complete: bool = False
