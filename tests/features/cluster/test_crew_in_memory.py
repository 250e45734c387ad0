"""Copies by workers: the engine's side, the ranges, and a worker's side, without processes."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.features.cluster.crews import Cluster, InMemory, Transfer, nobody
from tests.stores.listed_keys import FromTheStart, ListedKeys
from tests.stores.refusals import problem_of
from tests.transfers.journal.samples import ORDER, PROBLEM, result, transfer, upload
from tests.waiting import until
from tui.aws.renewal import SessionKeys
from tui.core.engines import ClusterOptions, Worker, WorkerCredentials, WorkerState, read_engine
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Limits, Outcome, Tally, TransferState
from tui.features.cluster import cluster_engine, worker_admission, worker_contact
from tui.features.cluster import worker_contact as contact_module
from tui.features.cluster import worker_pool as module
from tui.features.cluster.client.client_messages import SchedulerWorker
from tui.features.cluster.range_states import CUT, SectionSpan, Spans
from tui.features.cluster.scheduler_connection import WAITS, FalseReport, Scheduler, SchedulerLost, scheduler_client
from tui.features.cluster.worker import Session
from tui.features.cluster.worker_admission import Admission, ClusterIdentities, same_identity
from tui.features.cluster.worker_claims import Claims
from tui.features.cluster.worker_contact import Contact, WorkerLost
from tui.features.cluster.worker_identities import session_policy
from tui.features.cluster.worker_journal import Outbox, ToldJournal, ToldUploads
from tui.features.cluster.worker_messages import (
    Arrived,
    Begun,
    Corrected,
    Finished,
    Intend,
    Item,
    KnownUploadsQuestion,
    Left,
    Letter,
    Over,
    PackedResult,
    RangeTask,
    ReplyToWorker,
    ReportFromWorker,
    Setup,
    Shortened,
    UploadedPart,
)
from tui.features.cluster.worker_pool import Balance, Crew, share_out
from tui.features.cluster.worker_reports import Hearing
from tui.features.cluster.worker_run import RangeRun, listed
from tui.queue.run_state import Prepared, nothing
from tui.stores.split_listing import WeighedRange
from tui.stores.store_values import CompletedPart
from tui.text.order_lines import worker_lines
from tui.transfers.backoff import Interrupted
from tui.transfers.journal import Journal, KeptPart
from tui.transfers.journal.records import pack_key, pack_result, unpack_result
from tui.transfers.local_disk import refuse_without_tls
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.sides import Sides
from tui.transfers.tasks import finish


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "LEASE", 0.05)


@pytest.fixture
def copied(journal: Journal) -> Transfer:
    return Transfer(journal)


def told(key: str, **changes: Any) -> PackedResult:
    made = replace(result(key), **{"target": f"s3://to/q/{key.removeprefix('p/')}", **changes})
    return PackedResult(1, pack_key(key), pack_result(made))


async def carried_out(copied: Transfer, crew: Crew) -> asyncio.Task[None]:
    await copied.spans.cut([(1, "", None, 1.0)])
    return asyncio.create_task(crew.carry_out())


async def has_a_range(cluster: Cluster, name: str) -> None:
    await until(lambda: bool(cluster.grants.get(name)), f"{name} has a range")


async def test_a_task_that_the_scheduler_has_dropped(copied: Transfer) -> None:
    """The client lost the scheduler for a moment, and has it again: its tasks are gone, and nobody says so."""
    cluster = Cluster("a")
    running = await carried_out(copied, copied.crew(cluster))
    await until(lambda: bool(cluster.tasks), "it has a range")
    cluster.has_dropped_tasks = True
    await until(running.done, "it notices")
    with pytest.raises(SchedulerLost):
        await running
    assert copied.spans.waiting == 1


@pytest.mark.parametrize("left", [Left(1, True, None, None, "", "p/m"), Left(1, False, "p/m", None, "")])
async def test_what_is_behind_the_end_of_a_range_that_ended_sooner_is_done(copied: Transfer, left: Left) -> None:
    cluster = Cluster("a")
    running = await carried_out(copied, copied.crew(cluster))
    await has_a_range(cluster, "a")
    cluster.says("a", replace(left, number=cluster.grants["a"][0].number))
    await until(lambda: [each.after for each in cluster.grants["a"]] == ["p/m"], "the rest is granted")
    cluster.ends("a")
    await running


async def test_a_range_whose_worker_needs_other_credentials_waits_for_them(copied: Transfer) -> None:
    cluster = Cluster("a")
    running = await carried_out(copied, copied.crew(cluster))
    await has_a_range(cluster, "a")
    cluster.says("a", Left(cluster.grants["a"][0].number, False, None, PROBLEM, "left"))
    await until(running.done, "it is interrupted")
    with pytest.raises(Interrupted):
        await running
    assert copied.spans.waiting == 1


async def test_a_scheduler_that_is_not_reached_is_asked_less_and_less_often(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = list[float]()

    async def wait(_state: object, problem: Problem, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > len(WAITS):
            raise ProblemError(problem)

    def not_reached(*_: object) -> None:
        raise OSError("refused")

    monkeypatch.setattr(cluster_engine, "_wait", wait)
    monkeypatch.setattr(cluster_engine, "scheduler_client", not_reached)
    await copied.spans.cut([(1, "", None, 1.0)])
    order = replace(ORDER, options=replace(ORDER.options, engine="dask://127.0.0.1:1"))
    made = cluster_engine.ClusterEngine(ClusterIdentities(nobody, nobody))
    store = ListedKeys([]).as_store
    await problem_of(made._by_workers(order, store, copied.status.uploads, copied.spans, copied.state))
    assert waits == [*WAITS, WAITS[-1]]


async def test_each_marked_key_is_in_one_range() -> None:
    keys = [f"p/{number:03}" for number in range(250)]
    order = replace(ORDER, selection=replace(ORDER.selection, keys=keys, prefixes=[]))
    bounds = await cluster_engine._bounds(order, ListedKeys([]).as_store)
    spans = [SectionSpan("", section, after, upto, weight=weight) for section, after, upto, weight in bounds]
    assert [key for span in spans for key in span.keys_of(keys)] == keys
    assert [(len(span.keys_of(keys)), span.weight) for span in spans] == [(100, 100), (100, 100), (50, 100)]


async def test_a_transfer_without_workers_waits(copied: Transfer) -> None:
    """However often it is looked whether there are any."""
    cluster = Cluster()
    running = await carried_out(copied, copied.crew(cluster))
    states = set[TransferState]()

    def seen() -> bool:
        states.add(copied.state.progress.state)
        return cluster.looks > 3

    await until(seen, "it has looked several times")
    assert states <= {TransferState.QUEUED, TransferState.WAITING}
    assert copied.state.progress.state is TransferState.WAITING
    cluster.names.append("a")
    await has_a_range(cluster, "a")
    cluster.ends("a")
    await running


async def test_a_worker_that_comes_back_at_the_address_of_a_lost_one(copied: Transfer) -> None:
    cluster = Cluster("a")
    crew = copied.crew(cluster)
    running = await carried_out(copied, crew)
    await has_a_range(cluster, "a")
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
    crew = copied.crew(cluster)
    running = await carried_out(copied, crew)
    await until(lambda: running.done() or any(each.problem for each in crew.workers()), "it was greeted")
    cluster.silent.clear()
    await until(lambda: running.done() or bool(cluster.grants.get("a")), "it has a range")
    cluster.ends("a")
    await running


async def test_a_range_that_is_written_down_slowly_stays_with_its_worker(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has it meanwhile, and nothing else waits: its worker must not be taken for one without work."""
    cluster, demanded, opened = Cluster("a"), asyncio.Event(), asyncio.Event()
    demand = copied.journal.states.demand

    async def slowly(transfer: str, name: str, value: bytes) -> None:
        demanded.set()
        await opened.wait()
        await demand(transfer, name, value)

    await copied.spans.cut([(1, "", None, 1.0)])
    monkeypatch.setattr(copied.journal.states, "demand", slowly)
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await demanded.wait()
    looks = cluster.looks
    await until(lambda: cluster.looks > looks + 1, "the limits were shared out meanwhile")
    opened.set()
    await has_a_range(cluster, "a")
    cluster.ends("a")
    await running
    assert len(cluster.tasks) == 1


