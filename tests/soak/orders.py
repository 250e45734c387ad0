"""The engine process, the transfers submitted to it, and what else is done to them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.server import S3Server
from tests.soak.bodies import PART
from tests.soak.buckets import Buckets
from tests.soak.history import History
from tests.soak.model import Model, Submitted
from tests.soak.network import Network
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, DeleteOrder, Destination, Route, Selection
from tui.model.problem import ProblemError
from tui.model.transfer import ObjectResult, Transfer, TransferKind, TransferState
from tui.protocol.messages.base import Request
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import (
    CancelTransfers,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SubmitCopy,
    SubmitDelete,
    WatchResults,
    WatchTransfers,
)
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

STOPPED = (TransferState.PAUSED, TransferState.WAITING)


@dataclass(slots=True)
class Measure:
    """An engine's resident memory in MiB and its open descriptors."""

    pid: int
    memory: float
    descriptors: int


class Orders:
    """From A's bucket to B's, through an engine of its own."""

    def __init__(self, home: Path, model: Model, history: History) -> None:
        self._model, self._history = model, history
        self._process = EngineProcess(home=home)
        self._session = EngineSession(self._process)

    def connect(self, server: S3Server, buckets: Buckets, network: Network) -> None:
        """Say which buckets the transfers are between, and where the server is."""
        self._buckets, self._network = buckets, network
        self._ids = [
            connection_id(IdentitySpec(profile=each.profile, endpoint=network.endpoint))
            for each in (server.a, server.b)
        ]

    async def close(self) -> None:
        """Cancel everything and end the engine."""
        with suppress(ProblemError):
            await self._ask(CancelTransfers())
        await self._session.close()
        await asyncio.to_thread(self._process.stop)

    async def submit(
        self, kind: TransferKind, keys: Sequence[str], to: str, conflict: ConflictPolicy, route: Route | None
    ) -> None:
        """A copy, a move or a deletion of these keys."""
        self._history.note(f"{kind.value} {sorted(keys)} to {to!r} {conflict.value} {route.value if route else 'any'}")
        selection = Selection(self._ids[0], Location(self._buckets.a), list(keys))
        order = Submitted("", kind, frozenset(keys), to, conflict, self._history.step)
        if kind is TransferKind.DELETE:
            accepted = await self._ask(SubmitDelete(DeleteOrder(selection)))
        else:
            options = CopyOptions(
                conflict, route, multipart_threshold=PART, part_size=PART, move=kind is TransferKind.MOVE
            )
            target = Destination(self._ids[1], Location(self._buckets.b, to))
            accepted = await self._ask(SubmitCopy(CopyOrder(selection, target, options)))
        order.id = accepted.transfer
        self._model.orders.append(order)

    async def pause(self) -> None:
        """Pause everything."""
        self._history.note("pause")
        await self._ask(PauseTransfers())

    async def resume(self) -> None:
        """Resume everything."""
        self._history.note("resume")
        await self._ask(ResumeTransfers())

    async def cancel(self, which: int) -> None:
        """Cancel one of the transfers that have not ended."""
        open_ones = [order for order in self._model.orders if order.ended is None]
        if open_ones:
            name = open_ones[which % len(open_ones)].id
            self._history.note(f"cancel {name}")
            await self._ask(CancelTransfers([name]))

    async def retry(self, which: int) -> None:
        """Try again what failed of a transfer that has ended."""
        failed = [each for each in await self.all() if each.state in (TransferState.FAILED, TransferState.CANCELLED)]
        if failed:
            name = failed[which % len(failed)].id
            self._history.note(f"retry {name}")
            await self._ask(RetryTransfer(name))
            for order in self._model.orders:
                if order.id == name:
                    order.ended, order.transfer = None, None

    async def kill(self) -> None:
        """Kill the engine with a signal that it cannot catch."""
        self._history.note("kill")
        os.kill(await self._pid(), signal.SIGKILL)
        await self._session.close()
        await asyncio.to_thread(self._process.wait_until_gone)
        self._session = EngineSession(self._process)

    async def proceed(self, requests: int, seconds: float = 5.0) -> None:
        """Let the engine make some requests, unless it has nothing to do or cannot."""
        self._history.note(f"proceed {requests}")
        wanted = self._network.requests + requests

        def enough(transfers: list[Transfer]) -> bool:
            return self._network.requests >= wanted or all(
                each.state.ended or each.state in STOPPED for each in transfers
            )

        with suppress(TimeoutError):
            await self._watch(enough, seconds)

    async def all(self, seconds: float = 90.0) -> list[Transfer]:
        """All transfers. Raises `TimeoutError`."""
        return await self._watch(lambda _: True, seconds)

    async def all_ended(self, seconds: float) -> list[Transfer]:
        """Resume what waits or is paused until all has ended. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), aclosing(self._session.follow(WatchTransfers())) as lists:
            async for each in lists:
                still = [one for one in each.transfers if not one.state.ended]
                if not still:
                    return each.transfers
                stuck = [one.id for one in still if one.state in STOPPED]
                if stuck:
                    await self._ask(ResumeTransfers(stuck))
        raise AssertionError("the engine has ended")

    async def results(self, transfer: str) -> list[ObjectResult]:
        """What became of each object of a transfer that has ended."""
        async with aclosing(self._session.follow(WatchResults(transfer))) as following:
            return [result async for result in following]

    async def measure(self) -> Measure:
        """The engine's memory and descriptors now."""
        return measure(await self._pid())

    async def _pid(self) -> int:
        hello = await self._ask(Hello())
        pid: int = hello.pid
        return pid

    async def _watch(self, until: Callable[[list[Transfer]], bool], seconds: float) -> list[Transfer]:
        async with asyncio.timeout(seconds), aclosing(self._session.follow(WatchTransfers())) as lists:
            async for each in lists:
                if until(each.transfers):
                    return each.transfers
        raise AssertionError("the engine has ended")

    async def _ask(self, request: Request[Any]) -> Any:
        return await self._session.ask(request)


def measure(pid: int) -> Measure:
    """A process's memory and descriptors now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    return Measure(pid, memory, len(list(Path(f"/proc/{pid}/fd").iterdir())))
