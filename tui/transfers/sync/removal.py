"""Deleting what only the target has: what was shown, as it was shown, and nothing else."""

from __future__ import annotations

import time

from tui.core.location import Location
from tui.core.orders import Selection, SyncOrder
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.local_disk import remove_empty_directories
from tui.transfers.selection import Picked
from tui.transfers.sync.shown import Shown, ShownList

SOURCE_HAS_IT = "kept: the source has it by now"
CHANGED = "kept: it has changed since it was shown"
NOT_SHOWN = "kept: it was not shown"
NOT_ALL_COPIED = "kept: not everything could be copied"
GONE = "it no longer existed when it was to be deleted"


class Remover:
    """Deletes the objects of one synchronisation, one by one, each after looking at both sides."""

    def __init__(self, transfer: str, order: SyncOrder, source: Store, target: Store, shown: ShownList) -> None:
        self._transfer, self._order, self._source = transfer, order, source
        self._place = order.destination.location
        self._target = target.within(self._place.key)
        self._below = Selection("", self._place, prefixes=[self._place.key], filters=order.selection.filters)
        self._shown = shown

    async def remove(self, picked: Picked) -> ObjectResult:
        """Delete one object; raises `ProblemError` where it cannot be, or cannot be looked at."""
        began = time.time()
        name = picked.key[len(self._order.selection.base.key) :]
        shown = Shown(name, picked.size, int(picked.modified), picked.etag) if picked.size is not None else None
        shown = shown or await self._shown.find(name)
        if shown is None:
            return self._result(name, Outcome.SKIPPED, 0, NOT_SHOWN, began)
        if await _head(self._source, self._order.selection.base.bucket, picked.key):
            return self._result(name, Outcome.SKIPPED, shown.size, SOURCE_HAS_IT, began)
        key = self._place.key + name
        found = await _head(self._target, self._place.bucket, key)
        if found is None:
            return self._result(name, Outcome.DELETED, shown.size, GONE, began)
        if not _is_as_shown(shown, found):
            return self._result(name, Outcome.SKIPPED, shown.size, CHANGED, began)
        try:
            marker = await self._target.delete(self._place.bucket, key, matching=found)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.CHANGED:
                return self._result(name, Outcome.SKIPPED, shown.size, CHANGED, began)
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            marker = ""
        await remove_empty_directories(self._target, self._below, [key])
        return self._result(name, Outcome.DELETED, shown.size, "", began, marker=marker)

    def kept(self, picked: Picked) -> ObjectResult:
        """The result of one that is not deleted, because not all could be copied."""
        name = picked.key[len(self._order.selection.base.key) :]
        return self._result(name, Outcome.SKIPPED, picked.size or 0, NOT_ALL_COPIED, time.time())

    def failed(self, picked: Picked, error: ProblemError, began: float) -> ObjectResult:
        """The result of one that could not be deleted."""
        name = picked.key[len(self._order.selection.base.key) :]
        return self._result(name, Outcome.FAILED, picked.size or 0, "", began, error)

    def _result(
        self,
        name: str,
        outcome: Outcome,
        size: int,
        note: str,
        began: float,
        error: ProblemError | None = None,
        marker: str = "",
    ) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=Location(self._place.bucket, self._place.key + name).uri,
            target="",
            outcome=outcome,
            size=size,
            notes=[note] if note else [],
            problem=error.problem if error else None,
            marker=marker,
            began=began,
            ended=time.time(),
        )


async def _head(store: Store, bucket: str, key: str) -> ObjectHead | None:
    try:
        return await store.head(bucket, key)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return None
        raise


def _is_as_shown(shown: Shown, found: ObjectHead) -> bool:
    same_etag = not shown.etag or shown.etag.strip('"') == found.etag.strip('"')
    return same_etag and (shown.size, shown.modified) == (found.size, int(found.modified))
