"""What workers say, written down: results, bytes, uploads; and the answers to what they ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from tui.model.transfer import Outcome
from tui.transfers.cluster.desk import Desk
from tui.transfers.cluster.ranges import Span
from tui.transfers.cluster.talk import (
    Arrived,
    Begun,
    Finished,
    Intend,
    Item,
    Known,
    Left,
    Made,
    Over,
    Reply,
    Result,
)
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import UploadRecord
from tui.transfers.journal.records import unpack_key, unpack_result
from tui.transfers.progress import DONE
from tui.transfers.queue.run_state import RunState

OnLeft = Callable[[Desk, Left], None]


class Hearing:
    """Takes the items of all workers of a run, in each worker's order."""

    def __init__(self, state: RunState, uploads: TransferUploads, on_left: OnLeft) -> None:
        self._state, self._uploads, self._on_left = state, uploads, on_left

    async def leftover(self, desk: Desk, items: Sequence[Item]) -> None:
        """What a worker had to say of an earlier run that this engine may have heard: results count once."""
        results = [each for each in items if isinstance(each, Result)]
        known: set[tuple[int, str]] = set()
        for section in {each.section for each in results}:
            keys = [unpack_key(each.key) for each in results if each.section == section]
            finished = await self._state.context.journal.results.finished(self._state.transfer, section, keys)
            known |= {(section, key) for key in finished}
        for each in items:
            if isinstance(each, Result) and (each.section, unpack_key(each.key)) not in known:
                result = unpack_result(each.packed)
                self._result(desk, each)
                if result.outcome in DONE:
                    self._state.progress.arrived(result.size, moved=False)
            elif isinstance(each, Begun):
                await self._begun(desk, each)
            elif isinstance(each, Made | Over):
                self._upload(each)

    async def items(self, desk: Desk, items: Sequence[Item]) -> None:
        """Write these down, and find the answers to the questions among them."""
        answers = list[Awaitable[None]]()
        for each in items:
            if isinstance(each, Result):
                self._result(desk, each)
            elif isinstance(each, Arrived):
                self._arrived(desk, each)
            elif isinstance(each, Left):
                self._on_left(desk, each)
            elif isinstance(each, Finished | Known | Intend):
                answers.append(self._answer(desk, each))
            elif isinstance(each, Begun):
                answers.append(self._begun(desk, each))
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

    def lost(self, desk: Desk) -> None:
        """A worker is gone: the bytes of what it had not finished are not at the target, but for parts."""
        kept = sum(part.part.size for each in self._uploads.open for part in each.parts)
        self._state.progress.arrived(-max(0, desk.unfinished - kept), moved=False)
        desk.unfinished = 0

    def _result(self, desk: Desk, each: Result) -> None:
        result = unpack_result(each.packed)
        if result.route is not None:
            self._state.progress.take_route(result.route)
        desk.objects += 1
        if result.outcome is Outcome.FAILED:
            desk.failed += 1
            desk.problem = result.problem
        if result.outcome in DONE:
            desk.unfinished -= result.size
        self._state.record(each.section, unpack_key(each.key), result)

    def _arrived(self, desk: Desk, each: Arrived) -> None:
        progress = self._state.progress
        desk.unfinished += each.moved + each.found
        desk.arrived(each.moved)
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

    async def _begun(self, desk: Desk, each: Begun) -> None:
        if record := self._record(each.row):
            await self._uploads.begun(record, each.upload)
        desk.reply(Reply(each.question, 1))

    def _record(self, row: int) -> UploadRecord | None:
        return next((each for each in self._uploads.open if each.row == row), None)

    async def _answer(self, desk: Desk, each: Finished | Known | Intend) -> None:
        transfer, journal = self._state.transfer, self._state.context.journal
        if isinstance(each, Finished):
            done = await journal.results.finished(transfer, each.section, each.keys)
            desk.reply(Reply(each.question, sorted(done)))
        elif isinstance(each, Known):
            desk.reply(Reply(each.question, sorted(await self._uploads.known_ids(each.bucket))))
        else:
            record = await self._uploads.intend(replace(each.record, row=0))
            desk.reply(Reply(each.question, record.row))
