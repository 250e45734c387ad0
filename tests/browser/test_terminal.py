"""Keys, menus, palette, help and themes; terminals of a few lines; and what is written to one, in ASCII if need be."""

import ast
import asyncio
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import pytest
from rich.console import Console
from textual.app import App
from textual.command import CommandPalette
from textual.content import Content
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.events import Key, Paste, Resize
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList, Static

from tests.browser.browser import POSTER, SMALL, VIDEO, Browser, pictured, pictured_app, until_screen
from tests.browser.host import Host, press, screen_text, text_of
from tests.browser.scripted import HOLD, HeldEngine, ScriptedEngine
from tests.browser.world import MOVE_CARD, NOW, ORDER, WHO, removal
from tests.cli.places import write_settings
from tests.e2e.terminal import Terminal
from tests.features.transfer_list.world import FAILED, RUNNING
from tests.kit.test_questions import CONFLICT
from tests.waiting import PATIENCE, until
from tui.app.app import XS3App
from tui.app.browser_screen import BrowserScreen
from tui.browser.bookmarks_screen import BookmarkNameScreen
from tui.browser.columns_screen import ChooseColumns
from tui.browser.help import HelpScreen, help_lines, help_sections
from tui.browser.keys import chosen_keys, key_lines, mistakes_in_keys
from tui.browser.open_screen import OpenLocationScreen
from tui.browser.row_menu import FIRST, MOST
from tui.browser.themes import ThemeScreen
from tui.core.identity import IdentitySpec
from tui.core.key_names import key_name, known_key
from tui.core.location import Location
from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import ProblemError
from tui.core.transfer import Limits, RouteCard, Tally, TransferList
from tui.features.access.script_screen import SaveScreen
from tui.features.accounts.form_screen import WriteProfileScreen
from tui.features.buckets.new_place_screen import NewBucketScreen, NewPrefixScreen
from tui.features.copy.rename_screen import RenameScreen
from tui.features.copy.screen import RouteCardScreen
from tui.features.delete.screen import DeleteScreen
from tui.features.find.screen import FindScreen
from tui.features.transfer_list.conflict_screen import ConflictScreen
from tui.features.transfer_list.control_screen import LimitsScreen, ReceiptScreen
from tui.features.transfer_list.quit_screen import QuitScreen
from tui.kit.command_base import MenuTarget, use_keys
from tui.kit.commands import COMMANDS, key_of, menu_commands
from tui.kit.dialog import ConfirmScreen, Frame
from tui.kit.json_screen import DocumentScreen
from tui.kit.menu import ContextMenu
from tui.kit.timers import once
from tui.link.request import Done
from tui.messages.identity_requests import Connect, WatchAddresses
from tui.messages.listing_requests import RemovalPlan
from tui.messages.order_requests import PauseTransfers, PlanCopy, PlanDelete, WatchConflicts, WatchTransfers
from tui.panes.news import PaneSide
from tui.panes.pane import PatternScreen
from tui.saved.kept_identities import IdentityKeeper
from tui.settings import AppStart, PaneStart, Settings, read_settings, settings_file
from tui.settings.parsing import parse
from tui.terminal.driver import (
    LONGEST_PASTE,
    PASTE_BEGINS,
    PASTE_ENDS,
    ChangesApp,
    ChangesDriver,
    InputEvents,
    TerminalFile,
)
from tui.text.ascii import TWINS, to_ascii
from tui.text.format import cells
from tui.text.terminal import ascii_only

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_keys() -> Iterator[None]:
    """Keys are chosen for the whole process: the next test has the commands' own."""
    yield
    use_keys({})


def test_a_key_is_written_as_it_is_printed_or_by_its_name() -> None:
    written = {
        "F5": "f5",
        "c": "c",
        "C": "C",
        "Ctrl+K": "ctrl+k",
        "alt+←": "alt+left",
        "pgup": "pageup",
        "+": "+",
        "ctrl++": "ctrl++",
        "shift+f3": "shift+f3",
        "?": "?",
    }
    assert {each: known_key(each) for each in written} == written
    assert [known_key(key_name(key)) for key in written.values()] == list(written.values())


def test_a_key_that_terminals_do_not_send_is_refused() -> None:
    for written in ("", "f25", "ctrl+i", "ctrl+h", "hyper+x", "copy", "shift+c", "\x1b", "a b"):
        with pytest.raises(ValueError, match=r"key"):
            known_key(written)


