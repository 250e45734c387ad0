"""One object of a transfer from its listing to its result: decision, copy, comparison, owner, end of the source."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable

from tui.model.plan import ConflictPolicy, PlannedAction
from tui.model.transfer import Conflict, ObjectResult, Outcome, Verification
from tui.stores.base import ObjectHead
from tui.transfers.cancellation import finish
from tui.transfers.confirming import Confirmed, Confirmer
from tui.transfers.deciding import Decider, Looked
from tui.transfers.delivery import Delivery
from tui.transfers.disk import is_disk
from tui.transfers.ledger import Ledger
from tui.transfers.leftovers import SKEW_SECONDS
from tui.transfers.removing import Removal, SourceRemover
from tui.transfers.routes import Copied, Copier, Seen
from tui.transfers.selection import Picked
from tui.transfers.sides import Sides
from tui.transfers.verify import compare, mismatch

UNSEEN_SIZE = -1
"""The target size of a conflict when nobody here may see whether the object exists."""

BEFORE = "was copied already before the transfer was interrupted"

LEAVING = (ConflictPolicy.SKIP, ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT)
"""The policies by which an object stays as it is at the target, and so does its source."""

Ask = Callable[[Conflict], Awaitable[ConflictPolicy]]


class Deliverer:
    """Delivers the objects of one transfer, any number side by side; `Decider` says what is done with each."""

    def __init__(self, transfer: str, sides: Sides, copier: Copier, remover: SourceRemover, ledger: Ledger) -> None:
        """Raises `ProblemError` for filters that are none."""
        self._transfer, self._sides, self._copier, self._ledger = transfer, sides, copier, ledger
        self._decider = Decider(sides, copier.look)
        self._confirmer = Confirmer(sides)
        self._remover = remover

    async def deliver(self, picked: Picked, delivery: Delivery, ask: Ask, *, again: bool = False) -> ObjectResult:
        """Copy one object, unless the conflict policy says otherwise; raise `ProblemError` if it cannot be.

        `ask` decides a conflict. `delivery` is given the key that the copy gets at the target. `again`: the object may
        have arrived before an interruption that kept its result from being written down.
        """
        began = time.time()
        delivery.key = self._decider.place(picked)
        looked = await self._decider.look(picked)
        if looked.seen:
            self._ledger.correct_size(picked.size, looked.seen.head.size)
        if again and (result := await self._arrived_before(looked, delivery, began)):
            return result
        decision = await self._decider.go_on(looked, delivery.uploads) or await self._decider.settle(looked)
        if decision.action is PlannedAction.ASK and looked.seen:
            answer = await ask(self._conflict(looked.seen, looked))
            decision = await self._decider.settle(looked, answer)
        if decision.action is PlannedAction.SKIP or looked.seen is None:
            delivery.note(decision.why)
            return self._skipped(looked, delivery, began)
        delivery.key, delivery.new = decision.key, decision.only_new
        self._decider.hold(decision.key)
        try:
            copied = await self._copier.copy(looked.seen, delivery, self._ledger.take_route)
            return await self._confirmed(looked.seen, delivery, copied, began)
        finally:
            self._decider.release(decision.key)

    def _conflict(self, seen: Seen, looked: Looked) -> Conflict:
        head = looked.found.head
        return Conflict(
            id=secrets.token_hex(8),
            transfer=self._transfer,
            source=self._sides.source_uri(seen.key),
            target=self._sides.target_uri(looked.key),
            source_size=seen.head.size,
            source_modified=seen.head.modified,
            target_size=head.size if head else UNSEEN_SIZE,
            target_modified=head.modified if head else 0.0,
        )

    async def _arrived_before(self, looked: Looked, delivery: Delivery, began: float) -> ObjectResult | None:
        """The result of an object whose copy is at the target already; None if nothing there is known to be it.

        It may have been there before the transfer was: where the policy would leave it alone, the source of a move
        must not go for it, and where the user is to decide, it must be young enough to be that copy.
        """
        options = self._sides.order.options
        if looked.seen is None or looked.found.head is None or self._decider.left_out(looked):
            return None
        if (options.move and options.conflict in LEAVING) or not self._may_be_ours(looked.found.head):
            return None
        compared = compare(looked.seen.head, looked.found.head)
        if compared.verification is not Verification.SAME:
            return None
        delivery.note(BEFORE)
        delivery.withdraw()
        delivery.found(looked.seen.head.size)
        return await self._ended(looked.seen, delivery, Confirmed(compared, None, []), None, began)

    def _may_be_ours(self, head: ObjectHead) -> bool:
        """Whether an object of the target may have been written by this transfer: not if it is older.

        A file has the time of its source, which tells nothing: then no source goes for it.
        """
        if is_disk(self._sides.target):
            return not self._sides.order.options.move
        return head.modified >= self._ledger.submitted - SKEW_SECONDS

    async def _confirmed(self, seen: Seen, delivery: Delivery, copied: Copied, began: float) -> ObjectResult:
        confirmed = await self._confirmer.confirm(seen.head, delivery.key, copied)
        for note in confirmed.notes:
            delivery.note(note)
        return await self._ended(seen, delivery, confirmed, copied, began)

    async def _ended(
        self, seen: Seen, delivery: Delivery, confirmed: Confirmed, copied: Copied | None, began: float
    ) -> ObjectResult:
        source, target = self._sides.source_uri(seen.key), self._sides.target_uri(delivery.key)
        compared = confirmed.compared
        outcome, problem = Outcome.COPIED, None
        if compared.verification is Verification.DIFFERS:
            outcome, problem = Outcome.FAILED, mismatch(compared, source, target)
        result = ObjectResult(
            transfer=self._transfer,
            source=source,
            target=target,
            outcome=outcome,
            size=seen.head.size,
            route=copied.way.route if copied else None,
            verification=compared.verification,
            evidence=compared.evidence,
            owner=confirmed.owner,
            notes=delivery.notes,
            problem=problem,
            version=seen.head.version,
            etag=confirmed.etag,
            checksum=confirmed.checksum,
            began=began,
            ended=time.time(),
        )
        if not self._sides.order.options.move:
            return result
        stays = await self._remover.stays(seen, delivery.key, compared)
        if stays is None:
            await delivery.departs(seen.head, delivery.key, result)
        return await finish(self._without_source(stays, seen, delivery, result))

    async def _without_source(
        self, stays: Removal | None, seen: Seen, delivery: Delivery, copied: ObjectResult
    ) -> ObjectResult:
        """Delete the source unless it stays. Whoever is stopped meanwhile finds the result at the delivery."""
        removal = stays or await self._remover.remove(seen.key)
        delivery.ended = removal.after(copied)
        return delivery.ended

    def _skipped(self, looked: Looked, delivery: Delivery, began: float) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(looked.picked.key),
            target=self._sides.target_uri(delivery.key),
            outcome=Outcome.SKIPPED,
            size=looked.seen.head.size if looked.seen else looked.picked.size or 0,
            notes=delivery.notes,
            version=looked.seen.head.version if looked.seen else "",
            began=began,
            ended=time.time(),
        )
