"""What listings, records and heads prove about a pair, and what must be read. Pure.

`tui.transfers.copy.checksums.compare` compares the checksums of both sides, as after a copy.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from tui.core.naming import counted
from tui.core.transfer import VerificationOutcome
from tui.features.verify.pairs import ObjectPair, Recorded
from tui.features.verify.values import Verified, VerifiedState
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.checksums import compare, is_plain
from tui.transfers.copy.expected_digest import MD5_ETAG, Expected, expected_by_record, expected_of
from tui.transfers.copy.multipart_upload import SKEW_SECONDS
from tui.transfers.copy.parts import PartLayout

GONE = "the source is gone, and the receipt has no proof"
CHANGED = "the source has changed since"
ARCHIVED = "archived: restore it first"


class SideToRead(Enum):
    """The side whose content is read."""

    SOURCE = "source"
    TARGET = "target"
    BOTH = "both"


class ReadingPlan(Struct, frozen=True):
    """Read one side, whose content must have the `expected` digest; or read both and compare them byte by byte."""

    side: SideToRead
    bytes: int
    expected: Expected | None = None


class PairHeads(Struct, frozen=True):
    """Both sides of a pair now, and their parts; None: no object."""

    source: ObjectHead | None
    target: ObjectHead | None
    source_cut: PartLayout = PartLayout()
    target_cut: PartLayout = PartLayout()
    changed: bool = False
    """The source has changed since it was copied, so it is ignored."""

    def said(self, result: Verified) -> Verified:
        """The result, with a remark if the source has changed."""
        if not self.changed or result.state is not VerifiedState.SAME:
            return result
        return replace(result, evidence=f"{result.evidence}; {CHANGED}", source_changed=True)


def verified(pair: ObjectPair, state: VerifiedState, evidence: str, size: int | None = None) -> Verified:
    known = pair.size if size is None else size
    return Verified(pair.source.uri, pair.target.uri, state, evidence, known)


def by_listing(pair: ObjectPair, *, distrust: bool = False) -> Verified | None:
    """The verdict of two listings; None: no proof. With `distrust` they can only prove a difference."""
    ours, theirs = pair.listed, pair.copy_listed
    if ours is None or theirs is None:
        state = VerifiedState.EXTRA if ours is None else VerifiedState.MISSING
        return verified(pair, state, "")
    if ours.size != theirs.size:
        return verified(pair, VerifiedState.DIFFERS, _sizes(ours.size, theirs.size), ours.size)
    if not ours.size:
        return verified(pair, VerifiedState.SAME, "both are empty")
    # An ETag made of MD5s: different objects have different ones.
    if not distrust and ours.etag == theirs.etag and MD5_ETAG.fullmatch(ours.etag.lower()):
        return verified(pair, VerifiedState.SAME, "ETag of the same parts" if "-" in ours.etag else "ETag")
    return None


def by_record(pair: ObjectPair, recorded: Recorded, target: ObjectHead) -> Verified | None:
    """The verdict by the record of a copy, on the object that is there now; None: no proof."""
    if recorded.size is not None and target.size != recorded.size:
        return verified(pair, VerifiedState.DIFFERS, _sizes(recorded.size, target.size), target.size)
    algorithm, _, value = recorded.checksum.partition(":")
    now = next((each.value for each in target.checksums if each.algorithm == algorithm), "")
    if value and now == value:
        return verified(pair, VerifiedState.SAME, f"{algorithm} as recorded", target.size)
    if value and now and ("-" in now) == ("-" in value):
        return verified(pair, VerifiedState.DIFFERS, f"{algorithm} is not the recorded one", target.size)
    if recorded.proven_by and recorded.etag and recorded.etag == target.etag:
        evidence = f"unchanged since it was verified by {recorded.proven_by}"
        return verified(pair, VerifiedState.SAME, evidence, target.size)
    return None


def has_changed(pair: ObjectPair, source: ObjectHead, target: ObjectHead) -> bool:
    """Whether the source has changed since it was copied; `target` is the recorded copy.

    If their digests cannot be compared, a source that is newer than its copy has changed. Both times are the server's,
    not this machine's.
    """
    if known := by_heads(pair, source, target):
        return known.state is VerifiedState.DIFFERS
    return source.modified > target.modified + SKEW_SECONDS


def by_parts(pair: ObjectPair, recorded: Recorded, seen: PairHeads) -> Verified | None:
    """DIFFERS if the object has another ETag than recorded, with the same parts; None: no proof."""
    target, part_size = seen.target, recorded.part_size
    if target is None or not part_size or target.etag == recorded.etag or not is_plain(target):
        return None
    if target.parts < 2 or not (seen.target_cut.certain and seen.target_cut.size == part_size):
        return None
    return verified(pair, VerifiedState.DIFFERS, "ETag is not the recorded one", target.size)


def by_heads(pair: ObjectPair, source: ObjectHead, target: ObjectHead) -> Verified | None:
    """The verdict of the heads of both sides; None: no proof."""
    if source.size != target.size:
        return verified(pair, VerifiedState.DIFFERS, _sizes(source.size, target.size), source.size)
    if not source.size:
        return verified(pair, VerifiedState.SAME, "both are empty", 0)
    compared = compare(source, target)
    if compared.verification is VerificationOutcome.UNKNOWN:
        return None
    state = VerifiedState.SAME if compared.verification is VerificationOutcome.SAME else VerifiedState.DIFFERS
    return verified(pair, state, compared.evidence, source.size)


def what_to_read(pair: ObjectPair, seen: PairHeads) -> ReadingPlan | str:
    """The cheapest reading that decides, the local side first; or why none does. Both sides have the same size."""
    ours, theirs = seen.source, seen.target
    by_ours = expected_of(ours, seen.source_cut) if ours else None
    by_theirs = expected_of(theirs, seen.target_cut) if theirs else None
    ways: list[ReadingPlan] = []
    if ours and theirs and by_theirs and not ours.archived:
        ways.append(ReadingPlan(SideToRead.SOURCE, ours.size, by_theirs))
    if theirs and by_ours and not theirs.archived:
        ways.append(ReadingPlan(SideToRead.TARGET, theirs.size, by_ours))
    if ways:
        return ways[0 if not pair.source.kind.has_prices else -1]
    if ours and theirs and not ours.archived and not theirs.archived:
        return ReadingPlan(SideToRead.BOTH, 2 * ours.size)
    if theirs and not theirs.archived and (expected := _by_itself(pair.recorded, theirs, by_theirs)):
        return ReadingPlan(SideToRead.TARGET, theirs.size, expected)
    if (ours and ours.archived) or (theirs and theirs.archived):
        return ARCHIVED
    return GONE.replace("is gone", "has changed since") if seen.changed else GONE


def _by_itself(recorded: Recorded | None, target: ObjectHead, own: Expected | None) -> Expected | None:
    """The digest that proves a copy without its source: from its record, or its own if it is the recorded object."""
    if recorded is None:
        return None
    if by_record := expected_by_record(recorded.checksum):
        return by_record
    if recorded.proven_by and recorded.etag == target.etag:
        return own
    return expected_by_record("", recorded.etag, recorded.part_size) if recorded.proven_by else None


def _sizes(ours: int, theirs: int) -> str:
    return f"size: {ours:,} and {counted(theirs, 'byte')}"