def settings_of(text: str) -> Settings:
    settings, mistakes = parse(text)
    assert mistakes == []
    return settings


def test_every_own_key_can_be_written() -> None:
    assert [key for one in COMMANDS for key in one.keys if known_key(key) != key] == []
    assert mistakes_in_keys(Settings()) == []


def test_mistakes_are_named_with_line_and_remedy() -> None:
    _, [mistake] = parse("[keys]\ncopy = 'f5'\nfilter = 'ctrl+i'\n")
    assert (mistake.line, mistake.key) == (3, "keys.filter")
    assert "tab" in mistake.sentence
    [(path, words)] = mistakes_in_keys(settings_of("[keys]\nfliter = 'x'\n"))
    assert path == ("keys", "fliter")
    assert "did you mean filter?" in words
    [(path, words), _] = mistakes_in_keys(settings_of("[keys]\n'pane.filter' = 'x'\ncopy = 'f5'\nmove = 'x'\n"))
    assert path == ("keys", "pane.filter")
    assert "browser.move" in words
    with pytest.raises(ProblemError, match="keys"):
        chosen_keys(settings_of("[keys]\nfilter = ['x']\nmove = ['x']\n"))


def test_a_key_may_be_taken_over_and_be_that_of_the_list_of_transfers() -> None:
    taken = settings_of("[keys]\ncopy = ['f5', 'y', 'f6']\npause = 'C'\n")
    assert mistakes_in_keys(taken) == []
    lines = {line.name: line for line in key_lines(taken)}
    assert (lines["browser.copy"].keys, lines["browser.copy"].chosen) == (("f5", "y", "f6"), True)
    assert (lines["pane.yank"].keys, lines["pane.yank"].chosen) == ((), False)
    assert (lines["browser.move"].keys, chosen_keys(taken)["move"]) == (("M",), ("M",)), "it keeps its other one"


KEYS: dict[str, Any] = {"mark": ["ctrl+k", ","], "copy": ["Y"], "yank": [], "help": ["f12"], "yank_exact": ["Q"]}


async def test_the_chosen_keys_run_the_commands_and_the_old_ones_nothing() -> None:
    """Footer, menu, help and messages name them."""
    async with pictured(keys=KEYS) as browser:
        footer = browser.text.splitlines()[-1]
        assert "Y copy" in footer
        assert "F12 help" in footer
        await browser.press("full_stop", front=ContextMenu)
        await browser.press("up", "enter", then="ctrl+k  ,")
        await browser.press("escape", "f12", then="Help")
        await browser.press("escape", front=BrowserScreen)
        assert any("ctrl+k  ," in line.plain for line in help_lines(80))
        assert key_of("copy") == "Y"
        assert key_of("yank") == "ctrl+p copy URI"
        await browser.move_to(browser.left, POSTER)
        marks = browser.left.contents.marks
        await browser.press("space")
        assert not marks
        await browser.press("ctrl+k")
        await until(lambda: POSTER in marks, "the row is marked")
        await browser.press_on(browser.left, POSTER, "comma")
        await until(lambda: not marks, "the mark is taken away")
        await browser.press("y")
        assert not browser.app._notifications
        await browser.press("Q", told="trailer.mp4")


def test_the_letters_of_before_can_be_written_into_the_settings() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    block = page[page.rindex("    [keys]\n") :].split("\n\n")[0].replace("\n    ", "\n").strip()
    old = settings_of(f"{block}\n")
    assert mistakes_in_keys(old) == []
    lines = {line.name: line.keys for line in key_lines(old)}
    assert (lines["browser.copy"], lines["pane.sort"], lines["transfers.pause"]) == (("f5", "c"), ("s",), ("p",))
    assert lines["browser.compare"] == ("C",)
    named_before = {line.name: line.keys for line in key_lines(settings_of("[keys]\nmirror = 'Q'\n"))}
    assert named_before["browser.same_path"] == ("Q",)


async def test_a_reflex_or_a_stray_letter_does_nothing_in_the_panes() -> None:
    async with pictured() as browser:
        await browser.move_to(browser.left, POSTER)
        before = browser.text
        await browser.press(*"cdmnprxBFHIJKLPQTVWXY")
        assert (len(browser.app.screen_stack), list(browser.app._notifications)) == (2, [])
        assert browser.text == before


async def test_the_menu_of_a_row_leads_to_that_of_the_pane() -> None:
    async with pictured() as browser:
        await browser.move_to(browser.left, POSTER)
        await browser.press("full_stop", front=ContextMenu, then="presigned link")
        await browser.press("full_stop", then="open URI")
        assert "presigned link" not in browser.text
        await browser.press("q", front=BrowserScreen)


