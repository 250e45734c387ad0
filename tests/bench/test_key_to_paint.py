"""From a key to its paint: quiet, and while a relay between two endpoints runs at full rate, in one session."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.bench.relays import start_relay
from tests.e2e.terminal import Terminal
from tests.servers.standin.standin import BIG, GeneratedBucket, Standin, running_standin

pytestmark = pytest.mark.bench

KEYS = 400
GAP = 0.02
"""Seconds between two keys: what the program still writes is read in between."""

ALONE_SECONDS = 5.0
"""How long the relay is watched without a key, before the keys and after them: its full rate."""

FULL = 0.7
"""The share of its full rate that the relay must move at while keys are pressed, or the keys were measured in vain."""


def test_key_to_paint(standin: Standin, surroundings: Path, tmp_path: Path) -> None:
    big = GeneratedBucket(BIG.name, 64, 1 << 30)
    with running_standin(tmp_path, [big]) as source:
        environment = {**os.environ, **standin.server.environment}
        arguments = ["--left", "left", "--right", "right", "--right-endpoint", source.server.endpoint]
        with Terminal([*arguments, "s3://wide/events/", "s3://big/"], environment, 170, 40) as terminal:
            terminal.until_shown("event-00000010")
            terminal.until_shown("200,000")
            quiet = seconds_per_key(terminal)
            start_relay(terminal)
            before = rate_during(source, lambda: watch(terminal, ALONE_SECONDS))
            loaded = list[float]()
            rate = rate_during(source, lambda: loaded.extend(seconds_per_key(terminal)))
            full = (before + rate_during(source, lambda: watch(terminal, ALONE_SECONDS))) / 2
    for name, times in (("quiet", quiet), ("relay", loaded)):
        print(f"{name}: " + ", ".join(f"p{share} {percentile(times, share) * 1e3:.1f} ms" for share in (50, 95, 99)))
    print(f"ratio of p99: {percentile(loaded, 99) / percentile(quiet, 99):.2f}")
    print(f"relay: {rate / 1e6:.0f} MB/s while keys are pressed, {full / 1e6:.0f} MB/s without keys")
    assert rate >= FULL * full, "the relay did not run at its full rate"


def rate_during(source: Standin, what: Callable[[], None]) -> float:
    """Bytes per second that `source` sends while `what` runs."""
    before, start = source.statistics().sent, time.perf_counter()
    what()
    return (source.statistics().sent - before) / (time.perf_counter() - start)


def watch(terminal: Terminal, seconds: float) -> None:
    """Read what the program writes for so long."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        terminal.read(left)


def seconds_per_key(terminal: Terminal) -> list[float]:
    """The cursor goes down one row at a time; each key's time until something is written in its new line."""
    terminal.send("g")
    terminal.until_shown("event-00000000")
    lines = [number for number, line in enumerate(terminal.lines, 1) if "event-" in line]
    times: list[float] = []
    for number in range(1, KEYS + 1):
        terminal.read(GAP)
        seen, line = len(terminal.output), lines[min(number, len(lines) - 1)]
        start = time.perf_counter()
        terminal.send("j")
        terminal.until(partial(written_in, terminal, line, seen), f"the cursor in line {line}")
        times.append(time.perf_counter() - start)
    return times


def written_in(terminal: Terminal, line: int, begin: int) -> bool:
    """Whether the program has written in a line of the screen since the byte `begin`."""
    return f"\x1b[{line};".encode() in terminal.output[begin:]


def percentile(times: list[float], share: int) -> float:
    """The value below which `share` percent lie."""
    return statistics.quantiles(times, n=100)[share - 1]