async def test_a_worker_may_have_got_a_letter_until_it_is_known_that_it_is_lost() -> None:
    """It goes on for as long as its lease from then on, and nobody has its ranges before that."""
    cluster = Cluster("a")
    cluster.silent, cluster.seconds = {"a"}, 0.05
    worker_contact = Contact(cast("Scheduler", cluster), "a", SchedulerWorker("a", 1), "t")
    sent = asyncio.get_running_loop().time()
    with pytest.raises(WorkerLost):
        await worker_contact.exchange()
    assert worker_contact.last_letter >= sent + 0.04


async def test_a_worker_whose_threads_are_busy_with_other_work(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and its task is never begun: another worker gets the range."""
    monkeypatch.setattr(contact_module, "STALLED", 0.05)
    cluster = Cluster("a", "b")
    cluster.begins = set()
    running = await carried_out(copied, copied.crew(cluster))
    await until(lambda: any(cluster.grants.values()), "one has the range")
    [busy] = [name for name, grants in cluster.grants.items() if grants]
    [other] = {"a", "b"} - {busy}
    cluster.begins = {other}
    await has_a_range(cluster, other)
    cluster.ends(other)
    await running
    assert not cluster.grants[busy]


async def test_a_worker_that_is_alone_is_waited_for(copied: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_module, "STALLED", 0.0)
    cluster = Cluster("a")
    cluster.begins = set()
    running = await carried_out(copied, copied.crew(cluster))
    await has_a_range(cluster, "a")
    looks = cluster.looks
    await until(lambda: cluster.looks > looks + 2, "the limits were shared out meanwhile")
    cluster.ends("a")
    await running
    assert len(cluster.tasks) == 1


async def test_a_worker_that_says_nothing_keeps_nobody_waiting(
    copied: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was stopped: the scheduler knows it for minutes. First it has the range, then another one has."""
    for each in (contact_module, module, worker_admission):
        monkeypatch.setattr(each, "ANSWER", 0.1)
    cluster = Cluster("a")
    running = await carried_out(copied, copied.crew(cluster))
    await has_a_range(cluster, "a")
    cluster.frozen = {"a"}
    cluster.names.append("b")
    await has_a_range(cluster, "b")
    cluster.ends("b")
    await until(running.done, "all is done")
    await running


def test_without_credentials_all_are_the_same_identity() -> None:
    """No service says who they are."""
    unknown = [
        Identity("c", "l", AuthMethod.ANONYMOUS, IdentitySpec("a", anonymous=anonymous)) for anonymous in (True, False)
    ]
    same = [[same_identity(ours, theirs) for theirs in unknown] for ours in unknown]
    assert same == [[True, False], [False, False]]


async def test_versions_of_workers_of_which_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_admission, "ANSWER", 0.1)
    cluster = Cluster("a", "b", "c")
    cluster.frozen, cluster.silent = {"a"}, {"b"}
    assert sorted(await worker_admission.versions_of(cast("Scheduler", cluster), cluster.names)) == ["c"]


JUMPS = [-86400.0, -3600.0, 0.0, 3600.0, 86400.0]


