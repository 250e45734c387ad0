"""What the screen costs: from a start or a key to its paint, and the bytes that are written to the terminal."""

from __future__ import annotations

import os
import re
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.conftest import ask_engine
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.server import S3Server
from tests.servers.standin.standin import BIG, GeneratedBucket, Line, Standin, running_standin
from tui.link.process import EngineProcess
from tui.link.request import Hello

pytestmark = pytest.mark.bench


@contextmanager
def relaying(source: Standin, target: S3Server, columns: int, rows: int) -> Iterator[Terminal]:
    """Panes on `target`, left, and `source`; the engine, which a relay keeps alive, ends with the block."""
    places = ["--right-endpoint", source.server.endpoint, "s3://wide/events/", "s3://big/"]
    environment, process = {**os.environ, **target.environment}, EngineProcess(target.environment)
    try:
        with Terminal(["--left", "left", "--right", "right", *places], environment, columns, rows) as terminal:
            terminal.until_shown("event-00000010")
            terminal.until_shown("200,000")
            yield terminal
    finally:
        os.kill(ask_engine(Hello(), process).pid, signal.SIGTERM)
        process.wait_until_gone()


def start_relay(terminal: Terminal) -> None:
    """Copy everything below ``s3://big/`` (right) into a bucket of the left endpoint that drops it.

    The left pane, which has the keys, shows ``s3://wide/events/`` from its first row on, before and after.
    """
    for keys, shown in (
        ("go", "Open"),
        ("s3://null/\r", "s3://null/"),
        ("\t*C", "relay"),
        ("\r", "running"),
        ("\to", "Open"),
        ("s3://wide/events/\r", "event-00000010"),
    ):
        terminal.send(keys)
        terminal.until_shown(shown)


KEYS = 400
CURSOR = b"48;2;1;120;212m"
"""The background of the cursor's row."""
GAP = 0.02
"""Seconds between two keys: what the program still writes is read in between."""

ALONE_SECONDS = 5.0
"""How long the relay is watched without a key, before the keys and after them: its full rate."""

FULL = 0.7
"""The share of its full rate that the relay must move at while keys are pressed, or the keys were measured in vain."""


def test_key_to_paint(standin: Standin, surroundings: Path, tmp_path: Path) -> None:
    big = GeneratedBucket(BIG.name, 64, 1 << 30)
    with running_standin(tmp_path, [big]) as source, relaying(source, standin.server, 170, 40) as terminal:
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
    """The cursor goes down from `..`, one row at a time; each key's time until the cursor's new row is painted."""
    terminal.send("g")
    terminal.until_shown("event-00000000")
    watch(terminal, SETTLE_SECONDS)  # a key in the same frame would only take the cursor back to where it was
    times: list[float] = []
    for _ in range(KEYS):
        terminal.read(GAP)
        seen = len(terminal.output)
        start = time.perf_counter()
        terminal.send("j")
        terminal.until(partial(painted, terminal, seen), "the cursor in the next row")
        times.append(time.perf_counter() - start)
    return times


def painted(terminal: Terminal, begin: int) -> bool:
    return CURSOR in terminal.output[begin:]


def percentile(times: list[float], share: int) -> float:
    """The value below which `share` percent lie."""
    return statistics.quantiles(times, n=100)[share - 1]


SETTLE_SECONDS = 1.0
"""Seconds without a byte after which a key's paint is over."""
WATCHED_SECONDS = 15.0
"""How long idling and a transfer are watched."""
TIMES = 4
"""How often each key is pressed; even, so that Tab ends where it began."""

PAGE_DOWN = "\x1b[6~"
SGR = re.compile(rb"\x1b\[[0-9;]*m")
CONTROL = re.compile(rb"\x1b\[[0-9;?$>]*[A-Za-z]")
FRAME = b"\x1b[?2026h"


class Written(NamedTuple):
    """Bytes of one measurement: all, those of SGR sequences, of other control sequences, of text; and frames."""

    total: int
    colours: int
    motions: int
    frames: int

    @classmethod
    def of(cls, output: bytes) -> Written:
        colours = sum(map(len, SGR.findall(output)))
        controls = sum(map(len, CONTROL.findall(output)))
        return cls(len(output), colours, controls - colours, output.count(FRAME))

    def times(self, factor: float) -> Written:
        return Written(*(round(count * factor) for count in self))


