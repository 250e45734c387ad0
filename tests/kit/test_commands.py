"""The tables of commands, what we use of Textual's private parts, and which cells go to the terminal."""

import inspect
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from functools import partial
from types import SimpleNamespace
from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.message_pump import MessagePump
from textual.notifications import Notifications
from textual.widgets import Input, OptionList

from tests.browser.scripted import ScriptedEngine
from tui.app.app import XS3App
from tui.app.browser_screen import BrowserScreen
from tui.browser.card_lines import CHECK_MARKS
from tui.browser.dry_run_screen import ACTION_TONES
from tui.core.key_names import key_name
from tui.core.transfer import AccessOutcome, Outcome, PlannedAction, TransferKind, TransferState, VerificationOutcome
from tui.features.transfer_list.screen import TransfersPanel
from tui.features.transfer_list.transfer_lines_view import GROUPS, STATE_MARKS
from tui.features.transfer_list.transfer_screen import OUTCOME_MARKS, VERIFICATION_TONES
from tui.kit.command_base import CommandScope
from tui.kit.commands import COMMANDS, bindings, commands_of, footer_commands, take_actions
from tui.kit.footer import footer_items
from tui.kit.lines import STYLES
from tui.panes.news import PaneSide
from tui.panes.pane import Pane
from tui.panes.tabs import PaneTabs
from tui.panes.tree_table import KeyedTable
from tui.settings import AppStart, Settings
from tui.terminal.painted_cells import Cells, spans_of
from tui.terminal.sgr import change, look_of, on_blank
from tui.text.format import Tone
from tui.text.order_lines import DONE

SWALLOWED = {"ctrl+enter", "ctrl+h", "ctrl+i", "ctrl+m"}
"""Dead or aliases of other keys in many terminals."""


def test_no_key_and_no_name_stands_twice() -> None:
    """The list of transfers has keys of its own, which may be those of the panes, but not those of the app."""
    for beside in (
        {CommandScope.APP, CommandScope.BROWSER, CommandScope.TABS, CommandScope.PANE},
        {CommandScope.APP, CommandScope.TRANSFERS},
    ):
        keys = Counter(key for command in COMMANDS if command.scope in beside for key in command.keys)
        assert [key for key, times in keys.items() if times > 1] == []
    assert [name for name, times in Counter(command.id for command in COMMANDS).items() if times > 1] == []


def test_a_command_can_be_reached_in_every_terminal() -> None:
    assert [one for one in COMMANDS if (set(one.keys) <= SWALLOWED if one.keys else not one.in_palette)] == []
    with_f_key = [one for one in COMMANDS if any(key[0] == "f" and key[1:].isdigit() for key in one.keys)]
    f_key_alone = [one for one in with_f_key if not (one.menu or any(len(key) == 1 for key in one.keys))]
    assert f_key_alone == [], "terminals take F keys for themselves"


def test_a_command_has_an_action_where_it_is_bound() -> None:
    nodes: dict[CommandScope, list[object]] = {
        CommandScope.APP: [XS3App],
        CommandScope.BROWSER: [BrowserScreen(AppStart(), Settings(), ScriptedEngine())],
        CommandScope.TABS: [PaneTabs],
        CommandScope.PANE: [Pane(PaneSide.LEFT, ScriptedEngine()), KeyedTable],
        CommandScope.TRANSFERS: [TransfersPanel(ScriptedEngine())],
    }
    acting = {one.id: [getattr(node, f"action_{one.id}", None) for node in nodes[one.scope]] for one in COMMANDS}
    assert [name for name, actions in acting.items() if not any(map(callable, actions))] == []


OTHERS = [command.id for command in commands_of(CommandScope.APP) if command.id != "help"]


class Controller:
    def __init__(self, *commands: str) -> None:
        self.pressed: list[str] = []
        for command in commands:
            setattr(self, f"action_{command}", partial(self.pressed.append, command))


def test_a_node_has_the_actions_of_its_controllers() -> None:
    """A command that none of them has, or two have, is a defect that is seen at once."""
    node, first = SimpleNamespace(), Controller("help", "unknown")
    take_actions(node, commands_of(CommandScope.APP), first, Controller(*OTHERS))
    node.action_help()
    assert first.pressed == ["help"]
    assert not hasattr(node, "action_unknown")
    commands = commands_of(CommandScope.APP)
    with pytest.raises(TypeError, match="0 actions for the command quit"):
        take_actions(node, commands, Controller("help", *(name for name in OTHERS if name != "quit")))
    with pytest.raises(TypeError, match="2 actions for the command help"):
        take_actions(node, commands, Controller("help", *OTHERS), Controller("help"))


def test_its_words_fit_footer_and_help() -> None:
    assert [command.label for command in COMMANDS if len(command.label) > 18] == []
    assert [command.help for command in COMMANDS if not command.help[0].isupper() or command.help.endswith(".")] == []


def test_bindings_carry_the_words_and_only_the_footers_are_shown() -> None:
    copy = next(binding for binding in bindings(CommandScope.BROWSER) if binding.action == "copy")
    assert (copy.key, copy.description, copy.show) == ("f5,C", "copy", True)
    shown = {command.id for command in COMMANDS if command.binding().show}
    assert {command.id for command in [*footer_commands(), *footer_commands(CommandScope.TRANSFERS)]} == shown
    assert [command.id for command in footer_commands()[:2]] == ["view", "copy"]
    [leave] = [binding for binding in bindings(CommandScope.APP) if binding.action == "quit"]
    assert leave.key == "q,f10,ctrl+q", "a letter, an F key, and as any other app of Textual"
    named = [key_name(key) for key in ("f5", "C", "escape", "alt+left", "ctrl+p")]
    assert named == ["F5", "C", "esc", "alt+←", "ctrl+p"], "as on the keyboard"
    own = [command.id for command in footer_commands(CommandScope.TRANSFERS)]
    assert own[0] == "details"
    assert {"transfers", "help"} < set(own[:8])
    assert "copy" not in own
    assert not {command.scope for command in footer_commands()} & {CommandScope.TRANSFERS}