async def test_q_and_ctrl_c_leave_the_list_the_inspector_and_dialogs() -> None:
    async with pictured() as browser:
        table = browser.left.table
        for key in ("q", "ctrl+c", "f10"):
            lists = (("transfers", browser.screen.transfers.panel), ("into_inspector", None))
            for command, opened in lists[: 1 if key == "f10" else 2]:
                await browser.run(command)
                wanted = opened or browser.screen.inspecting.inspector
                await until(lambda wanted=wanted: wanted.has_focus, "it has the keys")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                await browser.press(key)
                await until(lambda: table.has_focus, "the rows have the keys")
            await browser.press("|", front=ChooseColumns)
            await browser.press(key, front=BrowserScreen)
            assert not browser.screen.inspecting.inspector.display
        await browser.press("i", "q")
        await until(lambda: not browser.screen.inspecting.inspector.display, "q closes it before it quits")
        assert not browser.app._exit


async def test_the_list_has_a_menu_of_what_has_no_key() -> None:
    async with pictured() as browser:
        await browser.press("t", "full_stop", front=ContextMenu, then="pause all")
        await browser.press("q", front=BrowserScreen)


def test_an_app_does_not_start_with_keys_that_clash() -> None:
    with pytest.raises(ProblemError, match="keys"):
        pictured_app(keys={"move": ["x"], "copy": ["x"]})


def test_messages_name_commands_that_there_are() -> None:
    named = {
        name
        for file in (ROOT / "tui").rglob("*.py")
        for name in re.findall(r"(?:key_of|either_key)\([\"'](\w+)", file.read_text())
    }
    assert named
    assert named <= {command.id for command in COMMANDS}


def names(target: MenuTarget) -> list[str]:
    return [command.id for part in menu_commands(target) for command in part]


def test_each_kind_of_row_has_its_own_commands() -> None:
    assert {"copy", "delete", "edit", "yank"} <= set(names(MenuTarget.OBJECT))
    assert "open" not in names(MenuTarget.OBJECT)
    assert "read_policy" in names(MenuTarget.BUCKET)
    assert "rename" not in names(MenuTarget.BUCKET)
    assert not {"read_policy", "access", "repair", "uploads"} & set(names(MenuTarget.FILE))
    assert {"refresh", "new_tab", "close_tab"} <= set(names(MenuTarget.PLACE))
    assert "copy" not in names(MenuTarget.PLACE)


def rows_of(menu: ContextMenu) -> list[str]:
    return [re.split(r"\s{2,}", line.strip())[0] for line in text_of(menu.query_one(OptionList)).split("\n")]


def lines_above(menu: ContextMenu, command: str) -> int:
    text = text_of(menu.query_one(OptionList)).split("\n")
    return next(number for number, line in enumerate(text) if line.strip().startswith(command))


async def until_closed(browser: Browser) -> None:
    await until(lambda: browser.app.screen is browser.screen, "the menu is closed")


async def test_by_key_and_arrows_a_command_runs_on_the_row() -> None:
    async with pictured() as browser:
        await browser.press_on(browser.left, POSTER, "full_stop")
        menu = await until_screen(browser, ContextMenu)
        assert "poster.png" in str(menu.query_one(Frame).border_title)
        shown = menu.query_one(OptionList)
        assert shown.option_count == MOST
        assert not {"restore archived", "find", "mark"} & {*rows_of(menu)}, "an object of class STANDARD_IA"
        assert "repair ownership" in rows_of(menu), "another account owns it"
        await browser.press("up", "enter", then=("mark", "find"))
        assert "restore archived" not in rows_of(menu)
        while menu.chosen != "mark":
            await browser.press("down")
        await browser.press("enter")
        await until(lambda: POSTER in browser.left.contents.marks, "the row is marked")
        await until_closed(browser)
        await browser.press("full_stop", front=ContextMenu)
        await browser.press("escape")
        await until_closed(browser)
        await browser.press("full_stop", front=ContextMenu)
        await browser.press("y", told=POSTER.uri)
        await browser.press("full_stop", front=ContextMenu)
        await browser.press("space")
        await until(lambda: len(browser.left.contents.marks) == 2, "the key of a hidden row runs it")


