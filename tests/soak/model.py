"""What a run did, and what must be true of both buckets once every transfer has ended. Pure.

Bodies are such that no two writes share one: a body found anywhere says which write it comes from. A bucket of A keeps
no versions: what is deleted there is gone. That of B does, so that every body that ever was at a key can be seen.
"""

import hashlib
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from tui.core.orders import ConflictPolicy
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferKind, TransferState
from tui.transfers.target_keys import renamed

MIB = 1 << 20
PART = 5 * MIB
"""Of multipart uploads: the least that S3 takes."""


@dataclass(frozen=True, slots=True)
class Written:
    """A body that the test wrote: to which side and key, in which step, and its content's SHA-256."""

    side: str
    key: str
    step: int
    digest: str


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Bodies:
    """Makes bodies, and knows each by its digest."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._known: dict[str, Written] = {}

    def make(self, side: str, key: str, step: int, size: int) -> tuple[bytes, Written]:
        name = f"{side}\n{key}\n{step}\n{len(self._known)}\n".encode()
        body = name + self._random.randbytes(max(0, size - len(name)))
        written = Written(side, key, step, digest_of(body))
        self._known[written.digest] = written
        return body, written

    def of(self, digest: str) -> Written | None:
        """Which write a body comes from; None: it is nobody's."""
        return self._known.get(digest)


class ViolationError(AssertionError):
    """Something was not as it must be; the message has the seed, the history and what was found."""


class History:
    def __init__(self, seed: int, server: str) -> None:
        self._run = f"seed {seed} on {server}"
        self._lines: list[str] = []
        self.counts: Counter[str] = Counter()
        self.step = 0

    def note(self, what: str) -> None:
        self.step += 1
        self._lines.append(f"{self.step:4} {what}")
        self.counts[what.split(maxsplit=1)[0]] += 1

    def violation(self, wrong: list[str], transfers: list[str]) -> ViolationError:
        lines = [self._run, *wrong, "history:", *self._lines, "transfers:", *transfers]
        return ViolationError("\n".join(lines))


_RENAMES = 40
"""How many renamed keys of one key are looked for."""


@dataclass(slots=True)
class Submitted:
    """A transfer as it was submitted, and how it ended. Steps are the test's own clock."""

    id: str
    kind: TransferKind
    keys: frozenset[str]
    to: str
    """What stands before the keys at the target."""
    conflict: ConflictPolicy
    began: int
    ended: int | None = None
    transfer: Transfer | None = None
    results: dict[str, ObjectResult] = field(default_factory=dict)

    def covers(self, step: int) -> bool:
        """Whether it was, or may have been, at work at some time after `step`."""
        return self.ended is None or self.ended >= step

    def outcome(self, key: str) -> Outcome | None:
        result = self.results.get(key)
        return result.outcome if result else None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a key of B's bucket; `digest` empty: a delete marker."""

    key: str
    id: str
    digest: str


@dataclass(frozen=True)
class Found:
    """Both buckets as they are: digests by key, all versions (oldest first), uploads that were left."""

    a: dict[str, str]
    b: list[Version]
    uploads: list[str]

    @cached_property
    def by_key(self) -> dict[str, list[Version]]:
        """The versions of B."""
        made = defaultdict[str, list[Version]](list)
        for version in self.b:
            made[version.key].append(version)
        return made