@pytest.mark.parametrize(
    ("jump", "asleep"), [*((jump, False) for jump in JUMPS), *((jump, True) for jump in JUMPS if jump >= 0)]
)
async def test_credentials_of_workers_are_renewed_in_time_whatever_the_clock_says(
    monkeypatch: pytest.MonkeyPatch, jump: float, *, asleep: bool
) -> None:
    """It may be set back, or the machine may sleep, which the other clock does not count; of both no clock knows."""
    clocks = {"time": 1e9, "monotonic": 5.0}
    monkeypatch.setattr(
        worker_admission, "time", SimpleNamespace(time=lambda: clocks["time"], monotonic=lambda: clocks["monotonic"])
    )
    made = [0]

    async def session_keys(_name: str, _policy: object) -> SessionKeys:
        made[0] += 1
        return SessionKeys(f"AKIA{made[0]}", "s", "t", clocks["time"] + 3600, None, "us-east-1")

    async def nobody(_name: str) -> Identity:
        raise AssertionError

    own = ClusterIdentities(nobody, session_keys)
    options = ClusterOptions(WorkerCredentials.SESSION)
    cluster = cast("Scheduler", Cluster())
    admitted = Admission(read_engine("dask://127.0.0.1:1"), cluster, options, own, {"a": IdentitySpec("a")})
    [first] = await admitted.new_keys("tcp://1")
    assert "without encryption" in str(await admitted.why_not("tcp://10.0.0.1:1", "w"))
    clocks["time"] += 1700
    clocks["monotonic"] += 1700
    assert await admitted.new_keys("tcp://1") == []
    clocks["time"] += jump + 200
    clocks["monotonic"] += 0 if asleep else 200
    [second] = await admitted.new_keys("tcp://1")
    assert (first.access_key, second.access_key) == ("AKIA1", "AKIA2")


async def test_what_is_retried_counts_once_though_its_worker_is_lost(copied: Transfer) -> None:
    cluster = Cluster("a")
    keys = ["p/x", "p/y"]
    for key in keys:
        copied.journal.results.finish("t", 1, key, result(key, Outcome.FAILED, problem=PROBLEM))
    copied.status.retrying = True
    await copied.status.load()
    copied.spans.again(1, keys)
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await has_a_range(cluster, "a")
    cluster.says("a", told("p/x"))
    await until(lambda: copied.state.progress.results == 1, "one is done")
    cluster.says("a", Left(cluster.grants["a"][0].number, False, None, None, ""))
    await until(lambda: [each.keys for each in cluster.grants["a"]] == [["p/y"]], "the other one is granted again")
    cluster.says("a", told("p/y"))
    cluster.ends("a")
    await running
    assert copied.state.progress.results == 2
    assert await copied.journal.states.of("t") == {}


# Results of workers count once, whatever is heard of them twice.
KEY = "p/k"
TOLD = told(KEY)


def hearing_of(copied: Transfer) -> Hearing:
    claims = Claims(ORDER, "t")
    return Hearing(copied.state, copied.status.uploads, claims, lambda *_: None, copied.spans.somebody_has)


async def test_what_is_left_of_an_earlier_run(copied: Transfer) -> None:
    worker, hearing = InMemory(1), hearing_of(copied)
    await hearing.leftover(worker, [TOLD])
    await hearing.leftover(worker, [TOLD])
    assert (copied.state.progress.results, worker.unfinished) == (1, 0)


async def test_what_is_left_of_a_range_that_somebody_has_now(copied: Transfer) -> None:
    """It was lost, its range was given to another worker, and it is there again: the other one says the same, too."""
    back, other, hearing = InMemory(1), InMemory(2), hearing_of(copied)
    await copied.spans.cut([(1, "", None, 1.0)])
    assert await copied.spans.take()
    other.give()
    await hearing.leftover(back, [TOLD])
    await hearing.items(other, [TOLD])
    assert copied.state.progress.results == 1


async def test_what_is_told_while_the_journal_is_asked_for_it(copied: Transfer) -> None:
    back, other, hearing = InMemory(1), InMemory(2), hearing_of(copied)
    other.give()
    left = asyncio.create_task(hearing.leftover(back, [TOLD]))
    await asyncio.sleep(0)
    await hearing.items(other, [TOLD])
    await left
    assert copied.state.progress.results == 1


async def test_a_result_that_is_corrected_counts_once(copied: Transfer) -> None:
    """The owner of a copy that was inferred has turned out to be another one, perhaps when its range has ended."""
    worker, hearing = InMemory(1), hearing_of(copied)
    worker.give("p/a", "p/m")
    await hearing.items(worker, [TOLD])
    for right in (told(KEY, size=11), told(KEY, size=12)):
        await hearing.items(worker, [Corrected(1, right.key, right.packed)])
        assert (copied.state.progress.results, worker.objects) == (1, 1)
        assert [each async for each in copied.journal.results.of("t")] == [unpack_result(right.packed)]
        worker.assigned.clear()


