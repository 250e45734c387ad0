"""One object of a transfer from its listing to its result: conflict, copy, comparison, owner."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from tui.model.plan import ConflictPolicy
from tui.model.problem import ProblemError
from tui.model.transfer import Conflict, ObjectResult, Outcome, Verification
from tui.transfers.cancellation import together
from tui.transfers.confirming import Confirmer
from tui.transfers.existing import NOT_LOOKED, Existing, look_for
from tui.transfers.ledger import Ledger
from tui.transfers.moving import Delivery
from tui.transfers.renaming import cannot_see, free_name
from tui.transfers.routes import Copied, Copier, Seen
from tui.transfers.selection import Picked
from tui.transfers.sides import Sides
from tui.transfers.verify import mismatch

UNSEEN_SIZE = -1
"""The target size of a conflict when nobody here may see whether the object exists."""

NO_PLACE = "the marker of the copied prefix itself is left out: at the top of a bucket it would have no name"

Ask = Callable[[Conflict], Awaitable[ConflictPolicy]]


class Deliverer:
    """Delivers the objects of one transfer, any number side by side.

    What happens to an object that exists at the target: OVERWRITE does not look; the other policies look by
    HeadObject, and where neither identity may see the key, ASK asks (the user may know), SKIP and RENAME fail the
    object: nothing is ever overwritten unseen.
    """

    def __init__(self, transfer: str, sides: Sides, copier: Copier, ledger: Ledger) -> None:
        self._transfer, self._sides, self._copier, self._ledger = transfer, sides, copier, ledger
        self._confirmer = Confirmer(sides)
        self._taken: set[str] = set()
        """Keys at the target that objects under way were given or have found free."""

    async def deliver(self, picked: Picked, delivery: Delivery, ask: Ask) -> ObjectResult:
        """Copy one object, unless the conflict policy says otherwise; raise `ProblemError` if it cannot be.

        `ask` decides a conflict. `delivery` is given the key that the copy gets at the target.
        """
        if self._sides.is_top_marker(picked.key, picked.size):
            return self._marker(picked, delivery)
        key = delivery.key = self._sides.target_key(picked.key)
        seen, found = await together(self._copier.look(picked.key), self._existing(key))
        self._ledger.correct_size(picked.size, seen.head.size)
        delivery.new = found.seen_absent
        decision = await self._decide(seen, key, found, ask)
        if decision is ConflictPolicy.SKIP:
            return self._result(seen, delivery, Outcome.SKIPPED)
        if decision is ConflictPolicy.RENAME:
            key = delivery.key = await free_name(key, self._look, self._taken)
            delivery.new = True
        self._taken.add(key)
        try:
            return await self._copy(seen, delivery)
        finally:
            self._taken.discard(key)

    async def _existing(self, key: str) -> Existing:
        if self._sides.order.options.conflict is ConflictPolicy.OVERWRITE:
            return NOT_LOOKED
        return await self._look(key)

    async def _look(self, key: str) -> Existing:
        return await look_for(self._sides.writers(), self._sides.target_bucket, key)

    async def _decide(self, seen: Seen, key: str, found: Existing, ask: Ask) -> ConflictPolicy:
        """What to do; OVERWRITE also means that there is nothing to overwrite."""
        policy = self._sides.order.options.conflict
        if policy is not ConflictPolicy.OVERWRITE and key in self._taken:
            return ConflictPolicy.RENAME  # another object of this transfer was renamed to this very key
        if found is NOT_LOOKED or found.seen_absent:
            return ConflictPolicy.OVERWRITE
        if policy is ConflictPolicy.ASK:
            policy = await ask(self._conflict(seen, key, found))
        if found.unseen and policy is not ConflictPolicy.OVERWRITE:
            raise ProblemError(cannot_see(found.unseen))
        return policy

    def _conflict(self, seen: Seen, key: str, found: Existing) -> Conflict:
        head = found.head
        return Conflict(
            id=secrets.token_hex(8),
            transfer=self._transfer,
            source=self._sides.source_uri(seen.key),
            target=self._sides.target_uri(key),
            source_size=seen.head.size,
            source_modified=seen.head.modified,
            target_size=head.size if head else UNSEEN_SIZE,
            target_modified=head.modified if head else 0.0,
        )

    async def _copy(self, seen: Seen, delivery: Delivery) -> ObjectResult:
        copied = await self._copier.copy(seen, delivery, self._ledger.take_route)
        return await self._confirmed(seen, delivery, copied)

    async def _confirmed(self, seen: Seen, delivery: Delivery, copied: Copied) -> ObjectResult:
        confirmed = await self._confirmer.confirm(seen.head, delivery.key, copied)
        for note in confirmed.notes:
            delivery.note(note)
        source, target = self._sides.source_uri(seen.key), self._sides.target_uri(delivery.key)
        compared = confirmed.compared
        differs = compared.verification is Verification.DIFFERS
        return ObjectResult(
            transfer=self._transfer,
            source=source,
            target=target,
            outcome=Outcome.FAILED if differs else Outcome.COPIED,
            size=seen.head.size,
            route=copied.way.route,
            verification=compared.verification,
            evidence=compared.evidence,
            owner=confirmed.owner,
            notes=delivery.notes,
            problem=mismatch(compared, source, target) if differs else None,
        )

    def _marker(self, picked: Picked, delivery: Delivery) -> ObjectResult:
        delivery.note(NO_PLACE)
        return ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(picked.key),
            target=self._sides.target_uri(""),
            outcome=Outcome.SKIPPED,
            size=picked.size or 0,
            notes=delivery.notes,
        )

    def _result(self, seen: Seen, delivery: Delivery, outcome: Outcome) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(seen.key),
            target=self._sides.target_uri(delivery.key),
            outcome=outcome,
            size=seen.head.size,
            notes=delivery.notes,
        )
