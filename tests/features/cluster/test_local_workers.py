"""Copies by an engine and workers in processes of its own: all arrives, once, whatever ends in between."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import pytest
from msgspec.structs import replace

from tests.features.cluster.conftest import ClusterWorld, Gate, blocked
from tests.features.cluster.dask_cluster import DaskCluster
from tests.features.cluster.test_admission import changed_package
from tests.leaks import children_of
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.copy.test_odd_servers import Odd
from tests.transfers.world import ONLY_DEMO, World, why
from tests.waiting import until
from tui.aws.connections import Connections
from tui.aws.server_traits import ALL_KEPT
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute
from tui.core.transfer import Limits, Outcome, Transfer, TransferState
from tui.engine.service import WORKERS_VARIABLE, workers_allowed
from tui.features.cluster import local_engine, local_workers, range_states, worker_pool
from tui.features.cluster.client.client_messages import SeeWorkers
from tui.features.cluster.local_engine import IdleProcessors, LocalEngine, useful_workers
from tui.features.cluster.local_workers import worker_environment
from tui.features.cluster.range_states import CUT, SectionSpan, Spans
from tui.features.cluster.worker_contact import Contact
from tui.settings import settings_file
from tui.transfers.journal import Journal
from tui.transfers.journal.journal import KeptStates
from tui.transfers.selection import SectionPage, SelectedObject

COUNT = 120
BOTH = 40
"""More writes than the engine has under way at first."""


@dataclass
class LocalWorld(ClusterWorld):
    """`pids`: the workers that were started."""

    allowed: int = 2
    pids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.helped = LocalEngine(self.connections, lambda _: self.allowed).carry_out
        super().__post_init__()

    def copy(self, conflict: ConflictPolicy = ConflictPolicy.OVERWRITE) -> CopyOrder:
        made = self.world.order(prefixes=("data/",))
        return replace(
            made,
            selection=replace(made.selection, connection=self.world.connection_a.id),
            destination=replace(made.destination, connection=self.world.connection_b.id),
            options=CopyOptions(conflict=conflict),
        )

    async def copied(self, made: dict[str, bytes], transfer: str) -> Transfer:
        done, results = await self.ended(transfer)
        assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, len(made)), done
        assert sorted(each.source.partition("/data/")[2] for each in results) == sorted(
            key.removeprefix("data/") for key in made
        )
        assert (done.workers, done.engine, done.objects_total) == ([], "local", len(made))
        self.assert_equal(made)
        return done


@pytest.fixture
async def local(
    proxied: World, connections: Connections, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalWorld]:
    monkeypatch.setattr(local_engine, "ENOUGH", 100)
    monkeypatch.setattr(range_states, "PORTION", 10)
    made = LocalWorld(proxied, connections, cast("DaskCluster", None), proxy)
    spawn = local_workers.spawn

    def started(descriptor: int) -> int:
        made.pids.append(spawn(descriptor))
        return made.pids[-1]

    monkeypatch.setattr(local_workers, "spawn", started)
    yield made
    await made.close()
    assert not set(made.pids) & {pid for pid, _ in children_of(os.getpid())}


async def half_done(local: LocalWorld) -> tuple[dict[str, bytes], Gate, str]:
    """The engine and the workers have begun some, and some have arrived."""
    made, held = local.fill(COUNT), blocked(local, 0)
    transfer = await local.queue.submit(local.copy())
    await held.are_waiting(BOTH)
    held.let_in(20)
    await until(lambda: len(local.sent()) >= 20, "some have arrived", timeout=30)
    return made, held, transfer


async def test_two_workers_and_the_engine(local: LocalWorld) -> None:
    made, held = local.fill(COUNT), blocked(local, 0)
    transfer = await local.queue.submit(local.copy())
    await held.are_waiting(BOTH + 32)  # so both workers have begun some
    assert len(local.pids) == 2
    held.open()
    await local.copied(made, transfer)
    assert set(local.sent().values()) == {1}


async def test_a_worker_is_killed(local: LocalWorld) -> None:
    """Its range is done by others, and another worker is started."""
    made, held, transfer = await half_done(local)
    finished = set(local.sent())
    os.kill(local.pids[0], signal.SIGKILL)
    await until(lambda: len(local.pids) > 2, "another worker is started", timeout=30)
    held.open()
    await local.copied(made, transfer)
    assert {local.sent()[key] for key in finished} == {1}


async def test_no_more_than_the_allowed_are_started(local: LocalWorld) -> None:
    """Whoever asks at the same moment sees the same workers."""
    async with aclosing(local_workers.LocalWorkers(2)) as workers:
        seen = await asyncio.gather(*(workers.ask(SeeWorkers()) for _ in range(4)))
        assert [list(each) for each in seen] == [["local-1", "local-2"]] * 4
        assert len(local.pids) == 2


@ONLY_DEMO  # Ceph would be known by the headers of its objects, whatever it is called
@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_no_tags_are_lost_on_a_server_that_neither_counts_nor_keeps_them(
    local: LocalWorld, route: CopyRoute
) -> None:
    """Nothing is known of it: workers ask for the tags of each object, too."""
    odd, held = Odd(local.world, local.proxy), Gate(0)
    odd.count = lambda _: None
    odd.drops(odd.drop_tags)
    local.proxy.rules = [Rule(Meanwhile(before=held, after=odd.copied_one), ("CopyObject", "PutObject"))]
    local.world.let_b_read()
    for at in range(COUNT):
        local.world.put(f"data/{at % 8}/{at:03}", b"content", **({"Tagging": f"n={at}"} if at % 7 == 3 else {}))
    order = local.copy()
    transfer = await local.queue.submit(replace(order, options=replace(order.options, route=route)))
    await held.are_waiting(BOTH + 32)
    held.open()
    done, results = await local.ended(transfer)
    assert ({each.outcome for each in results}, len(results)) == ({Outcome.COPIED}, COUNT), done
    assert len(local.pids) == 2
    odd.assert_all_there()


async def test_a_copy_that_costs_one_request_is_left_to_the_engine(local: LocalWorld) -> None:
    local.world.target.capabilities.learned.show(ALL_KEPT[0], holds=True)
    await _none(local)


@pytest.mark.thorough
async def test_no_worker_can_be_started(local: LocalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine does all of it, and has tried each of the two three times at most."""
    spawned = []

    def fails(descriptor: int) -> int:
        spawned.append(os.posix_spawn(sys.executable, (sys.executable, "-c", ""), {}))
        return spawned[-1]

    monkeypatch.setattr(local_workers, "spawn", fails)
    made, held = local.fill(COUNT), blocked(local, 50)
    transfer = await local.queue.submit(local.copy())
    await until(lambda: len(spawned) == 6, "all were tried", timeout=30)
    held.open()
    await local.copied(made, transfer)
    assert len(spawned) == 6
    assert set(local.sent().values()) == {1}


