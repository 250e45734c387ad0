"""One run of a transfer: from where it is to its end, unless it is stopped."""

from __future__ import annotations

import asyncio
import sys
import time
import zlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from contextvars import copy_context
from functools import partial

import msgspec
from msgspec.structs import replace

from tui.core.orders import ConflictPolicy, Selection
from tui.core.problem import LeftOutError, ProblemError
from tui.core.transfer import Conflict, ObjectResult, Outcome, TransferState
from tui.queue.job_status import OpenPage
from tui.queue.run_state import Prepared, RunState
from tui.transfers.backoff import budget
from tui.transfers.copy.multipart_upload import decisive
from tui.transfers.limits import Slot, Slots
from tui.transfers.object_work import AskAboutConflict, Batch
from tui.transfers.selection import (
    ObjectFilter,
    SectionPage,
    SelectedObject,
    outermost,
    section_count,
    section_pages,
    selected_again,
)


class Run:
    """Lists the objects, gives them to the work, many side by side, and records the result of each."""

    def __init__(self, state: RunState, selection: Selection, prepared: Prepared) -> None:
        self._state, self._selection, self._prepared = state, selection, prepared
        self._transfer, self._progress, self._cursor = state.transfer, state.progress, state.cursor
        self._context, self._again, self._save = state.context, state.again, state.save
        self._sections = prepared.sections or section_count(selection)
        self._filter = ObjectFilter(selection)
        self._concurrency = self._context.shared.concurrency(time.monotonic())
        self._context.shared.adapt(self._transfer, self._concurrency.number)
        self._slots = Slots(self._context.shared.objects, self._transfer, self._context.limits.waiting_conflicts)
        self._taken = self._progress.results
        self._listing = True
        self._ahead = ListedAhead()

    async def carry_out(self) -> None:
        """Go through with it. Raises `Interrupted`, and cancellation: all of it has then stopped, uploads are kept."""
        try:
            async with asyncio.TaskGroup() as group:
                if self._progress.counted:
                    self._ahead.end()
                else:
                    group.create_task(self._count())
                if self._state.retrying:
                    await self._feed_failed(group)
                whole = await self._feed_listing(group)
        except BaseExceptionGroup as failures:
            raise decisive(failures) from failures
        finally:
            if self._prepared.beside:
                await self._prepared.beside.close()
        if whole:
            self._cursor.finish(self._sections)

    async def _count(self) -> None:
        """Count ahead of the work: without the total the remaining time is not known.

        What is listed for that is kept for the work, unless that begins somewhere else.
        """
        if self._cursor.position or not self._prepared.keeps:
            self._ahead.end()
        try:
            async with aclosing(self._prepared.count(self._ahead.keep)) as tallies:
                async for tally in tallies:
                    self._progress.count(tally)
                    self._context.changed()
            self._ahead.end(complete=True)
            self._save()
        except LeftOutError as error:
            self._ahead.end(left_out=error)
        except ProblemError:
            return  # the listing of the work itself meets it, too, and says so
        finally:
            self._ahead.end()

    async def _feed_failed(self, group: asyncio.TaskGroup) -> None:
        async with aclosing(self._context.journal.results.failed_keys(self._transfer)) as chunks:
            async for chunk in chunks:
                for section in sorted({section for section, _ in chunk}):
                    objects = await selected_again(self._selection, [key for where, key in chunk if where == section])
                    self._taken += len(objects)
                    if not await self._feed(group, section, objects, None):
                        return

    async def _feed_listing(self, group: asyncio.TaskGroup) -> bool:
        """Begin an object whenever there is a slot for it; returns whether that was done with all.

        A section that cannot be listed to its end is no reason to leave out the next one.
        """
        first, after = self._cursor.begin()
        whole = True
        try:
            for section in range(first, self._sections):
                self._listing = True
                try:
                    async with aclosing(self._section_pages(section, after if section == first else "")) as pages:
                        async for page in pages:
                            if not await self._feed_page(group, page):
                                return False
                            self._listing = True
                except ProblemError as error:
                    whole = False
                    self._cursor.hold(section)
                    self._progress.fail(error.problem, left_out=error.count if isinstance(error, LeftOutError) else 0)
                    self._context.report(error.problem)
            if whole and not self._prepared.partly:
                self._progress.listed(self._taken)
            return whole
        finally:
            self._listing = False
            self._update_state()

    async def _section_pages(self, section: int, after: str) -> AsyncGenerator[SectionPage]:
        """The pages that were listed for the count, and those of a listing of its own from where these end."""
        async with aclosing(self._ahead.pages(section)) as kept:
            async for page in kept:
                after = page.picked[-1].key if page.picked else after
                yield page
        if self._ahead.has_all(section):
            return
        if left_out := self._ahead.left_out(section):
            raise left_out  # a listing from behind these pages would not meet it again
        own = self._prepared.pages
        listing = own(section, after) if own else section_pages(self._prepared.source, self._selection, section, after)
        async with aclosing(listing) as pages:
            async for page in pages:
                yield page

    async def _feed_page(self, group: asyncio.TaskGroup, page: SectionPage) -> bool:
        if not page.picked:
            return True
        wanted = [each for each in page.picked if self._filter.takes(each.key, each.size, each.modified)]
        if meant := self._prepared.meant:
            wanted = [each for each in wanted if meant(each)]
        if self._again:
            keys = [each.key for each in wanted]
            done = await self._context.journal.results.finished(self._transfer, page.section, keys)
            wanted = [each for each in wanted if each.key not in done]
        elif self._prepared.beside and page.section:
            prefix = outermost(self._selection.prefixes)[page.section - 1]
            wanted = await self._prepared.beside.look(page.section, prefix, wanted)
        self._taken += len(wanted)
        open_page = self._cursor.take(page.section, page.picked[-1].key, len(wanted))
        if not wanted and self._cursor.advance():
            self._save()
        self._listing = False
        return await self._feed(group, page.section, wanted, open_page)

    async def _feed(
        self, group: asyncio.TaskGroup, section: int, objects: Sequence[SelectedObject], open_page: OpenPage | None
    ) -> bool:
        """Begin these; False if it is of no use to continue."""
        size = self._prepared.work.batch_size
        for start in range(0, len(objects), size):
            if self._progress.hopeless:
                self._progress.give_up()
                return False
            slot = await self._slot()
            batch = Batch(
                section=section,
                objects=objects[start : start + size],
                again=self._again,
                partly=self._prepared.partly,
                ask=self._asking(slot),
                arrived=self._state.arrived,
                record=lambda picked, result: self._record(section, picked, result, open_page),
                cancelled=self._state.cancelled,
            )
            context = copy_context()
            if retries := self._context.retries:
                context.run(budget.set, retries.budget())
            task = group.create_task(self._prepared.work.carry_out(batch), context=context)
            task.add_done_callback(partial(self._left, slot))  # called even for a task that never got to start
        return True

    async def _slot(self) -> Slot:
        """A slot, once what happens there can be written down."""
        journal = self._context.journal
        while True:
            await journal.writable()
            await journal.drained()
            slot = await self._slots.take()
            if not journal.trouble:
                self._update_state()
                return slot
            slot.leave()

    def _asking(self, slot: Slot) -> AskAboutConflict:
        async def ask(conflict: Conflict) -> ConflictPolicy:
            async with slot.given_up():
                self._update_state()
                return await self._context.conflicts.ask(conflict)

        return ask

    def _left(self, slot: Slot, _ended: asyncio.Task[None]) -> None:
        slot.leave()
        self._update_state()

    def _update_state(self) -> None:
        """ASKING: nothing can continue before the user has decided."""
        before = self._progress.state
        if before is TransferState.QUEUED:
            self._progress.begin()
        stuck = self._slots.waiting and not self._slots.busy and not self._listing
        self._progress.state = TransferState.ASKING if stuck else TransferState.RUNNING
        if self._progress.state is not before:
            self._context.state_changed()
        self._context.changed()

    def _record(self, section: int, picked: SelectedObject, result: ObjectResult, open_page: OpenPage | None) -> None:
        spent = budget.get()
        if spent and spent.used and self._prepared.work.batch_size == 1:
            result = replace(result, retries=spent.used)
        copied = result.outcome in (Outcome.COPIED, Outcome.MOVED)
        if copied and self._concurrency.copied(result.ended - result.began, time.monotonic(), result.size):
            self._context.shared.adapt(self._transfer, self._concurrency.number)
        self._state.record(section, picked.key, result, open_page)


