"""What each conflict policy does with an object that exists at the target.

A new policy is added to `ConflictPolicy` and here; the type checker names each function that does not know it yet.
"""

from __future__ import annotations

from typing import assert_never

from tui.core.orders import ConflictPolicy
from tui.core.transfer import PlannedAction, Verification
from tui.stores.local.files import moments_of
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.verify import compare
from tui.transfers.order.existing import Existing

EXISTS = "skipped: it exists at the target"
NOT_NEWER = "skipped: the target is not older than the source"
THE_SAME = "skipped: the target is the same ({})"
TAKEN = "the name exists at the target"


def on_existing(policy: ConflictPolicy, source: ObjectHead, found: Existing) -> tuple[PlannedAction, str]:
    """What to do with an object whose key exists at the target, and one clause that says why.

    Where `found` is unseen, only policies for which `acts_unseen` is true may be asked.
    """
    match policy:
        case ConflictPolicy.ASK:
            return PlannedAction.ASK, occupied(found)
        case ConflictPolicy.OVERWRITE:
            return PlannedAction.OVERWRITE, occupied(found)
        case ConflictPolicy.SKIP:
            return PlannedAction.SKIP, EXISTS
        case ConflictPolicy.RENAME:
            return PlannedAction.RENAME, TAKEN
        case ConflictPolicy.NEWER:
            return if_newer(source, seen(found))
        case ConflictPolicy.DIFFERENT:
            return if_different(source, seen(found))
        case _:
            assert_never(policy)


def looks_at_target(policy: ConflictPolicy) -> bool:
    """Whether it matters what is at the key, so that a HeadObject is worth its request."""
    match policy:
        case ConflictPolicy.OVERWRITE:
            return False
        case (
            ConflictPolicy.ASK
            | ConflictPolicy.SKIP
            | ConflictPolicy.RENAME
            | ConflictPolicy.NEWER
            | ConflictPolicy.DIFFERENT
        ):
            return True
        case _:
            assert_never(policy)


def acts_unseen(policy: ConflictPolicy) -> bool:
    """Whether it can be carried out where no identity may see the key; nothing else is overwritten unseen."""
    match policy:
        case ConflictPolicy.ASK | ConflictPolicy.OVERWRITE:
            return True
        case ConflictPolicy.SKIP | ConflictPolicy.RENAME | ConflictPolicy.NEWER | ConflictPolicy.DIFFERENT:
            return False
        case _:
            assert_never(policy)


def may_keep_existing(policy: ConflictPolicy) -> bool:
    """Whether an object of the target may stay as it is, so that the source of a move has to stay, too."""
    match policy:
        case ConflictPolicy.SKIP | ConflictPolicy.NEWER | ConflictPolicy.DIFFERENT:
            return True
        case ConflictPolicy.ASK | ConflictPolicy.OVERWRITE | ConflictPolicy.RENAME:
            return False
        case _:
            assert_never(policy)


def if_newer(source: ObjectHead, target: ObjectHead) -> tuple[PlannedAction, str]:
    """OVERWRITE what is older than its source; SKIP the rest.

    S3 keeps whole seconds. A file of the second in which it was uploaded is newer: it may have been written since.
    """
    if _written(source) > _written(target):
        return PlannedAction.OVERWRITE, "the target is older than the source"
    return PlannedAction.SKIP, NOT_NEWER


def _written(head: ObjectHead) -> float:
    return head.modified if moments_of(head.etag) else int(head.modified)


def if_different(source: ObjectHead, target: ObjectHead) -> tuple[PlannedAction, str]:
    """SKIP what is the same by checksum or ETag; OVERWRITE what differs, or is not known to be the same."""
    compared = compare(source, target)
    match compared.verification:
        case Verification.SAME:
            return PlannedAction.SKIP, THE_SAME.format(compared.evidence)
        case Verification.DIFFERS:
            return PlannedAction.OVERWRITE, f"the target differs ({compared.evidence})"
        case Verification.UNKNOWN:
            return (
                PlannedAction.OVERWRITE,
                "the target has the same size, but there is nothing else to compare",
            )
        case _:
            assert_never(compared.verification)


def occupied(found: Existing) -> str:
    """That something is at the key, or may be."""
    if found.unseen:
        return f"cannot check whether it exists at the target: {found.unseen.title}"
    return "it exists at the target"


def seen(found: Existing) -> ObjectHead:
    """The object at the key, which must have been seen."""
    if found.head is None:
        raise ValueError("this policy decides about objects that were seen")
    return found.head
