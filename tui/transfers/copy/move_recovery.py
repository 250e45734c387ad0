"""Recovery of moves: an engine may end between the deletion of a source and its result, and the next one finds out."""

from __future__ import annotations

from msgspec.structs import replace

from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.delivery import BeforeDelete
from tui.transfers.copy.move_source import CHANGED, Removal, SourceRemover
from tui.transfers.journal import Journal, PendingDelete
from tui.transfers.order.existing import Existing, look_for
from tui.transfers.order.local_disk import remove_empty_directories
from tui.transfers.order.sides import Sides
from tui.transfers.retry.backoff import budget
from tui.transfers.tasks import in_batches

NOT_AT_TARGET = "its copy was verified, but is gone from the target since"
UNKNOWN = "it is not known whether the source was deleted: the transfer was interrupted at that moment"


class MoveRecovery:
    """The sources of one move that are about to be deleted, or were when it was interrupted."""

    def __init__(self, transfer: str, sides: Sides, remover: SourceRemover, journal: Journal) -> None:
        self._transfer, self._sides, self._remover, self._journal = transfer, sides, remover, journal

    def of(self, section: int, key: str) -> BeforeDelete:
        """What one object's delivery says before it deletes its source; on disk when that returns."""

        async def before_delete(source: ObjectHead, target: str, copied: ObjectResult) -> None:
            spent = budget.get()
            pending = PendingDelete(
                section=section,
                key=key,
                target=target,
                etag=source.etag,
                modified=source.modified,
                result=replace(copied, retries=spent.used if spent else 0),
            )
            await self._journal.deletes.intend(self._transfer, pending)

        return before_delete

    async def settle(self) -> list[ObjectResult]:
        """Find out what became of those that an interruption left without a result, delete what was to be deleted.

        Returns the results, which the journal keeps. A source that has changed since, or whose copy is not what it was,
        has none: it is copied like any other object.
        """
        found = await in_batches(self._settled, await self._journal.deletes.of(self._transfer))
        return [result for result in found if result]

    async def _settled(self, pending: PendingDelete) -> ObjectResult | None:
        removal = await self._removal(pending)
        if removal is None:
            self._journal.deletes.withdraw(self._transfer, pending)
            return None
        result = removal.after(pending.result)
        self._journal.results.finish(self._transfer, pending.section, pending.key, result)
        return result

    async def _removal(self, pending: PendingDelete) -> Removal | None:
        """What became of the source, or becomes of it now; None if it is not to be deleted for what is known of it."""
        copy, copied = await self._copy(pending), _copied(pending)
        stays = await self._remover.look_again(pending.key, copied)
        if stays and stays.gone:
            await remove_empty_directories(self._sides.source, self._sides.order.selection, [pending.key])
            return Removal(gone=True, note=NOT_AT_TARGET if copy.seen_absent else "")
        if stays and stays.problem:
            return stays
        if stays or copy.head is None or copy.head.etag != pending.result.etag:
            return None
        removal = await self._remover.remove(pending.key, copied)
        return None if removal.note == CHANGED else removal

    async def _copy(self, pending: PendingDelete) -> Existing:
        try:
            return await look_for(self._sides.writers(), self._sides.target_bucket, pending.target)
        except ProblemError as error:
            return Existing(unseen=error.problem)


def _copied(pending: PendingDelete) -> ObjectHead:
    """The source as it was copied, as far as the journal has it."""
    then = pending.result
    return ObjectHead(then.size or 0, pending.etag, pending.modified, {}, {}, version=then.version)


async def close(transfer: str, journal: Journal) -> list[ObjectResult]:
    """The results of those that a transfer leaves open at its end: whether their sources are gone is not looked up."""
    results = []
    for pending in await journal.deletes.of(transfer):
        result = Removal(gone=False, note=UNKNOWN).after(pending.result)
        journal.results.finish(transfer, pending.section, pending.key, result)
        results.append(result)
    return results
