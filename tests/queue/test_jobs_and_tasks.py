"""The queue of transfers, and the tasks that it runs."""

import asyncio
import string
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.features.cluster.crews import Transfer
from tests.results import unpacked
from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.transfers.journal.samples import PROBLEM, result, transfer
from tests.waiting import until
from tui.cli.prompts import QUESTION
from tui.core.identity import Owner
from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ANSWERS, ConflictAnswer, Outcome, TransferState
from tui.engine.prepare import WORKS
from tui.queue.job import TransferJob
from tui.queue.job_status import JobStatus, ListingCursor, Results
from tui.queue.queue import TransferJobs
from tui.queue.queue_context import PendingConflicts, QueueContext
from tui.queue.receipts import refuse_unusable
from tui.queue.run import ListedAhead
from tui.stores.base import Store
from tui.transfers.backoff import Interrupted
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.journal import Cursor, Journal, KeptResult
from tui.transfers.progress import BETWEEN_SNAPSHOTS
from tui.transfers.retries import Retries
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.tasks import AT_ONCE, finish, in_batches, set_within, together


def test_pages_that_are_complete_move_it_in_their_order() -> None:
    """A page of nothing to do is passed when its turn comes."""
    cursor = ListingCursor(None)
    assert cursor.begin() == (0, "")
    first, second, third = cursor.take(0, "c", 2), cursor.take(1, "f", 1), cursor.take(1, "k", 1)
    assert not cursor.advance(second)
    assert not cursor.advance(first)
    assert cursor.advance(first)
    assert cursor.advance(third)
    assert cursor.position == Cursor(1, "k")
    cursor = ListingCursor(Cursor(1, "a"))
    before = cursor.take(1, "b", 1)
    cursor.take(1, "c", 0)
    assert not cursor.advance()
    assert cursor.advance(before)
    assert cursor.position == Cursor(1, "c")


def test_what_was_stopped_begins_behind_the_cursor() -> None:
    """The end is only reached when everything has a result."""
    cursor = ListingCursor(None)
    done, _ = cursor.take(1, "a", 1), cursor.take(1, "b", 1)
    cursor.advance(done)
    assert cursor.begin() == (1, "a")
    assert cursor.advance(cursor.take(1, "b", 1))
    assert cursor.begin() == (1, "b")
    cursor = ListingCursor(None)
    page = cursor.take(1, "a", 1)
    cursor.finish(2)
    assert cursor.position is None
    cursor.advance(page)
    cursor.finish(2)
    assert cursor.begin() == (2, "")


# Pages that the count has listed wait for the work, packed and bounded.


def page(section: int, number: int, keys: int = 10) -> SectionPage:
    names = [f"p{section}/{number:04d}/{key:05d}é" for key in range(keys)]
    return SectionPage(
        section, [SelectedObject(name, 5, 7.0, etag=f'"{name}"', storage_class="GLACIER") for name in names]
    )


async def taken(ahead: ListedAhead, section: int) -> list[SectionPage]:
    async with aclosing(ahead.pages(section)) as pages:
        return [each async for each in pages]


async def test_what_is_kept_is_what_was_listed() -> None:
    ahead = ListedAhead()
    assert (await taken(ahead, 0), ahead.has_all(0)) == ([], False), "a section of marked keys is none of its business"
    listed = [page(1, number) for number in range(30)] + [page(2, 0, keys=0), page(3, 0)]
    for each in listed:
        ahead.keep(each)
    ahead.end(complete=True)
    assert await taken(ahead, 1) + await taken(ahead, 2) + await taken(ahead, 3) == listed
    assert [ahead.has_all(section) for section in range(4)] == [False, True, True, True]


async def test_the_work_waits_for_pages_that_are_still_to_come() -> None:
    ahead = ListedAhead()
    working = asyncio.create_task(taken(ahead, 1))
    for number in range(3):
        await asyncio.sleep(0)
        ahead.keep(page(1, number))
    await asyncio.sleep(0)
    assert not working.done()
    ahead.keep(page(2, 0))  # the first section is listed when the second one comes
    assert await working == [page(1, 0), page(1, 1), page(1, 2)]
    assert ahead.has_all(1)
    assert not ahead.has_all(2)