def test_the_long_menus_say_what_they_show_first() -> None:
    for target in MenuTarget:
        first = FIRST.get(target, "").split()
        assert {*first} <= {*names(target)}
        assert first or len(names(target)) < MOST, target


async def test_a_command_has_one_line_where_the_menu_scrolls() -> None:
    async with pictured(size=(80, 12)) as browser:
        await browser.press_on(browser.left, POSTER, "full_stop")
        shown = (await until_screen(browser, ContextMenu)).query_one(OptionList)
        await until(lambda: shown.show_vertical_scrollbar, "there are more lines than fit")
        assert shown.virtual_size.height == shown.option_count


async def test_a_right_click_opens_it_on_the_row_under_the_pointer() -> None:
    async with pictured() as browser:
        await browser.pilot.mouse_down(offset=browser.point(browser.left, POSTER), button=3)
        menu = await until_screen(browser, ContextMenu)
        assert browser.row(browser.left).location == POSTER
        await browser.press("up", "enter", then="mark")
        frame, line = menu.query_one(Frame).region, lines_above(menu, "mark")
        await browser.pilot.click(offset=(frame.x + 3, frame.y + 1 + line))
        await until(lambda: POSTER in browser.left.contents.marks, "the row is marked")
        await until_closed(browser)
        await browser.pilot.mouse_down(offset=browser.point(browser.left, POSTER), button=3)
        await until_screen(browser, ContextMenu)
        assert "1 marked" in browser.text
        await browser.pilot.click(offset=(frame.x - 2, frame.y))
        await until_closed(browser)


async def test_beside_the_rows_it_is_that_of_the_place() -> None:
    async with pictured() as browser:
        region = browser.left.table.region
        for pointer in (
            (region.x + 3, region.bottom - 1),
            (browser.left.path.region.x + 3, browser.left.path.region.y),
        ):
            await browser.pilot.mouse_down(offset=pointer, button=3)
            menu = await until_screen(browser, ContextMenu)
            assert "refresh" in browser.text
            assert "close tab" not in browser.text, "there is one"
            assert VIDEO.uri in str(menu.query_one(Frame).border_title)
            await browser.press("escape")
            await until_closed(browser)
        await browser.run("new_tab")
        await until(lambda: len(browser.screen.panes.sides[PaneSide.LEFT].tabs) == 2, "there are two")
        await browser.pilot.mouse_down(offset=(region.x + 3, region.bottom - 1), button=3)
        await until_screen(browser, ContextMenu)
        await browser.press("up", "enter", then="close tab")


@pytest.mark.thorough
@pytest.mark.parametrize("size", [SMALL, (40, 10), (200, 50)])
async def test_it_lies_on_the_screen_whatever_the_corner(size: tuple[int, int]) -> None:
    async with pictured(size=size) as browser:
        width, height = size
        for x in (0, width - 4):
            for y in (3, height - 3):
                await browser.pilot.mouse_down(offset=(x, y), button=3)
                frame = (await until_screen(browser, ContextMenu)).query_one(Frame).region
                assert (frame.x >= 0, frame.y >= 0) == (True, True)
                assert frame.right <= width
                assert frame.bottom <= height
                await browser.press("escape")
                await until_closed(browser)


def headings(browser: Browser) -> list[str]:
    browser.front(HelpScreen)
    return [line for line in browser.text.splitlines() if line.startswith("│ ") and line[2] != " "]


async def open_help(browser: Browser, key: str = "f1") -> None:
    await browser.press(key, front=HelpScreen)


async def test_the_list_that_has_the_focus_comes_first() -> None:
    async with pictured() as browser:
        await open_help(browser, "question_mark")
        assert "Navigation" in headings(browser)[0]
        assert "Keys here" not in browser.text
        await browser.press("f1", front=BrowserScreen)
        await browser.press("t")
        await open_help(browser)
        assert "Transfers (t)" in headings(browser)[0]
        await browser.press("escape", "t", "i")
        await browser.run("into_inspector")
        await open_help(browser)
        assert "Read the policy" in "\n".join(headings(browser)[:5])
        await browser.press("escape")
        document = DocumentScreen("Policy of a bucket", "{}")
        browser.app.push_screen(document)
        await until(lambda: browser.app.screen is document, "the dialog is there")
        await open_help(browser)
        assert headings(browser)[0].startswith("│ Policy of a bucket ")
        assert "Search" in "\n".join(headings(browser)[:6])
        await browser.press("escape")
        await until(lambda: browser.app.screen is document, "the dialog is there again")


