"""What looking at an object costs: bytes from the server, bytes to the terminal, counted."""

from __future__ import annotations

import os
import re

import pytest

from tests.e2e.terminal import Terminal
from tests.servers.standin.standin import Standin

pytestmark = pytest.mark.server

F3 = "\x1bOR"
HEADERS = 1024
"""Bytes of an answer's headers at most; those of the identity, which cannot be found out here, count, too."""

ESCAPES = (
    b"\x1b[2J\x1b[H\x1b[31m\x1b]0;title\x07\x1b]52;c;QUJD\x07\x1bP+q544e\x1b\\\x1b_x\x1b\\\x1b^y\x1b\\\x1bX\x1b\\"
    b"\x1b[?1049l\x1b[?25l\x1bc\x1b(0\x0e\x0f\x1b[6n\x1b[c\x1b[>q\x1b]8;;http://x\x1b\\\x9b2J\x9d0;t\x9c\x90q\x9c"
    b"\x07\x08\x0b\x0c\r\x7f\x1b[5i\x1b[20t\x1bZ\x1b#8"
).ljust(200, b".")


@pytest.fixture
def panes(standin: Standin, surroundings: object) -> Terminal:
    client = standin.server.client(standin.server.a)
    client.create_bucket(Bucket="views")
    client.put_object(Bucket="views", Key="escapes", Body=ESCAPES)
    environment = {**os.environ, **standin.server.environment}
    return Terminal(["--left", "left", "--right", "left", "s3://big/events/", "s3://views"], environment)


def test_4_gib_and_every_escape_sequence_are_viewed_by_one_request_each(standin: Standin, panes: Terminal) -> None:
    with panes as terminal:
        terminal.until(lambda: "escapes" in terminal.text and "4.00 GiB" in terminal.text, "both panes", 30)
        terminal.click(terminal.find("4.00 GiB"))
        standin.statistics(reset=True)
        begin = len(terminal.output)
        terminal.send(F3)
        terminal.until_shown("byte 0 of 4,294,967,296")
        first = standin.statistics()
        assert {name: count for name, count in first.requests.items() if count and name != "other"} == {"get": 1}
        assert first.sent <= 65536 + HEADERS * sum(first.requests.values())
        assert len(terminal.output) - begin < 8_000
        terminal.send("G")
        terminal.until_shown("100 %")
        terminal.send(":50%\r")
        terminal.until_shown("2,147,483,")
        jumps = standin.statistics()
        assert jumps.requests["get"] <= 5
        assert jumps.sent <= 5 * 2 * 65536 + HEADERS * sum(jumps.requests.values())
        terminal.send("q")
        terminal.until_shown("escapes")
        terminal.click(terminal.find("escapes"))
        standin.statistics(reset=True)
        begin = len(terminal.output)
        terminal.send(F3)
        terminal.until_shown("␛[2J␛[H")
        small = standin.statistics()
        assert small.requests["get"] == 1
        assert small.sent <= 200 + HEADERS * sum(small.requests.values())
        written = re.sub(
            rb"\x1b\]22;[a-z-]*\x07", b"", bytes(terminal.output[begin:])
        )  # the pointer's shape is Textual's
        assert len(written) < 6_000
        for sequence in (b"\x1b[2J", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1bc", b"\x07", b"\x0e", b"\x1b[6n", b"\xc2\x9b"):
            assert sequence not in written, sequence