# What a worker says is a claim. One that does not fit its ranges or the order fails the transfer, and changes nothing.
OTHERS = replace(upload("z"), row=5)
OWN = replace(upload("k"), row=6)
NEW = replace(upload("k"), row=0)
FALSE: dict[str, Item] = {
    "an object behind its range": told("p/z"),
    "an object of another prefix": told("r/k"),
    "a section that is none": PackedResult(9, pack_key(KEY), TOLD.packed),
    "another target": told(KEY, target="s3://to/elsewhere"),
    "no target of a copy": told(KEY, target=""),
    "another source": told(KEY, source="s3://from/p/c"),
    "another transfer": told(KEY, transfer="u"),
    "a move": told(KEY, outcome=Outcome.MOVED),
    "a size below zero": told(KEY, size=-1),
    "a size that no object has": told(KEY, size=1 << 60),
    "retries below zero": told(KEY, retries=-1),
    "no result": PackedResult(1, pack_key(KEY), b"rubbish"),
    "a correction of others": Corrected(1, pack_key("p/z"), told("p/z").packed),
    "bytes below zero": Arrived(-1, 0, 0),
    "bytes that no disk has": Arrived(0, 1 << 60, 0),
    "the end of a range of others": Left(99, True, None, None, ""),
    "a problem with a range of others": Left(99, False, None, PROBLEM, ""),
    "a rest behind its range": Left(1, False, "p/z", None, ""),
    "a rest before its range": Left(1, False, "p/0", None, ""),
    "a rest that is all of it": Left(1, False, "p/a", None, ""),
    "an end and a rest": Left(1, True, "p/c", None, ""),
    "an end behind its range": Left(1, True, None, None, "", "p/z"),
    "a connection of nobody": Left(1, False, None, PROBLEM, "root"),
    "a range of others, shortened": Shortened(99, "p/c"),
    "a range that grows": Shortened(1, "p/z"),
    "an upload to another bucket": Intend(1, replace(NEW, bucket="elsewhere")),
    "an upload to another key": Intend(1, replace(NEW, key="q/other")),
    "an upload of an object of others": Intend(1, replace(NEW, source_key="p/z", key="q/z")),
    "an upload by nobody": Intend(1, replace(NEW, connection="root")),
    "an upload that is there": Intend(1, replace(NEW, upload="id")),
    "an upload with parts": Intend(1, replace(NEW, parts=[KeptPart(CompletedPart(1, '"e"'), "")])),
    "an upload in parts of nothing": Intend(1, replace(NEW, part_size=0)),
    "a part before the first": UploadedPart(OWN.row, CompletedPart(0, '"e"'), ""),
    "a part behind the last": UploadedPart(OWN.row, CompletedPart(10_001, '"e"'), ""),
    "a part that is too large": UploadedPart(OWN.row, CompletedPart(1, '"e"', size=OWN.size + 1), ""),
    "more objects than a page has": Finished(1, 1, ["p/c"] * 2_001),
    "an upload of others begun": Begun(1, OTHERS.row, "id"),
    "a part for others": UploadedPart(OTHERS.row, CompletedPart(1, '"e"'), ""),
    "an upload of others ended": Over(OTHERS.row),
    "a question for objects of others": Finished(1, 1, ["p/z"]),
    "a question for another bucket": KnownUploadsQuestion(1, "elsewhere"),
}
REPORTS: dict[str, dict[str, Any]] = {
    "positions in a range of others": {"positions": {99: "p/c"}},
    "a position behind its range": {"positions": {1: "p/z"}},
    "the end of a range of others is near": {"ending": [99]},
    "objects below zero": {"under_way": -1},
    "more objects than can be": {"under_way": 1 << 40},
    "items that are left out": {"first": 1 << 40},
    "items from before the first": {"first": -1},
    "more than one report has": {"items": [Arrived(0, 0, 0)] * 5_000},
}


async def outcome_of(journal: Journal, *items: Item, **claims: Any) -> str:
    copied, cluster = Transfer(journal), Cluster("a")
    copied.status.uploads.hold([OTHERS, OWN])
    await copied.spans.cut([(1, "p/a", "p/m", 1.0)])
    running = asyncio.create_task(copied.crew(cluster).carry_out())
    await has_a_range(cluster, "a")
    cluster.claims = claims
    cluster.says("a", *items)
    if not (items or claims):
        cluster.ends("a")
    await until(running.done, "it has ended")
    assert (copied.state.progress.results, copied.status.uploads.open) == (0, [OTHERS, OWN])
    error = running.exception()
    return f"{type(error).__name__}: {error}" if error else ""


async def test_a_false_report_fails_the_transfer(journal: Journal) -> None:
    assert await outcome_of(journal) == ""
    said = {what: await outcome_of(journal, item) for what, item in FALSE.items()}
    said["a result of a range that has ended"] = await outcome_of(journal, Left(1, True, None, None, ""), TOLD)
    said |= {what: await outcome_of(journal, **claims) for what, claims in REPORTS.items()}
    wrong = {
        what: words for what, words in said.items() if not words.startswith("FalseReport: worker a has sent a report")
    }
    assert wrong == {}


async def test_what_is_left_of_an_earlier_run_is_of_this_order(copied: Transfer) -> None:
    """And an upload that somebody else continues now is left to that one."""
    back, hearing, uploads = InMemory(1), hearing_of(copied), copied.status.uploads
    elsewhere = told("r/k", outcome=Outcome.FAILED, target="")
    for each in (elsewhere, PackedResult(9, TOLD.key, TOLD.packed), PackedResult(0, TOLD.key, TOLD.packed)):
        with pytest.raises(FalseReport):
            await hearing.leftover(back, [each])
    uploads.hold([OWN])
    await copied.spans.cut([(1, "", None, 1.0)])
    span = await taken(copied.spans)
    await hearing.leftover(back, [Over(OWN.row)])
    assert uploads.open == [OWN]
    copied.spans.put_back(span)
    await hearing.leftover(back, [Begun(1, OWN.row, "id")])
    assert [each.upload for each in uploads.open] == ["id"]
    await hearing.leftover(back, [Over(OWN.row)])
    assert uploads.open == []


async def test_a_worker_that_tells_an_object_twice(copied: Transfer) -> None:
    worker, hearing = InMemory(1), hearing_of(copied)
    exact, many = worker.give(), worker.give("", "")
    exact.span = replace(exact.span, keys=["p/x", "p/y"])
    await hearing.items(worker, [told("p/x"), told("p/y")])
    with pytest.raises(FalseReport, match="cannot be true"):
        await hearing.items(worker, [told("p/x")])
    many.span, many.told = replace(many.span, upto=None), many.grant.most + 1_000
    with pytest.raises(FalseReport, match="cannot be true"):
        await hearing.items(worker, [told("p/z")])