@pytest.mark.parametrize("allowed", [pytest.param(0, marks=pytest.mark.thorough), 2])
async def test_a_killed_engine(local: LocalWorld, tmp_path: Path, allowed: int) -> None:
    """Another one goes on with what is on disk at that moment, with workers or without."""
    made, held, transfer = await half_done(local)
    await local.world.journal.settled()
    path, finished = tmp_path / "left" / "journal.sqlite", set(local.sent())
    shutil.copytree(local.world.path.parent, path.parent)
    await local.close()
    local.allowed = allowed
    local.pids.clear()
    local.queue = local.new_queue(await Journal.open(path, print))
    held.open()
    await local.queue.start()
    await local.copied(made, transfer)
    assert bool(local.pids) == bool(allowed)
    assert len(finished) >= 20
    assert {local.sent()[key] for key in finished} == {1}, "what had arrived untold is recognised"


@pytest.mark.thorough
async def test_paused_and_resumed_without(local: LocalWorld) -> None:
    made, held, transfer = await half_done(local)
    await local.queue.pause([transfer])
    assert (await local.transfer(transfer)).state is TransferState.PAUSED
    assert not set(local.pids) & {pid for pid, _ in children_of(os.getpid())}
    local.allowed = 0
    held.open()
    await local.queue.resume([transfer])
    await local.copied(made, transfer)


