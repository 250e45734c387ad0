"""Keys that arrive in one read, as over a line that lags: each acts where it was typed for, and none answers unseen."""

import os
from collections.abc import Iterator
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input

from tests.e2e.terminal import Terminal
from tests.waiting import until
from tui.browser.input_order import OrderedInput

F5, F8, DOWN, HOME = b"\x1b[15~", b"\x1b[19~", b"\x1b[B", b"\x1b[H"
ERASE, ERASE_ALL, ESCAPE = b"\x7f", b"\x15", b"\x1b"


@pytest.fixture
def terminal(surroundings: object) -> Iterator[Terminal]:
    where = ["s3://media-prod-assets/", "s3://analytics-landing/in/"]
    with Terminal(["--demo", *where], dict(os.environ)) as terminal:
        terminal.until_shown("video.mp4")
        terminal.until_shown("daily/")
        yield terminal


def opened(terminal: Terminal) -> str:
    above = terminal.find("Open ─")[1]
    return terminal.lines[above + 1].split("│")[1].strip(" │")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (b"zzz" + 2 * ERASE + b"abc", "zabc"),
        (b"zzz" + HOME + b"abc", "abczzz"),
        (ERASE_ALL + b"s3://abc/", "s3://abc/"),
        (ERASE_ALL + b"one\x1b[D\x1b[Dtwo" + ERASE + b"x", "otwxne"),
        (ERASE_ALL + b"ab" * 40 + ERASE * 40 + b"!", "ab" * 20 + "!"),
    ],
    ids=["erase", "home", "erase all", "arrows", "long"],
)
def test_a_line_is_edited_in_order(terminal: Terminal, typed: bytes, shown: str) -> None:
    terminal.send("o")
    terminal.until_shown("Open ─")
    terminal.send(typed)
    terminal.until(lambda: opened(terminal) == shown, f"{shown!r} in the line")


def test_keys_behind_tab_act_in_the_other_pane(terminal: Terminal) -> None:
    """The cursor of the right pane goes to daily/ or below and Enter steps in there; the left pane stays."""
    terminal.send(b"\t" + HOME + b"\r")
    terminal.until_shown("in/daily")
    terminal.until_shown("video.mp4")
    terminal.send(ERASE + b"\t")
    terminal.until_gone("in/daily")


def test_a_burst_that_erases_and_submits_goes_where_it_says(terminal: Terminal) -> None:
    terminal.send(b"o" + ERASE_ALL + b"s3://media-prod-assets/imx" + ERASE + b"ages/\r")
    terminal.until_shown("assets/images")
    terminal.send(ERASE)
    terminal.until_shown("video.mp4")


def test_enter_in_the_same_read_does_not_copy_before_the_card_was_painted(terminal: Terminal) -> None:
    terminal.click(terminal.find("video.mp4"))
    terminal.send(F5 + b"\r")
    terminal.until_shown("Copy 1 object")
    terminal.until_shown("keeps")
    terminal.send(ESCAPE)
    terminal.until_gone("Copy 1 object")
    terminal.until_shown("README.md")
    assert "video.mp4" not in "\n".join(line[40:] for line in terminal.lines)


def test_a_key_typed_into_a_card_that_has_closed_does_nothing_in_the_panes(terminal: Terminal) -> None:
    terminal.click(terminal.find("video.mp4"))
    terminal.send(F5)
    terminal.until_shown("Copy 1 object")
    terminal.send(b"\x03" + F8)
    terminal.until_gone("Copy 1 object")
    terminal.send(b"?")
    terminal.until_shown("Help")
    terminal.send(b"\x03")
    terminal.until_gone("Help")
    assert "Delete ─" not in "\n".join(terminal.lines)


def test_a_deletion_is_not_confirmed_by_what_was_typed_before_it_was_painted(terminal: Terminal) -> None:
    terminal.until_shown("images/")
    terminal.click(terminal.find("images/"))
    terminal.send(F8 + b"60\r")
    terminal.until_shown("type 60 to confirm")
    terminal.send(b"6" + ERASE + b"61" + ERASE + b"1\r")
    terminal.until_shown("'61' is not 60")
    terminal.send(ESCAPE)
    terminal.until_gone("to confirm")
    terminal.until_shown("images/")


def test_a_pasted_text_runs_as_no_keys(terminal: Terminal) -> None:
    pasted = "\x1b[31mred m\t\r\ns3 bucket\r\x1b[A\x1b[200~\x7f q"
    for shown, where in (("3 lines not opened", b""), ("this dialog has no field for text", b"?")):
        terminal.send(where)
        terminal.until_shown("Help" if where else "F5 copy")
        terminal.send(f"\x1b[200~{pasted}\x1b[201~")
        terminal.until_shown(shown)
    terminal.send(ESCAPE)
    terminal.until_gone("Help")
    terminal.send(b"o" + ERASE_ALL + f"\x1b[200~{pasted}\x1b[201~".encode() + b"z")
    terminal.until_shown("␛[31mred m␉z")


class Line(App[None]):
    """Textual's own line of input, and what stood in it after each key."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.shown.append(event.value)


class OrderedLine(OrderedInput, Line):
    """The same in our order."""


async def after_burst(app: Line) -> list[str]:
    async with app.run_test():
        for key in [Key("b", "b"), Key("a", "a"), Key("backspace", None), Key("c", "c")]:
            app.post_message(key)
        await until(lambda: len(app.shown) == 4, "four keys have acted")
    return app.shown


async def test_our_order_is_the_order_of_the_keys() -> None:
    assert await after_burst(OrderedLine()) == ["b", "ba", "b", "bc"]


async def test_textual_itself_still_needs_it() -> None:
    """When this fails, Textual orders keys itself: see whether `tui/browser/input_order.py` can go."""
    assert await after_burst(Line()) == ["b", "ba", "bac", "ba"]


class Leaving(OrderedInput):
    """Opens a screen at a key and ends, so that the screen is never painted."""

    BINDINGS: ClassVar[list[BindingType]] = [("x", "leave", "")]

    def action_leave(self) -> None:
        self.push_screen(Screen())
        self.exit()


async def test_an_app_that_ends_at_a_key_waits_for_nothing_more() -> None:
    app = Leaving()
    async with app.run_test():
        app.post_message(Key("x", "x"))
        await until(lambda: app._exit, "the key has ended it")
    assert app._giving
    assert app._giving.done() or app._giving.cancelling()