@pytest.mark.parametrize(
    ("told", "late", "counted", "said"),
    [
        (["p/0", "p/1", "p/2"], 0, 3, ""),
        (["p/0"], 0, 3, "objects that the workers left out: 2"),
        (["p/0"], 2, 3, ""),
        (["p/0"], 1, 3, "objects that the workers left out: 1"),
        (["p/0"], 0, 1, ""),
    ],
    ids=["all", "left out", "written later", "one written later", "one was there"],
)
async def test_what_workers_have_left_out(
    copied: Transfer, told: list[str], late: int, counted: int, said: str
) -> None:
    """The source has p/0, p/1 and p/2, of which the last ones were written later."""
    picked = [SelectedObject(f"p/{at}", 1, 1e12 if at >= 3 - late else -1e12) for at in range(3)]

    async def count(keep: Callable[[SectionPage], None]) -> AsyncGenerator[Tally]:
        keep(SectionPage(1, picked))
        yield Tally(3, complete=True)

    for key in told:
        copied.journal.results.finish("t", 1, key, result(key))
    copied.state.progress.count(Tally(counted, complete=True))
    checking = cluster_engine.check_complete(ORDER, count, copied.state)
    if said:
        assert (await problem_of(checking)).title == said
    else:
        await checking


def test_what_a_policy_cannot_name_one_by_one() -> None:
    """Many keys are named by what is before them; other kinds of buckets are not named at all."""
    many = replace(ORDER, selection=replace(ORDER.selection, keys=[f"r/{at}" for at in range(6)]))
    assert json.loads(session_policy(many, "aws"))["Statement"][2]["Resource"] == ["arn:aws:s3:::to/q/*"]
    for bucket in ("arn:aws:s3:eu-west-1:1:accesspoint/a", "a-s3alias", "b--x-s3"):
        to = replace(ORDER.destination, location=Location(bucket, ""))
        assert session_policy(replace(ORDER, destination=to), "aws") == ""


# Limits that are shared out: never more under way than they allow, whatever comes when.
Action = Literal["join", "share", "letter", "begin", "end", "range", "no range"]
ACTIONS: tuple[Action, ...] = ("join", "share", "letter", "begin", "end", "range", "no range")
MOST_WORKERS = 4


async def take(action: Action, worker: InMemory, crew: list[InMemory], limits: Limits) -> None:
    if action == "join" and len(crew) < MOST_WORKERS:
        crew.append(InMemory(len(crew)))
    elif action == "share":
        share_out(limits, crew, waiting=True)
    elif action == "letter":
        await worker.exchange()
    elif action == "begin":
        worker.begin_objects()
    elif action == "end":
        worker.running = max(0, worker.running - 1)
    elif action == "range" and worker.takes_part:
        worker.give()
    elif action == "no range" and not worker.running:
        worker.assigned.clear()
        await worker.exchange()


@given(
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, MOST_WORKERS - 1)), min_size=20, max_size=100),
    most=st.integers(1, 9),
)
async def test_objects_of_all_together(steps: list[tuple[Action, int]], most: int) -> None:
    crew = [InMemory(0)]
    for action, at in steps:
        await take(action, crew[at % len(crew)], crew, Limits(objects=most))
        assert sum(each.running for each in crew) <= most


async def test_a_worker_that_joins_gets_what_the_other_one_has_ended() -> None:
    limits, alone, joins = Limits(rate=1000, objects=3), InMemory(1), InMemory(2)
    share_out(limits, [alone], waiting=True)
    alone.give()
    await alone.exchange()
    assert (alone.share, alone.running) == (limits, 3)
    share_out(limits, [alone, joins], waiting=True)
    assert (alone.share, joins.share) == (Limits(500, 2), None)
    await alone.exchange()
    share_out(limits, [alone, joins], waiting=True)
    assert joins.share is None, "three are under way"
    alone.running = 2
    await alone.exchange()
    share_out(limits, [alone, joins], waiting=True)
    assert [each.share for each in (alone, joins)] == [Limits(500, 2), Limits(500, 1)]


async def test_what_a_worker_leaves_goes_to_the_others() -> None:
    limits, both = Limits(objects=5), [InMemory(1), InMemory(2)]
    for each in both:
        share_out(limits, both, waiting=True)
        each.give()
        await each.exchange()
    assert [each.share for each in both] == [Limits(objects=3), Limits(objects=2)]
    both[0].assigned.clear()
    share_out(limits, both, waiting=False)
    assert [each.share for each in both] == [None, Limits(objects=5)]


async def test_a_limit_where_there_was_none() -> None:
    both = [InMemory(1), InMemory(2)]
    share_out(Limits(), both, waiting=True)
    for each in both:
        each.give()
        await each.exchange()
    share_out(Limits(objects=1), both, waiting=True)
    assert [each.share for each in both] == [Limits(objects=1), None]
    assert both[1].surplus


async def test_a_limit_is_not_kept_by_a_worker_whose_threads_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, busy, other = Limits(objects=1), InMemory(1), InMemory(2)
    share_out(limits, [busy, other], waiting=True)
    busy.give()
    await busy.exchange()
    busy.running = 0
    share_out(limits, [busy, other], waiting=True)
    assert [each.share for each in (busy, other)] == [limits, None]
    monkeypatch.setattr(worker_contact, "STALLED", -1.0)
    share_out(limits, [busy, other], waiting=True)
    assert busy.surplus
    busy.assigned.clear()
    busy.renew()
    share_out(limits, [busy, other], waiting=True)
    assert [each.share for each in (busy, other)] == [None, limits]