@pytest.mark.thorough
async def test_a_search_leaves_what_matches_every_word() -> None:
    async with pictured() as browser:
        await open_help(browser)
        await browser.press("slash", *"aws:sourceip absent", then="Two pitfalls")
        assert "Navigation" not in browser.text
        await browser.press("escape", then="Navigation")
        await browser.press("slash", *"zzz", then="nothing matches zzz")
        await browser.press("backspace", "backspace", "backspace", *"undelete", then="Bring back what is deleted")
        await browser.press("escape", "escape", front=BrowserScreen)


def test_all_commands_and_topics_are_there() -> None:
    assert str(help_lines(200)).count("ctrl+p") < 3, "those without a key come by a search"
    shown = "\n".join(line.plain for line in help_lines(200, search=" "))
    assert [one.id for one in COMMANDS if one.help not in shown] == []
    assert "aws:SourceIp is absent" in shown
    assert "IAM role: a role in that account that trusts you" in shown
    assert [section.heading for section in help_sections() if "{" in str(section.rows)] == []


async def pick(browser: Browser) -> None:
    await browser.app.run_action("theme", browser.app)
    await until_screen(browser, ThemeScreen)


async def test_the_cursor_shows_a_theme_and_esc_takes_it_back(surroundings: Path) -> None:
    async with pictured(theme="nord") as browser:
        await pick(browser)
        await browser.press("down")
        await until(lambda: browser.app.theme == "rose-pine", "the next theme is shown")
        await browser.press("escape", front=BrowserScreen)
        assert browser.app.theme == "nord"
    assert not settings_file().exists()


async def test_enter_saves_it_and_leaves_the_rest_of_the_file(surroundings: Path) -> None:
    path = write_settings("# mine\n[buckets.theirs] # not mine\nrequester_pays = true\n")
    async with pictured() as browser:
        await pick(browser)
        await browser.press("home", "enter", told="ansi-dark is saved")
        saved = path.read_text()
        path.write_text("theme = 'no such'\n")
        await pick(browser)
        await browser.press("enter", told="cannot be used")
        assert path.read_text() == "theme = 'no such'\n"
        path.write_text(saved)
    assert path.read_text().startswith("# mine\n")
    assert "[buckets.theirs] # not mine\n" in path.read_text()
    assert (read_settings(path).theme, read_settings(path).buckets["theirs"].requester_pays) == ("ansi-dark", True)


@pytest.mark.thorough
async def test_a_command_is_found_by_its_words_and_run_where_the_keys_are() -> None:
    feeds: dict[type[Any], list[Any]] = {feed: [HOLD] for feed in (Connect, WatchConflicts, WatchAddresses)}
    engine = ScriptedEngine({PauseTransfers: Done()}, {**feeds, WatchTransfers: [TransferList([RUNNING]), HOLD]})
    pane = PaneStart(IdentitySpec("media-prod"))
    app = XS3App(AppStart(pane, pane), Settings(), lambda: engine)
    async with app.run_test(size=(100, 30)) as pilot:

        async def run(typed: str, found: str) -> None:
            await press(pilot, "ctrl+p", front=CommandPalette)
            await press(pilot, *typed, then=found)
            await press(pilot, "enter")
            if isinstance(app.screen, CommandPalette):
                await press(pilot, "enter")
            await until(lambda: app.screen is app.browser, "the palette is gone")

        await until(
            lambda: app.screen is app.browser and bool(app.browser.transfers.latest.transfers), "a transfer is known"
        )
        app.browser.panes.active.table.focus()
        await run("list of transfers", "transfers  (t)")
        await until(lambda: bool(app.browser.transfers.panel.display), "the panel has opened")
        for keys in ((), ("tab",)):  # with the keys in the list, and beside it
            await press(pilot, *keys)
            await run("pause all", "pause all")
            await until(lambda: PauseTransfers([]) in engine.asked, "it is done")
            engine.asked.remove(PauseTransfers([]))


async def test_it_is_no_wider_than_it_is_read_and_names_the_keys_that_there_are() -> None:
    async with pictured(size=(140, 40)) as browser:
        await browser.press("ctrl+p", front=CommandPalette)
        await browser.press(*"colour theme", then="Choose a colour theme")
        assert "(ctrl+p)" not in browser.text
        line = next(line for line in browser.text.splitlines() if "Choose a colour theme" in line)
        assert "12.0 MiB" in line, "what is behind it is seen"


SIZES = [(20, 5), (40, 10)]
LEVEL = Location("media-prod-assets", "video/2026/11/")


