"""Decides what is done with one object, and why, for the copy and for the dry run."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, assert_never

from tui.core.location import DELIMITER
from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import PlannedAction, VerificationOutcome
from tui.stores.local.files import moments_of
from tui.stores.store_values import ANYTHING, ONLY_NEW, UNSEEN_NEW, ObjectHead, WriteCondition
from tui.transfers.attributes import still_closed
from tui.transfers.copy.checksums import compare
from tui.transfers.copy.delivery import SourceSnapshot
from tui.transfers.copy.upload_records import ObjectUploads
from tui.transfers.local_disk import is_disk
from tui.transfers.selection import UNFIT, ObjectFilter, SelectedObject, change_since, is_listed, matched
from tui.transfers.sides import Sides
from tui.transfers.target_keys import NOT_LOOKED, Existing, KeysUnderWay, cannot_see, free_name, look_for, restores
from tui.transfers.tasks import together

NO_PLACE = "the prefix marker is skipped: at the bucket root it would have an empty key"
BEGUN = "its copy had already started"
RESTORED = "this version is restored: the current one is kept as a noncurrent version"
_MAY_BE_RENAMED = re.compile(r" \(\d+\)")
"""Such a key may be one that another object of the transfer was renamed to."""
LEFT_OUT = "skipped by the filters: {}"


@dataclass(frozen=True, slots=True)
class CopyDecision:
    """An object that was looked at, and what is to be done with it, with one clause that says why.

    `key` is its key at the target, and `found` what is there already. `seen` None: there is nothing to look at, it has
    no place at the target or is no object.
    """

    picked: SelectedObject
    key: str
    seen: SourceSnapshot | None = None
    found: Existing = NOT_LOOKED
    action: PlannedAction | None = None
    """None: it was not decided yet."""
    why: str = ""
    when: WriteCondition = ANYTHING
    """What was seen at the key: nothing that appears there later may be replaced."""

    def to(self, action: PlannedAction, why: str, when: WriteCondition = ANYTHING, *, key: str = "") -> CopyDecision:
        """The same, decided; `key`, if it gets another one."""
        return replace(self, action=action, why=why, when=when, key=key or self.key)


class Decider:
    """Decides about the objects of one transfer, any number side by side.

    OVERWRITE does not look at the target (unless asked to); the other policies look by HeadObject, unless what the
    target's listing has at the key is enough (`tui.transfers.counting` has the rule). Where neither
    identity may see the key, ASK and SKIP write if nothing is there, where the server is known to honor that; else ASK
    asks (the user may know), all the others refuse: nothing is ever overwritten unseen.
    """

    def __init__(
        self,
        sides: Sides,
        look_at_source: Callable[[str], Coroutine[Any, Any, SourceSnapshot]],
        as_listed: Callable[[SelectedObject], SourceSnapshot | None] = lambda _: None,
        *,
        always_look: bool = False,
    ) -> None:
        """`as_listed`: the object as it was listed, where that is enough to copy it.

        Raises `ProblemError` for filters that are none.
        """
        self._sides, self._look_at_source, self._always_look = sides, look_at_source, always_look
        self._as_listed = as_listed
        self._longest = sides.order.destination.location.kind.longest_key
        self._filter = ObjectFilter(sides.order.selection)
        self._selected = frozenset(sides.order.selection.keys), tuple(sides.order.selection.prefixes)
        self._matched = matched(sides.order.selection)
        self.keys = KeysUnderWay()

    async def look(self, picked: SelectedObject, *, surely: bool = False) -> CopyDecision:
        """Look at the object and at its place; raise `ProblemError` if it cannot be seen or can have no place.

        `surely`: the place is looked at whatever the policy does with what is there.
        """
        key = self.place(picked)
        if not key or picked.unfit:
            return CopyDecision(picked, "", why=UNFIT.format(picked.unfit) if picked.unfit else NO_PLACE)
        if left := self._left_as_listed(picked, key):
            return CopyDecision(picked, key, why=left)
        if listed := self._as_listed(picked):
            found = await self._existing(picked, key, surely=surely)
            enough = not found.looked or found.seen_absent
            return CopyDecision(picked, key, listed if enough else await self._look_at_source(picked.key), found)
        seen, found = await together(self._look_at_source(picked.key), self._existing(picked, key, surely=surely))
        if changed := change_since(self._sides.order.selection, picked, seen.head.etag):
            raise ProblemError(changed)
        return CopyDecision(picked, key, seen, found)

    def at_once(
        self, picked: SelectedObject, key: str, uploads: ObjectUploads
    ) -> tuple[SourceSnapshot, WriteCondition] | None:
        """The object as it was listed, if it is to be copied for all that the listings say; None: look and decide.

        Also what may be at its key when it is written.
        """
        if not key or picked.unfit or uploads.held or self.keys.is_taken(key):
            return None
        if picked.beside is not None:
            only_new = picked.beside.size is None and self._trusts(picked.beside, key)
            overwrites = False
        else:
            only_new = False
            overwrites = not (self._always_look or looks_at_target(self._sides.order.options.conflict))
        if not (only_new or overwrites) or (overwrites and self._is_directory(key)):
            return None
        seen = self._as_listed(picked)
        return (seen, WriteCondition(only_new)) if seen and not seen.archived else None

    def place(self, picked: SelectedObject) -> str:
        """The key that an object gets, empty if it is left out; raise `ProblemError` if it can have none."""
        if self._sides.is_top_marker(picked.key, picked.size):
            return ""
        target = self._sides.target_key(picked.key)
        if self._sides.same_bucket and self._is_selected(target) and not restores(self._sides.order):
            title = "the copy would be inside the selection"
            cause = "it would replace another selected object, or be mistaken for one"
            uri = self._sides.target_uri(target)
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, "choose another target", resource=uri))
        return target

    async def settle(self, looked: CopyDecision, policy: ConflictPolicy | None = None) -> CopyDecision:
        """Decide by the order's policy, or by the one given; raise `ProblemError` if it cannot be carried out.

        A decision to RENAME, or to finish what was begun, reserves its key until `release`.
        """
        decision = await self._settle(looked, policy)
        if decision.action is not PlannedAction.SKIP and looked.seen:
            options, seen = self._sides.order.options, looked.seen
            if closed := still_closed(seen.archived, seen.head, options, planned=self._always_look):
                self.keys.free(decision.key)
                raise ProblemError(closed)
        return decision

    async def _settle(self, looked: CopyDecision, policy: ConflictPolicy | None) -> CopyDecision:
        key, found = looked.key, looked.found
        if looked.seen is None:
            return looked.to(PlannedAction.SKIP, looked.why)
        if left_out := self.left_out(looked):
            return looked.to(PlannedAction.SKIP, left_out)
        policy = policy or self._sides.order.options.conflict
        if self.keys.is_taken(key):
            return await self._renamed(looked)  # whatever the policy says: that is no object which was there before
        if found.seen_absent:
            return looked.to(PlannedAction.COPY, "nothing at the target", ONLY_NEW)
        if not found.looked and self._is_directory(key):
            return looked.to(PlannedAction.COPY, "a directory")
        if not found.looked:
            return looked.to(PlannedAction.OVERWRITE, "existing objects at the target are overwritten")
        return await self._against(looked, looked.seen.head, policy)

    def left_out(self, looked: CopyDecision) -> str:
        """Why an object is not meant, now that it was looked at, as a sentence; empty if it is.

        What was listed with its size was filtered then.
        """
        if looked.seen is None or looked.picked.size is not None:
            return ""
        why = self._filter.why_not(looked.seen.head.size, looked.seen.head.modified)
        return LEFT_OUT.format(why) if why else ""

    async def go_on(self, looked: CopyDecision, uploads: ObjectUploads) -> CopyDecision | None:
        """Finish what was begun before an interruption, if its key is still free or what is there was made by it."""
        held = uploads.held
        if held is None or looked.seen is None or self.keys.is_taken(held.key) or self.left_out(looked):
            return None
        self.keys.hold(held.key)  # before looking, as a name that is looked for
        decision = None
        try:
            found = looked.found if held.key == looked.key else await self._look(held.key)
            if found.head and uploads.made(found.head):
                decision = looked.to(PlannedAction.OVERWRITE, BEGUN, key=held.key)
            elif found.seen_absent:
                decision = looked.to(PlannedAction.COPY, BEGUN, ONLY_NEW, key=held.key)
        finally:
            if decision is None:
                self.keys.free(held.key)
        return decision

    async def _against(self, looked: CopyDecision, source: ObjectHead, policy: ConflictPolicy) -> CopyDecision:
        """Decide about an object whose place is, or may be, taken."""
        found = looked.found
        honors, kept = self._sides.target.capabilities.honors_conditions, (ConflictPolicy.ASK, ConflictPolicy.SKIP)
        if found.unseen and not found.refused and honors and policy in kept:
            return looked.to(PlannedAction.COPY, IF_NEW, UNSEEN_NEW)
        if found.unseen and not (acts_unseen(policy) or (found.refused and policy is ConflictPolicy.SKIP)):
            raise ProblemError(cannot_see(found.unseen))
        action, why = on_existing(policy, source, found)
        match action:
            case PlannedAction.RENAME:
                return await self._renamed(looked)
            case PlannedAction.ASK if self._restores_onto(looked.key, found):
                return looked.to(PlannedAction.OVERWRITE, RESTORED)
            case PlannedAction.OVERWRITE if found.head:
                return looked.to(action, why, WriteCondition(replaces=found.head.etag))
            case _:
                return looked.to(action, why)

    def _restores_onto(self, key: str, found: Existing) -> bool:
        """Whether an older version goes on top of its own key, where the current one stays below it."""
        kept = found.head is not None and found.head.version not in ("", "null")
        return kept and self._sides.same_bucket and restores(self._sides.order) and self._is_selected(key)

    async def _renamed(self, looked: CopyDecision) -> CopyDecision:
        free = await free_name(looked.key, self._look, self.keys.held, self._longest)
        return looked.to(PlannedAction.RENAME, TAKEN, ONLY_NEW, key=free)

    def _left_as_listed(self, picked: SelectedObject, key: str) -> str:
        """Why an object is skipped by the listings alone, as a clause; empty if it has to be looked at."""
        if picked.beside is None or picked.beside.size is None or picked.size is None or self.keys.is_taken(key):
            return ""
        policy = self._sides.order.options.conflict
        if policy not in (ConflictPolicy.SKIP, ConflictPolicy.NEWER):
            return ""
        dropped = is_disk(self._sides.source)  # lists drop the fraction of a file's time
        source = ObjectHead(picked.size, picked.etag, picked.modified + dropped, listed=True)
        action, why = on_existing(policy, source, Existing(_as_listed(picked.beside)))
        return why if action is PlannedAction.SKIP else ""

    async def _existing(self, picked: SelectedObject, key: str, *, surely: bool) -> Existing:
        if not (surely or self._always_look or looks_at_target(self._sides.order.options.conflict)):
            return NOT_LOOKED
        if self._is_directory(key):
            return NOT_LOOKED  # a directory that is there already is as good as a new one
        if picked.beside and self._trusts(picked.beside, key):
            return Existing(_as_listed(picked.beside))
        return await self._look(key)

    def _trusts(self, beside: SelectedObject, key: str) -> bool:
        """Whether what the target's listing has at a key is enough to write there: see `tui.transfers.counting`."""
        if not self._sides.target.capabilities.honors_conditions or _MAY_BE_RENAMED.search(key):
            return False
        policy = self._sides.order.options.conflict
        return beside.size is None or policy in (ConflictPolicy.NEWER, ConflictPolicy.RENAME)

    async def _look(self, key: str) -> Existing:
        return await look_for(self._sides.writers(), self._sides.target_bucket, key)

    def _is_directory(self, key: str) -> bool:
        return key.endswith(DELIMITER) and is_disk(self._sides.target)

    def _is_selected(self, key: str) -> bool:
        keys, prefixes = self._selected
        if self._sides.order.selection.renamed:
            return False  # no new key is an old one: the list was looked through for that
        below = key.startswith(prefixes) and self._matched(key)
        return (key in keys or below or is_listed(self._sides.order.selection, key)) and self._filter.takes_name(key)


