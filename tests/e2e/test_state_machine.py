"""Whatever is done to the engine, and whatever goes wrong around it: no object is lost, damaged or passed over.

Hypothesis chooses what happens; `python -m tests.soak` goes on for as long as wanted.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.servers.server import S3Server
from tests.soak.loop import Loop
from tests.soak.network import FAULTS
from tests.soak.steps import KINDS, POLICIES, ROUTES, SELECTABLE, SIZES, TARGETS, WRITTEN, fill, keys_of
from tests.soak.world import World
from tui.core.orders import ConflictPolicy, CopyRoute
from tui.core.transfer import TransferKind

LONG = os.environ.get("XS3_FUZZ") == "long"
EXAMPLES, STEPS = (20, 100) if LONG else (4, 50)
FEW = st.integers(1, 5)
WHICH = st.integers(0, 99)
BETWEEN_KILLS = 6


class EngineMachine(RuleBasedStateMachine):
    """A world of its own for each example."""

    server: S3Server
    loop: Loop
    helped: bool

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory()
        self.world = World(self.server, Path(self._home.name), seed=7, honors_if_match=True, helped=self.helped)
        self._killed = 0

    @initialize()
    def open(self) -> None:
        self.loop.run(self.world.open())
        fill(self.world)

    @rule(key=st.sampled_from(WRITTEN), size=st.sampled_from(SIZES[:-1]))
    def write(self, key: str, size: int) -> None:
        self.world.buckets.write(key, size)

    @rule(key=st.sampled_from(WRITTEN))
    def remove(self, key: str) -> None:
        self.world.buckets.remove(key)

    @rule(to=st.sampled_from(TARGETS), key=st.sampled_from(WRITTEN))
    def write_target(self, to: str, key: str) -> None:
        self.world.buckets.write_target(to + key, 1000)

    @rule(to=st.sampled_from(TARGETS), key=st.sampled_from(WRITTEN))
    def remove_target(self, to: str, key: str) -> None:
        self.world.buckets.remove_target(to + key)

    @rule(
        kind=st.sampled_from(KINDS[:-1]),
        keys=st.lists(st.sampled_from(SELECTABLE), min_size=1, unique=True),
        to=st.sampled_from(TARGETS),
        conflict=st.sampled_from(POLICIES),
        route=st.sampled_from(ROUTES),
    )
    def submit(
        self, kind: TransferKind, keys: list[str], to: str, conflict: ConflictPolicy, route: CopyRoute | None
    ) -> None:
        self.loop.run(self.world.orders.submit(kind, keys, to, conflict, route))

    @rule(
        kind=st.sampled_from(KINDS[:-1]),
        to=st.sampled_from(TARGETS),
        conflict=st.sampled_from(POLICIES),
        route=st.sampled_from(ROUTES),
    )
    def submit_all(self, kind: TransferKind, to: str, conflict: ConflictPolicy, route: CopyRoute | None) -> None:
        self.loop.run(self.world.orders.submit(kind, keys_of(self.world), to, conflict, route, prefix="p/"))

    @rule(keys=st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=2, unique=True))
    def delete(self, keys: list[str]) -> None:
        self.loop.run(self.world.orders.submit(TransferKind.DELETE, keys, "", ConflictPolicy.OVERWRITE, None))

    @rule(requests=st.integers(1, 40))
    def proceed(self, requests: int) -> None:
        self.loop.run(self.world.orders.proceed(requests))

    @rule(name=st.sampled_from(sorted(FAULTS)), times=FEW)
    def fault(self, name: str, times: int) -> None:
        self.world.network.fault(name, times)

    @rule(times=FEW)
    def expire(self, times: int) -> None:
        self.world.network.expire(times)

    @rule()
    def network(self) -> None:
        self.loop.run(self.world.network.toggle())

    @rule()
    def pause(self) -> None:
        self.loop.run(self.world.orders.pause())

    @rule()
    def resume(self) -> None:
        self.loop.run(self.world.orders.resume())

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.loop.run(self.world.orders.cancel(which))

    @rule(which=WHICH)
    def retry(self, which: int) -> None:
        self.loop.run(self.world.orders.retry(which))

    @precondition(lambda self: self.world.history.step - self._killed > BETWEEN_KILLS)
    @rule()
    def kill(self) -> None:
        self.loop.run(self.world.orders.kill())
        self._killed = self.world.history.step

    @precondition(lambda self: self.helped and self.world.history.step - self._killed > BETWEEN_KILLS)
    @rule(
        writes=st.integers(30, 90),
        to=st.sampled_from(TARGETS),
        route=st.sampled_from(ROUTES),
        requests=st.integers(40, 150),
        kills=st.sampled_from(["kill", "kill_workers", "kill_all"]),
    )
    def kill_while_all_wait(self, writes: int, to: str, route: CopyRoute | None, requests: int, kills: str) -> None:
        self.world.network.hold(writes)
        self.submit_all(TransferKind.COPY, to, ConflictPolicy.OVERWRITE, route)
        self.loop.run(self.world.orders.proceed(requests, seconds=3.0))
        self.loop.run(getattr(self.world.orders, kills)())
        self.loop.run(self.world.network.let_go())
        self._killed = self.world.history.step

    def teardown(self) -> None:
        try:
            self.loop.run(self.world.settle())
        finally:
            self.loop.run(self.world.close())
            self._home.cleanup()


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.mark.thorough
@pytest.mark.timeout(0 if LONG else 600)
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("with_workers", [False, True])
def test_nothing_is_lost_damaged_or_passed_over(server_environment: S3Server, loop: Loop, with_workers: bool) -> None:
    class Machine(EngineMachine):
        server = server_environment
        helped = with_workers

    Machine.loop = loop
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not LONG,
            # Not shrunk: each try starts engines, and the history of the first one says enough.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
