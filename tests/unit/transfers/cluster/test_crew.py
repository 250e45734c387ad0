"""What a crew does about workers that go and come, and about tasks that nobody carries out any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.unit.transfers.cluster.crews import Cluster, SlowStates, Transfer
from tests.unit.transfers.journal.samples import PROBLEM, result, silent, transfer
from tests.waiting import until
from tui.model.cluster import WorkerState
from tui.model.transfer import Outcome
from tui.transfers.cluster import admission
from tui.transfers.cluster import contact as contact_module
from tui.transfers.cluster import crew as module
from tui.transfers.cluster.connecting import SchedulerLost
from tui.transfers.cluster.contact import Contact, WorkerLost
from tui.transfers.cluster.ranges import Spans
from tui.transfers.cluster.talk import Left, Result
from tui.transfers.journal import Journal
from tui.transfers.journal.records import pack_key, pack_result

if TYPE_CHECKING:
    from distributed import Client


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "LEASE", 0.05)


@pytest.fixture
async def copied(tmp_path: Path) -> AsyncIterator[Transfer]:
    journal = await Journal.open(tmp_path / "journal.sqlite", silent)
    await journal.add(transfer())
    yield Transfer(journal)
    await journal.close()


def told(key: str, outcome: Outcome = Outcome.COPIED) -> Result:
    """What became of an object of section 0."""
    return Result(0, pack_key(key), pack_result(result(key, outcome)))


async def test_a_task_that_the_scheduler_has_dropped(copied: Transfer) -> None:
    """The client lost the scheduler for a moment, and has it again: its tasks are gone, and nobody says so."""
    cluster = Cluster("a")
    await copied.spans.cut([(1, "", None, 1.0)])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await until(lambda: bool(cluster.tasks), "it has a range")
    cluster.tasks[0].status = "cancelled"
    await until(running.done, "it notices")
    with pytest.raises(SchedulerLost):
        await running
    assert copied.spans.waiting == 1


async def test_a_worker_that_comes_back_at_the_address_of_a_lost_one(copied: Transfer) -> None:
    cluster = Cluster("a")
    await copied.spans.cut([(1, "", None, 1.0)])
    crew = copied.crew(cluster)
    running = asyncio.create_task(crew.carry_out())
    await until(lambda: bool(cluster.grants.get("a")), "it has a range")
    cluster.names.clear()
    await until(lambda: copied.spans.waiting == 1, "it is lost")
    assert [each.state for each in crew.workers()] == [WorkerState.LOST]
    cluster.names.append("a")
    await until(lambda: len(cluster.tasks) == 2 and len(cluster.grants["a"]) == 1, "it has the range again")
    cluster.ends("a")
    await until(running.done, "all is done")
    await running


async def test_a_worker_that_goes_while_it_is_greeted_is_not_refused(copied: Transfer) -> None:
    """The scheduler knows it, and it does not answer: others may, later."""
    cluster = Cluster("a")
    cluster.silent = {"a"}
    await copied.spans.cut([(1, "", None, 1.0)])
    crew = copied.crew(cluster)
    running = asyncio.create_task(crew.carry_out())
    await until(lambda: running.done() or any(each.problem for each in crew.workers()), "it was greeted")
    cluster.silent.clear()
    await until(lambda: running.done() or bool(cluster.grants.get("a")), "it has a range")
    cluster.ends("a")
    await running


async def test_a_range_that_is_written_down_slowly_stays_with_its_worker(copied: Transfer) -> None:
    """Nobody has it meanwhile, and nothing else waits: its worker must not be taken for one without work."""
    cluster, slow = Cluster("a"), SlowStates(copied.journal.states)
    await copied.spans.cut([(1, "", None, 1.0)])
    copied.spans = Spans("t", slow)
    assert await copied.spans.load()
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await slow.demanded.wait()
    looks = cluster.looks
    await until(lambda: cluster.looks > looks + 1, "the limits were shared out meanwhile")
    slow.opened.set()
    await until(lambda: bool(cluster.grants["a"]), "it has the range")
    cluster.ends("a")
    await running
    assert len(cluster.tasks) == 1


async def test_a_worker_may_have_got_a_letter_until_it_is_known_that_it_is_lost() -> None:
    """It goes on for as long as its lease from then on, and nobody has its ranges before that."""
    cluster = Cluster("a")
    cluster.silent, cluster.seconds = {"a"}, 0.05
    contact = Contact(cast("Client", cluster), "a", {"name": "a", "nthreads": 1}, "t")
    sent = asyncio.get_running_loop().time()
    with pytest.raises(WorkerLost):
        await contact.exchange()
    assert contact.last_letter >= sent + 0.04


async def test_a_worker_whose_threads_are_busy_with_other_work(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and its task is never begun: another worker gets the range."""
    monkeypatch.setattr(contact_module, "STALLED", 0.05)
    cluster = Cluster("a", "b")
    cluster.begins = set()
    await copied.spans.cut([(1, "", None, 1.0)])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await until(lambda: any(cluster.grants.values()), "one has the range")
    [busy] = [name for name, grants in cluster.grants.items() if grants]
    [other] = {"a", "b"} - {busy}
    cluster.begins = {other}
    await until(lambda: bool(cluster.grants.get(other)), "the other one has it")
    cluster.ends(other)
    await running
    assert not cluster.grants[busy]


async def test_a_worker_that_is_alone_is_waited_for(copied: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_module, "STALLED", 0.0)
    cluster = Cluster("a")
    cluster.begins = set()
    await copied.spans.cut([(1, "", None, 1.0)])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await until(lambda: bool(cluster.grants.get("a")), "it has the range")
    looks = cluster.looks
    await until(lambda: cluster.looks > looks + 2, "the limits were shared out meanwhile")
    cluster.ends("a")
    await running
    assert len(cluster.tasks) == 1


async def test_a_worker_that_says_nothing_keeps_nobody_waiting(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was stopped: the scheduler knows it for minutes. First it has the range, then another one has."""
    for each in (contact_module, module, admission):
        monkeypatch.setattr(each, "ANSWER", 0.1)
    cluster = Cluster("a")
    await copied.spans.cut([(1, "", None, 1.0)])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await until(lambda: bool(cluster.grants.get("a")), "it has the range")
    cluster.frozen = {"a"}
    cluster.names.append("b")
    await until(lambda: bool(cluster.grants.get("b")), "the other one has it")
    cluster.ends("b")
    await until(running.done, "all is done")
    await running


async def test_versions_of_workers_of_which_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "ANSWER", 0.1)
    cluster = Cluster("a", "b", "c")
    cluster.frozen, cluster.silent = {"a"}, {"b"}
    found = await admission.versions_of(cast("Client", cluster))
    assert sorted(found) == ["c", "scheduler"]


async def test_what_is_retried_counts_once_though_its_worker_is_lost(copied: Transfer) -> None:
    cluster = Cluster("a")
    for key in "xy":
        copied.journal.results.finish("t", 0, key, result(key, Outcome.FAILED, problem=PROBLEM))
    copied.status.retrying = True
    await copied.status.load()
    copied.spans.again(0, ["x", "y"])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await until(lambda: bool(cluster.grants.get("a")), "it has both")
    cluster.says("a", told("x"))
    await until(lambda: copied.state.progress.results == 1, "one is done")
    cluster.says("a", Left(cluster.grants["a"][0].number, False, None, None, ""))
    await until(lambda: [each.keys for each in cluster.grants["a"]] == [["y"]], "the other one is granted again")
    cluster.says("a", told("y"))
    cluster.ends("a")
    await running
    assert copied.state.progress.results == 2
    assert await copied.journal.states.of("t") == {}
