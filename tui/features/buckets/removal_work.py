"""Removes a bucket as work of the queue: aborts uploads, deletes all versions in batches, deletes the bucket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial

from msgspec.structs import replace

from tui.core.naming import MAX_DELETE
from tui.core.orders import RemoveBucketOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.features.buckets.emptying import abort_all, count_removal, delete_versions, version_sections
from tui.queue.run_state import Prepared, nothing
from tui.stores.base import Store
from tui.transfers.object_work import Batch
from tui.transfers.progress import Progress
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.tasks import finish

ABORTED = "incomplete uploads aborted: {:,}"
GONE = "the bucket was gone when the removal resumed"


class RemovalWork:
    """Deletes versions, and at its end the bucket."""

    batch_size = MAX_DELETE

    def __init__(self, transfer: str, bucket: str, store: Store, progress: Progress) -> None:
        self._transfer, self._bucket, self._store, self._progress = transfer, bucket, store, progress
        self._failed = False

    async def first(self) -> None:
        """Abort the uploads; raises `ProblemError`."""
        try:
            aborted = await abort_all(self._store, self._bucket)
        except ProblemError as error:
            if not self._is_gone(error):
                raise
        else:
            if aborted:
                self._progress.note(ABORTED.format(aborted))

    async def pages(self, section: int, _after: str) -> AsyncGenerator[SectionPage]:
        """See `Prepared`; always from the start, because deleted versions are gone."""
        try:
            async for page in version_sections(self._store, self._bucket, section):
                yield page
        except ProblemError as error:
            if not self._is_gone(error):
                raise

    async def carry_out(self, batch: Batch) -> None:
        await finish(self._delete(batch.objects, batch))

    async def _delete(self, objects: Sequence[SelectedObject], batch: Batch) -> None:
        """Never cancelled half-way: the outcome would be unknown."""
        results: list[ObjectResult] = await delete_versions(self._transfer, self._store, self._bucket, objects)
        for picked, result in zip(objects, results, strict=True):
            self._failed = self._failed or result.outcome is Outcome.FAILED
            batch.record(picked, result)
            batch.arrived((result.size or 0) if result.outcome is Outcome.DELETED else 0, True)

    async def finish(self) -> None:
        """Delete the bucket unless something is left in it; raises `ProblemError`."""
        if self._failed or self._progress.problem:
            self._progress.note("the bucket stays: not everything in it could be deleted")
            return
        try:
            await self._store.delete_bucket(self._bucket)
        except ProblemError as error:
            if self._is_gone(error):
                self._progress.note(GONE)
            else:
                raise ProblemError(_left(error.problem, self._bucket)) from error

    def _is_gone(self, error: ProblemError) -> bool:
        """Whether this removal itself deleted the bucket, but stopped before recording it."""
        return error.problem.kind is ProblemKind.NO_SUCH_BUCKET and self._progress.results > 0


def _left(problem: Problem, bucket: str) -> Problem:
    if problem.code != "BucketNotEmpty":
        return problem
    return replace(
        problem,
        title=f"{bucket} is not empty: something wrote to it while it was being emptied",
        remedy="stop the writer, then retry the transfer",
    )


def prepare_removal(transfer: str, order: RemoveBucketOrder, store: Store, progress: Progress) -> Prepared:
    bucket = order.selection.base.bucket
    work = RemovalWork(transfer, bucket, store, progress)
    return Prepared(
        work, store, partial(count_removal, store, bucket), nothing, pages=work.pages, first=work.first, keeps=False
    )
