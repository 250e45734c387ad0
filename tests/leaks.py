"""A test that leaves something behind fails, at its own end and by name: processes, threads, tasks, descriptors.

What a fixture that outlives the test has opened is not the test's. Directories are looked at by the fixture
`surroundings`, whose temporary directory is the test's own; a lock is a descriptor.
"""

from __future__ import annotations

import asyncio
import asyncio.runners
import ctypes
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.unraisableexception import collect_unraisable

OF_LIBUUID: Final = "/var/lib/libuuid/clock.txt"
"""The library opens it once in a process, and never closes it."""

PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36


def adopt_orphans() -> None:
    """Become the parent of all below this process whose own parent ends. Whoever does has to collect them, too."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def guard() -> None:
    """Fork: the child returns, and what it leaves behind falls to this process, which ends as the child does."""
    _end_with_parent()
    adopt_orphans()
    pid = os.fork()
    if pid == 0:
        _end_with_parent()
        _servants[:] = [os.getppid()]
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


@dataclass(slots=True)
class Things:
    """What a process has: each thing with its description."""

    processes: dict[int, str] = field(default_factory=dict)
    threads: dict[int, str] = field(default_factory=dict)
    descriptors: dict[int, str] = field(default_factory=dict)

    @classmethod
    def now(cls) -> Things:
        threads = {each.ident or 0: each.name for each in threading.enumerate()}
        processes = {pid: said for parent in (os.getpid(), *_servants) for pid, said in children_of(parent)}
        return cls(processes, threads, dict(_descriptors()))

    def since(self, before: Things) -> Things:
        return Things(
            {key: value for key, value in self.processes.items() if key not in before.processes},
            {key: value for key, value in self.threads.items() if key not in before.threads},
            {key: value for key, value in self.descriptors.items() if before.descriptors.get(key) != value},
        )

    def add(self, more: Things) -> None:
        self.processes |= more.processes
        self.threads |= more.threads
        self.descriptors |= more.descriptors

    def __bool__(self) -> bool:
        return bool(self.processes or self.threads or self.descriptors)

    def __str__(self) -> str:
        kinds = {"process": self.processes, "thread": self.threads, "descriptor": self.descriptors}
        return "\n".join(f"{kind} {key}: {value}" for kind, found in kinds.items() for key, value in found.items())


def children_of(pid: int) -> Iterator[tuple[int, str]]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text().split()):
                if Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2][:1] != "Z":
                    # Empty at the moment in which it becomes its program.
                    command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                    yield child, command.decode(errors="replace").strip()
                yield from children_of(child)


def _descriptors() -> Iterator[tuple[int, str]]:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # a test has hundreds; Path costs more than the look
        with suppress(OSError):
            opened = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115  # as above
            if int(name) > 2 and opened != OF_LIBUUID:  # what is captured changes all the time
                yield int(name), opened


_before: Things = Things()
_tasks: list[str] = []
_servants: list[int] = []

before_looking: list[Callable[[], object]] = []
"""Called before a descriptor is said to be left behind: closes what is kept for later tests."""


@contextmanager
def lasting() -> Iterator[list[int]]:
    """What is started in this block may outlive the test; to what is yielded, add those that start others for tests."""
    before = Things.now()
    yield _servants
    _before.add(Things.now().since(before))


def pytest_addoption(parser: pytest.Parser) -> None:
    said = "how long processes and threads of a test that has ended may take to end, too"
    parser.getgroup("workers").addoption("--leak-seconds", type=float, default=20.0, help=said)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    global _before  # noqa: PLW0603  # one test at a time
    _before = Things.now()
    _tasks.clear()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """What a fixture of a module or session starts is none of the test's."""
    if fixturedef.scope == "function":
        return (yield)
    with lasting():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    yield
    left = _left(item.config.option.leak_seconds)
    collect_unraisable(item.config)
    if not left and not _tasks:
        return
    for pid in left.processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    pytest.fail("\n".join(filter(None, ["left behind:", str(left), *_tasks])), pytrace=False)


def _left(seconds: float) -> Things:
    left = Things.now().since(_before)
    if left.descriptors:
        for close in before_looking:
            close()
        for generation in (1, 2):  # the first look, at what is young, is short and mostly enough
            gc.collect(generation)  # here, and not while another test runs: who complains of being unclosed is its own
            left = Things.now().since(_before)
            if not left.descriptors:
                break
    until = time.monotonic() + seconds
    while left and time.monotonic() < until:
        if not left.processes and not left.threads:
            break  # nobody closes a descriptor later
        time.sleep(0.01)
        left = Things.now().since(_before)
    return left


def _cancel_tasks(loop: asyncio.AbstractEventLoop, cancel: Any = asyncio.runners._cancel_all_tasks) -> None:  # type: ignore[attr-defined]  # the one place where a loop's last tasks can be seen
    _tasks.extend(f"task: {task!r}" for task in asyncio.all_tasks(loop) if not task.cancelling())
    cancel(loop)


asyncio.runners._cancel_all_tasks = _cancel_tasks  # type: ignore[attr-defined]  # see above