def deletion() -> Screen[Any]:
    order = DeleteOrder(Selection("one", LEVEL, keys=[LEVEL.key + "a.mp4"], version="an id"))
    return DeleteScreen(ScriptedEngine(feeds={PlanDelete: [Tally(1, 12)]}), order, WHO)


def seen(host: Host, text: str) -> Callable[[], bool]:
    return lambda: text in screen_text(host)


LINES: dict[str, Callable[[], Screen[Any]]] = {
    "new bucket": lambda: NewBucketScreen("eu-west-1", "media-prod"),
    "new prefix": lambda: NewPrefixScreen(LEVEL),
    "rename": lambda: RenameScreen(LEVEL.child("x.mp4")),
    "pattern": lambda: PatternScreen("Mark"),
    "open": OpenLocationScreen,
    "find": lambda: FindScreen(LEVEL, {}, lambda: 0.0),
    "bookmark": lambda: BookmarkNameScreen("", frozenset()),
    "receipt": lambda: ReceiptScreen(FAILED, Path("/usr")),
    "limits": lambda: LimitsScreen("all transfers together", Limits()),
    "documents": lambda: SaveScreen({"a.json": "{}"}, Path("/usr")),
    "delete": deletion,
    "delete bucket": lambda: removal(RemovalPlan(objects=12, complete=True)),
}

