"""What a failure means, how often and when it is tried again, and who finds out that an identity works again."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import ClassVar, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stores.listed_keys import ListedKeys
from tests.stores.refusals import problem_of
from tests.waiting import until
from tui.aws.refusals import CODES, RETRIES, S3_CODES, kind_of, retry_of, s3_kind_of
from tui.cli.exits import exit_for
from tui.core.listing import ObjectSummary, Page, make_page
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind, RetriedError, RetryAdvice
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.transfers.backoff import Backoff, Budget, RetryLimits, advice_for
from tui.transfers.retries import ConnectionHealth, Deletions, ResumedListing, Retries


def test_verdict() -> None:
    expected = {
        (ProblemKind.SERVER, "InternalError", "PutObject"): RetryAdvice.PASSING,
        (ProblemKind.SERVER, "BadDigest", "UploadPart"): RetryAdvice.PASSING,
        (ProblemKind.SERVER, "BadDigest", "CompleteMultipartUpload"): RetryAdvice.PERMANENT,
        (ProblemKind.MISMATCH, "", "GetObject"): RetryAdvice.PASSING,
        (ProblemKind.THROTTLED, "SlowDown", "PutObject"): RetryAdvice.THROTTLED,
        (ProblemKind.UNREACHABLE, "", "PutObject"): RetryAdvice.NETWORK,
        (ProblemKind.INVALID, "OperationAborted", "PutObject"): RetryAdvice.PASSING,
        (ProblemKind.INVALID, "ConditionalRequestConflict", "PutObject"): RetryAdvice.PASSING,
        (ProblemKind.EXPIRED, "ExpiredToken", "PutObject"): RetryAdvice.IDENTITY,
        (ProblemKind.NO_CREDENTIALS, "", "PutObject"): RetryAdvice.IDENTITY,
        (ProblemKind.BAD_CREDENTIALS, "InvalidAccessKeyId", "PutObject"): RetryAdvice.IDENTITY,
        (ProblemKind.BAD_CREDENTIALS, "SignatureDoesNotMatch", "PutObject"): RetryAdvice.PERMANENT,
        (ProblemKind.BAD_CREDENTIALS, "RequestTimeTooSkewed", "PutObject"): RetryAdvice.ONCE,
        (ProblemKind.DENIED, "AccessDenied", "AssumeRole"): RetryAdvice.IDENTITY,
        (ProblemKind.SERVER, "InternalError", "AssumeRole"): RetryAdvice.PASSING,
        (ProblemKind.DENIED, "AccessDenied", "PutObject"): RetryAdvice.PERMANENT,
        (ProblemKind.NO_SUCH_KEY, "NoSuchKey", "GetObject"): RetryAdvice.PERMANENT,
        (ProblemKind.CHANGED, "PreconditionFailed", "GetObject"): RetryAdvice.PERMANENT,
        (ProblemKind.ARCHIVED, "InvalidObjectState", "GetObject"): RetryAdvice.PERMANENT,
        (ProblemKind.INVALID, "KMS.DisabledException", "PutObject"): RetryAdvice.PERMANENT,
    }
    assert {
        (kind, code, operation): advice_for(Problem(kind=kind, title="", code=code, operation=operation))
        for kind, code, operation in expected
    } == expected


# How many retries an object has, and how long is waited between them.


def test_one_call_takes_only_so_many() -> None:
    budget = Budget(RetryLimits(each=3, whole=10))
    assert [budget.spend(tried) for tried in range(4)] == [True, True, True, False]
    assert budget.used == 3


@given(st.lists(st.booleans()))
def test_an_object_takes_only_so_many_more_than_it_had_successes(successes: list[bool]) -> None:
    budget = Budget(RetryLimits(each=3, whole=10))
    for success in successes:
        if success:
            budget.earn()
        else:
            budget.spend(0)
    assert budget.used <= 10 + successes.count(True)
    assert sum(budget.spend(0) for _ in range(20)) <= 10


@given(st.integers(0, 10_000))
def test_waits_double_up_to_the_longest(tries: int) -> None:
    backoff = Backoff(first=0.25, longest=20)
    assert backoff.full(0) == 0.25
    assert 0 <= backoff.jittered(tries) <= backoff.full(tries) <= 20
    assert backoff.full(tries + 1) in (20, 2 * backoff.full(tries))


# Which identities are out, and who finds out that they work again.
AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach it")
DENIED = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="ListBuckets")
NO_ROLE = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="AssumeRole")
UNKNOWN_KEY = Problem(kind=ProblemKind.BAD_CREDENTIALS, title="refused", status=403, code="InvalidAccessKeyId")
NO_PROFILE = Problem(kind=ProblemKind.NO_PROFILE, title="there is no such profile")


class Scripted:
    """A probe whose answers a test sets."""

    def __init__(self) -> None:
        self.problem: Problem | None = AWAY
        self.looks = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, _connection: str) -> None:
        self.looks += 1
        await self.go_on.wait()
        if self.problem:
            raise ProblemError(self.problem)


@pytest.fixture
def probe() -> Scripted:
    return Scripted()


@pytest.fixture
async def health(probe: Scripted) -> AsyncIterator[ConnectionHealth]:
    made = ConnectionHealth(probe, Backoff(first=0.001, longest=0.002))
    yield made
    await made.close()


@pytest.fixture
async def patient(probe: Scripted) -> AsyncIterator[ConnectionHealth]:
    """One that looks again in an hour, or when it is told to."""
    made = ConnectionHealth(probe, Backoff(first=3600.0, longest=3600.0))
    yield made
    await made.close()


async def test_one_check_serves_all_callers(health: ConnectionHealth, probe: Scripted) -> None:
    probe.go_on.clear()
    asking = [asyncio.create_task(health.check("c")) for _ in range(10)]
    await until(lambda: probe.looks == 1, "somebody looks")
    probe.go_on.set()
    assert await asyncio.gather(*asking) == [AWAY] * 10
    assert probe.looks == 1


async def test_one_watch_serves_all_waiting_callers(health: ConnectionHealth, probe: Scripted) -> None:
    health.mark_unusable("c", AWAY)
    waiting = [asyncio.create_task(health.wait_until_usable("c")) for _ in range(10)]
    await until(lambda: probe.looks > 3, "it was looked several times")
    assert health.why_unusable("c") == AWAY
    probe.problem = None
    await asyncio.gather(*waiting)
    assert health.why_unusable("c") is None


async def test_what_does_not_work(health: ConnectionHealth, probe: Scripted) -> None:
    """A denial shows that the identity works."""
    for problem in (AWAY, NO_ROLE, UNKNOWN_KEY, NO_PROFILE, DENIED):
        probe.problem = problem
        assert await health.check("c") == (None if problem is DENIED else problem)


async def test_checks_end_with_the_last_waiting_caller(health: ConnectionHealth, probe: Scripted) -> None:
    waiting = [asyncio.create_task(health.wait_until_usable("c")) for _ in range(2)]
    await until(lambda: probe.looks > 1, "it is looked")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert "await-connection" not in {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
    probe.problem = None
    await health.wait_until_usable("c")  # a later one starts over


async def test_what_works_only_when_it_is_looked_at_is_not_looked_at_in_a_rush(
    patient: ConnectionHealth, probe: Scripted
) -> None:
    probe.problem = None
    await patient.wait_until_usable("c")
    again = asyncio.create_task(patient.wait_until_usable("c"))
    await until(lambda: "await-connection" in {task.get_name() for task in asyncio.all_tasks()}, "it is waited")
    await asyncio.sleep(0)
    assert probe.looks == 1
    patient.check_now()
    await again
    assert probe.looks == 2
    patient.succeeded("c")  # so soon that it says as little
    again = asyncio.create_task(patient.wait_until_usable("c"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (again.done(), probe.looks) == (False, 2)
    await patient.close()
    await asyncio.wait([again])
    assert again.cancelled(), "closing ends what waits"


async def test_what_has_worked_for_a_while_is_looked_at_at_once(probe: Scripted) -> None:
    pauses, loop = list[int](), asyncio.get_running_loop()

    class Noted(Backoff):
        def full(self, tries: int) -> float:
            pauses.append(tries)
            return 0.0

    health = ConnectionHealth(probe, Noted(first=0.0, longest=0.0))
    probe.problem = None
    for _ in range(8):
        await health.wait_until_usable("c")
    assert pauses == [*range(7)]
    worked = loop.time()
    await until(lambda: loop.time() > worked, "a while has passed")
    health.succeeded("c")
    await health.wait_until_usable("c")
    assert (len(pauses), probe.looks) == (7, 9), "a look comes without a pause"
    await health.close()


async def test_what_is_done_during_a_look_hurries_the_next_one(patient: ConnectionHealth, probe: Scripted) -> None:
    """The look that was under way came too early for it."""
    probe.go_on.clear()
    waiting = asyncio.create_task(patient.wait_until_usable("c"))
    await until(lambda: probe.looks == 1, "it is looked at")
    patient.check_now("c")
    probe.go_on.set()
    await until(lambda: probe.looks == 2, "it is looked at again")
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_waiting_callers_get_the_latest_problem(health: ConnectionHealth, probe: Scripted) -> None:
    told: list[Problem] = []
    waiting = asyncio.create_task(health.wait_until_usable("c", told.append))
    await until(lambda: AWAY in told, "it is told that the network is away")
    probe.problem = UNKNOWN_KEY
    await until(lambda: UNKNOWN_KEY in told, "it is told that its key is refused")
    probe.problem = None
    await waiting


async def test_a_waiting_transfer_is_looked_after_at_once_when_the_user_did_something(probe: Scripted) -> None:
    """Keys that were typed, a code, a resume: nobody waits for the next look, which may be half a minute away."""
    retries = Retries(probe, probes=Backoff(first=3600.0, longest=3600.0))
    waiting = asyncio.create_task(retries.health.wait_until_usable("c"))
    await until(lambda: probe.looks == 1, "it is looked at")
    probe.problem = None
    retries.health.check_now("another")
    await asyncio.sleep(0)
    assert not waiting.done()
    retries.health.check_now("c")
    await waiting
    assert probe.looks == 2
    await retries.health.close()


class CountedWaits(Backoff):
    """Waits that take no time; their number is noted."""

    taken: ClassVar[list[int]] = []

    def jittered(self, tries: int) -> float:
        self.taken.append(tries)
        return 0.0


async def test_after_a_slow_down_the_retries_alone_wait(probe: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The listing above them, which has a width of its own, does not ask once more."""
    probe.problem = None
    taken = list[int]()
    monkeypatch.setattr(CountedWaits, "taken", taken)
    retries = Retries(probe, retries=CountedWaits(1.0, 1.0), allowance=RetryLimits(each=3))
    passing = ListedKeys("abcdefghij", fails=lambda number, _: number == 2)
    pages = every_page(retries.retrying(passing.as_store, "c"), "bucket", "")
    assert [name for page in [page async for page in pages] for name in page.names] == passing.keys
    assert (passing.requests, taken) == (3, [0])
    lasting = ListedKeys("abcdefghij", fails=lambda number, _: number > 1)
    with pytest.raises(RetriedError):
        [page async for page in every_page(retries.retrying(lasting.as_store, "c"), "bucket", "")]
    assert (lasting.requests, taken) == (5, [0, 0, 1, 2])
    await retries.health.close()


