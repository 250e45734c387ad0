"""The transfers of all engines of the user as one list, each controlled where it is; all else is this engine's own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import msgspec
from msgspec import structs

from tui.core.problem import ProblemError
from tui.core.transfer import TransferList
from tui.features.verify.values import AnswerReading, Verify, VerifyTransfer
from tui.link.engine_paths import EnginePaths, described, without_engine_variables
from tui.link.private_files import read_private
from tui.link.process import EngineProcess
from tui.link.request import PROTOCOL_VERSION, Done, Feed, Hello, Request, Welcome
from tui.link.session import EngineAccess, EngineClient, EngineLostError, connect
from tui.messages.order_requests import (
    AnswerConflict,
    CancelTransfers,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
    WaitingConflicts,
    WatchConflicts,
    WatchResults,
    WatchTransfers,
)

A = TypeVar("A")

LOOK_SECONDS = 2.0
"""Between two looks for engines that have come."""

FIRST_SECONDS = 2.0
"""How long another engine's first answer is waited for."""

OF_OTHER = (
    "belongs to an engine with other AWS settings: you can pause, retry and answer it here; to use its "
    "identities, set these variables and start xs3-tui again: {}"
)
"""The note of a transfer that is another engine's."""

_OF_SEVERAL = (PauseTransfers, ResumeTransfers, CancelTransfers, ForgetTransfers)
_OF_ONE = (RetryTransfer, MoveTransfer, SetLimits, ExportReceipt)


class _Answering(Protocol):
    """What an engine's session and a connection to one have in common."""

    async def ask(self, request: Request[A]) -> A: ...

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]: ...


class EveryEngine:
    """An engine's session that knows the other engines, too, as long as their transfers are watched."""

    def __init__(self, own: EngineAccess, process: EngineProcess, *, with_own: bool = True) -> None:
        """`with_own` False: this process's own engine has no transfers, and need not be started to say so."""
        self._own, self._process, self._with_own = own, process, with_own
        self._met: dict[OtherEngine, GreetedEngine] = {}
        self._looking = asyncio.Lock()
        self._started: set[Path] = set()
        """The locks of those that were started: one that ends again has its reasons."""
        self._of: dict[str, GreetedEngine] = {}
        """Which engine a transfer, a conflict or a verification belongs to, by id; none for this process's own."""

    @property
    def met(self) -> list[GreetedEngine]:
        return list(self._met.values())

    async def ask(self, request: Request[A]) -> A:
        """The answer of the engine that the request concerns; raise `ProblemError`."""
        if isinstance(request, _OF_SEVERAL) and request.transfers:
            for engine, names in self._shared_out(request.transfers):
                await engine.ask(type(request)(names))
            return cast("A", Done())
        return await self._engine_of(_concerned(request)).ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed: transfers and conflicts of all engines, all else of one. Raises `ProblemError`."""
        if isinstance(feed, WatchTransfers | WatchConflicts):
            source = self._all(feed)
        else:
            transfer = _followed(feed)
            if isinstance(feed, Verify) and transfer in self._of:
                self._of[feed.name] = self._of[transfer]
            source = self._engine_of(transfer).follow(feed)
        async with aclosing(source) as answers:
            async for answer in answers:
                yield answer

    async def other_has_ended(self) -> None:
        """Wait until the engine of another version is gone."""
        await self._own.other_has_ended()

    async def close(self) -> None:
        for each in self.met:
            if each.client:
                await each.client.close()
        self._met = {}

    def _engine_of(self, name: str) -> _Answering:
        met = self._of.get(name)
        return met.client if met and met.client else self._own

    def _shared_out(self, names: list[str]) -> list[tuple[_Answering, list[str]]]:
        shares: dict[int, tuple[_Answering, list[str]]] = {}
        for name in names:
            engine = self._engine_of(name)
            shares.setdefault(id(engine), (engine, []))[1].append(name)
        return list(shares.values())

    async def _all(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        async with _merging(self, feed) as merge:
            while await merge.changed():
                yield merge.joined()

    async def look(self) -> None:
        """Greet the engines that have come since; forget those that have gone."""
        async with self._looking:  # both feeds do: a new engine is found once
            for other, met in list(self._met.items()):
                if met.client is None or met.client.lost.is_set():
                    del self._met[other]
            known = {met.other.lock for met in self.met}
            others = [other for other in other_engines(self._process.places) if other.lock not in known]
            new = [met for met in await asyncio.gather(*map(self._reach, others)) if met]
            self._met |= {met.other: met for met in new}

    async def _reach(self, other: OtherEngine) -> GreetedEngine | None:
        """Greet an engine; start one that has left transfers behind, once."""
        met = await greet(other)
        if met is None and other.lock not in self._started:
            self._started.add(other.lock)
            met = await adopt(other)
        return met

    def own_feed(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        return self._own.follow(feed) if self._with_own else _nothing(feed)

    def learn(self, met: GreetedEngine, answer: TransferList | WaitingConflicts) -> TransferList | WaitingConflicts:
        """Mark the transfers in another engine's answer as its own, and remember which engine has them."""
        if isinstance(answer, WaitingConflicts):
            self._of |= {conflict.id: met for conflict in answer.waiting}
            return answer
        self._of |= {transfer.id: met for transfer in answer.transfers}
        note = OF_OTHER.format(met.other.settings)
        marked = [structs.replace(each, notes=[note, *each.notes]) for each in answer.transfers]
        return structs.replace(answer, transfers=marked)