MOST_BYTES = 4 * 1024 * 1024
"""Of packed pages: 125,000 objects. What does not fit is listed again, by the work itself: a request for a thousand."""
_UNPACKED = 4
"""So many pages wait as they are: the work is about to come to them."""
_FASTEST = 1
"""zlib's level that takes the least time."""

_decoder = msgspec.msgpack.Decoder(SectionPage)


class ListedAhead:
    """The pages of prefixes, in their order, from the count to the work. Used from one event loop.

    An object that is deleted after it was listed is one that the work does not find, as if it had been deleted in the
    moment before its copy.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._waiting: deque[tuple[int, SectionPage | bytes]] = deque()
        self._bytes = 0
        self._whole = 0
        """The sections up to this one were kept from their beginnings to their ends; section 0 is not listed."""
        self._section = 0
        self._left_out: LeftOutError | None = None
        self._ended = False
        self._news = asyncio.Event()

    def keep(self, page: SectionPage) -> None:
        """Take the next page of the listing; after one that does not fit no more are taken."""
        if self._ended:
            return
        self._section = page.section
        packed = page if len(self._waiting) < _UNPACKED else zlib.compress(msgspec.msgpack.encode(page), _FASTEST)
        size = len(packed) if isinstance(packed, bytes) else 0
        if self._bytes + size > self._most:
            self.end()
            return
        self._bytes += size
        self._whole = page.section - 1
        self._waiting.append((page.section, packed))
        self._news.set()

    def end(self, *, complete: bool = False, left_out: LeftOutError | None = None) -> None:
        """No more pages come; `complete`: because all were listed; `left_out`: all of this section but some entries."""
        if not self._ended:
            self._left_out = left_out
        if complete and not self._ended:
            self._whole = sys.maxsize
        self._ended = True
        self._news.set()

    async def pages(self, section: int) -> AsyncGenerator[SectionPage]:
        """The pages of a section as they come, until its end, or to where they were kept (see `has_all`)."""
        if section == 0:
            return
        while True:
            if self._waiting and self._waiting[0][0] == section:
                packed = self._waiting.popleft()[1]
                self._bytes -= len(packed) if isinstance(packed, bytes) else 0
                yield _decoder.decode(zlib.decompress(packed)) if isinstance(packed, bytes) else packed
            elif self._ended or self._whole >= section:
                return
            else:
                self._news.clear()
                await self._news.wait()

    def left_out(self, section: int) -> LeftOutError | None:
        """The entries of a section that could not be listed; `pages` has given all others."""
        return self._left_out if section == self._section else None

    def has_all(self, section: int) -> bool:
        """Whether `pages` has given all of a section that is listed."""
        return 0 < section <= self._whole