async def test_what_does_not_fit_is_not_kept_and_neither_is_what_follows() -> None:
    """A listing that fails leaves the rest to the work."""
    ahead = ListedAhead(most_bytes=2000)
    listed = [page(1, number, keys=100) for number in range(20)] + [page(2, 0)]
    for each in listed:
        ahead.keep(each)
    ahead.end(complete=True)
    kept = await taken(ahead, 1)
    assert 4 < len(kept) < 20
    assert kept == listed[: len(kept)]
    assert await taken(ahead, 2) == []
    assert not ahead.has_all(1)
    assert not ahead.has_all(2)
    ahead = ListedAhead()
    ahead.keep(page(1, 0))
    ahead.keep(page(2, 0))
    ahead.end()
    assert (await taken(ahead, 1), await taken(ahead, 2), await taken(ahead, 3)) == ([page(1, 0)], [page(2, 0)], [])
    assert [ahead.has_all(section) for section in (1, 2, 3)] == [True, False, False]


# Which policies answer a question about one object: one table, from which prompt, dialog and queue are made.


def test_the_prompt_names_every_answer_by_its_first_letter() -> None:
    """A capital letter answers for all, so the key is a small one; ``a`` is the dialog's own for that."""
    assert [*ANSWERS.values()] == [ConflictPolicy.SKIP, ConflictPolicy.OVERWRITE, ConflictPolicy.RENAME]
    for key, policy in ANSWERS.items():
        assert QUESTION.split(", ").count(f"{key} {policy}") == 1
        assert len(key) == 1
        assert key in string.ascii_lowercase.replace("a", "")


def test_what_is_no_answer_is_refused() -> None:
    for policy in (ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT):
        with pytest.raises(ProblemError, match="a conflict is decided by skip, overwrite or rename"):
            PendingConflicts().answer(ConflictAnswer("any", policy))


# What the transfers of a queue share: stores that cannot be opened now, and those that never can.
PERMANENT = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="HeadBucket")
EXPIRED = Problem(kind=ProblemKind.EXPIRED, title="credentials expired")
AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach it")


@pytest.fixture
async def retries() -> AsyncIterator[Retries]:
    async def works(_connection: str) -> None:
        """Every connection does."""

    made = Retries(works)
    yield made
    await made.health.close()


def context(journal: Journal, retries: Retries | None, problem: Problem) -> QueueContext:
    async def open_store(_connection: str) -> Store:
        raise ProblemError(problem)

    async def owner_of(_connection: str) -> Owner | None:
        raise ProblemError(problem)

    return replace(Transfer(journal).state.context, open_store=open_store, owner_of=owner_of, retries=retries)


@pytest.mark.parametrize("problem", [EXPIRED, AWAY], ids=["identity", "network"])
async def test_what_passes_interrupts_and_only_where_it_is_waited_for(
    journal: Journal, retries: Retries, problem: Problem
) -> None:
    """A permanent refusal is that problem everywhere."""
    waiting, never = context(journal, retries, problem), context(journal, None, problem)
    for ask in (waiting.open_or_interrupt, waiting.owner):
        with pytest.raises(Interrupted) as interrupted:
            await ask("c")
        assert (interrupted.value.problem, interrupted.value.connection) == (problem, "c")
    refusing = context(journal, retries, PERMANENT)
    for made, said in ((never, problem), (refusing, PERMANENT)):
        for ask in (made.open_or_interrupt, made.owner):
            assert await problem_of(ask("c")) == said


# What was found out after an interruption is counted, kept and told to watchers.


class Told:
    def __init__(self, journal: Journal) -> None:
        self.changes = 0
        self.problems: list[Problem] = []
        shared = Transfer(journal).state.context
        self.status = JobStatus(
            transfer(), replace(shared, changed=self._changed, state_changed=self._changed, report=self.problems.append)
        )

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    await journal.add(transfer())
    return journal