# Only those keys are deleted again that failed for something that passes.
SLOW = Problem(kind=ProblemKind.THROTTLED, title="slow down", code="SlowDown")
FORBIDDEN = Problem(kind=ProblemKind.DENIED, title="access denied", code="AccessDenied")


class Deleting:
    """The one operation that is asked for, with errors for some keys in each of its answers."""

    def __init__(self, *answers: dict[str, Problem] | Problem) -> None:
        self._answers = list(answers)
        self.asked: list[list[str]] = []

    async def delete_many(self, _bucket: str, keys: Sequence[str], _markers: object) -> dict[str, Problem]:
        self.asked.append(list(keys))
        answer = self._answers.pop(0)
        if isinstance(answer, Problem):
            raise ProblemError(answer)
        return answer


async def test_keys_are_tried_again_for_what_passes() -> None:
    store = Deleting({"a": SLOW, "b": FORBIDDEN, "c": SLOW}, SLOW, {"c": SLOW}, {})
    deletions = Deletions(cast(Store, store), "bucket", ["a", "b", "c", "d"])
    for answered in (True, False, True):
        assert await problem_of(deletions.run()) == SLOW
        assert deletions.answered is answered
    assert deletions.failed == {"b": FORBIDDEN, "c": SLOW}
    assert await deletions.run() == {"b": FORBIDDEN}
    assert store.asked == [["a", "b", "c", "d"], ["a", "c"], ["a", "c"], ["c"]]


