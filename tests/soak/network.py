from __future__ import annotations

import asyncio
from typing import Final

from tests.servers.proxy.faults import (
    SLOW_DOWN,
    Answer,
    DamageRequest,
    Fault,
    LoseAnswer,
    Meanwhile,
    ResetAnswer,
    ResetRequest,
    Rule,
    TruncateAnswer,
)
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import S3Server
from tests.soak.model import History

FAULTS: Final[dict[str, Fault]] = {
    "slow-down": SLOW_DOWN,
    "internal-error": Answer(500, "InternalError"),
    "reset-request": ResetRequest(1000),
    "reset-answer": ResetAnswer(100),
    "truncated-answer": TruncateAnswer(100),
    "lost-answer": LoseAnswer(),
    "damaged-request": DamageRequest(),
}
EXPIRED: Final = Answer(400, "ExpiredToken", "The provided token has expired.")


class Network:
    def __init__(self, server: S3Server, seed: int, history: History) -> None:
        self._history = history
        self._faults: list[Rule] = []
        host, _, port = server.endpoint.removeprefix("http://").rpartition(":")
        self._proxy = FaultProxy((host, int(port)))
        self._proxy.random.seed(seed)
        self._go = asyncio.Event()

    @property
    def endpoint(self) -> str:
        return self._proxy.endpoint

    @property
    def requests(self) -> int:
        return len(self._proxy.seen)

    @property
    def faults(self) -> int:
        return sum(rule.taken for rule in self._faults)

    async def connect(self) -> None:
        if not self._proxy.is_open:
            await self._proxy.open()

    async def disconnect(self) -> None:
        await self._proxy.away()

    async def toggle(self) -> None:
        """The network goes away, or comes back."""
        self._history.note("network")
        await (self.disconnect() if self._proxy.is_open else self.connect())

    async def mend(self) -> None:
        self._proxy.rules.clear()
        await self.let_go()
        await self.connect()

    def fault(self, name: str, times: int) -> None:
        """Something goes wrong with a third of the next requests, so often."""
        self._history.note(f"fault {name} {times}")
        self._add(Rule(FAULTS[name], share=0.33, times=times))

    def expire(self, times: int) -> None:
        self._history.note(f"expire {times}")
        self._add(Rule(EXPIRED, times=times))

    def hold(self, writes: int) -> None:
        """The next writes of whole objects wait until they are let go, and others are begun meanwhile."""
        self._history.note(f"hold {writes}")
        go = self._go

        async def wait(_: Request) -> None:
            await go.wait()

        self._proxy.rules.append(Rule(Meanwhile(before=wait), ("PutObject", "CopyObject"), times=writes))

    async def let_go(self) -> None:
        self._go.set()
        self._go = asyncio.Event()

    def _add(self, rule: Rule) -> None:
        self._faults.append(rule)
        self._proxy.rules.append(rule)
