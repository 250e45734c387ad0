"""A worker's process: one event loop in a thread of its own, for all transfers that it takes part in.

Dask's own loop and its threads are left to Dask: a task waits in its thread for what is done here.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from importlib import import_module
from typing import Any

import uvloop

from tui.queue.job import Works
from tui.transfers.cluster.talk import pack, unpack_letter
from tui.transfers.cluster.worker.session import Session

_LOOK_SECONDS = 1.0

_WORKS = "tui.transfers.queue.prepare"
"""What knows every kind of order; by its name, as a worker knows none."""

_making = threading.Lock()
_made: list[Station] = []


def station() -> Station:
    """The one of this process, made when it is first asked for."""
    with _making:
        if not _made:
            works: Works = import_module(_WORKS).WORKS
            _made.append(Station(works))
        return _made[0]


class Station:
    """All transfers that this process takes part in."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._sessions: dict[str, Session] = {}
        self._watching: asyncio.Task[None] | None = None
        self._loop = uvloop.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="xs3-tui", daemon=True).start()

    def exchange(self, packed: bytes) -> Future[bytes]:
        """Answer a letter of an engine. From any thread."""
        return asyncio.run_coroutine_threadsafe(self._exchange(packed), self._loop)

    def carry_out(self, transfer: str, number: int) -> Future[None]:
        """Have a range carried out, when it is granted; done when all its objects are begun. From any thread."""
        return asyncio.run_coroutine_threadsafe(self._carry_out(transfer, number), self._loop)

    async def _exchange(self, packed: bytes) -> bytes:
        letter = unpack_letter(packed)
        session = self._session(letter.transfer)
        report = await session.exchange(letter)
        if session.ended:
            self._sessions.pop(letter.transfer, None)
            await session.close()
        return pack(report)

    async def _carry_out(self, transfer: str, number: int) -> None:
        await self._session(transfer).begin(number).wait()

    def _session(self, transfer: str) -> Session:
        if transfer not in self._sessions:
            self._sessions[transfer] = Session(transfer, self._works.prepare)
            self._watching = self._watching or self._loop.create_task(self._watch(), name="cluster-watch")
        return self._sessions[transfer]

    async def _watch(self) -> None:
        """Stop what no engine has asked for in time."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for session in self._sessions.values():
                session.look()


async def answer_letter(letter: bytes) -> dict[str, Any]:
    """The handler of a worker: takes a letter, returns a report."""
    return {"status": "OK", "report": await asyncio.wrap_future(station().exchange(letter))}