@dataclass
class Model:
    """What the test did, and what it therefore expects."""

    bodies: Bodies
    last: dict[str, Written] = field(default_factory=dict)
    """The body that the test wrote last to each key of A, while it did not delete it."""
    written_b: set[str] = field(default_factory=set)
    """IDs of the versions and markers that the test itself made at B."""
    orders: list[Submitted] = field(default_factory=list)

    def violations(self, found: Found) -> list[str]:
        return [
            *self._of_sources(found),
            *self._of_targets(found),
            *(line for order in self.orders if order.transfer for line in self._of_order(order, found)),
            *(f"an upload was left: {upload}" for upload in found.uploads),
        ]

    def _of_sources(self, found: Found) -> list[str]:
        wrong = [f"A has {key!r}, which was never written or was deleted" for key in found.a if key not in self.last]
        at_b = {version.digest for version in found.b}
        for key, written in self.last.items():
            digest = found.a.get(key)
            if digest is None:
                wrong += self._of_lost(key, written, at_b)
            elif digest != written.digest:
                wrong.append(f"A's {key!r} has another body than the one of step {written.step}")
        return wrong

    def _of_lost(self, key: str, written: Written, at_b: set[str]) -> list[str]:
        """A source that is gone: a deletion took it, or a move did and the body is at the target."""
        later = [order for order in self.orders if key in order.keys and order.covers(written.step)]
        if any(order.outcome(key) is Outcome.DELETED for order in later):
            return []
        if not any(order.outcome(key) is Outcome.MOVED for order in later):
            return [f"A's {key!r} of step {written.step} is gone, and no transfer says so"]
        if written.digest not in at_b:
            return [f"LOST: A's {key!r} of step {written.step} was moved, and is nowhere at B"]
        return []

    def _of_targets(self, found: Found) -> list[str]:
        wrong = []
        ids = {version.id for version in found.b}
        wrong += [f"B's version {gone} was written by the test and is gone" for gone in self.written_b - ids]
        for version in found.b:
            if version.id in self.written_b:
                continue
            body = self.bodies.of(version.digest)
            if not version.digest:
                wrong.append(f"B's {version.key!r} was deleted by a transfer")
            elif body is None:
                wrong.append(f"B's {version.key!r} has a body that was never written: {version.digest}")
            elif body.side != "a" or not self._may_be_at(version.key, body.key):
                wrong.append(f"B's {version.key!r} has the body of {body.side}'s {body.key!r}")
        return wrong

    def _may_be_at(self, target: str, source: str) -> bool:
        for order in self.orders:
            if order.kind is TransferKind.DELETE or source not in order.keys:
                continue
            plain = order.to + source
            if target == plain:
                return True
            if order.conflict is ConflictPolicy.RENAME and target in {renamed(plain, n) for n in range(1, _RENAMES)}:
                return True
        return False

    def _of_order(self, order: Submitted, found: Found) -> list[str]:
        transfer = order.transfer
        assert transfer is not None
        name = f"{order.kind.value} {order.id} of step {order.began}"
        wrong = [f"{name} says something of {key!r}" for key in order.results.keys() - order.keys]
        for key in order.keys:
            wrong += [f"{name}: {line}" for line in self._of_key(order, key, found)]
        failed = [key for key in order.results if order.outcome(key) is Outcome.FAILED]
        if transfer.state is TransferState.DONE and failed:
            wrong.append(f"{name} is done, and {failed} failed")
        if transfer.state is TransferState.FAILED and not failed and transfer.problem is None:
            wrong.append(f"{name} failed, and says nothing of why")
        return wrong

    def _of_key(self, order: Submitted, key: str, found: Found) -> list[str]:
        result, written = order.results.get(key), self.last.get(key)
        if result is None:
            # Unless it was given up, or the object was not there all the time, each object has a result.
            steady = written is not None and written.step < order.began and found.a.get(key) == written.digest
            silent = steady and order.transfer and order.transfer.state is TransferState.DONE
            return [f"{key!r} is said nothing of"] if silent else []
        if result.outcome is Outcome.FAILED and result.problem is None:
            return [f"{key!r} failed, and nothing says why"]
        if result.outcome not in (Outcome.COPIED, Outcome.MOVED):
            return []
        wrong = []
        target = result.target.split("/", 3)[3]
        copies = [
            body
            for version in found.by_key.get(target, [])
            if (body := self.bodies.of(version.digest)) and (body.side, body.key) == ("a", key)
        ]
        if not copies:
            wrong.append(f"{key!r} is said to be {result.outcome.value}, and was never at {target!r}")
        before = written is not None and written.step < order.began and key in found.a
        if before and written not in copies and result.outcome is Outcome.COPIED:
            wrong.append(f"{key!r} of step {written.step if written else 0} was not copied, another body was")
        if before and result.outcome is Outcome.MOVED:
            wrong.append(f"{key!r} is said to be moved, and is still there")
        return wrong
