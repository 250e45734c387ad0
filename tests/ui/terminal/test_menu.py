"""The context menu: the commands of a row at the row or the pointer, by key and mouse."""

from __future__ import annotations

from typing import Any

import pytest
from textual.geometry import Offset
from textual.widgets import OptionList

from tests.ui.browser.browser import SMALL, Browser
from tests.ui.browser.world import VIDEO
from tests.ui.dialogs.host import Host, text_of
from tests.ui.terminal.pictured import POSTER, pictured
from tests.waiting import until
from tui.ui.kit.commands import Command, Group, Scope, Target, menu_commands
from tui.ui.kit.context_menu import ContextMenu
from tui.ui.kit.dialog import Frame
from tui.ui.kit.messages import Side


def names(target: Target) -> list[str]:
    return [command.id for part in menu_commands(target) for command in part]


def test_each_kind_of_row_has_its_own_commands() -> None:
    assert {"copy", "delete", "edit", "yank"} <= set(names(Target.OBJECT))
    assert "open" not in names(Target.OBJECT)
    assert "read_policy" in names(Target.BUCKET)
    assert "rename" not in names(Target.BUCKET)
    assert not {"read_policy", "access", "repair", "uploads"} & set(names(Target.FILE))
    assert {"refresh", "new_tab", "close_tab"} <= set(names(Target.PLACE))
    assert "copy" not in names(Target.PLACE)


async def open_menu(browser: Browser) -> ContextMenu:
    await until(lambda: isinstance(browser.app.screen, ContextMenu), "the menu opens")
    await browser.pilot.pause()
    menu = browser.app.screen
    assert isinstance(menu, ContextMenu)
    return menu


def lines_above(menu: ContextMenu, command: str) -> int:
    """How many lines of the menu come before that of a command."""
    shown = menu.query_one(OptionList)
    text = text_of(shown).split("\n")
    return next(number for number, line in enumerate(text) if line.strip().startswith(command))


async def until_closed(browser: Browser) -> None:
    await until(lambda: browser.app.screen is browser.screen, "the menu is closed")


async def test_by_key_and_arrows_a_command_runs_on_the_row() -> None:
    async with pictured() as browser:
        await browser.move_to(browser.left, POSTER)
        await browser.press("full_stop")
        menu = await open_menu(browser)
        assert "poster.png" in str(menu.query_one(Frame).border_title)
        while menu.chosen != "mark":
            await browser.press("down")
        await browser.press("enter")
        await until(lambda: POSTER in browser.left.contents.marks, "the row is marked")
        await until_closed(browser)


async def test_a_command_has_one_line_where_the_menu_scrolls() -> None:
    async with pictured(size=(80, 12)) as browser:
        await browser.move_to(browser.left, POSTER)
        await browser.press("full_stop")
        shown = (await open_menu(browser)).query_one(OptionList)
        await until(lambda: shown.show_vertical_scrollbar, "there are more lines than fit")
        assert shown.virtual_size.height == shown.option_count


async def test_the_key_of_a_command_runs_it_and_esc_runs_nothing() -> None:
    async with pictured() as browser:
        await browser.move_to(browser.left, POSTER)
        await browser.press("full_stop")
        await open_menu(browser)
        await browser.press("escape")
        await until_closed(browser)
        await browser.press("full_stop")
        await open_menu(browser)
        await browser.press("y")
        await browser.until_told(POSTER.uri)


async def test_a_right_click_opens_it_on_the_row_under_the_pointer() -> None:
    async with pictured() as browser:
        await browser.pilot.mouse_down(offset=browser.point(browser.left, POSTER), button=3)
        menu = await open_menu(browser)
        assert browser.left.cursor_row
        assert browser.left.cursor_row.location == POSTER
        frame, line = menu.query_one(Frame).region, lines_above(menu, "mark")
        await browser.pilot.click(offset=(frame.x + 3, frame.y + 1 + line))
        await until(lambda: POSTER in browser.left.contents.marks, "the row is marked")
        await until_closed(browser)
        await browser.pilot.mouse_down(offset=browser.point(browser.left, POSTER), button=3)
        await open_menu(browser)
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
            menu = await open_menu(browser)
            assert "refresh" in browser.text
            assert "close tab" not in browser.text, "there is one"
            assert VIDEO.uri in str(menu.query_one(Frame).border_title)
            await browser.press("escape")
            await until_closed(browser)


async def test_a_tab_can_be_closed_where_there_are_two() -> None:
    async with pictured(size=(200, 50)) as browser:
        await browser.press("T")
        await until(lambda: len(browser.screen.panes.sides[Side.LEFT].tabs) == 2, "there are two")
        region = browser.left.table.region
        await browser.pilot.mouse_down(offset=(region.x + 3, region.bottom - 1), button=3)
        await open_menu(browser)
        assert "close tab" in browser.text


@pytest.mark.parametrize("size", [SMALL, (40, 10), (200, 50)])
async def test_it_lies_on_the_screen_whatever_the_corner(size: tuple[int, int]) -> None:
    async with pictured(size=size) as browser:
        width, height = size
        for x in (0, width - 4):
            for y in (3, height - 3):
                await browser.pilot.mouse_down(offset=(x, y), button=3)
                menu = await open_menu(browser)
                frame = menu.query_one(Frame).region
                assert (frame.x >= 0, frame.y >= 0) == (True, True)
                assert frame.right <= width
                assert frame.bottom <= height
                await browser.press("escape")
                await until_closed(browser)


def test_it_looks_as_it_should(snap_compare: Any) -> None:
    """With commands of its own: another command in the table changes no picture."""
    edit = Command("edit", ("f4", "E"), "properties", "Edit tags", Scope.BROWSER, Group.COPY)
    named = Command("name", (), "name account", "Name the account", Scope.BROWSER, Group.APP)
    copy = Command("copy", ("f5", "c"), "copy", "Copy", Scope.BROWSER, Group.COPY)
    menu = ContextMenu("poster of the film that comes next year.png", [[copy], [edit, named]], Offset(60, 20))
    assert snap_compare(Host(dialog=menu), terminal_size=SMALL)