# A listing that broke off goes on behind what was had, and has each entry once.
CUT = ProblemError(Problem(kind=ProblemKind.UNREACHABLE, title="cut"))


class Breaking:
    """Lists keys below `prefix` as S3 does, at the delimiter or not, and breaks off where it is told."""

    def __init__(self, keys: Sequence[str], prefix: str, size: int, breaks: list[int], *, recursive: bool) -> None:
        self._keys = sorted(key for key in keys if key.startswith(prefix))
        self._prefix, self._size, self._breaks, self._recursive = prefix, size, breaks, recursive

    async def __call__(self, *, start_after: str) -> AsyncGenerator[Page, None]:
        entries = sorted({self._entry(key) for key in self._keys if key > start_after})
        for number, start in enumerate(range(0, max(len(entries), 1), self._size)):
            if self._breaks and self._breaks[0] <= number:
                self._breaks.pop(0)
                raise CUT
            some = entries[start : start + self._size]
            objects = [ObjectSummary(key, 1, 1, "STANDARD", None) for key, prefix in some if not prefix]
            yield make_page(self._prefix, [key for key, prefix in some if prefix], objects)

    def _entry(self, key: str) -> tuple[str, bool]:
        head, slash, _ = key.removeprefix(self._prefix).partition("/")
        rolled_up = bool(slash) and not self._recursive
        return (f"{self._prefix}{head}/", True) if rolled_up else (key, False)


