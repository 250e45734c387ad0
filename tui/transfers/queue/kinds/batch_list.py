"""The list of objects of a job is written while they are listed; what stays as it is gets its result at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace as with_changes

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import BatchOrder
from tui.core.transfer import Tally, TransferState
from tui.queue.run_state import RunState
from tui.queue.shared import QueueContext
from tui.stores.base import Store
from tui.transfers.batch.choosing import Chooser, Chosen
from tui.transfers.batch.kept import Kept, KeptManifest, KeptUpload
from tui.transfers.batch.manifest import ManifestWriter, write_manifest
from tui.transfers.batch.sources import ready_made


class ListWriting:
    """Writes the list of one job. `store` writes it, `source` lists, `target` is listed beside it."""

    def __init__(
        self, transfer: str, order: BatchOrder, source: Store, target: Store, store: Store, context: QueueContext
    ) -> None:
        self._transfer, self._order, self._context = transfer, order, context
        self._source, self._target, self._store = source, target, store

    async def write(self, state: RunState, kept: Kept, folder: Location) -> KeptManifest:
        """The list of the job's objects, below `folder`; what was begun before is aborted. Raises `ProblemError`."""
        for left in kept.upload:
            await self._store.abort_upload(left.location.bucket, left.location.key, left.upload)
        made = await ready_made(self._order, self._source, self._store, again=state.retrying)
        for note in made.notes:
            state.progress.note(note)
        if made.manifest:
            return made.manifest
        place = Location(folder.bucket, f"{folder.key}manifest-{kept.attempt}.csv")
        writer = ManifestWriter(self._store, place, self._order.selection.base.bucket, self._order.options.role)
        chooser = Chooser(self._transfer, self._order, self._source, self._target, made.listing)
        known: list[KeptUpload] = []

        async def take(chosen: Chosen) -> Chosen:
            if writer.upload and not known:
                known.append(KeptUpload(place, writer.upload))
                await kept.keep_upload(known)
            return await self._take(state, chosen)

        async def tell(tally: Tally) -> None:
            state.progress.count(tally)
            state.progress.elsewhere.see(f"writing the manifest: {counted(writer.objects, 'object')}")
            begun(state, self._context)

        pages = self._again(chooser) if state.retrying else chooser.pages()
        manifest = await write_manifest(writer, pages, take, tell)
        await kept.keep_upload([])
        if manifest.objects:
            state.progress.note(
                f"the list has {counted(manifest.objects, 'object')} of {counted(manifest.bytes, 'byte')}"
            )
        return manifest

    async def _again(self, chooser: Chooser) -> AsyncGenerator[Chosen]:
        """What has failed, then what was never come to."""
        failed = self._context.journal.results.failed_keys(self._transfer)
        for pages in (chooser.again(failed), chooser.pages()):
            async with aclosing(pages) as chosen_pages:
                async for chosen in chosen_pages:
                    yield chosen

    async def _take(self, state: RunState, chosen: Chosen) -> Chosen:
        """Record what stays as it is; what has a result already is not done again."""
        journal = self._context.journal
        await journal.writable()
        await journal.drained()
        if not chosen.again and (state.again or state.retrying):
            keys = [*(each.key for each in chosen.objects), *(each.key for each in chosen.large)]
            keys += [key for key, _ in chosen.skipped]
            done = await journal.results.finished(self._transfer, chosen.section, keys)
            chosen = with_changes(
                chosen,
                objects=[each for each in chosen.objects if each.key not in done],
                large=[each for each in chosen.large if each.key not in done],
                skipped=[(key, result) for key, result in chosen.skipped if key not in done],
            )
        for key, result in chosen.skipped:
            state.record(chosen.section, key, result)
        return chosen


def begun(state: RunState, context: QueueContext) -> None:
    """Watchers hear that the transfer runs, and of its numbers."""
    if state.progress.state is not TransferState.RUNNING:
        state.progress.begin()
        context.state_changed()
    context.changed()
