"""Random steps by a seeded chance, for runs that are longer than Hypothesis would make them."""

import random
from collections.abc import Awaitable, Callable
from typing import Final

from tests.soak.network import FAULTS
from tests.soak.world import World
from tui.core.orders import ConflictPolicy, CopyRoute
from tui.core.transfer import TransferKind

KEYS: Final = (*(f"p/{number}" for number in range(8)), "p/sub/a+b &", "p/sub/[é]", "q/untouched", "p/large")
MANY: Final = tuple(f"p/many/{number:02}" for number in range(60))
"""Also there if workers help: enough for each to have some."""
SIZES: Final = (0, 100, 70_000, 12 << 20)
"""The last one takes three parts."""
TARGETS: Final = ("", "to/")
POLICIES: Final = tuple(policy for policy in ConflictPolicy if policy is not ConflictPolicy.ASK)
ROUTES: Final = (None, *CopyRoute)
KINDS: Final = (TransferKind.COPY, TransferKind.COPY, TransferKind.MOVE, TransferKind.MOVE, TransferKind.DELETE)
WRITTEN: Final = KEYS[:-1]
SELECTABLE: Final = tuple(key for key in KEYS if not key.startswith("q/"))


def keys_of(world: World) -> tuple[str, ...]:
    """All that is selected by the prefix."""
    return SELECTABLE + MANY if world.helped else SELECTABLE


def fill(world: World) -> None:
    for key in ("q/untouched", *keys_of(world)):
        world.buckets.write(key, SIZES[-1] if key == "p/large" else SIZES[1])


class Steps:
    def __init__(self, world: World, chance: random.Random, *, kills: bool) -> None:
        self._world, self._chance, self._kills, helped = world, chance, kills, world.helped
        orders, some = world.orders, chance.randint
        self._steps: dict[Callable[[], Awaitable[None]], int] = {
            self._write: 20,
            self._remove: 4,
            self._write_target: 5,
            self._remove_target: 2,
            self._submit: 16,
            self._submit_all: 4,
            lambda: orders.proceed(some(1, 40)): 20,
            self._fault: 8,
            self._expire: 2,
            world.network.toggle: 4,
            orders.pause: 3,
            orders.resume: 3,
            lambda: orders.cancel(some(0, 99)): 3,
            lambda: orders.retry(some(0, 99)): 3,
            orders.kill: 7 if kills else 0,
            self._interrupt: 16 if helped else 0,
            world.settle: 4,
        }

    async def one(self) -> None:
        [step] = self._chance.choices(list(self._steps), list(self._steps.values()))
        await step()

    async def _write(self) -> None:
        key = self._chance.choice(KEYS)
        self._world.buckets.write(key, SIZES[-1] if key == "p/large" else self._chance.choice(SIZES[:-1]))

    async def _remove(self) -> None:
        self._world.buckets.remove(self._chance.choice(KEYS))

    async def _write_target(self) -> None:
        self._world.buckets.write_target(self._chance.choice(TARGETS) + self._chance.choice(SELECTABLE), 1000)

    async def _remove_target(self) -> None:
        self._world.buckets.remove_target(self._chance.choice(TARGETS) + self._chance.choice(SELECTABLE))

    async def _submit(self) -> None:
        chance = self._chance
        keys = chance.sample(SELECTABLE, chance.randint(1, len(SELECTABLE)))
        kind = chance.choice(KINDS)
        if kind is TransferKind.DELETE:
            keys = keys[:2]
        await self._world.orders.submit(
            kind, keys, chance.choice(TARGETS), chance.choice(POLICIES), chance.choice(ROUTES)
        )

    async def _submit_all(self) -> None:
        chance, keys = self._chance, keys_of(self._world)
        kind = chance.choice(KINDS[: 3 if self._world.helped else 4])
        await self._world.orders.submit(
            kind, keys, chance.choice(TARGETS), chance.choice(POLICIES), chance.choice(ROUTES), prefix="p/"
        )

    async def _interrupt(self) -> None:
        """Something happens to an order while all that copy it wait for the server."""
        network, orders, some = self._world.network, self._world.orders, self._chance.randint
        kills = [orders.kill, orders.kill_workers, orders.kill_all]
        ways = [orders.pause, lambda: orders.cancel(-1), self._write, *(kills * 3 if self._kills else [])]
        network.hold(some(30, 90))
        keys, to = keys_of(self._world), self._chance.choice(TARGETS)
        route = self._chance.choice(ROUTES)
        await orders.submit(TransferKind.COPY, keys, to, ConflictPolicy.OVERWRITE, route, prefix="p/")
        await orders.proceed(some(40, 150), seconds=3.0)
        await self._chance.choice(ways)()
        await network.let_go()

    async def _fault(self) -> None:
        self._world.network.fault(self._chance.choice(list(FAULTS)), self._chance.randint(1, 6))

    async def _expire(self) -> None:
        self._world.network.expire(self._chance.randint(1, 5))