def test_eighty_columns_have_the_most_needed_commands() -> None:
    shown = [item.command.id for item in footer_items(80)]
    needed = {"view", "copy", "move", "delete", "transfers", "inspector", "accounts", "open_location", "help"}
    assert needed | {"command_palette"} <= set(shown)
    assert footer_items(80)[-1].span.stop <= 80
    assert [item.label for item in footer_items(120)][3] == "delete"
    assert footer_items(80, taken=20)[-1].span.stop <= 60


def test_a_command_has_the_label_of_what_it_does_now_and_none_if_it_does_nothing() -> None:
    labels = {"pause": "", "limits": "priority"}
    shown = {item.command.id: item.label for item in footer_items(80, CommandScope.TRANSFERS, labels=labels)}
    assert "pause" not in shown
    assert (shown["limits"], shown["cancel_transfer"]) == ("priority", "cancel")


TABLES: list[tuple[Mapping[Any, object], type[Enum]]] = [
    (STYLES, Tone),
    (ACTION_TONES, PlannedAction),
    (CHECK_MARKS, AccessOutcome),
    (OUTCOME_MARKS, Outcome),
    (VERIFICATION_TONES, VerificationOutcome),
    (GROUPS, TransferState),
    (STATE_MARKS, TransferState),
    (DONE, TransferKind),
]


def test_no_member_is_forgotten() -> None:
    assert [set(table) ^ set(kinds) for table, kinds in TABLES] == [set() for _ in TABLES]


def test_what_we_use_of_textuals_private_parts_is_there() -> None:
    """A release that drops it fails here, by name, and not on a screen.

    `XS3App._fatal_error` and `AccountOptionList._on_click` override; `tui.browser.input_order` looks whether a widget
    has messages that it did not take yet, `XS3App` at the toasts; `LineInput._value` takes the place of Textual's.
    """
    assert list(inspect.signature(App._fatal_error).parameters) == ["self"]
    assert list(inspect.signature(OptionList._on_click).parameters) == ["self", "event"]
    assert "_message_queue" in vars(MessagePump)
    assert isinstance(App[None]()._notifications, Notifications)
    assert "_value" in vars(Input)


# Of each frame only the changes go to the terminal, and the terminal shows the same as with all of it.
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
        self._stream.feed(written)

    @property
    def seen(self) -> list[list[tuple[object, ...]]]:
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
    """A wide character is written with what follows it, a line from a character of uncertain width on as a whole."""
    grey = "\x1b[2;1H\x1b[38;2;1;2;3mcopied {} of 99\x1b[0m\x1b[1;1H"
    for before, after, written in (
        (grey.format(17), grey.format(18), "\x1b[2;9H\x1b[38;2;1;2;3m8\x1b[1;1H\x1b[m"),
        (
            "\x1b[1;1H\x1b[1m日\x1b[0m\x1b[1ma\x1b[0m\x1b[1;1H",
            "\x1b[1;1H\x1b[1m日\x1b[0ma\x1b[1;1H",
            "\x1b[1;1H\x1b[1m日\x1b[ma\x1b[1;1H",
        ),
        ("\x1b[1;1Hab ⚠ cd ef\x1b[1;1H", "\x1b[1;1Hab ⚠ cd eg\x1b[1;1H", "\x1b[1;1Hab ⚠ cd eg\x1b[1;1H"),
    ):
        cells = Cells()
        cells.changes(before, 80, 24)
        assert cells.changes(after, 80, 24) == written


def test_only_what_differs_of_two_looks_is_written() -> None:
    assert change("1;38;2;1;2;3;48;2;9;9;9", "1;31;48;2;9;9;9")[0] == "\x1b[31m"
    assert change("1;31", "31")[0] == "\x1b[22m"
    assert change("4;31;42", "31")[0] == "\x1b[0;31m"
    assert change("", "")[0] == ""
    assert on_blank("1;31;42") == "42"
    assert on_blank("4;31;42") == "4;31;42"
    assert change("31;42", "42", blank=True) == ("", "31;42")


def test_what_is_not_understood_is_written_as_it_is_and_everything_after_it_again() -> None:
    known = "\x1b[3;1Hknown\x1b[1;1H"
    for frame in (
        "\x1b[1;1Hab\x1b[2Kcd",
        "\x1b[1;1Hab\x1b[31mcd",
        "\x1b[1;1H\x1b[77mab\x1b[0m",
        "\x1b[1;1H\x1b[38;2;1mab\x1b[0m",
        "\x1b[1;1Hab\tcd",
        "ab",
        "\x1b[1;1Hab\ncd",
        "\x1b[24;1Hab\n",
        "\x1b[1;1H\x1b]8;id=1;https://a\x1b\\ab\x1b]8;;\x1b\\",
    ):
        cells = Cells()
        assert [cells.changes(each, 80, 24) for each in (known, frame, known)] == [known, frame, known]
    for frame in ("\x1b[25;1Hbelow", "\x1b[1;79Hbeyond"):
        cells = Cells()
        assert [cells.changes(frame, 80, 24) for _ in range(2)] == [frame, frame]
