"""What is to be done with one object, and why: decided here alone, for the copy and for the dry run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tui.model.location import DELIMITER
from tui.model.plan import ConflictPolicy, PlannedAction
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Verification
from tui.stores.base import ObjectHead
from tui.transfers.cancellation import together
from tui.transfers.disk import is_disk
from tui.transfers.existing import NOT_LOOKED, Existing, look_for
from tui.transfers.filters import ObjectFilter
from tui.transfers.names import longest_key
from tui.transfers.renaming import cannot_see, free_name
from tui.transfers.routes import Seen
from tui.transfers.selection import Picked
from tui.transfers.sides import Sides
from tui.transfers.upload_book import ObjectUploads
from tui.transfers.verify import compare

NO_PLACE = "the marker of the copied prefix itself is left out: at the top of a bucket it would have no name"
EXISTS = "skipped: it exists at the target"
NOT_NEWER = "skipped: the target's is as new as its source, or newer"
THE_SAME = "skipped: the target's is the same ({})"
BEGUN = "it was begun before"
UNFIT = "left out: {}"
LEFT_OUT = "left out by the filters: {}"


@dataclass(frozen=True, slots=True)
class Looked:
    """An object that was looked at: its key at the target, the source as it was seen, and what is at the key already.

    `seen` None: there is nothing to look at, it has no place at the target or is no object.
    """

    picked: Picked
    key: str
    seen: Seen | None
    found: Existing


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done: the key at the target, and one clause that says why.

    `only_new`: nothing was at the key, and nothing may be replaced that comes meanwhile.
    """

    action: PlannedAction
    key: str
    why: str
    only_new: bool = False


