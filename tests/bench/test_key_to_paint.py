"""From a key to its paint: quiet, and while a relay between two endpoints runs at full rate, in one session."""

from __future__ import annotations

import os
import re
import statistics
import time
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.servers.standin.standin import BIG, GeneratedBucket, Standin, running_standin

pytestmark = pytest.mark.bench

KEYS = 400
GAP = 0.02
"""Seconds between two keys: what the program still writes is read meanwhile."""

ROW = re.compile(r"event-\d{8}")


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
            before = source.statistics().sent
            start = time.perf_counter()
            loaded = seconds_per_key(terminal)
            rate = (source.statistics().sent - before) / (time.perf_counter() - start)
    for name, times in (("quiet", quiet), ("relay", loaded)):
        print(f"{name}: " + ", ".join(f"p{share} {percentile(times, share) * 1e3:.1f} ms" for share in (50, 95, 99)))
    print(f"ratio of p99: {percentile(loaded, 99) / percentile(quiet, 99):.2f}, relay {rate / 1e6:.0f} MB/s meanwhile")


def start_relay(terminal: Terminal) -> None:
    """Copy everything below ``s3://big/`` (right) into a bucket of the left endpoint that drops it."""
    terminal.send("o")
    terminal.until_shown("Open")
    terminal.send("s3://null/\r")
    terminal.until_shown("s3://null/")
    terminal.send("\t")
    terminal.send("*")
    terminal.send("c")
    terminal.until_shown("relay")
    terminal.send("\r")
    terminal.until_shown("running")
    terminal.send("\t")
    terminal.send("o")
    terminal.until_shown("Open")
    terminal.send("s3://wide/events/\r")
    terminal.until_shown("event-00000010")


def seconds_per_key(terminal: Terminal) -> list[float]:
    """The cursor goes down one row at a time; each key's time until the next row's name is written."""
    terminal.send("g")
    times: list[float] = []
    for number in range(1, KEYS + 1):
        terminal.read(GAP)
        seen = len(terminal.output)
        row = f"event-{number:08}".encode()
        start = time.perf_counter()
        terminal.send("j")
        terminal.until(lambda row=row, seen=seen: row in terminal.output[seen:], f"{row!r} painted")  # type: ignore[misc]  # reason: mypy does not infer lambdas with defaults
        times.append(time.perf_counter() - start)
    return times


def percentile(times: list[float], share: int) -> float:
    """The value below which `share` percent lie."""
    return statistics.quantiles(times, n=100)[share - 1]
