"""A multipart upload that is either completed or aborted, whatever happens to the task that makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from tui.model.problem import ProblemError
from tui.stores.base import ObjectAttributes, Part, Store
from tui.transfers.access import stays_behind
from tui.transfers.attributes import NO_TAGS
from tui.transfers.cancellation import finish, settled
from tui.transfers.parts import PartPlan, PartRange

ABORT_ATTEMPTS = 3
"""An abort may be refused while the server still ends a part of the same upload."""

TOO_LATE = "cancelled too late: the copy was complete and is at the target"

MakePart = Callable[[str, PartRange], Awaitable[Part]]
"""Makes one part of the upload with this id."""

Check = Callable[[], Awaitable[None]]
"""Called when all parts are made; raises if they must not become an object."""


class MultipartUpload:
    """One upload to one key. `note` is told when it cannot be aborted, with its id and what to do.

    `only_new`: an object that has appeared at the key meanwhile is not replaced (see `Store.put`).
    """

    def __init__(
        self, store: Store, bucket: str, key: str, note: Callable[[str], None], *, only_new: bool = False
    ) -> None:
        self._store, self._bucket, self._key, self._note = store, bucket, key, note
        self._only_new = only_new
        self._id = ""

    async def begin(self, attributes: ObjectAttributes) -> None:
        """CreateMultipartUpload. A cancellation meanwhile waits for the id, so that the upload can be aborted."""
        creating = asyncio.create_task(self._store.create_upload(self._bucket, self._key, attributes))
        try:
            self._id = await asyncio.shield(creating)
        except asyncio.CancelledError:
            await settled(creating)
            if not creating.cancelled() and not creating.exception():
                self._id = creating.result()
                await finish(self._abort())
            raise

    async def carry_out(self, plan: PartPlan, make_part: MakePart, workers: int, check: Check) -> str:
        """Make all parts, at most `workers` at once, `check` them and complete the upload; returns the ETag.

        On any failure, and on cancellation, the upload is aborted before the error goes on. A cancellation that
        comes while the upload is being completed is too late: the copy is then there, and `note` is told so.
        """
        try:
            parts = await self._make_parts(plan, make_part, workers)
            await check()
            return await self._complete(parts)
        except BaseException:
            await finish(self._abort())
            raise

    async def _complete(self, parts: list[Part]) -> str:
        completing = asyncio.create_task(
            self._store.complete_upload(self._bucket, self._key, self._id, parts, only_new=self._only_new)
        )
        try:
            completed = await asyncio.shield(completing)
        except asyncio.CancelledError:
            await settled(completing)
            if not completing.cancelled() and not completing.exception():
                self._note(TOO_LATE)
            raise
        if completed.untagged:
            self._note(f"{NO_TAGS} ({completed.untagged.title})")
        return completed.etag

    async def _make_parts(self, plan: PartPlan, make_part: MakePart, workers: int) -> list[Part]:
        ranges, parts = plan.ranges(), list[Part]()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, plan.count)):
                    group.create_task(self._work(ranges, make_part, parts))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # the first failure is why the others were cancelled
        return sorted(parts, key=lambda part: part.number)

    async def _work(self, ranges: Iterator[PartRange], make_part: MakePart, parts: list[Part]) -> None:
        for each in ranges:
            part = await make_part(self._id, each)
            parts.append(part)

    async def _abort(self) -> None:
        for attempt in range(1, ABORT_ATTEMPTS + 1):
            try:
                await self._store.abort_upload(self._bucket, self._key, self._id)
            except ProblemError as error:
                if attempt == ABORT_ATTEMPTS:
                    self._note(stays_behind(self._id, error.problem))
            else:
                return
