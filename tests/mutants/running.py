"""Runs tests against mutants: a plugin for pytest that forks once for each mutant, when all tests are collected.

A mutant is new code of functions that are imported already, so that nothing is imported or collected again; engines,
commands and screens are forked from the process that has it. What starts by `exec` has the code of the checkout.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import pytest

from tests.leaks import children_of, guard
from tests.mutants.operators import Mutant
from tests.mutants.reach import ROOT
from tests.servers import forking
from tests.servers.fixtures import FORKS
from tests.servers.forks import Forks
from tests.workers import between, settle

SPARE_SECONDS: Final = 60.0
"""For one mutant, beside three times what its tests took when they were measured."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, and the tests that reach it in the order in which they are run."""

    mutant: Mutant | None
    """None: whether a test passes without any."""
    tests: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`killed`: by which test, `""` by none; `why` it could not be tried."""

    killed: str = ""
    why: str = ""


class Trials:
    def __init__(self, session: pytest.Session, jobs: int, directory: Path) -> None:
        """`directory`: for all that trials leave behind, which end wherever they are."""
        self._session, self._jobs, self._directory = session, jobs, directory
        self._items = {item.nodeid: item for item in session.items}
        for path in sorted((ROOT / "tui").rglob("*.py")):
            if path.name != "__main__.py":
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        asyncio.run(forking.warm_up())

    def run(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Verdict]]:
        """Each with its verdict, in the order in which they end."""
        waiting = list(reversed(trials))
        running: dict[Connection, tuple[Trial, int, float]] = {}
        while waiting or running:
            while waiting and len(running) < self._jobs:
                trial = waiting.pop()
                link, pid = self._fork(trial)
                running[link] = trial, pid, time.monotonic() + SPARE_SECONDS + 3 * trial.seconds
            ready = wait(list(running), 1.0)
            for link in list(running):
                trial, pid, deadline = running[link]
                verdict = None
                if link in ready:
                    try:
                        verdict = link.recv()
                    except EOFError:
                        verdict = Verdict("the end of the process")
                elif time.monotonic() > deadline:
                    verdict = Verdict("the time limit")
                if verdict:
                    del running[link]
                    link.close()
                    _end(pid)
                    yield trial, verdict

    def _fork(self, trial: Trial) -> tuple[Connection, int]:
        sys.stdout.flush()
        ours, theirs = Pipe()
        pid = os.fork()
        if pid:
            theirs.close()
            return ours, pid
        try:
            os.environ["TMPDIR"] = tempfile.tempdir = str(self._directory)
            os.nice(5)
            guard()
            theirs.send(self._tried(trial))
        finally:
            os._exit(0)

    def _tried(self, trial: Trial) -> Verdict:
        if trial.mutant and not changed(trial.mutant):
            return Verdict(why="its function is not among those that were imported")
        watching = _Failures()
        self._session.config.pluginmanager.register(watching)
        self._session.config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
        self._session.config.pluginmanager.getplugin("capturemanager").start_global_capturing()
        with forked_forks(self._session) as forks:
            self._session.stash[FORKS] = forks
            settle(self._session)
            following = between(self._session)
            for test in trial.tests:
                item = self._items[test]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if watching.failed:
                    return Verdict(watching.failed)
        return Verdict()


class _Failures:
    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


@contextmanager
def forked_forks(session: pytest.Session) -> Iterator[Forks]:
    """A process that forks programs, itself a fork of this one and so with its mutant."""
    # Not a `TemporaryDirectory`: each program that is forked would remove it at its own end, and say so.
    path = Path(tempfile.mkdtemp(prefix="xs3-")) / "forks"
    ends, stdin = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(64)
        pid = os.fork()
        if pid == 0:
            try:
                session.config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
                os.close(stdin)
                os.dup2(ends, 0)
                sys.stdin = open(0, closefd=False)  # noqa: SIM115  # as long as the process lives
                sys.argv = ["forking", str(path), str(listener.detach())]
                forking.serve()
            finally:
                os._exit(0)
    os.close(ends)
    try:
        yield Forks(path)
    finally:
        os.close(stdin)
        os.waitpid(pid, 0)


def changed(mutant: Mutant) -> int:
    """Give all functions that a mutant changes their new code; how many there are."""
    outermost = mutant.scope
    codes = {code.co_qualname: code for code in _codes(compile(mutant.source, str(ROOT / mutant.file), "exec"))}
    while outermost and outermost not in codes:
        outermost = outermost.rpartition(".")[0]
    new, count = codes.get(outermost), 0
    if new is None:
        return 0
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        old = function.__code__
        same = old.co_qualname == new.co_qualname and old.co_firstlineno == new.co_firstlineno
        if same and old.co_filename == new.co_filename and old.co_freevars == new.co_freevars:
            function.__code__ = new
            count += 1
    return count


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The functions of a module and of its classes, and not those inside of functions, which come with these."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            if "__qualname__" in each.co_names:  # a class
                yield from _codes(each)


def _end(pid: int) -> None:
    for each in [*dict(children_of(pid)), pid]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    os.waitpid(pid, 0)