@given(
    st.lists(st.text("ab/ü", min_size=1, max_size=5), unique=True, max_size=30),
    st.sampled_from(["", "a", "a/"]),
    st.integers(1, 4),
    st.lists(st.integers(0, 3), max_size=5),
    st.booleans(),
)
async def test_each_entry_comes_once(
    keys: list[str], prefix: str, size: int, breaks: list[int], recursive: bool
) -> None:
    whole = Breaking(keys, prefix, size, [], recursive=recursive)
    expected = [page async for page in whole(start_after="")]
    reading = ResumedListing(Breaking(keys, prefix, size, breaks, recursive=recursive), prefix, "")
    got: list[Page] = []
    while True:
        try:
            page = await reading.next()
        except ProblemError:
            continue
        if page is None:
            break
        got.append(page)
    for column in ("names", "prefixes"):
        assert [each for page in got for each in getattr(page, column)] == [
            each for page in expected for each in getattr(page, column)
        ]


# What kinds of problems mean, and the codes of servers that are of a kind.


def test_a_problem_keeps_its_kind_on_the_wire_and_in_the_journal() -> None:
    for kind in ProblemKind:
        sent = msgspec.json.encode(Problem(kind=kind, title="t"))
        assert f'"{kind.value}"'.encode() in sent
        assert msgspec.json.decode(sent, type=Problem).kind is kind


def test_the_columns_do_not_contradict_each_other() -> None:
    for kind in ProblemKind:
        problem, meaning = Problem(kind=kind, title="t"), kind.meaning
        assert exit_for(problem) is meaning.exit, kind
        assert advice_for(problem) is meaning.retry, kind
        assert meaning.exit not in (Exit.DONE, Exit.INTERRUPTED, Exit.TERMINATED), kind
        assert not (meaning.unusable and meaning.next_route), f"{kind}: no route helps an identity that is no use"
        assert not meaning.unusable or meaning.ends_after is not None, f"{kind}: nor does the next object"
        assert not meaning.missing or meaning.exit is Exit.NOT_FOUND, kind
        assert not meaning.refusal or meaning.retry is RetryAdvice.PERMANENT, kind
        assert meaning.retry is not RetryAdvice.IDENTITY or meaning.exit is Exit.DENIED, kind


KIND_OF = [(code, kind) for table in (CODES, S3_CODES) for kind, codes in table.items() for code in codes]


def test_no_code_stands_twice() -> None:
    codes = [code for code, _ in KIND_OF]
    assert len(set(codes)) == len(codes)
    retried = [code for codes in RETRIES.values() for code in codes]
    assert len(set(retried)) == len(retried)


def test_a_code_is_of_the_kind_in_whose_row_it_stands() -> None:
    assert [code for code, kind in KIND_OF if (s3_kind_of(code) or kind_of(code, 400)) is not kind] == []
    assert s3_kind_of("SomethingNew") is None
    assert kind_of("SomethingNew", 400) is ProblemKind.INVALID
    assert kind_of("SomethingNew", 500) is ProblemKind.SERVER


def test_the_retry_of_a_code_is_not_its_kinds() -> None:
    """A row that says what the kind says already would be of no use."""
    for code, advice in ((code, advice) for advice, codes in RETRIES.items() for code in codes):
        kind = s3_kind_of(code) or kind_of(code, 400)
        assert retry_of(code) is advice_for(Problem(kind=kind, title="", code=code)) is advice
        assert kind.meaning.retry is not advice
