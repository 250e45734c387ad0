"""What the screen writes to the terminal, by what is going on: bytes, and how many of them are colours or motions."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.relays import start_relay
from tests.e2e.terminal import Terminal
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, running_standin

pytestmark = pytest.mark.bench

COLUMNS, ROWS = 140, 40
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


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes of one measurement: all, those of SGR sequences, of other control sequences, of text; and frames."""

    total: int
    colours: int
    motions: int
    frames: int

    @classmethod
    def of(cls, output: bytes) -> Written:
        """Count `output`."""
        colours = sum(map(len, SGR.findall(output)))
        controls = sum(map(len, CONTROL.findall(output)))
        return cls(len(output), colours, controls - colours, output.count(FRAME))


def settled(terminal: Terminal) -> None:
    """Read until nothing has come for a second."""
    seen, since = len(terminal.output), time.monotonic()
    while time.monotonic() - since < SETTLE_SECONDS:
        terminal.read(SETTLE_SECONDS)
        if len(terminal.output) != seen:
            seen, since = len(terminal.output), time.monotonic()


def during(terminal: Terminal, what: Callable[[], None]) -> Written:
    """What is written while `what` runs."""
    begin = len(terminal.output)
    what()
    return Written.of(bytes(terminal.output[begin:]))


def after_key(terminal: Terminal, key: str) -> Written:
    """What one key costs: the mean of `TIMES` presses."""

    def press() -> None:
        for _ in range(TIMES):
            terminal.send(key)
            settled(terminal)

    written = during(terminal, press)
    return Written(written.total // TIMES, written.colours // TIMES, written.motions // TIMES, written.frames // TIMES)


def in_a_minute(terminal: Terminal) -> Written:
    """What is written in `WATCHED_SECONDS`, as of a minute."""

    def watch() -> None:
        end = time.monotonic() + WATCHED_SECONDS
        while (left := end - time.monotonic()) > 0:
            terminal.read(left)

    written, factor = during(terminal, watch), 60 / WATCHED_SECONDS
    counts = (written.total, written.colours, written.motions, written.frames)
    return Written(*(round(count * factor) for count in counts))


def test_terminal_bytes(standin: Standin, surroundings: Path, tmp_path: Path) -> None:
    source_bucket = GeneratedBucket("big", 5_000, 4 << 20)
    with running_standin(tmp_path, [source_bucket], Line(megabytes_per_second=10)) as source:
        environment = {**os.environ, **standin.server.environment}
        arguments = ["--left", "left", "--right", "right", "--right-endpoint", source.server.endpoint]
        with Terminal([*arguments, "s3://wide/events/", "s3://big/"], environment, COLUMNS, ROWS) as terminal:
            terminal.until_shown("event-00000010")
            terminal.until_shown("200,000")
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