@pytest.mark.thorough
async def test_cancelled(local: LocalWorld) -> None:
    _, held, transfer = await half_done(local)
    await local.queue.cancel([transfer])
    assert (await local.transfer(transfer)).state is TransferState.CANCELLED
    held.open()


@pytest.mark.thorough
async def test_a_limit_is_kept_by_all_together(local: LocalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers stop, and the engine keeps to it."""
    crews, attend = [], worker_pool.Crew._attend

    async def attended(crew: worker_pool.Crew, contact: Contact) -> None:
        crews.append(crew._contacts)
        await attend(crew, contact)

    monkeypatch.setattr(worker_pool.Crew, "_attend", attended)
    made, held = local.fill(COUNT), blocked(local, 0)
    transfer = await local.queue.submit(local.copy())
    await held.are_waiting(BOTH)
    local.queue.set_limits(Limits(objects=2), transfer)
    await until(lambda: not any(each.assigned for each in crews[0].values()), "the workers have stopped", timeout=30)

    def few_wait() -> bool:
        few = len(held.waiting) <= 2
        held.let_in(0 if few else len(held.waiting))
        return few

    await until(few_wait, "the engine keeps to two")
    held.most = 0

    async def has_ended() -> bool:
        held.let_in(1)
        return (await local.transfer(transfer)).state is not TransferState.RUNNING

    await until(has_ended, "all were let in one by one", timeout=60)
    assert held.most <= 2
    await local.copied(made, transfer)


async def until_asking(local: LocalWorld, transfer: str) -> None:
    async def asks() -> bool:
        return (await local.transfer(transfer)).state is TransferState.ASKING

    await until(asks, "the user is asked", timeout=30)


async def _none(local: LocalWorld, limits: Limits | None = None) -> None:
    made = local.fill(COUNT)
    await local.copied(made, await local.queue.submit(local.copy(), limits))
    assert local.pids == []


@pytest.mark.thorough
async def test_none_is_started_within_limits(local: LocalWorld) -> None:
    await _none(local, Limits(objects=50))


@pytest.mark.thorough
async def test_none_is_started_where_that_is_off(local: LocalWorld) -> None:
    local.allowed = 0
    await _none(local)


@pytest.mark.thorough
async def test_none_is_started_for_few(local: LocalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_engine, "ENOUGH", COUNT + 1)
    await _none(local)


async def test_nothing_is_asked_where_nothing_is(local: LocalWorld) -> None:
    """What comes to the target meanwhile stays as it is, undecided, if a worker meets it."""
    made, held = local.fill(COUNT), blocked(local, 0)
    transfer = await local.queue.submit(local.copy(ConflictPolicy.ASK))
    await held.are_waiting(BOTH + 32)
    held.open()
    await local.copied(made, transfer)
    again = await local.queue.submit(local.copy(ConflictPolicy.ASK))
    assert len(local.pids) == 2
    await until_asking(local, again)
    await local.queue.cancel([again])


@pytest.mark.thorough
async def test_none_is_started_for_large_ones(local: LocalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_engine, "SMALL", 8)
    await _none(local)


@pytest.mark.thorough
async def test_a_worker_that_lies(local: LocalWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = "self._outbox.put(PackedResult(section, pack_key(key), pack_result(result)))"
    new = 'self._outbox.put(PackedResult(1, b"data/0/elsewhere", pack_result(result)))'
    lying = changed_package(tmp_path, "tui/features/cluster/worker_journal.py", old, new)
    for name, value in lying.items():
        monkeypatch.setenv(name, value)
    _, held, transfer = await half_done(local)
    held.open()
    done, _ = await local.ended(transfer)
    assert done.state is TransferState.FAILED
    assert "has sent a report that cannot be true" in why(done).title


def test_the_environment_of_a_worker_has_no_credentials() -> None:
    whole = {
        "AWS_ACCESS_KEY_ID": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "secret",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret",
        "SSH_AUTH_SOCK": "secret",
        "AWS_CONFIG_FILE": "/config",
        "HTTPS_PROXY": "http://proxy",
    }
    assert worker_environment(whole) == {
        "AWS_CONFIG_FILE": "/config",
        "HTTPS_PROXY": "http://proxy",
        **local_workers._LESS_MEMORY,
    }


def test_how_many_are_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as processors were idle meanwhile, but one is the engine's; all of them where nobody knows."""
    now = 0.0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for seconds, idle, number in ((1.0, 3.9, 3), (1.0, 1.6, 2), (1.0, 0.4, 0), (0.01, 0.0, 3), (1.0, None, 3)):
        now = 0.0
        monkeypatch.setattr(local_engine, "_idle_seconds", lambda idle=idle: None if idle is None else 100.0)
        since = IdleProcessors()
        now, after = seconds, 100.0 + (idle or 0.0)
        monkeypatch.setattr(local_engine, "_idle_seconds", lambda after=after: after)
        assert useful_workers(since) == number


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_idle_seconds_of_the_processors() -> None:
    assert (local_engine._idle_seconds() or 0.0) > 0.0


def test_how_many_are_allowed(surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WORKERS_VARIABLE, raising=False)
    assert workers_allowed(3) == 3
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text("[engine]\nworkers = 0\n")
    assert workers_allowed(3) == 0
    monkeypatch.setenv(WORKERS_VARIABLE, "2")
    assert workers_allowed(3) == 2


class Written(KeptStates):
    """Keeps every write, to look at what there is after each."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.seen: Callable[[], None] = lambda: None

    def set(self, _: str, name: str, value: bytes) -> None:
        self.kept[name] = value
        self.seen()

    async def demand(self, transfer: str, name: str, value: bytes) -> None:
        self.set(transfer, name, value)

    def drop(self, _: str, name: str) -> None:
        self.kept.pop(name, None)
        self.seen()

    async def of(self, _: str) -> dict[str, bytes]:
        return dict(sorted(self.kept.items()))


async def test_no_gap_whenever_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each write the ranges on disk have every key once."""
    monkeypatch.setattr(range_states, "PORTION", 2)
    states, left = Written(), list[dict[str, bytes]]()
    spans = Spans("t", states)
    await spans.begin(["k"], 2)
    states.seen = lambda: left.append(dict(states.kept))
    taken = list[SectionSpan]()
    for section in (1, 2):
        for start in range(0, 20, 5):
            keys = [f"{at:02d}" for at in range(start, start + 5)]
            spans.grow(SectionPage(section, [SelectedObject(key) for key in keys]))
        spans.grow(SectionPage(section, []))
    for kept in left:
        assert CUT in kept
        states.kept, loaded = kept, Spans("t", states)
        await loaded.load()
        some = [*loaded._waiting, *loaded._ends.values()]
        for section in (1, 2):
            for key in ("", *(f"{at:02d}" for at in range(25)), "x"):
                assert sum(each.has(section, key) for each in some) == (1 if key else 0), (section, key)
    while span := await spans.take():
        taken.append(span)
        listed = [each.key for each in spans.listed(span)]
        assert all(span.has(span.section, key) for key in listed)
    assert [span.section for span in taken] == [0, *[1] * 12, *[2] * 12, 1, 2]
    assert msgspec.msgpack.decode(states.kept[taken[-1].name], type=SectionSpan).begun