def settled(terminal: Terminal) -> None:
    seen, since = len(terminal.output), time.monotonic()
    while time.monotonic() - since < SETTLE_SECONDS:
        terminal.read(SETTLE_SECONDS)
        if len(terminal.output) != seen:
            seen, since = len(terminal.output), time.monotonic()


def during(terminal: Terminal, what: Callable[[], None]) -> Written:
    begin = len(terminal.output)
    what()
    return Written.of(bytes(terminal.output[begin:]))


def after_key(terminal: Terminal, key: str) -> Written:
    def press() -> None:
        for _ in range(TIMES):
            terminal.send(key)
            settled(terminal)

    return during(terminal, press).times(1 / TIMES)


def in_a_minute(terminal: Terminal) -> Written:
    """What is written in `WATCHED_SECONDS`, as of a minute."""
    return during(terminal, lambda: watch(terminal, WATCHED_SECONDS)).times(60 / WATCHED_SECONDS)


def test_terminal_bytes(standin: Standin, surroundings: Path, tmp_path: Path) -> None:
    source_bucket = GeneratedBucket("big", 5_000, 4 << 20)
    with (
        running_standin(tmp_path, [source_bucket], Line(megabytes_per_second=10)) as source,
        relaying(source, standin.server, 140, 40) as terminal,
    ):
        settled(terminal)
        table = {"idle, a minute": in_a_minute(terminal)}
        table["page down"] = after_key(terminal, PAGE_DOWN)
        table["cursor down"] = after_key(terminal, "j")
        table["Tab"] = after_key(terminal, "\t")
        start_relay(terminal)
        table["transfer, a minute"] = in_a_minute(terminal)
        terminal.send("t")
        terminal.until_shown("total  ")
        table["transfer with the panel, a minute"] = in_a_minute(terminal)
    print(f"{'':>34} {'bytes':>10} {'colours':>10} {'motions':>10} {'text':>10} {'frames':>7}")
    for name, written in table.items():
        text = written.total - written.colours - written.motions
        print(
            f"{name:>34} {written.total:>10,} {written.colours:>10,} {written.motions:>10,} {text:>10,}"
            f" {written.frames:>7,}"
        )


ROUNDS = 9

PANES_SHOWN = b"F5"
"""Stands in the footer, the last line of the first frame."""

BUCKETS_SHOWN = b"media-prod-assets"
"""A bucket: the engine has answered."""

BARE = """
from textual.app import App, ComposeResult
from textual.widgets import Static

class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("painted")

Bare().run()
"""


def seconds_until(program: Path, arguments: list[str], environment: Mapping[str, str], shown: bytes) -> float:
    """From the start of the program to the moment when `shown` was written to the terminal."""
    start = time.perf_counter()
    with Terminal(arguments, environment, 120, 40, program=program) as terminal:
        terminal.until(lambda: shown in terminal.output, repr(shown))
        return time.perf_counter() - start


def test_first_paint(demo_server: S3Server, surroundings: Path) -> None:
    python = Path(sys.executable)
    plain = dict(os.environ)
    with_profiles = {**plain, **demo_server.environment}
    profiles = ["--left", demo_server.a.profile, "--right", demo_server.b.profile]
    candidates: dict[str, Callable[[], float]] = {
        "bare Textual": lambda: seconds_until(python, ["-c", BARE], plain, b"painted"),
        "two profiles": lambda: seconds_until(COMMAND, profiles, with_profiles, PANES_SHOWN),
        "--demo": lambda: seconds_until(COMMAND, ["--demo"], plain, PANES_SHOWN),
        "two profiles, rows": lambda: seconds_until(COMMAND, profiles, with_profiles, BUCKETS_SHOWN),
        "--demo, rows": lambda: seconds_until(COMMAND, ["--demo"], plain, BUCKETS_SHOWN),
    }
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, measure in candidates.items():
            seen[name].append(measure())
    bare = statistics.median(seen["bare Textual"])
    for name, times in seen.items():
        median = statistics.median(times)
        print(f"{name:>20}: {median:.3f} s (min {min(times):.3f}, max {max(times):.3f}), ratio {median / bare:.2f}")