class _Merge:
    """The latest answer of each engine to one feed."""

    def __init__(self, every: EveryEngine, feed: Feed[Any]) -> None:
        self._every, self._feed = every, feed
        self._latest: dict[GreetedEngine | None, Any] = {}
        self._news = asyncio.Event()
        self._tasks: dict[GreetedEngine | None, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._answered: dict[GreetedEngine, asyncio.Event] = {}
        """Of the others: whether they have answered, or never will."""

    async def begin(self) -> None:
        """Ask all engines that there are, the others first: the first list names their transfers, too."""
        await self._greet()
        with suppress(TimeoutError):  # each may answer once, or end, before the first list is shown
            async with asyncio.timeout(FIRST_SECONDS):
                await asyncio.gather(*(answered.wait() for answered in self._answered.values()))
        self._tasks[None] = asyncio.create_task(self._follow_own(), name="own-engine")
        self._looking = asyncio.create_task(self._look(), name="other-engines")

    async def changed(self) -> bool:
        """Wait for news; False: the own engine's feed has ended. Raises `ProblemError` if it fails."""
        own = self._tasks[None]
        while True:
            await self._news.wait()
            self._news.clear()
            if own.done():
                own.result()
                return False
            if None in self._latest:
                return True

    def joined(self) -> Any:
        """One answer of all: the own engine's, and behind its transfers or conflicts those of the others."""
        own = self._latest[None]
        others = [answer for met, answer in self._latest.items() if met]
        if isinstance(own, WaitingConflicts):
            return WaitingConflicts([*own.waiting, *(each for answer in others for each in answer.waiting)])
        transfers = [*own.transfers, *(each for answer in others for each in answer.transfers)]
        return structs.replace(own, transfers=transfers, rate=own.rate + sum(answer.rate for answer in others))

    async def end(self) -> None:
        tasks = [task for task in (self._looking, *self._tasks.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self) -> None:
        await self._every.look()
        for met in self._every.met:
            if met.client and met not in self._tasks:
                self._answered[met] = asyncio.Event()
                self._tasks[met] = asyncio.create_task(self._follow(met, met.client), name="other-engine")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._greet()

    async def _follow_own(self) -> None:
        try:
            async with aclosing(self._every.own_feed(self._feed)) as answers:
                async for answer in answers:
                    self._latest[None] = answer
                    self._news.set()
        finally:
            self._news.set()

    async def _follow(self, met: GreetedEngine, client: EngineClient) -> None:
        try:
            async with aclosing(client.follow(self._feed)) as answers:
                async for answer in answers:
                    self._latest[met] = self._every.learn(met, answer)
                    self._answered[met].set()
                    self._news.set()
        except ProblemError:  # it has ended, or has no journal: there are no transfers to be shown
            pass
        finally:
            self._latest.pop(met, None)
            self._answered[met].set()
            self._news.set()


@asynccontextmanager
async def _merging(every: EveryEngine, feed: Feed[Any]) -> AsyncIterator[_Merge]:
    merge = _Merge(every, feed)
    try:
        await merge.begin()
        yield merge
    finally:
        await merge.end()


def _concerned(request: Request[Any]) -> str:
    """The transfer, conflict or verification that a request is about; empty: none."""
    if isinstance(request, AnswerConflict):
        return request.answer.conflict
    if isinstance(request, AnswerReading):
        return request.name
    return request.transfer if isinstance(request, _OF_ONE) else ""


def _followed(feed: Feed[Any]) -> str:
    """The transfer that a feed is about; empty: none, or all."""
    if isinstance(feed, Verify) and isinstance(feed.order, VerifyTransfer):
        return feed.order.transfer
    return feed.transfer if isinstance(feed, WatchResults) else ""


async def _nothing(feed: Feed[Any]) -> AsyncGenerator[Any, None]:
    """The feed of an engine without transfers; it never ends by itself."""
    yield WaitingConflicts([]) if isinstance(feed, WatchConflicts) else TransferList()
    await asyncio.Event().wait()


GREETING_SECONDS = 2.0
"""How long an engine may take to greet before it is left out: it may be another version's, or hang."""

START_SECONDS = 15.0
"""How long one may take that has just been started, and imports its libraries."""

BETWEEN_LOOKS = 0.05

UNKNOWN, NONE = "not known", "none"


@dataclass(frozen=True, slots=True)
class OtherEngine:
    """An engine of the user that is not this process's own, by its files. It may be running or not."""

    lock: Path
    socket: Path
    journal: Path
    record: str
    """The variables that distinguish it, as saved when the engine was started (JSON); empty: not known."""

    @property
    def variables(self) -> dict[str, str | None] | None:
        """The variables that distinguish it, None for values that are not saved; None if nothing is known of them."""
        try:
            return msgspec.json.decode(self.record, type=dict[str, str | None])
        except msgspec.DecodeError:
            return None

    @property
    def settings(self) -> str:
        """The same for a user to read."""
        known = self.variables
        return UNKNOWN if known is None else described(known) or NONE


@dataclass(frozen=True, slots=True)
class GreetedEngine:
    """A running one that greets. `client` is None for one of another version, of which only the version is known."""

    other: OtherEngine
    welcome: Welcome
    client: EngineClient | None


def other_engines(own: EnginePaths) -> list[OtherEngine]:
    """All engines that have left a lock beside this one's, in a fixed order."""
    found = []
    for lock in sorted(own.lock.parent.glob("engine*.lock")):
        if lock == own.lock:
            continue
        suffix = lock.stem.removeprefix("engine")
        socket = Path(_text(lock) or own.socket.with_name(f"engine{suffix}.sock"))
        record = _text(lock.with_suffix(".settings"))
        found.append(OtherEngine(lock, socket, lock.with_name(f"journal{suffix}.sqlite3"), record))
    return found


async def greet(other: OtherEngine, seconds: float = GREETING_SECONDS) -> GreetedEngine | None:
    """Connect to an engine and greet it; None: it is not running, or does not answer in this time."""
    with suppress(EngineLostError, TimeoutError):
        async with asyncio.timeout(seconds):
            client = await connect(other.socket)
            try:
                welcome = await client.ask(Hello())
            except BaseException:
                await client.close()
                raise
        if welcome.version == PROTOCOL_VERSION:
            return GreetedEngine(other, welcome, client)
        await client.close()
        return GreetedEngine(other, welcome, None)
    return None


async def adopt(other: OtherEngine) -> GreetedEngine | None:
    """Start an engine that has left transfers behind, with the variables it had; None where that cannot be.

    Its access keys are not known: transfers that need them wait, and can be controlled.
    """
    known = other.variables
    if not unfinished_transfers_of(other) or known is None or None in known.values():
        return None
    given = {name: value for name, value in known.items() if value is not None}
    process = EngineProcess.exactly({**without_engine_variables(os.environ), **given})
    if process.places.lock != other.lock:
        return None
    deadline = time.monotonic() + START_SECONDS
    with suppress(ProblemError):
        while (left := deadline - time.monotonic()) > 0:
            process.start()
            if met := await greet(replace(other, socket=process.socket), left):
                return met
            await asyncio.sleep(BETWEEN_LOOKS)  # the one before is just ending, and has the lock
    return None


def unfinished_transfers_of(other: OtherEngine) -> int:
    counted = count_transfers(other.journal)
    return counted.unfinished if counted else 0


def _text(path: Path) -> str:
    try:
        return os.fsdecode(read_private(path))
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many transfers a journal names, and how many of them have not ended."""

    all: int = 0
    unfinished: int = 0


def count_transfers(journal: Path) -> Counted | None:
    """Counts the transfers of a journal, 0 without one. None: it cannot be read, and an engine must say why."""
    if not journal.is_file():
        return Counted()
    try:
        with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            every, ended = connection.execute("SELECT count(*), count(ended) FROM transfers").fetchone()
    except sqlite3.Error:
        return None
    return Counted(every, every - ended)


def damaged_copies(journal: Path) -> list[Path]:
    """The damaged journals that made way for this one, as an engine names them; the oldest first."""
    found = journal.parent.glob(f"{journal.name}.damaged-*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))
