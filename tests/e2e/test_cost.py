"""What a screen costs: bytes to the terminal, requests to the server, memory; and that it is painted whole."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.servers.daemon import ServerError
from tests.servers.standin.standin import WIDE, Line, Standin, running_standin

FILES = 200
IDLE_SECONDS = 4.0
"""As long as nothing may be written: longer than any clock or spinner takes to turn."""


def name_of(number: int) -> str:
    return f"{number:04}-{hashlib.sha256(str(number).encode()).hexdigest()[:36]}"


@pytest.fixture
def panes(tmp_path: Path, surroundings: Path) -> Iterator[Terminal]:
    """A terminal of 140x40 cells with two directories of many files."""
    for side in ("left", "right"):
        directory = tmp_path / side
        directory.mkdir()
        for number in range(FILES):
            (directory / name_of(number)).touch()
            os.utime(directory / name_of(number), (1_600_000_000, 1_600_000_000))
    with Terminal([str(tmp_path / "left"), str(tmp_path / "right")], dict(os.environ), 140, 40) as terminal:
        terminal.until(lambda: terminal.text.count(name_of(0)[:20]) == 4, "the rows of both panes")
        terminal.send(" ", then="1 marked")
        yield terminal


def test_what_changes_takes_few_bytes_and_what_does_not_takes_none(panes: Terminal) -> None:
    panes.send("\x1b[6~")
    panes.until(lambda: name_of(35)[:20] in panes.text, "the cursor in the last line")
    begin = len(panes.output)
    panes.send("\x1b[6~")
    panes.until(lambda: name_of(60)[:20] in panes.text, "the rows below")
    assert 1_000 < len(panes.output) - begin < 6_000
    begin = len(panes.output)
    panes.send("\t ")  # the mark shows that the other pane has the keys, and takes bytes, too
    panes.until(lambda: panes.text.count("1 marked") == 2, "a mark in the other pane")
    assert 100 < len(panes.output) - begin < 4_000
    begin = len(panes.output)
    panes.send("g")  # what a clock or a spinner writes would never end
    panes.until(lambda: is_idle(panes), f"{IDLE_SECONDS} s in which nothing is written", 10 * IDLE_SECONDS)
    assert len(panes.output) - begin < 3_000  # that of the key, and of the scroll bars


def is_idle(terminal: Terminal) -> bool:
    end, begin = time.monotonic() + IDLE_SECONDS, len(terminal.output)
    while (left := end - time.monotonic()) > 0 and len(terminal.output) == begin:
        terminal.read(left)
    return len(terminal.output) == begin


def test_a_resized_or_spoilt_screen_is_painted_whole(panes: Terminal) -> None:
    before = panes.text

    def as_it_was() -> bool:
        return panes.text == before

    panes.resize(100, 30)
    panes.until(lambda: all(line.strip() for line in panes.lines), "every line")
    panes.resize(140, 40)
    panes.until(as_it_was, "the panes as they were")
    panes.resize(141, 40)  # for a moment
    panes.resize(140, 40)
    panes.until(as_it_was, "the panes as they were")
    panes.spoil()
    panes.send("\x0c")
    panes.until(as_it_was, "what stood there")


F3 = "\x1bOR"
HEADERS = 1024
"""Bytes of an answer's headers at most; those of the identity, which cannot be found out here, count, too."""

ESCAPES = (
    b"\x1b[2J\x1b[H\x1b[31m\x1b]0;title\x07\x1b]52;c;QUJD\x07\x1bP+q544e\x1b\\\x1b_x\x1b\\\x1b^y\x1b\\\x1bX\x1b\\"
    b"\x1b[?1049l\x1b[?25l\x1bc\x1b(0\x0e\x0f\x1b[6n\x1b[c\x1b[>q\x1b]8;;http://x\x1b\\\x9b2J\x9d0;t\x9c\x90q\x9c"
    b"\x07\x08\x0b\x0c\r\x7f\x1b[5i\x1b[20t\x1bZ\x1b#8"
).ljust(200, b".")