def _as_listed(row: SelectedObject) -> ObjectHead | None:
    return None if row.size is None else ObjectHead(row.size, row.etag, row.modified, listed=True)


# What each conflict policy does with an object that exists at the target. A new policy is added to `ConflictPolicy`, to
# `on_existing` and to the three functions below it.

IF_NEW = "copied only if nothing is at the target: that cannot be seen before"
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
    """It matters what is at the key, so that a HeadObject is worth its request."""
    return policy is not ConflictPolicy.OVERWRITE


def acts_unseen(policy: ConflictPolicy) -> bool:
    """It can be carried out where no identity may see the key; nothing else is overwritten unseen."""
    return policy in (ConflictPolicy.ASK, ConflictPolicy.OVERWRITE)


def may_keep_existing(policy: ConflictPolicy) -> bool:
    """An object of the target may stay as it is, so that the source of a move has to stay, too."""
    return policy in (ConflictPolicy.SKIP, ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT)


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
    if compared.verification is VerificationOutcome.SAME:
        return PlannedAction.SKIP, THE_SAME.format(compared.evidence)
    if compared.verification is VerificationOutcome.DIFFERS:
        return PlannedAction.OVERWRITE, f"the target differs ({compared.evidence})"
    return PlannedAction.OVERWRITE, "the target has the same size, but there is nothing else to compare"


def occupied(found: Existing) -> str:
    """That something is at the key, or may be."""
    if found.unseen and not found.refused:
        return f"cannot check whether it exists at the target: {found.unseen.title}"
    return "it exists at the target"


def seen(found: Existing) -> ObjectHead:
    """The object at the key, which must have been seen."""
    if found.head is None:
        raise ValueError("this policy decides about objects that were seen")
    return found.head
