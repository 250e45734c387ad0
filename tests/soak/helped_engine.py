"""An engine that has two workers copy a few objects, too: ``python -m tests.soak.helped_engine``."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from tests.leaks import children_of
from tui.engine.__main__ import main
from tui.engine.service import WORKERS_VARIABLE
from tui.features.cluster import local_engine, range_states
from tui.link.process import EngineProcess, EngineStart, Started, spawn

ENOUGH, PORTION = 20, 4
_ORDINARY = {WORKERS_VARIABLE: "0"}
_HELPED = {WORKERS_VARIABLE: "2"}


@contextmanager
def engines(*, helped: bool) -> Iterator[dict[str, str]]:
    """What the environment of engines is to have; while the block lasts they are started with or without workers."""
    if not helped:
        yield _ORDINARY
        return
    before, EngineProcess.spawn = EngineProcess.spawn, _spawn
    try:
        yield _HELPED
    finally:
        EngineProcess.spawn = before


def _spawn(start: EngineStart) -> Started:
    command = [__name__ if each == "tui.engine" else each for each in start.command]
    return spawn(replace(start, command=command))


def workers_of(engine: int) -> list[int]:
    return [pid for pid, command in children_of(engine) if "local_worker" in command]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    local_engine.ENOUGH, local_engine.SMALL, range_states.PORTION = ENOUGH, 1 << 40, PORTION
    main()
