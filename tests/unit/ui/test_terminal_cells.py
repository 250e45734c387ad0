"""Of each frame only the changes go to the terminal, and the terminal shows the same as with all of it."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.ui.terminal.cells import Cells, spans_of
from tui.ui.terminal.sgr import change, look_of, on_blank

COLUMNS, ROWS = 24, 5

ATTRIBUTES = st.lists(st.sampled_from(["1", "3", "4", "7", "9"]), unique=True, max_size=2)
COLOURS = st.sampled_from(["", "31", "96", "38;5;17", "38;2;1;2;3", "38;2;200;100;0"])
GROUNDS = st.sampled_from(["", "42", "103", "48;5;17", "48;2;9;8;7"])


@st.composite
def looks(draw: st.DrawFn) -> str:
    return ";".join(part for part in (*draw(ATTRIBUTES), draw(COLOURS), draw(GROUNDS)) if part)


@st.composite
def spans(draw: st.DrawFn) -> str:
    """Text in pieces of one look each, from some cell on, that does not reach beyond the line."""
    row, column = draw(st.integers(1, ROWS)), draw(st.integers(1, COLUMNS))
    parts, room = [f"\x1b[{row};{column}H"], COLUMNS - column + 1
    for text in draw(st.lists(st.text("ab  ─▸…é日本⚠", min_size=1, max_size=9), min_size=1, max_size=4)):
        while cell_len(text) > room:
            text = text[:-1]
        room -= cell_len(text)
        look = draw(looks())
        parts.append(f"\x1b[{look}m{text}\x1b[0m" if look else text)
    return "".join((*parts, "\n" if row < ROWS else ""))


@st.composite
def frames(draw: st.DrawFn) -> str:
    row, column = draw(st.integers(1, ROWS)), draw(st.integers(1, COLUMNS))
    return "".join(draw(st.lists(spans(), min_size=1, max_size=6))) + f"\x1b[{row};{column}H"


class Emulator:
    """A terminal as far as it shows text; its lines are not wrapped."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)
        self._stream.feed("\x1b[?7l")

    def show(self, written: str) -> None:
        """Take what was written."""
        self._stream.feed(written)

    @property
    def seen(self) -> list[list[tuple[object, ...]]]:
        """What is to be seen in each cell: of a space without line or reverse only its background."""
        cells = [[self.screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]
        return [
            [
                (" ", each.bg)
                if each.data == " " and not (each.underscore or each.reverse or each.strikethrough)
                else tuple(each)
                for each in line
            ]
            for line in cells
        ]

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor."""
        return self.screen.cursor.y, self.screen.cursor.x


@given(st.lists(frames(), min_size=1, max_size=6))
def test_the_terminal_shows_the_same_as_with_whole_frames(shown: list[str]) -> None:
    cells, whole, changed = Cells(), Emulator(), Emulator()
    for frame in shown:
        whole.show(frame.replace("\n", "\r\n"))
        changed.show(cells.changes(frame, COLUMNS, ROWS))
        assert changed.seen == whole.seen
        assert changed.cursor == whole.cursor


@given(frames())
def test_a_frame_that_is_shown_already_takes_no_byte(frame: str) -> None:
    cells, twice = Cells(), frame + frame
    cells.changes(twice, COLUMNS, ROWS)
    if not has_overlaps(frame):
        assert cells.changes(frame, COLUMNS, ROWS) == ""


def has_overlaps(frame: str) -> bool:
    """Whether a cell is written twice: the first writing would be a change each time."""
    written = [(span.y, span.x + cell) for span in spans_of(frame, ROWS) or () for cell in range(len(span.texts))]
    return len(written) != len(set(written))


@given(looks(), looks())
def test_a_change_of_looks_is_never_longer_than_a_new_beginning(before: str, after: str) -> None:
    sequence, reached = change(before, after)
    assert look_of(reached) == look_of(after)
    assert len(sequence) <= len(f"\x1b[0;{after}m")


def test_one_changed_digit_takes_one_digit() -> None:
    cells = Cells()
    cells.changes("\x1b[2;1H\x1b[38;2;1;2;3mcopied 17 of 99\x1b[0m\x1b[1;1H", 80, 24)
    changes = cells.changes("\x1b[2;1H\x1b[38;2;1;2;3mcopied 18 of 99\x1b[0m\x1b[1;1H", 80, 24)
    assert changes == "\x1b[2;9H\x1b[38;2;1;2;3m8\x1b[1;1H\x1b[m"


def test_only_what_differs_of_two_looks_is_written() -> None:
    assert change("1;38;2;1;2;3;48;2;9;9;9", "1;31;48;2;9;9;9")[0] == "\x1b[31m"
    assert change("1;31", "31")[0] == "\x1b[22m"
    assert change("4;31;42", "31")[0] == "\x1b[0;31m"
    assert change("", "")[0] == ""


def test_the_colour_of_text_is_not_written_for_a_space() -> None:
    assert on_blank("1;31;42") == "42"
    assert on_blank("4;31;42") == "4;31;42"
    assert change("31;42", "42", blank=True) == ("", "31;42")


def test_a_wide_character_is_written_with_what_follows_it() -> None:
    cells = Cells()
    cells.changes("\x1b[1;1H\x1b[1m日\x1b[0m\x1b[1ma\x1b[0m\x1b[1;1H", 80, 24)
    assert cells.changes("\x1b[1;1H\x1b[1m日\x1b[0ma\x1b[1;1H", 80, 24) == "\x1b[1;1H\x1b[1m日\x1b[ma\x1b[1;1H"


def test_from_a_character_of_uncertain_width_on_the_line_is_written_as_a_whole() -> None:
    cells = Cells()
    cells.changes("\x1b[1;1Hab ⚠ cd ef\x1b[1;1H", 80, 24)
    assert cells.changes("\x1b[1;1Hab ⚠ cd eg\x1b[1;1H", 80, 24) == "\x1b[1;1Hab ⚠ cd eg\x1b[1;1H"


@pytest.mark.parametrize(
    "frame",
    [
        "\x1b[1;1Hab\x1b[2Kcd",
        "\x1b[1;1Hab\x1b[31mcd",
        "\x1b[1;1H\x1b[77mab\x1b[0m",
        "\x1b[1;1H\x1b[38;2;1mab\x1b[0m",
        "\x1b[1;1Hab\tcd",
        "ab",
        "\x1b[1;1Hab\ncd",
        "\x1b[24;1Hab\n",
        "\x1b[1;1H\x1b]8;id=1;https://a\x1b\\ab\x1b]8;;\x1b\\",
    ],
)
def test_what_is_not_understood_is_written_as_it_is_and_everything_after_it_again(frame: str) -> None:
    cells, known = Cells(), "\x1b[3;1Hknown\x1b[1;1H"
    cells.changes(known, 80, 24)
    assert cells.changes(frame, 80, 24) == frame
    assert cells.changes(known, 80, 24) == known


@pytest.mark.parametrize("frame", ["\x1b[25;1Hbelow", "\x1b[1;79Hbeyond"])
def test_a_frame_for_another_size_is_written_as_it_is(frame: str) -> None:
    cells = Cells()
    assert cells.changes(frame, 80, 24) == frame
    assert cells.changes(frame, 80, 24) == frame
