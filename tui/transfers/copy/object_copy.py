"""One object of a transfer from its listing to its result: decision, copy, comparison, owner, end of the source."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import structs

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Conflict, ObjectResult, Outcome, PlannedAction, VerificationOutcome
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead, WriteResult
from tui.transfers.attributes import NO_CLASS, not_as_asked, still_closed
from tui.transfers.copy.attempt import read_back
from tui.transfers.copy.checksums import (
    UNSEEN,
    VerificationResult,
    as_answered,
    compare,
    compare_answered,
    compare_unseen,
    is_plain,
    mismatch,
)
from tui.transfers.copy.decision import CopyDecision, Decider, may_keep_existing
from tui.transfers.copy.delivery import BeforeDelete, Copied, Delivery, OwnersOfCopies, SourceSnapshot
from tui.transfers.copy.inferred_copies import InferredCopies
from tui.transfers.copy.listed_copies import ListedCopier
from tui.transfers.copy.moves import MoveRecovery, Removal, SourceRemover
from tui.transfers.copy.multipart_upload import SKEW_SECONDS, AbandonedUploads
from tui.transfers.copy.routes import Copier
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.limits import SharedLimits
from tui.transfers.local_disk import is_disk
from tui.transfers.object_work import Batch, ObjectByObject
from tui.transfers.progress import Progress
from tui.transfers.selection import SelectedObject
from tui.transfers.sides import Sides
from tui.transfers.target_keys import Existing, look_for
from tui.transfers.tasks import finish, together

UNSEEN_SIZE = -1
"""The target size of a conflict where no identity may see whether the object exists."""

CLASS_STAYS = "the source is kept: the copy is not in the requested storage class {}"
CLASS_UNSEEN = "the source is kept: whether the copy is in the requested storage class {} cannot be checked"
NOT_KEPT = "the target did not keep {} as requested"
BEFORE = "the same object was at the target when the transfer resumed: it was not copied again"


class CopyWork(ObjectByObject):
    """Copies or moves the objects of one transfer, any number side by side; `Decider` says what is done with each."""

    def __init__(
        self,
        transfer: str,
        sides: Sides,
        copier: Copier,
        listed: ListedCopier,
        remover: SourceRemover,
        recovery: MoveRecovery,
        owners: OwnersOfCopies,
        inferred: InferredCopies,
        progress: Progress,
        uploads: TransferUploads,
        abandoned: AbandonedUploads,
        *,
        recognises: bool = False,
    ) -> None:
        """`recognises`: what may have arrived before is looked for even where it would be overwritten.

        Raises `ProblemError` for filters that are none.
        """
        super().__init__(transfer, sides.target_bucket, uploads, abandoned)
        self._recognises = recognises
        self._sides, self._copier, self._progress = sides, copier, progress
        self._listed, self._recovery, self._owners, self._inferred = listed, recovery, owners, inferred
        self._decider = Decider(sides, copier.look, listed.seen)
        self._confirmer = Confirmer(transfer, sides, owners, copier.shared, copier.look)
        self._remover = remover

    async def finish(self) -> None:
        await self._inferred.finish()
        await self._owners.finish()

    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:
        sides = self._sides
        return sides.source_uri(picked.key), sides.target_uri(delivery.key) if delivery.key else ""

    def before_delete(self, section: int, key: str) -> BeforeDelete:
        return self._recovery.of(section, key)

    async def recorded(self, picked: SelectedObject, delivery: Delivery, section: int, result: ObjectResult) -> None:
        if delivery.owner:
            await self._owners.recorded(delivery.owner, section, picked.key, result)
        if copied := delivery.inferred:
            await self._inferred.recorded(section, picked.key, copied, result, surely=BEFORE in result.notes)
        await self._inferred.go_on()

    async def deliver(self, picked: SelectedObject, delivery: Delivery, batch: Batch) -> ObjectResult:
        """Copy one object, unless the conflict policy says otherwise; raise `ProblemError` if it cannot be.

        `delivery` is given the key that the copy gets at the target.
        """
        began, again = time.time(), batch.again
        if again:
            await self._inferred.remember()
        delivery.key = self._decider.place(picked)
        with self._decider.keys.awaiting(delivery.key):
            if not again and (decided := self._decider.at_once(picked, delivery.key, delivery.uploads)):
                seen, delivery.when = decided
                return await self._copy(seen, picked, delivery, began)
            looked = await self._decider.look(picked, surely=again and (self._recognises or batch.partly))
            if looked.seen:
                self._progress.correct_size(picked.size, looked.seen.head.size)
            if again and (result := await self._arrived_before(looked, delivery, began)):
                return result
            decision = await self._decider.go_on(looked, delivery.uploads) or await self._decider.settle(looked)
            if decision.when.surely and looked.seen:
                delivery.key, delivery.when = decision.key, decision.when
                try:
                    return await self._copy(looked.seen, picked, delivery, began)
                except ProblemError as error:
                    if not await self._exists(error.problem, looked.seen):
                        raise
                delivery.withdraw()
                self._decider.keys.not_written(looked.key)
                looked = replace(looked, found=replace(looked.found, refused=True))
                decision = await self._decider.settle(looked)
            if decision.action is PlannedAction.ASK and looked.seen:
                answer = await batch.ask(self._conflict(looked.seen, looked))
                decision = await self._decider.settle(looked, answer)
            if decision.action in (PlannedAction.SKIP, PlannedAction.ASK) or looked.seen is None:
                delivery.note(decision.why)
                outcome = Outcome.UNDECIDED if decision.action is PlannedAction.ASK else Outcome.SKIPPED
                return self._left_alone(looked, outcome, delivery, began)
            delivery.key, delivery.when = decision.key, decision.when
            return await self._copy(looked.seen, picked, delivery, began)

    async def _copy(
        self, seen: SourceSnapshot, picked: SelectedObject, delivery: Delivery, began: float
    ) -> ObjectResult:
        with self._decider.keys.holding(delivery.key):
            copied = None
            if seen.head.listed:
                copied = await self._listed.copy(seen, delivery, self._progress.take_route)
                if copied is None:
                    seen = await self._copier.look(seen.key)
                    self._progress.correct_size(picked.size, seen.head.size)
                    if closed := still_closed(seen.archived, seen.head, self._sides.order.options, planned=False):
                        raise ProblemError(closed)
            copied = copied or await self._copier.copy(seen, delivery, self._progress.take_route)
            delivery.inferred = copied if copied.seen.inferred else None
            compared = await self._confirmer.confirm(delivery, copied)
            return await self._ended(copied.seen, delivery, compared, copied, began)

    async def _exists(self, refusal: Problem, seen: SourceSnapshot) -> bool:
        """Whether a write was refused because of what is at the target, and not because the source has changed."""
        if refusal.kind not in (ProblemKind.CHANGED, ProblemKind.EXISTS):
            return False
        return (await self._copier.look(seen.key)).head.etag == seen.head.etag

    def _conflict(self, seen: SourceSnapshot, looked: CopyDecision) -> Conflict:
        head = looked.found.head
        compared = compare(seen.head, head) if head else UNSEEN
        return Conflict(
            id=secrets.token_hex(8),
            transfer=self._transfer,
            source=self._sides.source_uri(seen.key),
            target=self._sides.target_uri(looked.key),
            source_size=seen.head.size,
            source_modified=seen.head.modified,
            target_size=head.size if head else UNSEEN_SIZE,
            target_modified=head.modified if head else 0.0,
            verification=compared.verification,
            evidence=compared.evidence,
            refused=looked.found.refused,
        )

    async def _arrived_before(self, looked: CopyDecision, delivery: Delivery, began: float) -> ObjectResult | None:
        """The result of an object whose copy is at the target already; None if nothing there is known to be it.

        It may have been there before the transfer was: where the policy would leave it alone, the source of a move
        must not go for it, and where the user is to decide, it must be young enough to be that copy.
        """
        options = self._sides.order.options
        if looked.seen is None or looked.found.head is None or self._decider.left_out(looked):
            return None
        if self._decider.keys.is_taken(looked.key):
            return None  # it is a sibling's that was renamed
        if (options.move and may_keep_existing(options.conflict)) or not self._may_be_ours(looked.found.head):
            return None
        compared = compare(looked.seen.head, looked.found.head)
        if compared.verification is not VerificationOutcome.SAME or not_as_asked(looked.found.head, options):
            return None
        delivery.note(BEFORE)
        delivery.withdraw()
        delivery.found(looked.seen.head.size)
        if self._is_in_other_class(looked.found.head):
            delivery.stays = CLASS_STAYS.format(options.storage_class)
        await self._copier.annotator.copy(looked.seen.key, looked.found.head.etag, delivery, by_server=False)
        way = self._copier.route_order.ordered[0]
        if not self._inferred.is_known(way):
            delivery.inferred = Copied(way, looked.seen, WriteResult(looked.found.head.etag))
            delivery.etag = looked.found.head.etag
        return await self._ended(looked.seen, delivery, compared, None, began)

    def _may_be_ours(self, head: ObjectHead) -> bool:
        """Whether an object of the target may have been written by this transfer: not if it is older.

        A file has the time of its source, which proves nothing: then no source is deleted for it.
        """
        if is_disk(self._sides.target):
            return not self._sides.order.options.move
        return head.modified >= self._progress.submitted - SKEW_SECONDS

    async def _ended(
        self,
        seen: SourceSnapshot,
        delivery: Delivery,
        compared: VerificationResult,
        copied: Copied | None,
        began: float,
    ) -> ObjectResult:
        source, target = self._sides.source_uri(seen.key), self._sides.target_uri(delivery.key)
        owner = delivery.owner.owner if delivery.owner else None
        outcome, problem = Outcome.COPIED, None
        if compared.verification is VerificationOutcome.DIFFERS:
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
            owner=owner,
            owner_note=self._copier.strange_owner(owner),
            owner_inferred=bool(delivery.owner and delivery.owner.inferred),
            notes=delivery.notes,
            problem=problem,
            version=seen.head.version,
            etag=delivery.etag,
            checksum=delivery.checksum,
            part_size=delivery.part_size,
            annotations=delivery.annotations,
            made=copied.stored.version if copied else "",
            began=began,
            ended=time.time(),
        )
        if not self._sides.order.options.move:
            return result
        why = delivery.stays or await self._other_class(delivery)
        stays = Removal(gone=False, note=why) if why else None
        stays = stays or await self._remover.stays(seen, delivery.key, compared)
        if stays is None:
            await delivery.before_delete(seen.head, delivery.key, result)
            # nothing may come between this and the deletion
            stays = await self._remover.look_again(seen.key, seen.head)
        return await finish(self._without_source(stays, seen, delivery, result))

    async def _other_class(self, delivery: Delivery) -> str:
        """Why the source stays: the copy is not in the storage class that was asked for; empty if it is.

        That of the source, where none was asked for, may be one that only its own server has. Of an upload that was
        continued the copy itself is asked: its first request was perhaps refused the class.
        """
        chosen = self._sides.order.options.storage_class
        if not chosen:
            return ""
        other = NO_CLASS.format(chosen) in delivery.notes
        if not other and delivery.continued:
            try:
                found = await look_for(self._sides.writers(), self._sides.target_bucket, delivery.key)
            except ProblemError as error:
                found = Existing(unseen=error.problem)
            if found.head is None:
                return CLASS_UNSEEN.format(chosen)
            other = self._is_in_other_class(found.head)
        return CLASS_STAYS.format(chosen) if other else ""

    def _is_in_other_class(self, copy: ObjectHead) -> bool:
        chosen = self._sides.order.options.storage_class
        return bool(chosen) and copy.storage_class != chosen

    async def _without_source(
        self, stays: Removal | None, seen: SourceSnapshot, delivery: Delivery, copied: ObjectResult
    ) -> ObjectResult:
        """Delete the source unless it stays. A caller that is cancelled finds the result at the delivery."""
        removal = stays or await self._remover.remove(seen.key, seen.head)
        delivery.ended = removal.after(copied)
        return delivery.ended

    def _left_alone(self, looked: CopyDecision, outcome: Outcome, delivery: Delivery, began: float) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(looked.picked.key),
            target=self._sides.target_uri(delivery.key),
            outcome=outcome,
            size=looked.seen.head.size if looked.seen else looked.picked.size or 0,
            notes=delivery.notes,
            version=looked.seen.head.version if looked.seen else "",
            began=began,
            ended=time.time(),
        )


READ_BACK = "{}, read back"
OWNER_UNSEEN = "owner of the copies unknown: neither identity can read their ACL (s3:GetObjectAcl)"


def _proof(copied: Copied) -> tuple[VerificationResult, ObjectHead | None] | None:
    """The verdict that the answer to the write proves, and the copy as it is then known."""
    if copied.part_size:
        return None
    answered = as_answered(copied.seen.head, copied.stored)
    compared = compare_answered(copied.seen.head, answered, copied.relayed)
    return (compared, answered) if compared else None


class Confirmer:
    """Confirms the copies of one transfer: by what the write was answered, else by reading them back.

    That is done by the identity that wrote them, else by the other one.
    """

    def __init__(
        self,
        transfer: str,
        sides: Sides,
        owners: OwnersOfCopies,
        shared: SharedLimits,
        look: Callable[[str], Coroutine[Any, Any, SourceSnapshot]],
    ) -> None:
        """`look`: at a source that was only listed, where the answer to the write does not prove its copy."""
        self._transfer, self._shared = transfer, shared
        self._sides, self._owners, self._look = sides, owners, look

    async def confirm(self, delivery: Delivery, copied: Copied) -> VerificationResult:
        """Compare size and checksum or ETag, and read the owner; the delivery gets what was found out of the copy.

        Nothing is raised for what cannot be read.
        """
        owner_of = self._owners.of(delivery.key, copied.way, copied.acl)
        if proof := _proof(copied):
            (compared, head), owner = proof, await owner_of
        else:
            (compared, head), owner = await together(self._compare(delivery.key, copied), owner_of)
        if owner.owner is None and self._sides.target.capabilities.acls:
            delivery.note(OWNER_UNSEEN)
        if missing := await self._not_as_asked(delivery.key, None if proof else head):
            words = NOT_KEPT.format(" and ".join(missing))
            if self._sides.order.options.move:
                delivery.stays = f"the source is kept: {words}"
            else:
                delivery.note(words)
        delivery.owner, delivery.etag = owner, head.etag if head else copied.stored.etag
        if head:
            delivery.checksum = next((each.text for each in head.checksums if each.full_object), "")
            delivery.part_size = copied.part_size if is_plain(head) and head.parts else 0
        return compared

    async def _not_as_asked(self, key: str, head: ObjectHead | None) -> list[str]:
        """Which requested headers and metadata the copy does not have. `head`: the copy, if it was read already."""
        options = self._sides.order.options
        if is_disk(self._sides.target) or not (options.headers or options.metadata):
            return []
        with suppress(ProblemError):  # who may not look has to believe the answer to the write, which has no headers
            head = head or (await look_for(self._sides.writers(), self._sides.target_bucket, key)).head
        return not_as_asked(head, options) if head else []

    async def _read_back(
        self, store: Store, key: str, copied: Copied, source: ObjectHead, head: ObjectHead
    ) -> VerificationResult | None:
        """Compare a relayed copy by its content where nothing has proven its parts; None: that does not help."""
        relayed, bucket = copied.relayed, self._sides.target_bucket
        if not copied.part_size or relayed is None or relayed.checksum is None or relayed.sent is not None:
            return None
        read = partial(store.read, bucket, key, etag=head.etag)
        try:
            checksum = await read_back(read, head.size, relayed.checksum.algorithm, self._shared, self._transfer)
        except ProblemError:
            return None
        compared = compare(source, structs.replace(head, checksums=[*head.checksums, checksum]), relayed=relayed)
        return VerificationResult(compared.verification, READ_BACK.format(compared.evidence))

    async def _compare(self, key: str, copied: Copied) -> tuple[VerificationResult, ObjectHead | None]:
        source = copied.seen.head
        if source.listed:  # the source with all that can be compared, if it is still the one that was copied
            with suppress(ProblemError):
                now = (await self._look(copied.seen.key)).head
                source = now if now.etag == source.etag else source
        for store in self._sides.askers(copied.way.writer):
            try:
                head = await store.head(self._sides.target_bucket, key)
            except ProblemError as error:
                if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                    return VerificationResult(VerificationOutcome.DIFFERS, "not found at the target"), None
            else:
                ours = copied.stored.etag == head.etag  # the object that was sent, and not another one since
                compared = compare(source, head, relayed=copied.relayed if ours else None)
                if ours and compared.verification is VerificationOutcome.UNKNOWN:
                    return await self._read_back(store, key, copied, source, head) or compared, head
                return compared, head
        return compare_unseen(copied.relayed), None