def test_a_worker_that_does_not_get_ready_keeps_no_part() -> None:
    limits, starting, ready = Limits(objects=1), InMemory(1), InMemory(2)
    starting.ready = False
    share_out(limits, [starting], waiting=True)
    assert starting.share == limits
    share_out(limits, [starting, ready], waiting=True)
    assert [each.share for each in (starting, ready)] == [None, limits]


# Certificates that cannot be used are said; nobody waits for a scheduler because of them.


async def refused(options: ClusterOptions) -> str:
    with pytest.raises(ProblemError, match="certificates for the Dask cluster cannot be used") as refusal:
        async with scheduler_client(read_engine("tls://127.0.0.1:1"), options):
            pass
    return refusal.value.problem.cause


@pytest.mark.thorough
async def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "pem"
    options = ClusterOptions(ca=str(file), certificate=str(file), key=str(file))
    assert "No such file" in await refused(options)
    file.write_text("no certificate")
    assert "no certificate or crl found" in await refused(options)
    assert "not all are named" in await refused(ClusterOptions())
    assert "not all are named" in await refused(ClusterOptions(ca="ca.pem"))


def test_a_scheduler_on_another_machine_needs_tls() -> None:
    """Whatever its name says, unless an option does without."""
    refused = dict[tuple[str, bool], str]()
    for place in ("10.0.0.7", "scheduler", "127.evil.example", "127.0.0.1", "localhost", "[::1]"):
        for scheme, insecure in (("dask", False), ("dask", True), ("tls", False)):
            address = f"{scheme}://{place}:8786"
            try:
                refuse_without_tls(read_engine(address), ClusterOptions(insecure=insecure))
            except ProblemError as error:
                refused[address, insecure] = error.problem.remedy
    assert set(refused) == {(f"dask://{each}:8786", False) for each in ("10.0.0.7", "scheduler", "127.evil.example")}
    assert all("--insecure-cluster" in remedy for remedy in refused.values())


# The ranges of a transfer: what is cut off one is done once, whatever the journal has of it.
NAME = "t"
KEYS = [f"{first}{second}" for first in "abcdefghij" for second in "0123456789"]


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    await journal.add(transfer(NAME))
    return journal


async def loaded(journal: Journal) -> list[SectionSpan]:
    """The ranges that an engine finds which begins now, in key order."""
    spans = Spans(NAME, journal.states)
    assert await spans.load()
    found = list[SectionSpan]()
    while span := await spans.take():
        found.append(span)
    return sorted(found, key=lambda each: each.after)


def assert_each_key_once(spans: list[SectionSpan]) -> None:
    assert {key: sum(each.has(1, key) for each in spans) for key in KEYS} == dict.fromkeys(KEYS, 1)


async def taken(spans: Spans) -> SectionSpan:
    span = await spans.take()
    assert span
    return span


async def begun(journal: Journal) -> tuple[Spans, SectionSpan]:
    spans = Spans(NAME, journal.states)
    await spans.cut([(1, "", None, 100.0)])
    return spans, await taken(spans)


async def test_what_is_cut_off_becomes_ranges(journal: Journal) -> None:
    spans, span = await begun(journal)
    left = spans.shorten(
        span, "c5", [WeighedRange("", "b9", 1.0), WeighedRange("b9", "f0", 2.0), WeighedRange("f0", None, 3.0)]
    )
    others = [await taken(spans), await taken(spans)]
    assert [(each.after, each.upto, each.weight) for each in others] == [("c5", "f0", 2.0), ("f0", None, 3.0)]
    assert_each_key_once([left, *others])
    found = await loaded(journal)
    assert_each_key_once(found)
    assert [(each.after, each.begun) for each in found] == [("", True), ("c5", True), ("f0", True)]


async def test_a_range_that_another_worker_had_begun_stays_so(journal: Journal) -> None:
    """So does its rest: the other one may have come further, for objects that have come since fill up one task."""
    spans, span = await begun(journal)
    spans.put_back(span)
    again = await taken(spans)
    assert again.begun
    left = spans.shorten(again, "c5", [WeighedRange("", "b9", 1.0), WeighedRange("b9", None, 1.0)])
    assert (await taken(spans)).begun, "what the first worker has copied there is looked for"
    spans.over(left, "a5")
    rest = await taken(spans)
    assert (rest.after, rest.begun) == ("a5", True)


async def test_a_range_that_was_never_assigned_is_done_again(journal: Journal) -> None:
    """The scheduler was lost between the moment it was taken and the moment a worker got it."""
    spans, _ = await begun(journal)
    assert (spans.waiting, spans.done) == (0, False)
    spans.put_all_back()
    again = await taken(spans)
    assert again.begun
    spans.over(again)
    assert spans.done


def test_the_keys_of_a_range() -> None:
    assert SectionSpan("", 0, "", None).keys_of(KEYS) == KEYS
    assert SectionSpan("", 0, KEYS[2], KEYS[5]).keys_of(KEYS) == KEYS[3:6]
    assert SectionSpan("", 0, "b55", "b77").keys_of(KEYS) == ["b6", "b7"]
    assert SectionSpan("", 0, KEYS[-1], None).keys_of(KEYS) == []


async def test_nothing_is_left_of_what_waits(journal: Journal) -> None:
    spans, span = await begun(journal)
    spans.over(spans.shorten(span, "", [WeighedRange("", "", 0.0), WeighedRange("", None, 1.0)]))
    assert_each_key_once(await loaded(journal))


