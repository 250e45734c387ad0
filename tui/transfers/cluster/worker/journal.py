"""The journal as a worker has it: what is to be kept is said to the engine, whose journal keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.problem import Problem
from tui.core.transfer import ObjectResult
from tui.stores.store_values import Part
from tui.transfers.cluster.talk import Begun, Corrected, Finished, Intend, Known, Made, Over, Result
from tui.transfers.cluster.worker.outbox import Outbox
from tui.transfers.journal import Journal, UploadRecord
from tui.transfers.journal.journal import KeptResults, KeptUploads
from tui.transfers.journal.records import pack_key, pack_result


class ToldResults(KeptResults):
    """Results that are told to the engine."""

    def __init__(self, outbox: Outbox, *, asks: bool) -> None:
        self._outbox, self._asks = outbox, asks

    def finish(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:  # noqa: ARG002  # the session is of one transfer
        """See `KeptResults`."""
        self._outbox.put(Result(section, pack_key(key), pack_result(result)))

    def correct(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:  # noqa: ARG002  # the session is of one transfer
        """See `KeptResults`."""
        self._outbox.put(Corrected(section, pack_key(key), pack_result(result)))

    async def finished(self, transfer: str, section: int, keys: Sequence[str]) -> set[str]:  # noqa: ARG002  # the session is of one transfer
        """See `KeptResults`."""
        if not self._asks:
            return set()
        question = self._outbox.question()
        self._outbox.put(Finished(question, section, list(keys)), urgent=True)
        answer = await self._outbox.answer(question)
        return set(answer) if isinstance(answer, list) else set()


class ToldUploads(KeptUploads):
    """Uploads that are told to the engine before they are begun."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def intend(self, upload: UploadRecord) -> int:
        """See `KeptUploads`."""
        question = self._outbox.question()
        self._outbox.put(Intend(question, upload), urgent=True)
        answer = await self._outbox.answer(question)
        return answer if isinstance(answer, int) else 0

    async def begun(self, row: int, upload_id: str) -> None:
        """See `KeptUploads`."""
        question = self._outbox.question()
        self._outbox.put(Begun(question, row, upload_id), urgent=True)
        await self._outbox.answer(question)

    def part(self, row: int, part: Part, evidence: str) -> None:
        """See `KeptUploads`."""
        self._outbox.put(Made(row, part, evidence))

    def ended(self, row: int) -> None:
        """See `KeptUploads`."""
        self._outbox.put(Over(row))

    async def known_ids(self, bucket: str) -> set[str]:
        """See `KeptUploads`."""
        question = self._outbox.question()
        self._outbox.put(Known(question, bucket), urgent=True)
        answer = await self._outbox.answer(question)
        return set(answer) if isinstance(answer, list) else set()


class ToldJournal(Journal):
    """What a run in a worker needs of a journal."""

    def __init__(self, outbox: Outbox, *, asks: bool = True) -> None:
        """`asks`: whether it is asked which objects have results; the engine has left these out otherwise."""
        self._outbox = outbox
        self.results, self.uploads = ToldResults(outbox, asks=asks), ToldUploads(outbox)

    @property
    def trouble(self) -> Problem | None:
        """The engine's: it does not say that something is written down until it is."""
        return None

    async def writable(self) -> None:
        """It always takes more, up to where `drained` waits."""

    async def drained(self) -> None:
        """See `Outbox`."""
        await self._outbox.drained()

    async def settled(self) -> bool:
        """Returns when the engine has written everything down."""
        await self._outbox.written()
        return True