QUESTIONS: dict[str, Callable[[], Screen[Any]]] = {
    "confirm": lambda: ConfirmScreen("Make it the current one?", Content("It is copied on top. " * 4), "Restore"),
    "conflict": lambda: ConflictScreen(CONFLICT, NOW),
    "quit": lambda: QuitScreen([RUNNING]),
    "profile": lambda: WriteProfileScreen(
        IdentityKeeper(Settings(), Path(), Path(), lambda _: None), "x", "[profile x]\n"
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dialog", LINES.values(), ids=LINES)
async def test_what_is_typed_is_seen(dialog: Callable[[], Screen[Any]], size: tuple[int, int]) -> None:
    host = Host(dialog=dialog())
    async with host.run_test(size=size) as pilot:
        await pilot.pause()
        await press(pilot, "end", *"qxz")
        await until(seen(host, "qxz"), "the typed text is seen")
        while (focused := host.screen.focused) and isinstance(focused, Input):
            await press(pilot, "home", *"zxq")
            await until(seen(host, "zxq"), "what is typed into every line is seen")
            await press(pilot, "tab")
            if host.screen.focused is focused or host.screen.focused is host.screen.query(Input).first():
                break


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dialog", QUESTIONS.values(), ids=QUESTIONS)
async def test_every_answer_is_seen(dialog: Callable[[], Screen[Any]], size: tuple[int, int]) -> None:
    host = Host(dialog=dialog())
    async with host.run_test(size=size) as pilot:
        await pilot.pause()
        for button in host.screen.query(Button):
            button.focus()
            label = str(button.label)[:6]
            await until(seen(host, label), f"{label} is seen")


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES)
async def test_the_key_that_copies_is_seen_when_the_card_has_filled_in(size: tuple[int, int]) -> None:
    engine = HeldEngine(PlanCopy, feeds={PlanCopy: [RouteCard(Tally()), MOVE_CARD]})
    app = Host(dialog=RouteCardScreen(engine, ORDER, clock=lambda: NOW))
    async with app.run_test(size=size) as pilot:
        await until(seen(app, "Copy  enter"), "the key is seen")
        before = app.screen.query_one(Frame).virtual_size
        engine.may_answer.set()
        await until(lambda: app.screen.query_one(Frame).virtual_size.height > before.height, "the card has filled in")
        await pilot.pause()
        await until(seen(app, "Copy  enter"), "the key is seen again")


NOT_SHOWN = (
    "tui/demo",
    "tui/text/format.py",
    "tui/core/json_text.py",
    "tui/terminal/painted_cells.py",
    "tui/stores/partitioned.py",
    "tui/stores/split_listing.py",
    "tui/stores/key_ranges.py",
)
"""What only compares characters, or names those of others."""


def symbols() -> Iterator[str]:
    """Every character beyond ASCII in a text of ours that is no docstring."""
    for file in sorted((ROOT / "tui").rglob("*.py")):
        if str(file.relative_to(ROOT)).startswith(NOT_SHOWN):
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield from (
                    character for character in node.value if not character.isascii() and character.isprintable()
                )


@pytest.mark.thorough
def test_every_symbol_of_ours_has_a_twin() -> None:
    found = set(symbols())
    assert {"…", "▸", "✓"} <= found
    assert sorted(found - TWINS.keys()) == []


def test_a_twin_takes_one_cell_as_its_symbol_does() -> None:
    assert [one for one, twin in TWINS.items() if len(twin) != 1 or not twin.isascii() or cells(one) != 1] == []


def test_the_cells_stay_where_they_are() -> None:
    for text in ("plain", "╭─ Copy ─╮", "▸ 名前 🎬 e\u0301 ␛[0m", "👨‍👩‍👧 a⚠️ b", "│ ▁▂▇█ ↑↓ │", "\x1b[1mä…\x1b[0m"):
        shown = to_ascii(text)
        assert shown.isascii()
        assert cells(shown) == cells(text)


def test_type_and_locale_say_what_a_terminal_can_show() -> None:
    for environment, wanted in (
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, False),
        ({"TERM": "xterm", "LC_ALL": "C.utf8", "LANG": "C"}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "linux", "LANG": "en_GB.UTF-8"}, True),
        ({"TERM": "vt100"}, True),
        ({"TERM": "dumb", "LC_ALL": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "C"}, True),
        ({"TERM": "xterm", "LANG": "POSIX", "LC_CTYPE": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, True),
        ({"TERM": "xterm", "LANG": "en_GB.UTF-8", "LC_ALL": "C"}, True),
    ):
        assert ascii_only("auto", environment, {}) is wanted, environment
        assert ascii_only(True, environment, {})
        assert not ascii_only(False, environment, {})
    chosen = {"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}
    assert not ascii_only("auto", chosen, chosen), "a locale for characters that the user chose counts"


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-dark"])
async def test_the_line_between_the_panes_is_seen_in_16_colours(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest of 16 to that of other terminals is black on black."""
    monkeypatch.setattr(Console, "color_system", "standard")
    async with pictured(theme=theme) as browser:
        assert browser.app.get_css_variables()["border-blurred"] == "ansi_bright_black"


def test_the_screen_and_the_commands_write_ascii(surroundings: Path) -> None:
    write_settings("ascii = true\n")
    with Terminal(["--demo", "s3://media-prod-assets/odd names/"], dict(os.environ)) as terminal:
        terminal.until_shown("emoji-??")
        terminal.send("o", then="+- Open")
        terminal.send("\x1b", gone="+- Open")
        terminal.click(terminal.find("emoji-??"))
        terminal.send("D")
        terminal.until_shown("Press right, Enter to delete")  # the twin of its arrow is another key
        terminal.send("\x1b", gone="Press right, Enter to delete")
        terminal.send("v", then="/ search")
        terminal.send("?", then="up down  k j")
        terminal.until_shown("left right  h l")
        assert terminal.output.isascii()


def test_commands_write_ascii_to_a_terminal_and_json_stays_exact(tmp_path: Path, surroundings: Path) -> None:
    (tmp_path / "名前…").touch()
    write_settings("ascii = true\n")
    with Terminal(["ls", f"{tmp_path}/"], dict(os.environ)) as terminal:
        assert terminal.until_ended() == 0
        assert "????~" in terminal.text
        assert terminal.output.isascii()
    with Terminal(["ls", "--json", f"{tmp_path}/"], dict(os.environ), columns=240) as terminal:
        assert terminal.until_ended() == 0
        assert terminal.output.isascii()
        assert json.loads(terminal.output)["uri"].endswith("名前…")


def test_an_app_whose_terminal_has_gone_never_waits_for_room_to_write() -> None:
    """Its writing thread takes what comes, however much: it may not end at the first error."""
    master, slave = os.openpty()
    with io.TextIOWrapper(io.FileIO(slave, "w"), write_through=True) as terminal:
        ended: list[None] = []
        writer = WriterThread(cast("IO[str]", TerminalFile(terminal, lambda: ended.append(None))))
        writer.start()
        writer.write("seen")
        assert os.read(master, 4) == b"seen"
        os.close(master)

        def write_much_and_stop() -> None:
            for _ in range(3 * MAX_QUEUED_WRITES):
                writer.write("never seen")
            writer.stop()

        writing = threading.Thread(target=write_much_and_stop, daemon=True)
        writing.start()
        writing.join(10 * PATIENCE)
        assert not writing.is_alive()
    assert len(ended) == 1, "the app was told"


async def test_the_driver_writes_by_it() -> None:
    assert isinstance(ChangesDriver(App())._file, TerminalFile)


async def test_a_timer_acts_although_its_time_was_over_before_it_could_wait() -> None:
    """As on a busy machine: a resize that waits for such a timer is not lost, nor is what comes after it."""
    acted: list[str] = []
    app = ChangesApp()
    async with app.run_test():
        app.set_timer(1e-9, lambda: acted.append("of the app"))
        once(app.screen, 1e-9, lambda: acted.append("of a widget"))
        await until(lambda: len(acted) == 2, "both have acted")


def read_as(*pieces: str) -> list[str]:
    events = InputEvents()
    found = [event for piece in pieces for event in events.feed(piece)]
    return [event.text if isinstance(event, Paste) else event.key for event in found if isinstance(event, Paste | Key)]


def test_a_pasted_text_is_one_event_wherever_it_is_cut() -> None:
    pasted = "\x1b[31mred\t\r\n\x1b[A\x1b[200~ \x1b"
    read = f"a\x1b[B{PASTE_BEGINS}{pasted}{PASTE_ENDS}\x1b[A{PASTE_BEGINS}{PASTE_ENDS}b"
    wanted = ["a", "down", pasted, "up", "", "b"]
    assert [at for at in range(len(read)) if read_as(read[:at], read[at:]) != wanted] == []
    assert read_as(*read) == wanted
    assert read_as("\x1b", f"{PASTE_BEGINS}x{PASTE_ENDS}") == ["escape", "x"]


def test_a_pasted_text_has_a_bound() -> None:
    long = "y" * (LONGEST_PASTE - 3)
    assert read_as(PASTE_BEGINS, long, "\x1b[20", "1", *["nothing of it"] * 3, PASTE_ENDS, "q") == [
        long + "\x1b[2",
        "q",
    ]


async def test_the_last_of_several_sizes_is_painted_whatever_time_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks at the clock more time passes than a resize waits: the process had no processor."""
    clock = itertools.count()
    app = ChangesApp()
    async with app.run_test(size=(100, 30)):
        await app.mount(line := Static())

        def is_as_wide(width: int) -> bool:
            return line.size.width == width

        monkeypatch.setattr("textual._time.get_time", lambda: float(next(clock)))
        for size in (Size(141, 30), Size(140, 30)):
            app.post_message(Resize(size, size))
            await until(partial(is_as_wide, size.width), "the line is as wide")


async def test_the_last_size_is_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal has another size again while the former one is read."""
    told: list[int] = []
    master, slave = os.openpty()
    with os.fdopen(master, "rb"), os.fdopen(slave) as stdin, os.fdopen(os.dup(slave), "w") as stderr:
        monkeypatch.setattr(sys, "__stdin__", stdin)
        monkeypatch.setattr(sys, "__stderr__", stderr)

        class Told(ChangesApp):
            async def _post_message(self, message: Message) -> bool:
                if isinstance(message, Resize):
                    told.append(message.size.width)
                return True

        class Resized(ChangesDriver):
            sizes: tuple[int, ...] = (100, 141, 140)

            def _get_terminal_size(self) -> tuple[int, int]:
                width, *following = self.sizes
                self.sizes = tuple(following)
                if width == 141:
                    signal.raise_signal(signal.SIGWINCH)
                return width, 40

        driver = Resized(cast("App[object]", Told()))
        driver.start_application_mode()
        try:
            signal.raise_signal(signal.SIGWINCH)
            await until(lambda: len(told) == 3, "all sizes are told")
        finally:
            driver.disable_input()
            driver.stop_application_mode()
            asyncio.get_running_loop().remove_signal_handler(signal.SIGWINCH)
            driver.close()
    assert told == [100, 141, 140]


SUSPENDS = """
import contextlib, sys
from types import SimpleNamespace
from tui.terminal.driver import suspend
sys.exit(not suspend(SimpleNamespace(suspend=contextlib.nullcontext)))
"""


def test_a_program_that_is_continued_at_once_was_stopped() -> None:
    program = subprocess.Popen([sys.executable, "-c", SUSPENDS], process_group=0)
    _, state = os.waitpid(program.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(state)
    os.kill(program.pid, signal.SIGCONT)
    assert program.wait() == 0


def test_a_program_that_nobody_can_continue_was_not_stopped() -> None:
    assert subprocess.run([sys.executable, "-c", SUSPENDS], start_new_session=True, check=False).returncode == 1