async def test_a_journal_that_has_the_parts_and_the_whole(journal: Journal) -> None:
    """The engine was killed while a range was cut."""
    for span in (
        SectionSpan("range-00000001", 1, "", None, begun=True),
        SectionSpan("range-00000002", 1, "c5", "f0"),
        SectionSpan("range-00000003", 1, "f0", None),
    ):
        await journal.states.demand(NAME, span.name, msgspec.msgpack.encode(span))
    await journal.states.demand(NAME, CUT, b"1")
    assert_each_key_once(await loaded(journal))


async def test_neighbours_are_not_handed_out_one_after_the_other(journal: Journal) -> None:
    spans = Spans(NAME, journal.states)
    ends = ["", *KEYS[9::10]]
    await spans.cut([(1, low, high, 1.0) for low, high in zip(ends, [*ends[1:], None], strict=True)])
    assert [(await taken(spans)).after for _ in range(2)] == ["", ends[8]]


# Ranges that are cut while the reports of their workers come in.


async def test_a_report_that_comes_while_ranges_are_cut(journal: Journal) -> None:
    """It names none of the ranges any more: both were cut where they stood before."""
    busy, *hungry = [InMemory(number) for number in range(3)]
    for each in (busy, *hungry):
        each.share = Limits()
    first, second = busy.give("", "m"), busy.give("m", None)
    busy.positions = {1: "c", 2: "q"}
    assert [each.hungry for each in (busy, *hungry)] == [False, True, True]
    seen = list[str]()

    async def cut(span: SectionSpan, after: str, _: int) -> list[WeighedRange]:
        busy.positions = {}
        seen.append(after)
        return [WeighedRange(after, after + "x", 50.0), WeighedRange(after + "x", span.upto, 50.0)]

    await Balance({each.address: each for each in (busy, *hungry)}, Spans("t", journal.states), cut).look()
    assert sorted(seen) == ["c", "q"]
    assert [first.grant.upto, second.grant.upto] == ["cx", "qx"]


# A worker's side: a transfer that is not asked in time, one that is told late, and the listing of a range.
RANGE = RangeTask(number=1, section=1, after="", upto=None, keys=[], again=False, uploads=[], most=100)
GIVEN_UP = Left(1, False, None, None, "")


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    made = Session("t")
    yield made
    await made.close()


def letter(run: str = "r", lease: float = 10.0, **more: Any) -> Letter:
    return Letter(**{"transfer": "t", "run": run, "seen": 0, "lease": lease, "wait": 0.0, **more})


async def answer_to(session: Session, lease: float) -> ReportFromWorker:
    """What it says to a letter that grants a range."""
    return await session.exchange(letter(lease=lease, grants=[RANGE]))


async def test_a_range_whose_task_comes_after_it_was_given_up_is_not_begun(session: Session) -> None:
    """The engine has given it to somebody by then, perhaps to this worker again."""
    await answer_to(session, lease=-1.0)
    session.look()
    assert session.begin(1).is_set()
    assert (await answer_to(session, lease=10.0)).items == [GIVEN_UP]
    assert session.begin(1).is_set(), "a letter that was under way has granted it once more"


async def test_a_letter_that_comes_too_late_does_not_keep_a_range(session: Session) -> None:
    """A process that was stopped goes on: the letter is there before it has looked at the time."""
    await answer_to(session, lease=-1.0)
    assert (await answer_to(session, lease=10.0)).items == [GIVEN_UP]


async def test_a_task_that_no_engine_asks_for_ends(session: Session) -> None:
    """Its transfer has ended before it came: it would keep a thread of the worker for ever."""
    over = session.begin(7)
    await session.exchange(letter(lease=-1.0, end=True))
    late = session.begin(8)
    session.look()
    assert over.is_set()
    assert late.is_set()


async def test_a_task_that_waits_for_its_grant_when_the_time_is_over(session: Session) -> None:
    """The engine could write nothing for a while: the range whose task has come already must not stay with nobody."""
    await session.exchange(letter(lease=-1.0))
    assert not session.begin(1).is_set()
    report = await answer_to(session, lease=10.0)
    assert session.begin(1).is_set()
    assert report.items == [GIVEN_UP]


async def test_a_task_that_begins_while_the_run_before_stops(session: Session) -> None:
    """It is one of that run: it would keep a thread of the worker for ever."""
    opened = asyncio.Event()

    async def stops_later() -> None:
        await finish(opened.wait())

    task = asyncio.create_task(stops_later())
    session._tasks[1] = task  # only a whole transfer makes one, and its end cannot be timed
    task.add_done_callback(lambda _: session._tasks.clear())
    await asyncio.sleep(0)
    exchange = asyncio.create_task(answer_to(session, lease=10.0))
    await until(lambda: session._stopping is not None, "the new run stops the earlier one")
    late = session.begin(2)
    opened.set()
    await exchange
    assert late.is_set()


class Counting:
    finished = 0

    async def finish(self) -> None:
        self.finished += 1


async def test_what_is_left_is_done_at_the_end_of_each_run(session: Session) -> None:
    """The engine lost the scheduler when all was done, and then what had failed was retried."""
    work = Counting()
    for run in ("r", "s"):
        await session.exchange(letter(run))
        session._prepared = cast("Prepared", type("Made", (), {"work": work}))  # no store is needed to finish
        await session.exchange(letter(run, finish=True))
        await until(lambda: session._finishing is not None and session._finishing.done(), "it has finished")
    assert work.finished == 2


async def test_it_stops_although_its_last_range_has_just_ended(session: Session) -> None:
    """The task is done, and what is called when it is done was not called yet when it was told to stop."""
    task = asyncio.create_task(asyncio.sleep(0))
    session._tasks[1] = task  # only a whole transfer makes one, and its end cannot be timed
    session.stop()
    session._tasks.clear()  # as the callback of the task does
    await until(lambda: session._stopping is None, "it has stopped")
    await task