@pytest.fixture
def reads(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    read, found = journal.results.next, list[int]()

    async def counted(name: str, number: int) -> list[KeptResult]:
        results = await read(name, number)
        found.append(len(results))
        return results

    monkeypatch.setattr(journal.results, "next", counted)
    return found


async def test_a_watcher_of_results_sees_at_once_what_was_settled_after_an_interruption(
    journal: Journal, reads: list[int]
) -> None:
    status = Told(journal).status
    async with aclosing(unpacked(status.results.follow())) as following:
        seen = asyncio.ensure_future(anext(following))
        await until(lambda: reads == [0], "the watcher knows that there is none yet")
        journal.results.finish("t", 1, "a", result("a", Outcome.MOVED))
        status.settle([result("a", Outcome.MOVED)])
        assert await seen == result("a", Outcome.MOVED)  # though the transfer has not ended


async def test_what_was_settled_after_an_interruption_is_counted_and_kept(journal: Journal) -> None:
    told = Told(journal)
    told.status.settle([])
    assert (told.status.snapshot().objects_done, told.changes) == (0, 0), "nothing was left open"
    told.status.settle([result("a", Outcome.MOVED), result("b", Outcome.FAILED, problem=PROBLEM)])
    now = told.status.snapshot()
    assert (now.objects_done, now.objects_failed) == (1, 1)
    assert told.problems == [PROBLEM]
    assert told.changes == 1
    [kept] = await journal.transfers()
    assert kept.problem == PROBLEM


async def test_a_result_is_told_to_watchers(journal: Journal) -> None:
    told, copied = Told(journal), Transfer(journal)
    replace(copied.state, context=told.status.context).record(1, "a", result("a"))
    assert (copied.status.snapshot().objects_done, told.changes) == (1, 1)


# Transfers that come and go at once, and receipts that cannot be.


async def test_a_transfer_that_is_forgotten_while_it_is_about_to_be_retried(journal: Journal) -> None:
    """It would run, and no list had it."""
    journal.save(transfer(ended=2.0))
    job = TransferJob(transfer(ended=2.0), Transfer(journal).state.context, WORKS, again=True)
    retrying = asyncio.create_task(job.retry())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert job.status.retrying
    job.forget()
    with pytest.raises(ProblemError, match="no transfer t"):
        await retrying
    assert job.status.progress.state is TransferState.DONE


async def test_a_cancel_that_fails_leaves_a_transfer_that_can_be_paused(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is stopped later would be taken for cancelled, and never be copied."""

    async def unreadable(_self: JobStatus, _abandoned: AbandonedUploads) -> None:
        raise ProblemError(PROBLEM)

    monkeypatch.setattr(JobStatus, "clear", unreadable)
    job = TransferJob(transfer(), Transfer(journal).state.context, WORKS, again=True)
    with pytest.raises(ProblemError):
        await job.cancel()
    assert not job._run_state().cancelled()


def test_transfers_that_come_at_once_have_places_of_their_own() -> None:
    """One is added when it is on disk, and another one may have come meanwhile: `move` finds room between them."""
    jobs = TransferJobs()
    assert [jobs.next_position() for _ in range(3)] == [1.0, 2.0, 3.0]


def test_a_receipt_that_nothing_can_be_found_at() -> None:
    problem = problem_in(refuse_unusable, "/" + "long" * 100)
    assert ("receipt cannot be written" in problem.title, problem.cause) == (True, "File name too long")


# Results come from the journal, in order, each once, and to their end.


async def keys(results: Results) -> list[str]:
    async with aclosing(unpacked(results.follow())) as following:
        return [each.source.rpartition("/")[2] async for each in following]


async def test_followers_get_every_result_in_order(journal: Journal) -> None:
    results = Results("t", journal)
    following = [asyncio.create_task(keys(results))]
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
        results.touch()
        if number == 50:
            following.append(asyncio.create_task(keys(results)))
        await asyncio.sleep(0)
    results.end()
    following.append(asyncio.create_task(keys(results)))
    assert await asyncio.gather(*following) == [[str(number) for number in range(100)]] * 3
    none = Results("u", journal)
    following = [asyncio.create_task(keys(none))]
    await asyncio.sleep(0)
    none.end()
    assert await following[0] == [], "none end, too"


async def test_what_is_tried_again_has_its_end_yet_to_come(journal: Journal) -> None:
    for key, outcome in (("a", Outcome.COPIED), ("b", Outcome.FAILED), ("c", Outcome.CANCELLED), ("d", Outcome.FAILED)):
        journal.results.finish("t", 0, key, result(key, outcome))
    results = Results("t", journal)
    results.retry(await journal.results.last("t"))
    following = asyncio.create_task(keys(results))
    await asyncio.sleep(0)
    journal.results.finish("t", 0, "c", result("c"))
    journal.results.finish("t", 0, "b", result("b", Outcome.FAILED))
    results.end()  # before it came to d
    assert await following == ["a", "c", "b", "d"]
    assert await keys(results) == ["a", "d", "c", "b"]


async def test_the_end_is_told_at_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.queue.job_status.BETWEEN_SNAPSHOTS", 3600.0)
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
    results = Results("t", journal)
    async with aclosing(results.follow()) as following:
        assert len(await anext(following)) == 100
        last = asyncio.ensure_future(anext(following, None))
        await asyncio.sleep(0)
        results.end()
        assert await last is None


async def test_the_journal_is_read_no_more_often_than_a_screen_needs(journal: Journal, reads: list[int]) -> None:
    """Each read has the journal written first: one for every result would write them one by one."""
    results, loop = Results("t", journal), asyncio.get_running_loop()
    following, began = asyncio.create_task(keys(results)), loop.time()
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
        results.touch()
        await journal.flushed()
    results.end()
    assert len(await following) == 100
    found = [count for count in reads if count]
    assert sum(found) == 100
    assert len(found) <= (loop.time() - began) / BETWEEN_SNAPSHOTS + 2


# What must end ends, and what must not run on does not.


async def test_what_was_begun_is_finished_however_often_it_is_cancelled() -> None:
    began, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        began.set()
        await go_on.wait()
        done.append(True)

    task = asyncio.create_task(finish(work()))
    await began.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_when_one_fails_the_other_does_not_run_on() -> None:
    """A failure is passed on unless it was cancelled."""
    ended = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        await finish(fail())

    async def go_on_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(LookupError):
        await together(fail(), go_on_for_ever())
    assert ended == [True]


@pytest.mark.parametrize("steps", range(5))
async def test_a_cancellation_right_after_the_event_counts(steps: int) -> None:
    """However many steps of the loop lie between: what waits goes on otherwise, and nobody stops it any more."""
    event = asyncio.Event()
    waiting = asyncio.create_task(set_within(event, 60.0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert waiting.cancelled() or steps


async def test_what_does_not_come_in_time_is_not_waited_for() -> None:
    await set_within(asyncio.Event(), 0.0)


# Work on many items: so many at a time, in their order, with nothing left running.


async def test_results_come_in_the_items_order_and_no_more_than_so_many_run() -> None:
    running = most = 0

    async def work(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(1 + item % 5):
            await asyncio.sleep(0)
        running -= 1
        return -item

    items = range(3 * AT_ONCE + 1)
    assert await in_batches(work, items) == [-item for item in items]
    assert most == AT_ONCE
    assert await in_batches(work, []) == []


async def test_an_error_passes_as_it_is_when_the_others_have_ended() -> None:
    """However long they take to end."""
    ended: list[int] = []

    async def work(item: int) -> None:
        if item == 1:
            raise LookupError(item)
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(10):
                await asyncio.sleep(0)
            ended.append(item)

    with pytest.raises(LookupError):
        await in_batches(work, range(3))
    assert sorted(ended) == [0, 2]


async def test_cancelling_ends_what_is_under_way() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(in_batches(work, [1]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
