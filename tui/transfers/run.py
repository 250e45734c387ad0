"""One go at a transfer: from where it stands to its end, unless it is stopped on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.model.plan import ConflictPolicy, Selection
from tui.model.problem import ProblemError
from tui.model.transfer import Conflict, ObjectResult, TransferState
from tui.transfers.delivering import Ask
from tui.transfers.filters import ObjectFilter
from tui.transfers.ledger import Ledger
from tui.transfers.office import Office
from tui.transfers.places import Place, Places
from tui.transfers.preparing import Prepared
from tui.transfers.reach import Reach, Stretch
from tui.transfers.results import Results
from tui.transfers.selection import Picked, SectionPage, section_count, section_pages
from tui.transfers.uploads import decisive
from tui.transfers.weather import budget
from tui.transfers.work import Errand


class Run:
    """Lists, hands the objects to the work, many side by side, and notes what became of each.

    `again`: an earlier run was stopped somewhere, so what it has done is looked up. `cancelled` tells, when the run's
    tasks are stopped, whether that is for good. `save` is called when the transfer's record should be kept anew.
    """

    def __init__(
        self,
        transfer: str,
        selection: Selection,
        prepared: Prepared,
        ledger: Ledger,
        reach: Reach,
        results: Results,
        office: Office,
        *,
        again: bool,
        cancelled: Callable[[], bool],
        save: Callable[[], None],
    ) -> None:
        self._transfer, self._selection, self._prepared = transfer, selection, prepared
        self._ledger, self._reach, self._results, self._office = ledger, reach, results, office
        self._again, self._cancelled, self._save = again, cancelled, save
        self._filter = ObjectFilter(selection)
        self._places = Places(office.gates.objects, transfer, office.limits.waiting_conflicts)
        self._taken = ledger.results
        self._listing = True

    async def carry_out(self, *, retrying: bool) -> None:
        """Go through with it. Raises `Interrupted`, and cancellation: all of it has then stopped, uploads are kept."""
        try:
            async with asyncio.TaskGroup() as group:
                if not self._ledger.counted:
                    group.create_task(self._count())
                if retrying:
                    await self._feed_failed(group)
                whole = await self._feed_listing(group)
        except BaseExceptionGroup as failures:
            raise decisive(failures) from failures
        if whole:
            self._reach.finish(section_count(self._selection))

    async def _count(self) -> None:
        """Count ahead of the work: without the total there is no telling how long it will take."""
        try:
            async with aclosing(self._prepared.count()) as tallies:
                async for tally in tallies:
                    self._ledger.count(tally)
                    self._office.changed()
            self._save()
        except ProblemError:
            return  # the listing of the work itself meets it, too, and says so

    async def _feed_failed(self, group: asyncio.TaskGroup) -> None:
        """Begin with the objects that failed or were cancelled."""
        async with aclosing(self._office.journal.failed_keys(self._transfer)) as chunks:
            async for chunk in chunks:
                for section in sorted({section for section, _ in chunk}):
                    objects = [Picked(key) for where, key in chunk if where == section]
                    self._taken += len(objects)
                    if not await self._feed(group, section, objects, None):
                        return

    async def _feed_listing(self, group: asyncio.TaskGroup) -> bool:
        """Begin an object whenever there is a place for it; returns whether that was done with all.

        A section that cannot be listed to its end is no reason to leave out the next one.
        """
        first, after = self._reach.begin()
        whole = True
        try:
            for section in range(first, section_count(self._selection)):
                try:
                    if not await self._feed_section(group, section, after if section == first else ""):
                        return False
                except ProblemError as error:
                    whole = False
                    self._reach.hold(section)
                    self._ledger.fail(error.problem)
                    self._office.report(error.problem)
            if whole:
                self._ledger.listed(self._taken)
            return whole
        finally:
            self._listing = False
            self._update_state()

    async def _feed_section(self, group: asyncio.TaskGroup, section: int, after: str) -> bool:
        self._listing = True
        async with aclosing(section_pages(self._prepared.source, self._selection, section, after)) as pages:
            async for page in pages:
                self._listing = False
                if not await self._feed_page(group, page):
                    return False
                self._listing = True
        return True

    async def _feed_page(self, group: asyncio.TaskGroup, page: SectionPage) -> bool:
        if not page.picked:
            return True
        wanted = [each for each in page.picked if self._filter.takes(each.key, each.size, each.modified)]
        if self._again:
            keys = [each.key for each in wanted]
            done = await self._office.journal.finished(self._transfer, page.section, keys)
            wanted = [each for each in wanted if each.key not in done]
        self._taken += len(wanted)
        stretch = self._reach.take(page.section, page.picked[-1].key, len(wanted))
        if not wanted and self._reach.advance():
            self._save()
        return await self._feed(group, page.section, wanted, stretch)

    async def _feed(
        self, group: asyncio.TaskGroup, section: int, objects: Sequence[Picked], stretch: Stretch | None
    ) -> bool:
        """Begin these; False when it is of no use to go on."""
        size = self._prepared.work.batch
        for start in range(0, len(objects), size):
            if self._ledger.hopeless:
                self._ledger.give_up()
                return False
            await self._start(group, section, objects[start : start + size], stretch)
        return True

    async def _start(
        self, group: asyncio.TaskGroup, section: int, batch: Sequence[Picked], stretch: Stretch | None
    ) -> None:
        place = await self._place()
        errand = Errand(
            section=section,
            batch=batch,
            again=self._again,
            ask=self._asking(place),
            arrived=self._arrived,
            record=lambda picked, result: self._record(section, picked, result, stretch),
            cancelled=self._cancelled,
        )
        task = group.create_task(self._carry_out(errand))
        task.add_done_callback(lambda _: self._left(place))  # called even for a task that never got to start

    async def _place(self) -> Place:
        """A place, once what happens there can be written down."""
        journal = self._office.journal
        while True:
            await journal.writable()
            await journal.drained()
            place = await self._places.take()
            if not journal.trouble:
                self._update_state()
                return place
            place.leave()

    async def _carry_out(self, errand: Errand) -> None:
        if weather := self._office.weather:
            budget.set(weather.budget())
        await self._prepared.work.carry_out(errand)

    def _asking(self, place: Place) -> Ask:
        async def ask(conflict: Conflict) -> ConflictPolicy:
            async with place.given_up():
                self._update_state()
                return await self._office.desk.ask(conflict)

        return ask

    def _left(self, place: Place) -> None:
        place.leave()
        self._update_state()

    def _update_state(self) -> None:
        """ASKING: nothing can go on before the user has decided."""
        before = self._ledger.state
        if before is TransferState.QUEUED:
            self._ledger.begin()
        stuck = self._places.waiting and not self._places.busy and not self._listing
        self._ledger.state = TransferState.ASKING if stuck else TransferState.RUNNING
        if self._ledger.state is not before:
            self._office.stands()
        self._office.changed()

    def _arrived(self, count: int, moved: bool) -> None:
        self._ledger.arrived(count, moved)
        self._office.changed()

    def _record(self, section: int, picked: Picked, result: ObjectResult, stretch: Stretch | None) -> None:
        spent = budget.get()
        if spent and self._prepared.work.batch == 1:
            result = replace(result, retries=spent.used)
        self._office.journal.finish(self._transfer, section, picked.key, result)
        news = self._ledger.add(result)
        self._results.touch()
        if result.problem:
            self._office.report(result.problem)
        if (stretch and self._reach.advance(stretch)) or news:
            self._save()
        self._office.changed()