async def test_a_range_that_has_ended_is_not_reported_any_more(session: Session) -> None:
    """The engine would take it for one that is carried out still."""
    run = cast("RangeRun", type("Made", (), {"ending": True, "position": "p/z"}))  # no store is needed to report it
    await session.exchange(letter())
    session._runs[1] = run
    assert (await session.exchange(letter(grants=[RANGE]))).ending == [1]
    session._done(1)
    assert (await session.exchange(letter())).ending == []


async def test_it_is_ready_once_all_of_the_run_before_was_heard(session: Session) -> None:
    """What is left of an earlier run has the numbers of other ranges: it must not be taken for this run's."""
    await answer_to(session, lease=-1.0)
    session.look()
    setup = Setup(order=ORDER, submitted=1.0, owners={})
    for _ in range(20):
        early = await session.exchange(letter("s", wait=0.05, setup=setup))
        assert early.items == [GIVEN_UP]
        assert early.problem is None
    late = early
    while late.problem is None:
        late = await session.exchange(letter("s", seen=1, wait=0.05, setup=setup))
    assert late.items == []


def test_a_worker_has_a_rate_until_it_is_lost() -> None:
    worker = InMemory(1)
    worker.arrived(1000)
    assert worker.snapshot().rate > 0
    worker.state = WorkerState.LOST
    assert worker.snapshot().rate == 0


def test_a_worker_is_a_line_with_its_rate_while_it_works() -> None:
    working = Worker("tcp://10.0.0.7:1", "10.0.0.7:1", WorkerState.WORKING, objects=2, rate=2048.0)
    named = replace(working, name="gpu-1", state=WorkerState.IDLE)
    assert worker_lines([working, named]) == [
        "worker 10.0.0.7:1  working  2 objects  2.00 KiB/s",
        "worker gpu-1 10.0.0.7:1  idle  2 objects",
    ]


async def test_no_part_is_sent_before_its_upload_is_in_the_journal() -> None:
    outbox = Outbox()
    begun = asyncio.create_task(ToldUploads(outbox).begun(7, "u"))
    [told] = await outbox.news(10.0)
    assert isinstance(told, Begun)
    assert not begun.done()
    outbox.reply(told.question, 0)
    await begun


async def test_whoever_waits_until_all_is_written_down_has_it_told_at_once() -> None:
    outbox = Outbox()
    outbox.put(TOLD)
    waiting = [asyncio.create_task(ToldJournal(outbox).settled()), asyncio.create_task(outbox.news(1000.0))]
    await until(lambda: any(each.done() for each in waiting), "it is told")
    assert not waiting[0].done()
    outbox.seen(1)
    await asyncio.gather(*waiting)


async def test_bytes_that_have_arrived_are_told_together() -> None:
    outbox = Outbox()
    for _ in range(2):
        outbox.arrived(1, 20, 300)
    assert await outbox.news(0.0) == [Arrived(2, 40, 600)]


async def test_uploads_of_another_run_are_told_too(session: Session) -> None:
    await session.exchange(letter("s"))
    intending = asyncio.create_task(session._uploads.intend(upload()))  # only a whole transfer begins one
    report = await session.exchange(letter("s", wait=10.0))
    assert [type(each) for each in report.items] == [Intend]
    await session.exchange(letter("s", seen=1, replies=[ReplyToWorker(1, 7)]))
    assert (await intending).row == 7


async def test_a_range_does_not_try_again_what_has_failed_elsewhere(copied: Transfer) -> None:
    """The engine grants it, with its keys."""
    outbox = Outbox()
    context = dataclasses.replace(copied.state.context, journal=ToldJournal(outbox))
    prepared = Prepared(cast("Any", Counting()), ListedKeys([]).as_store, cast("Any", None), nothing)
    sides = cast("Sides", SimpleNamespace(order=ORDER))
    grant = replace(RANGE, again=True)
    await RangeRun(grant, transfer(), prepared, sides, context, outbox, lambda: None).carry_out()
    assert await outbox.news(0.0) == [Left(1, True, None, None, "")]


async def test_it_is_told_once_that_all_of_a_range_is_begun(copied: Transfer) -> None:
    """The next task of the worker may begin then."""
    store, told = ListedKeys(LISTED).as_store, list[str]()
    prepared = Prepared(cast("Any", Counting()), store, cast("Any", None), nothing)
    sides, outbox = cast("Sides", SimpleNamespace(order=ORDER)), Outbox()
    grant = replace(RANGE, again=True)
    run = RangeRun(grant, transfer(), prepared, sides, copied.state.context, outbox, lambda: told.append(run.position))
    for _ in range(2):
        keys = [picked.key async for page in run._pages(1, "") for picked in page.picked]
        assert (keys, run.ending, told) == (LISTED, True, [LISTED[-1]])


# The listing of a range in a worker: a server that lists in another order is refused, not copied in part.
LISTED = [f"p/{number:03d}" for number in range(20)]


async def keys_of(store: ListedKeys, after: str = "") -> list[str]:
    pages = listed(store.as_store, ORDER.selection, 1, after)
    return [picked.key async for page in pages for picked in page.picked]


async def test_a_listing_out_of_order_is_refused() -> None:
    """Within a page, between pages, and where it begins."""
    assert await keys_of(ListedKeys(LISTED)) == LISTED
    assert await keys_of(ListedKeys(LISTED), after=LISTED[7]) == LISTED[8:]
    between = [*LISTED[10:], *LISTED[:10]]
    for store, after in ((ListedKeys(LISTED[::-1]), ""), (ListedKeys(between), ""), (FromTheStart(LISTED), LISTED[7])):
        problem = await problem_of(keys_of(store, after))
        assert ("does not list in key order" in problem.title, "--engine local" in problem.remedy) == (True, True)
