"""The installed command in a real terminal: a move and a deletion by keys as bytes, read off the screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

SIZES = [(80, 24), (200, 50)]

F6, F8, RIGHT = b"\x1b[17~", b"\x1b[19~", b"\x1b[C"
"""As xterm sends them."""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, surroundings: Path) -> Iterator[Terminal]:
    """The demo, with A's bucket on the left and B's on the right."""
    columns, rows = request.param
    where = ["s3://media-prod-assets/", "s3://analytics-landing/in/"]
    with Terminal(["--demo", *where], dict(os.environ), columns, rows) as terminal:
        terminal.until_shown("video.mp4")
        terminal.until_shown("daily/")
        yield terminal


def half(terminal: Terminal, *, left: bool) -> str:
    """One half of the screen: a pane."""
    middle = len(terminal.lines[0]) // 2
    return "\n".join(line[:middle] if left else line[middle:] for line in terminal.lines)


def test_an_object_is_moved_across(terminal: Terminal) -> None:
    terminal.click(terminal.find("video.mp4"))
    terminal.send(F6)
    terminal.until_shown("Move 1 object")
    terminal.until_shown("deleted after its copy")
    terminal.until_shown("keeps")
    terminal.send("\r")
    terminal.until(lambda: "video.mp4" in half(terminal, left=False), "video.mp4 on the right")
    terminal.until(lambda: "video.mp4" not in half(terminal, left=True), "no video.mp4 on the left")
    terminal.send("q")
    assert terminal.until_ended() == 0


def test_enter_alone_deletes_nothing_and_the_button_beside_deletes(terminal: Terminal) -> None:
    terminal.click(terminal.find("video.mp4"))
    terminal.send(F8)
    terminal.until_shown("Delete 1 object")
    terminal.send("\r")
    terminal.until_gone("Delete 1 object")
    terminal.until_gone("Press →, Enter to delete")  # the frame may be read half painted over
    terminal.until(lambda: "video.mp4" in half(terminal, left=True), "video.mp4 is still there")
    terminal.send(b"\x12")  # ctrl+r refreshes the listing
    terminal.until(lambda: "loading" not in terminal.text, "the refreshed listing")
    assert "video.mp4" in half(terminal, left=True)
    terminal.send("d")
    terminal.until_shown("Press →, Enter to delete")
    terminal.send(RIGHT)
    terminal.send("\r")
    terminal.until(lambda: "video.mp4" not in half(terminal, left=True), "no video.mp4 on the left")


def test_many_are_deleted_by_their_number(terminal: Terminal) -> None:
    terminal.click(terminal.find("images/"))
    terminal.send("d")
    terminal.until_shown("to confirm: 60")
    terminal.send("\r\r\r6\r")
    terminal.until_shown("'6' is not 60")
    terminal.send("0\r")
    terminal.until(lambda: "images/" not in half(terminal, left=True), "no images/ on the left")


def test_what_is_typed_in_one_go_reaches_the_options_of_the_card(terminal: Terminal) -> None:
    terminal.click(terminal.find("images/"))
    terminal.send("c")
    terminal.until_shown("Copy 60 objects")
    terminal.send("o*0007*\r")
    terminal.until_shown("Copy 1 object,")
    terminal.until_shown("include *0007*")
    terminal.send("d")
    terminal.until_shown("all 1")
    terminal.send("c")
    terminal.until(lambda: "images/" in half(terminal, left=False), "images/ on the right")


def test_what_is_typed_behind_a_tab_reaches_the_next_line(terminal: Terminal) -> None:
    terminal.click(terminal.find("images/"))
    terminal.send("c")
    terminal.until_shown("Copy 60 objects")
    terminal.send("o")
    terminal.until_shown("include")
    terminal.send("*0007*\t*.tmp\t\t\t10M\r")
    terminal.until_shown("include *0007* · exclude *.tmp · min size 10M")
