"""What workers say, written down: results, bytes, uploads; and the answers to what they ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from tui.model.transfer import Outcome
from tui.transfers.cluster.contact import Contact
from tui.transfers.cluster.ranges import Span
from tui.transfers.cluster.talk import (
    Arrived,
    Begun,
    Corrected,
    Finished,
    Intend,
    Item,
    Known,
    Left,
    Made,
    Over,
    Reply,
    Result,
    Shortened,
)
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import UploadRecord
from tui.transfers.journal.records import unpack_key, unpack_result
from tui.transfers.progress import DONE
from tui.transfers.queue.run_state import RunState

OnLeft = Callable[[Contact, Left | Shortened], None]


class Hearing:
    """Takes the items of all workers of a run, in each worker's order."""

    def __init__(
        self, state: RunState, uploads: TransferUploads, on_left: OnLeft, somebody_has: Callable[[int, str], bool]
    ) -> None:
        """`somebody_has`: whether an object of a section is in a range that a worker of this run has."""
        self._state, self._uploads, self._on_left = state, uploads, on_left
        self._somebody_has = somebody_has
        self._looking: list[set[tuple[int, str]]] = []
        """For each look for what is known of an earlier run: the results that have come meanwhile."""

    async def leftover(self, contact: Contact, items: Sequence[Item]) -> None:
        """What a worker had to say of an earlier run that this engine may have heard: results count once.

        The result of an object in a range that another worker has now comes from that one.
        """
        meanwhile = set[tuple[int, str]]()
        self._looking.append(meanwhile)
        try:
            known = await self._known([each for each in items if isinstance(each, Result)])
        finally:
            self._looking = [each for each in self._looking if each is not meanwhile]
        for each in items:
            if isinstance(each, Result):
                place = each.section, unpack_key(each.key)
                if place in known or place in meanwhile or self._somebody_has(*place):
                    continue
                result = unpack_result(each.packed)
                self._result(contact, each)
                if result.outcome in DONE:
                    contact.unfinished += result.size or 0
                    self._state.progress.arrived(result.size or 0, moved=False)
            elif isinstance(each, Begun):
                await self._begun(contact, each)
            elif isinstance(each, Made | Over):
                self._upload(each)
            elif isinstance(each, Corrected):
                self._corrected(each)

    async def _known(self, results: Sequence[Result]) -> set[tuple[int, str]]:
        """Section and key of those that the journal has."""
        known = set[tuple[int, str]]()
        for section in {each.section for each in results}:
            keys = [unpack_key(each.key) for each in results if each.section == section]
            finished = await self._state.context.journal.results.finished(self._state.transfer, section, keys)
            known |= {(section, key) for key in finished}
        return known

    async def items(self, contact: Contact, items: Sequence[Item]) -> None:
        """Write these down, and find the answers to the questions among them."""
        answers = list[Awaitable[None]]()
        for each in items:
            if isinstance(each, Result):
                self._result(contact, each)
            elif isinstance(each, Arrived):
                self._arrived(contact, each)
            elif isinstance(each, Corrected):
                self._corrected(each)
            elif isinstance(each, Left | Shortened):
                self._on_left(contact, each)
            elif isinstance(each, Finished | Known | Intend):
                answers.append(self._answer(contact, each))
            elif isinstance(each, Begun):
                answers.append(self._begun(contact, each))
            else:
                self._upload(each)
        self._state.context.changed()
        await asyncio.gather(*answers)

    def held(self, span: Span) -> list[UploadRecord]:
        """The open uploads of a range's objects, which its worker continues."""
        records = [each for each in self._uploads.open if span.has(each.section, each.source_key)]
        for each in records:
            self._uploads.of(each.section, each.source_key)  # they have been come to
        return records

    def lost(self, contact: Contact) -> None:
        """A worker is gone: the bytes of what it had not finished are not at the target, but for parts."""
        spans = [each.span for each in contact.assigned.values()]
        kept = sum(
            part.part.size
            for each in self._uploads.open
            if any(span.has(each.section, each.source_key) for span in spans)
            for part in each.parts
        )
        self._state.progress.arrived(-max(0, contact.unfinished - kept), moved=False)
        contact.unfinished = 0

    def _result(self, contact: Contact, each: Result) -> None:
        result = unpack_result(each.packed)
        if result.route is not None:
            self._state.progress.take_route(result.route)
        contact.objects += 1
        if result.outcome is Outcome.FAILED:
            contact.failed += 1
            contact.problem = result.problem
        if result.outcome in DONE:
            contact.unfinished -= result.size or 0
        key = unpack_key(each.key)
        for assigned in contact.assigned.values():
            if assigned.span.keys and assigned.span.has(each.section, key):
                assigned.done.add(key)
        for meanwhile in self._looking:
            meanwhile.add((each.section, key))
        self._state.record(each.section, key, result)

    def _corrected(self, each: Corrected) -> None:
        key, result = unpack_key(each.key), unpack_result(each.packed)
        self._state.context.journal.results.correct(self._state.transfer, each.section, key, result)

    def _arrived(self, contact: Contact, each: Arrived) -> None:
        progress = self._state.progress
        contact.unfinished += each.moved + each.found
        contact.arrived(each.moved)
        if each.moved:
            progress.arrived(each.moved)
        if each.found:
            progress.arrived(each.found, moved=False)
        if each.more:
            progress.correct_size(0, each.more)

    def _upload(self, each: Made | Over) -> None:
        if (record := self._record(each.row)) is None:
            return
        if isinstance(each, Made):
            self._uploads.made(record, each.part, each.evidence)
        else:
            self._uploads.ended(record)

    async def _begun(self, contact: Contact, each: Begun) -> None:
        if record := self._record(each.row):
            await self._uploads.begun(record, each.upload)
        contact.reply(Reply(each.question, 1))

    def _record(self, row: int) -> UploadRecord | None:
        return next((each for each in self._uploads.open if each.row == row), None)

    async def _answer(self, contact: Contact, each: Finished | Known | Intend) -> None:
        transfer, journal = self._state.transfer, self._state.context.journal
        if isinstance(each, Finished):
            done = await journal.results.finished(transfer, each.section, each.keys)
            contact.reply(Reply(each.question, sorted(done)))
        elif isinstance(each, Known):
            contact.reply(Reply(each.question, sorted(await self._uploads.known_ids(each.bucket))))
        else:
            record = await self._uploads.intend(replace(each.record, row=0))
            contact.reply(Reply(each.question, record.row))
