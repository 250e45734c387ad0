"""``pytest --workers N``: collect once, then run the tests in N processes that are forked from the one that collected.

pytest-xdist's workers each import and collect everything, and theirs is the only fixed order in which a module can stay
together. Here a worker is a copy of what has collected already; it is given one batch of tests after another, so that
whoever is free takes the next one. What the terminal, JUnit's file and the exit code say is as without workers.
"""

from __future__ import annotations

import atexit
import gc
import os
import random
import signal
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby, pairwise
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, Final

import pytest

from tests.leaks import guard
from tui.engine.__main__ import RARELY

MOST_IN_A_BATCH: Final = 24
"""Tests of one module that one worker runs in a row, where no fixture of the module is kept between them."""

MOST_GROWTH: Final = 200 * 2**20
"""Bytes by which a worker may grow before another takes its place: what is collected again and again gets dear."""

Batch = list[int]
"""Places in `Session.items`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--workers`` and ``--shuffle``."""
    group = parser.getgroup("workers")
    group.addoption("--workers", type=int, default=0, help="run the tests in so many forked processes")
    group.addoption("--shuffle", type=int, metavar="SEED", help="run batches, and what is in them, in a random order")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays: to look for garbage in between takes two seconds of five."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what was collected; None, which leaves it to pytest, without ``--workers``."""
    config = session.config
    if session.testsfailed or config.option.collectonly:
        return None
    batches = batches_of(session.items)
    if config.option.shuffle is not None:
        batches = shuffled(batches, config.option.shuffle)
        session.items[:] = [session.items[place] for batch in batches for place in batch]
        batches = batches_of(session.items)
    if not config.option.workers:
        return None
    _Workers(session, batches).run(config.option.workers)
    return True


def batches_of(items: Sequence[pytest.Item]) -> list[Batch]:
    """The tests in batches of one module each: all of it where they share a fixture, else at most `MOST_IN_A_BATCH`.

    Those that take long come first, so that no worker begins one when the others have nothing left to do.
    """
    batches: list[Batch] = []
    for _, group in groupby(range(len(items)), key=lambda place: items[place].path):
        module = list(group)
        size = len(module) if any(_shares(items[place]) for place in module) else MOST_IN_A_BATCH
        batches += [module[start : start + size] for start in range(0, len(module), size)]
    return sorted(batches, key=lambda batch: items[batch[0]].get_closest_marker("thorough") is None)


def shuffled(batches: Sequence[Batch], seed: int) -> list[Batch]:
    chance = random.Random(seed)
    mixed = [chance.sample(batch, len(batch)) for batch in batches]
    chance.shuffle(mixed)
    return mixed


def _shares(item: pytest.Item) -> bool:
    definitions: dict[str, Any] = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009  # pytest's own name
    return any(each[-1].scope in ("class", "module", "package") for each in definitions.values())


class _Workers:
    """The process that collected: hands out batches, and passes on what its workers report."""

    def __init__(self, session: pytest.Session, batches: Sequence[Batch]) -> None:
        self._session, self._hook = session, session.config.hook
        self._waiting = deque(batches)
        self._links: dict[Connection, int] = {}
        """The process ID of each worker."""
        self._running: dict[Connection, tuple[str, Batch]] = {}
        """The test that a worker is at (empty: none), and what is left of its batch."""

    def run(self, count: int) -> None:
        reporter: Any = self._session.config.pluginmanager.getplugin("terminalreporter")
        reporter.showfspath = False  # the files of several workers would take turns
        try:
            for _ in range(min(count, len(self._waiting))):
                self._fork()
            while self._links:
                for link in wait(list(self._links)):
                    assert isinstance(link, Connection)
                    self._hear(link)
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
                if self._session.shouldstop:
                    raise self._session.Interrupted(self._session.shouldstop)
        finally:
            for pid in self._links.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            for pid in self._links.values():
                os.waitpid(pid, 0)

    def _fork(self) -> None:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            for link in (ours, *self._links):
                link.close()
            _Worker(self._session, theirs).run()
        theirs.close()
        self._links[ours] = pid

    def _hear(self, link: Connection) -> None:
        try:
            kind, *said = link.recv()
        except (EOFError, ConnectionError):
            kind, said = "gone", []
        if kind == "gone":
            self._ended(link)
        elif kind == "ready":
            batch = self._waiting.popleft() if self._waiting else []
            self._running[link] = "", list(batch)
            link.send(batch)
        elif kind == "start":
            nodeid, location = said
            self._running[link] = nodeid, self._running[link][1][1:]
            self._hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        elif kind == "finish":
            nodeid, location = said
            self._running[link] = "", self._running[link][1]
            self._hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        else:
            (data,) = said
            report = self._hook.pytest_report_from_serializable(config=self._session.config, data=data)
            self._hook.pytest_runtest_logreport(report=report)

    def _ended(self, link: Connection) -> None:
        """A worker has gone. One that was at a test has crashed: that test has failed, and another worker goes on."""
        link.close()
        _, status = os.waitpid(self._links.pop(link), 0)
        nodeid, left = self._running.pop(link, ("", []))
        if not nodeid and not left and not status:
            if self._waiting:
                self._fork()
            return
        said = f"its process ended with status {os.waitstatus_to_exitcode(status)}"
        location = (nodeid.partition("::")[0], None, nodeid or "a worker")
        report = pytest.TestReport(nodeid or "a worker", location, {}, "failed", said, "call")
        self._hook.pytest_runtest_logreport(report=report)
        if left:
            self._waiting.appendleft(left)
        if self._waiting:
            self._fork()


class _Worker:
    """A forked process: runs batches until none is left, and says what came of them."""

    def __init__(self, session: pytest.Session, link: Connection) -> None:
        self._session, self._link = session, link
        self._between = between(session)

    def run(self) -> None:
        status = 1
        try:
            guard()
            settle(self._session)
            self._session.config.pluginmanager.register(self)
            for batch in self._batches():
                items = [*(self._session.items[place] for place in batch), self._between]
                for item, following in pairwise(items):
                    self._session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._session._setupstate.teardown_exact(None)
            atexit._run_exitfuncs()
            status = 0
        except KeyboardInterrupt:  # the first process says so
            pass
        except BaseException:  # noqa: BLE001  # whatever it is, a forked pytest must not go on as if it were the first
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)

    def _batches(self) -> Iterator[Batch]:
        most = _resident() + MOST_GROWTH
        while _resident() < most:
            self._link.send(("ready",))
            batch: Batch = self._link.recv()
            if not batch:
                return
            yield batch
            forget_former()

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._link.send(("start", nodeid, location))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._link.send(("finish", nodeid, location))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        config = self._session.config
        self._link.send(("report", config.hook.pytest_report_to_serializable(config=config, report=report)))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settle(session: pytest.Session) -> None:
    """In a fork: take leave of the terminal and of all that is the first process's own."""
    capture = session.config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    silent = open(os.devnull, "w")  # noqa: SIM115, PTH123  # open as long as the process lives
    session.config.get_terminal_writer()._file = silent
    random.seed()
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # or all workers would try the same names
    gc.set_threshold(*RARELY)
    forget_former()


def forget_former() -> None:
    """Leave all that is there out of later collections, of which each test has one."""
    gc.collect()
    gc.freeze()


class _Between(pytest.Item):
    """What follows a batch: fixtures of its module end, those of the session stay."""

    def runtest(self) -> None:
        raise NotImplementedError


def between(session: pytest.Session) -> pytest.Item:
    """A test that never runs, in no module."""
    item: pytest.Item = _Between.from_parent(session, name="between")
    return item