class Decider:
    """Decides about the objects of one transfer, any number side by side.

    OVERWRITE does not look at the target (unless told to); the other policies look by HeadObject. Where neither
    identity may see the key, ASK asks (the user may know), all the others refuse: nothing is ever overwritten unseen.
    """

    def __init__(
        self, sides: Sides, look_at_source: Callable[[str], Coroutine[Any, Any, Seen]], *, always_look: bool = False
    ) -> None:
        """Raises `ProblemError` for filters that are none."""
        self._sides, self._look_at_source, self._always_look = sides, look_at_source, always_look
        self._longest = longest_key(sides.order.destination.location)
        self._filter = ObjectFilter(sides.order.selection)
        self._selected = frozenset(sides.order.selection.keys), tuple(sides.order.selection.prefixes)
        self._taken: set[str] = set()
        """Keys at the target that objects under way were given or have found free."""

    async def look(self, picked: Picked) -> Looked:
        """Look at the object and at its place; raise `ProblemError` if it cannot be seen or can have no place."""
        key = self.place(picked)
        if not key or picked.unfit:
            return Looked(picked, "", None, NOT_LOOKED)
        seen, found = await together(self._look_at_source(picked.key), self._existing(key))
        return Looked(picked, key, seen, found)

    def place(self, picked: Picked) -> str:
        """The key that an object gets, empty if it is left out; raise `ProblemError` if it can have none."""
        if self._sides.is_top_marker(picked.key, picked.size):
            return ""
        target = self._sides.target_key(picked.key)
        if self._sides.same_bucket and self._is_selected(target):
            raise ProblemError(_among_the_selected(self._sides.target_uri(target)))
        return target

    async def settle(self, looked: Looked, policy: ConflictPolicy | None = None) -> Decision:
        """Decide by the order's policy, or by the one given; raise `ProblemError` if it cannot be carried out.

        A decision to RENAME holds its key until `release`.
        """
        key, seen, found = looked.key, looked.seen, looked.found
        if seen is None:
            why = UNFIT.format(looked.picked.unfit) if looked.picked.unfit else NO_PLACE
            return Decision(PlannedAction.SKIP, key, why)
        if left_out := self.left_out(looked):
            return Decision(PlannedAction.SKIP, key, left_out)
        policy = policy or self._sides.order.options.conflict
        if policy is not ConflictPolicy.OVERWRITE and key in self._taken:
            return await self._renamed(key)  # another object of this transfer was renamed to this very key
        if found.seen_absent:
            return Decision(PlannedAction.COPY, key, "nothing is at the target", only_new=True)
        if not found.looked and self._is_directory(key):
            return Decision(PlannedAction.COPY, key, "a directory")
        if not found.looked:
            return Decision(PlannedAction.OVERWRITE, key, "whatever is at the target is overwritten")
        return await self._against(key, seen.head, found, policy)

    def left_out(self, looked: Looked) -> str:
        """Why an object is not meant, now that it was looked at, as a sentence; empty if it is.

        What was listed with its size was filtered then.
        """
        if looked.seen is None or looked.picked.size is not None:
            return ""
        why = self._filter.why_not(looked.seen.head.size, looked.seen.head.modified)
        return LEFT_OUT.format(why) if why else ""

    async def go_on(self, looked: Looked, uploads: ObjectUploads) -> Decision | None:
        """Finish what was begun before an interruption, if its key is still free or what is there was made by it."""
        held = uploads.held
        if held is None or looked.seen is None or held.key in self._taken or self.left_out(looked):
            return None
        found = looked.found if held.key == looked.key else await self._look(held.key)
        if found.head and uploads.made(found.head):
            return Decision(PlannedAction.OVERWRITE, held.key, BEGUN)
        return Decision(PlannedAction.COPY, held.key, BEGUN, only_new=True) if found.seen_absent else None

    def hold(self, key: str) -> None:
        """No object is renamed to this key until it is released."""
        self._taken.add(key)

    def release(self, key: str) -> None:
        """What was to be written at the key has been, or will not be."""
        self._taken.discard(key)

    async def _against(self, key: str, source: ObjectHead, found: Existing, policy: ConflictPolicy) -> Decision:
        """Decide about an object whose place is, or may be, taken."""
        if policy is ConflictPolicy.ASK:
            return Decision(PlannedAction.ASK, key, _occupied(found))
        if found.unseen and policy is not ConflictPolicy.OVERWRITE:
            raise ProblemError(cannot_see(found.unseen))
        if policy is ConflictPolicy.RENAME:
            return await self._renamed(key)
        if policy is ConflictPolicy.SKIP:
            return Decision(PlannedAction.SKIP, key, EXISTS)
        if policy is ConflictPolicy.OVERWRITE or found.head is None:
            return Decision(PlannedAction.OVERWRITE, key, _occupied(found))
        judge = if_newer if policy is ConflictPolicy.NEWER else if_different
        action, why = judge(source, found.head)
        return Decision(action, key, why)

    async def _renamed(self, key: str) -> Decision:
        free = await free_name(key, self._look, self._taken, self._longest)
        return Decision(PlannedAction.RENAME, free, "the name is taken at the target", only_new=True)

    async def _existing(self, key: str) -> Existing:
        if self._sides.order.options.conflict is ConflictPolicy.OVERWRITE and not self._always_look:
            return NOT_LOOKED
        if self._is_directory(key):
            return NOT_LOOKED  # a directory that is there already is as good as a new one
        return await self._look(key)

    async def _look(self, key: str) -> Existing:
        return await look_for(self._sides.writers(), self._sides.target_bucket, key)

    def _is_directory(self, key: str) -> bool:
        return key.endswith(DELIMITER) and is_disk(self._sides.target)

    def _is_selected(self, key: str) -> bool:
        keys, prefixes = self._selected
        return (key in keys or key.startswith(prefixes)) and self._filter.takes_name(key)


def if_newer(source: ObjectHead, target: ObjectHead) -> tuple[PlannedAction, str]:
    """OVERWRITE what is older than its source, in the whole seconds that S3 keeps; SKIP the rest."""
    if int(source.modified) > int(target.modified):
        return PlannedAction.OVERWRITE, "the target's is older than its source"
    return PlannedAction.SKIP, NOT_NEWER


def if_different(source: ObjectHead, target: ObjectHead) -> tuple[PlannedAction, str]:
    """SKIP what is the same by checksum or ETag; OVERWRITE what differs, or cannot be told to be the same."""
    compared = compare(source, target)
    if compared.verification is Verification.SAME:
        return PlannedAction.SKIP, THE_SAME.format(compared.evidence)
    if compared.verification is Verification.DIFFERS:
        return PlannedAction.OVERWRITE, f"the target's differs ({compared.evidence})"
    return PlannedAction.OVERWRITE, "the target's has the same size, and nothing else tells whether it is the same"


def _occupied(found: Existing) -> str:
    if found.unseen:
        return f"whether it exists at the target cannot be seen: {found.unseen.title}"
    return "it exists at the target"


def _among_the_selected(target: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title="the copy would lie among what is selected",
        cause="it would replace another selected object, or be taken for one",
        remedy="choose another target",
        resource=target,
    )
