"""A random sample of what a job has copied, compared with its sources: size, checksum or ETag, and the owner.

The sample is drawn while the report is read, by reservoir sampling (Vitter's algorithm R): every copy has the same
chance, nothing but the sample is kept, and the seed makes it the same sample in each run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tui.core.identity import Owner
from tui.core.naming import counted
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import VerificationOutcome
from tui.stores.base import Store
from tui.transfers.copy.checksums import compare
from tui.transfers.tasks import in_batches

MOST = 1000
"""Copies that are compared."""

_SHOWN = 3
"""Copies that differ which are named."""


class Sample:
    """Keys of copies with the versions of their sources (empty: the current ones), as many as `MOST`."""

    def __init__(self, seed: str, most: int = MOST) -> None:
        self._random, self._most = random.Random(seed), most  # noqa: S311  # a sample, and no secret
        self.seen = 0
        self.keys: list[tuple[str, str]] = []

    def offer(self, key: str, version: str) -> None:
        self.seen += 1
        if len(self.keys) < self._most:
            self.keys.append((key, version))
        elif (place := self._random.randrange(self.seen)) < self._most:
            self.keys[place] = key, version


@dataclass(slots=True)
class SampleFound:
    """What the comparison has found."""

    drawn: int
    of: int
    same: int = 0
    by_size: int = 0
    """Where size is all that there is to compare."""
    unseen: int = 0
    changed: int = 0
    """Where the source was written again after the copy."""
    differ: list[str] = field(default_factory=list)
    owned: int = 0
    """By the account that owns the target bucket."""
    strange: dict[str, int] = field(default_factory=dict)
    """Copies by another owner, by its id."""

    def notes(self) -> list[str]:
        if not self.drawn:
            return []
        parts = [f"{self.same:,} same by checksum or ETag"]
        parts += [f"{self.by_size:,} of the same size"] if self.by_size else []
        parts += [f"{self.unseen:,} cannot be read"] if self.unseen else []
        parts += [f"{self.changed:,} of sources that have changed since"] if self.changed else []
        parts += [f"{len(self.differ):,} DIFFER"] if self.differ else []
        found = [f"verified {self.drawn:,} of {counted(self.of, 'copy')}, drawn at random: {', '.join(parts)}"]
        if self.owned:
            found.append(f"{self.owned:,} of them are owned by the account of the target bucket")
        found += [f"{count:,} of them are owned by {owner}" for owner, count in self.strange.items()]
        return found + [f"differs from its source: {key}" for key in self.differ[:_SHOWN]]


@dataclass(frozen=True, slots=True)
class SampleSides:
    """Where sources and copies are, the stores that can read them, and who should own the copies (None: not known)."""

    source: Store
    target: Store
    source_bucket: str
    target_bucket: str
    prefix: str
    owner: Owner | None


async def verify_sample(sample: Sample, sides: SampleSides) -> SampleFound:
    """Two HeadObjects and a GetObjectAcl for each. Raises nothing that a refusal raises: it is counted."""
    found = SampleFound(len(sample.keys), sample.seen)

    async def look(drawn: tuple[str, str]) -> None:
        key, version = drawn
        there = f"{sides.prefix}/{key}" if sides.prefix else key
        try:
            source = await sides.source.head(sides.source_bucket, key, version)
            copy = await sides.target.head(sides.target_bucket, there)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                found.differ.append(key)
            else:
                found.unseen += 1
            return
        compared = compare(source, copy)
        match compared.verification:
            case VerificationOutcome.SAME:
                found.same += 1
            case VerificationOutcome.DIFFERS if source.modified > copy.modified and not version:
                found.changed += 1
            case VerificationOutcome.DIFFERS:
                found.differ.append(key)
            case VerificationOutcome.UNKNOWN:
                found.by_size += 1
        await _owner(sides, there, found)

    await in_batches(look, sample.keys)
    return found


async def _owner(sides: SampleSides, key: str, found: SampleFound) -> None:
    try:
        owner = (await sides.target.object_acl(sides.target_bucket, key)).owner
    except ProblemError:
        return
    if sides.owner is None or owner.id == sides.owner.id:
        found.owned += int(sides.owner is not None)
    else:
        found.strange[owner.id] = found.strange.get(owner.id, 0) + 1