@pytest.fixture
def views(standin: Standin, surroundings: object) -> Terminal:
    client = standin.server.client(standin.server.a)
    client.create_bucket(Bucket="views")
    client.put_object(Bucket="views", Key="escapes", Body=ESCAPES)
    environment = {**os.environ, **standin.server.environment}
    return Terminal(["--left", "left", "--right", "left", "s3://big/events/", "s3://views"], environment)


@pytest.mark.server
def test_4_gib_and_every_escape_sequence_are_viewed_by_one_request_each(standin: Standin, views: Terminal) -> None:
    with views as terminal:
        terminal.until(lambda: "escapes" in terminal.text and "4.00 GiB" in terminal.text, "both panes", 30)
        terminal.click("4.00 GiB")
        standin.statistics(reset=True)
        begin = len(terminal.output)
        terminal.send(F3, then="byte 0 of 4,294,967,296")
        first = standin.statistics()
        assert {name: count for name, count in first.requests.items() if count and name != "other"} == {"get": 1}
        assert first.sent <= 65536 + HEADERS * sum(first.requests.values())
        assert len(terminal.output) - begin < 8_000
        terminal.send("G", then="100 %")
        terminal.send(":50%\r", then="2,147,483,")
        jumps = standin.statistics()
        assert jumps.requests["get"] <= 5
        assert jumps.sent <= 5 * 2 * 65536 + HEADERS * sum(jumps.requests.values())
        terminal.send("q", then="escapes")
        terminal.click("escapes")
        standin.statistics(reset=True)
        begin = len(terminal.output)
        terminal.send(F3, then="␛[2J␛[H")
        small = standin.statistics()
        assert small.requests["get"] == 1
        assert small.sent <= 200 + HEADERS * sum(small.requests.values())
        written = re.sub(
            rb"\x1b\]22;[a-z-]*\x07", b"", bytes(terminal.output[begin:])
        )  # the pointer's shape is Textual's
        assert len(written) < 6_000
        for sequence in (b"\x1b[2J", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1bc", b"\x07", b"\x0e", b"\x1b[6n", b"\xc2\x9b"):
            assert sequence not in written, sequence


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
    return max((int(found) for found in re.findall(r"event-(\d{8})", terminal.text)), default=-1)


@pytest.mark.server
@pytest.mark.parametrize("line", [SLOW], indirect=True, ids=["1 s"])
def test_rows_after_one_answer_and_scrolling_while_the_rest_comes(terminal: Terminal, standin_on_line: Standin) -> None:
    """With a second before each answer, the second list request has no answer yet when the first rows stand there."""
    assert standin_on_line.statistics().requests["list"] <= 2
    assert "1,000… loading" in terminal.text
    terminal.send("\x1b[6~" * 3)
    terminal.until(lambda: last_row(terminal) > 80, "the next pages of rows")
    assert "loading" in terminal.text
    assert standin_on_line.statistics().requests["list"] < WIDE.count / 1000


@pytest.mark.server
@pytest.mark.parametrize("line", [USUAL], indirect=True, ids=["30 ms"])
def test_all_rows_in_a_small_process(terminal: Terminal) -> None:
    scrolled_while_loading = 0
    terminal.send("\x1b[6~")  # to the last row that is shown
    while "loading" in terminal.text:
        before = last_row(terminal)
        terminal.send("\x1b[6~")
        terminal.until(partial(below, terminal, before), "the next page of rows", 5)
        scrolled_while_loading += 1
    assert scrolled_while_loading > 5
    terminal.until_shown(f"{WIDE.count:,}")
    terminal.send("G", then=f"event-{WIDE.count - 1:08}")
    assert most_memory(terminal.process.pid) < MEMORY


def below(terminal: Terminal, row: int) -> bool:
    return last_row(terminal) > row
