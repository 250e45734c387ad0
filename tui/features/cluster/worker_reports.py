"""Records workers' reports (results, bytes, uploads) and answers their questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tui.core.transfer import ObjectResult, Outcome
from tui.features.cluster import worker_messages
from tui.features.cluster.range_states import SectionSpan
from tui.features.cluster.scheduler_connection import FalseReport
from tui.features.cluster.worker_claims import Claims
from tui.features.cluster.worker_contact import Contact
from tui.queue.run_state import RunState
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import UploadRecord
from tui.transfers.journal.records import unpack_key
from tui.transfers.progress import DONE

_PAGE = 1_000
"""The last page of a range may exceed the range's limit by this many objects."""

OnLeft = Callable[[Contact, worker_messages.Left | worker_messages.Shortened], None]


class Hearing:
    """Processes the items of all workers of a run, in each worker's order."""

    def __init__(
        self,
        state: RunState,
        uploads: TransferUploads,
        claims: Claims,
        on_left: OnLeft,
        somebody_has: Callable[[int, str], bool],
    ) -> None:
        """`somebody_has`: whether a worker of this run has a range with that object."""
        self._state, self._uploads, self._claims, self._on_left = state, uploads, claims, on_left
        self._somebody_has = somebody_has
        self._looking: list[set[tuple[int, str]]] = []
        """For each lookup of an earlier run's results: the results that arrived meanwhile."""

    async def leftover(self, contact: Contact, items: Sequence[worker_messages.Item]) -> None:
        """Process a worker's items of an earlier run, which this engine may have heard before: results count once.

        If another worker now has the range, the result comes from that worker.
        """
        meanwhile = set[tuple[int, str]]()
        self._looking.append(meanwhile)
        try:
            known = await self._known([each for each in items if isinstance(each, worker_messages.PackedResult)])
        finally:
            self._looking = [each for each in self._looking if each is not meanwhile]
        for each in items:
            if isinstance(each, worker_messages.PackedResult):
                key, result = self._claims.of_object(contact, each)
                place = each.section, key
                if place in known or place in meanwhile or self._somebody_has(*place):
                    continue
                self._result(contact, each.section, key, result)
                if result.outcome in DONE:
                    contact.unfinished += result.size or 0
                    self._state.progress.arrived(result.size or 0, moved=False)
            elif isinstance(each, worker_messages.Begun | worker_messages.UploadedPart | worker_messages.Over):
                await self._left_upload(contact, each)
            elif isinstance(each, worker_messages.Corrected):
                self._corrected(contact, each)

    async def _left_upload(
        self, contact: Contact, each: worker_messages.Begun | worker_messages.UploadedPart | worker_messages.Over
    ) -> None:
        """For an object that nobody has; whoever has it now finds its uploads."""
        record = self._record(each.row)
        mine = record is not None and not self._somebody_has(record.section, record.source_key)
        if isinstance(each, worker_messages.Begun):
            if record and mine:
                await self._uploads.begun(record, each.upload)
            contact.reply(worker_messages.ReplyToWorker(each.question, 1))
        elif record and mine:
            self._upload(contact, each, record)

    async def _known(self, results: Sequence[worker_messages.PackedResult]) -> set[tuple[int, str]]:
        known = set[tuple[int, str]]()
        for section in {each.section for each in results}:
            keys = [unpack_key(each.key) for each in results if each.section == section]
            finished = await self._state.context.journal.results.finished(self._state.transfer, section, keys)
            known |= {(section, key) for key in finished}
        return known

    async def items(self, contact: Contact, items: Sequence[worker_messages.Item]) -> None:
        """Record the items, and answer the questions among them. Raises `FalseReport`."""
        questions = list[worker_messages.WorkerQuestion]()
        for each in items:
            if isinstance(each, worker_messages.PackedResult):
                self._claims.of_range(contact, each)
                self._result(contact, each.section, *self._claims.of_object(contact, each))
            elif isinstance(each, worker_messages.Arrived):
                self._arrived(contact, each)
            elif isinstance(each, worker_messages.Corrected):
                self._claims.of_range(contact, each)
                self._corrected(contact, each)
            elif isinstance(each, worker_messages.Left | worker_messages.Shortened):
                self._on_left(contact, each)
            elif isinstance(each, worker_messages.UploadedPart | worker_messages.Over):
                if record := self._record(each.row):
                    self._claims.of_own_upload(contact, record)
                    self._upload(contact, each, record)
            else:
                self._check_question(contact, each)
                questions.append(each)
        self._state.context.changed()
        await asyncio.gather(*(self._answer(contact, each) for each in questions))

    def held(self, span: SectionSpan) -> list[UploadRecord]:
        """The open uploads of a range's objects, for its worker to continue."""
        records = [each for each in self._uploads.open if span.has(each.section, each.source_key)]
        for each in records:
            self._uploads.of(each.section, each.source_key)  # marks them as used
        return records

    def lost(self, contact: Contact) -> None:
        """A worker is gone: bytes of its unfinished objects are not at the target, except for parts."""
        spans = [each.span for each in contact.assigned.values()]
        kept = sum(
            part.part.size
            for each in self._uploads.open
            if any(span.has(each.section, each.source_key) for span in spans)
            for part in each.parts
        )
        self._state.progress.arrived(-max(0, contact.unfinished - kept), moved=False)
        contact.unfinished = 0

    def _result(self, contact: Contact, section: int, key: str, result: ObjectResult) -> None:
        for assigned in contact.assigned.values():
            if assigned.span.has(section, key):
                assigned.told += 1
                if key in assigned.done or assigned.told > assigned.grant.most + _PAGE:
                    raise FalseReport(contact.name, f"it reports more objects than exist: {key!r} once more")
                if assigned.span.keys:
                    assigned.done.add(key)
        if result.route is not None:
            self._state.progress.take_route(result.route)
        contact.objects += 1
        if result.outcome is Outcome.FAILED:
            contact.failed += 1
            contact.problem = result.problem
        if result.outcome in DONE:
            contact.unfinished -= result.size or 0
        for meanwhile in self._looking:
            meanwhile.add((section, key))
        self._state.record(section, key, result)

    def _corrected(self, contact: Contact, each: worker_messages.Corrected) -> None:
        key, result = self._claims.of_object(contact, each)
        self._state.context.journal.results.correct(self._state.transfer, each.section, key, result)

    def _arrived(self, contact: Contact, each: worker_messages.Arrived) -> None:
        self._claims.of_bytes(contact, each)
        progress = self._state.progress
        contact.unfinished += each.moved + each.found
        contact.arrived(each.moved)
        if each.moved:
            progress.arrived(each.moved)
        if each.found:
            progress.arrived(each.found, moved=False)
        if each.more:
            progress.correct_size(0, each.more)

    def _upload(
        self, contact: Contact, each: worker_messages.UploadedPart | worker_messages.Over, record: UploadRecord
    ) -> None:
        if isinstance(each, worker_messages.UploadedPart):
            self._claims.of_part(contact, each, record)
            self._uploads.made(record, each.part, each.evidence)
        else:
            self._uploads.ended(record)

    def _check_question(self, contact: Contact, each: worker_messages.WorkerQuestion) -> None:
        if isinstance(each, worker_messages.Finished):
            self._claims.of_range(contact, each)
        elif isinstance(each, worker_messages.KnownUploadsQuestion | worker_messages.Intend):
            self._claims.of_question(contact, each)
        elif record := self._record(each.row):
            self._claims.of_own_upload(contact, record)

    def _record(self, row: int) -> UploadRecord | None:
        return next((each for each in self._uploads.open if each.row == row), None)

    async def _answer(self, contact: Contact, each: worker_messages.WorkerQuestion) -> None:
        transfer, journal = self._state.transfer, self._state.context.journal
        if isinstance(each, worker_messages.Finished):
            done = await journal.results.finished(transfer, each.section, each.keys)
            contact.reply(worker_messages.ReplyToWorker(each.question, sorted(done)))
        elif isinstance(each, worker_messages.KnownUploadsQuestion):
            contact.reply(
                worker_messages.ReplyToWorker(each.question, sorted(await self._uploads.known_ids(each.bucket)))
            )
        elif isinstance(each, worker_messages.Intend):
            made = await self._uploads.intend(replace(each.record, row=0))
            contact.reply(worker_messages.ReplyToWorker(each.question, made.row))
        else:
            if record := self._record(each.row):
                await self._uploads.begun(record, each.upload)
            contact.reply(worker_messages.ReplyToWorker(each.question, 1))
