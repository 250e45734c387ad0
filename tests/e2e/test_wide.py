"""A prefix of 200,000 keys: rows after one answer, keys that work at the same time, and a process that stays small."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.servers.daemon import ServerError
from tests.servers.standin.standin import WIDE, Line, Standin, running_standin

pytestmark = pytest.mark.server

SLOW, USUAL = Line(latency_ms=1000), Line(latency_ms=30)
MEMORY = 250_000_000
"""Bytes that the screen's process may ever have in memory."""


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Line:
    chosen: Line = request.param
    return chosen


@pytest.fixture
def standin_on_line(tmp_path: Path, line: Line) -> Iterator[Standin]:
    try:
        with running_standin(tmp_path, [WIDE], line) as standin:
            yield standin
    except ServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def terminal(standin_on_line: Standin, surroundings: Path) -> Iterator[Terminal]:
    server = standin_on_line.server
    arguments = ["--left", server.a.profile, "--right", server.b.profile, f"s3://{WIDE.name}/events/"]
    with Terminal(arguments, {**os.environ, **server.environment}, 160, 45) as terminal:
        terminal.until_shown("event-00000000")
        yield terminal


def most_memory(pid: int) -> int:
    """The most bytes that a process has had in memory so far (proc(5), "VmHWM")."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def last_row(terminal: Terminal) -> int:
    """The highest number of an event that the screen shows."""
    return max((int(found) for found in re.findall(r"event-(\d{8})", terminal.text)), default=-1)


@pytest.mark.parametrize("line", [SLOW], indirect=True, ids=["1 s"])
def test_rows_after_one_answer_and_scrolling_while_the_rest_comes(terminal: Terminal, standin_on_line: Standin) -> None:
    """With a second before each answer, the second list request has no answer yet when the first rows stand there."""
    assert standin_on_line.statistics().requests["list"] <= 2
    assert "1,000… loading" in terminal.text
    terminal.send("\x1b[6~" * 3)
    terminal.until(lambda: last_row(terminal) > 80, "the next pages of rows")
    assert "loading" in terminal.text
    assert standin_on_line.statistics().requests["list"] < WIDE.count / 1000


@pytest.mark.parametrize("line", [USUAL], indirect=True, ids=["30 ms"])
def test_all_rows_in_a_small_process(terminal: Terminal) -> None:
    scrolled_while_loading = 0
    terminal.send("\x1b[6~")  # to the last row that is shown
    while "loading" in terminal.text:
        before = last_row(terminal)
        terminal.send("\x1b[6~")
        moved = partial(below, terminal, before)
        terminal.until(moved, "the next page of rows", 5)
        scrolled_while_loading += 1
    assert scrolled_while_loading > 5
    terminal.until_shown(f"{WIDE.count:,}")
    terminal.send("G")
    terminal.until_shown(f"event-{WIDE.count - 1:08}")
    assert most_memory(terminal.process.pid) < MEMORY


def below(terminal: Terminal, row: int) -> bool:
    """Whether rows further down than `row` are on the screen."""
    return last_row(terminal) > row
