"""How soon the panes stand on the screen, against a Textual app that shows one word, in the same run."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.server import S3Server

pytestmark = pytest.mark.bench

ROUNDS = 9

PANES = b"F5"
"""Stands in the footer, the last line of the first frame."""

ROWS = b"media-prod-assets"
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
        "two profiles": lambda: seconds_until(COMMAND, profiles, with_profiles, PANES),
        "--demo": lambda: seconds_until(COMMAND, ["--demo"], plain, PANES),
        "two profiles, rows": lambda: seconds_until(COMMAND, profiles, with_profiles, ROWS),
        "--demo, rows": lambda: seconds_until(COMMAND, ["--demo"], plain, ROWS),
    }
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, measure in candidates.items():
            seen[name].append(measure())
    bare = statistics.median(seen["bare Textual"])
    for name, times in seen.items():
        median = statistics.median(times)
        print(f"{name:>20}: {median:.3f} s (min {min(times):.3f}, max {max(times):.3f}), ratio {median / bare:.2f}")
