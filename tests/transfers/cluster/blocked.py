"""A transfer that stops in its middle, until the test lets it go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until


@dataclass
class Blocked:
    """Lets so many writes pass, and the others when it is opened."""

    most: int
    passed: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _: Request) -> None:
        self.passed += 1
        if self.passed > self.most:
            await self.opened.wait()

    async def reached(self) -> None:
        """Returns when the first write waits."""
        await until(lambda: self.passed > self.most, "writes wait", timeout=30)


def blocked(world: ClusterWorld, most: int, *operations: str) -> Blocked:
    made = Blocked(most)
    world.proxy.rules.append(Rule(Meanwhile(before=made), operations=operations or ("PutObject",)))
    return made
