"""The columns of the tables: chosen in a dialog, saved, shown at any width; long names are moved."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.test_snapshots import app, listed
from tests.ui.browser.world import VIDEO
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.settings import read_settings, settings_file
from tui.settings.checks import COLUMNS
from tui.ui.listing.columns import CHOICES
from tui.ui.moving.choose_columns import ChooseColumns
from tui.ui.panes.pane import Pane


def titles(pane: Pane) -> list[str]:
    return [column.title for column, _ in pane.table.plan.columns if column.title]


async def until_asked(browser: Browser) -> None:
    await until(lambda: isinstance(browser.app.screen, ChooseColumns), "the columns are asked for")
    await browser.pilot.pause()


async def test_columns_are_chosen_for_all_panes_and_saved(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/", "s3://analytics-landing/events/", size=SMALL) as browser:
        assert titles(browser.left) == ["size", "modified"]
        await browser.press("|")
        await until_asked(browser)
        await browser.press("down", "space", "down", "down", "K", "K", "K", "enter")  # without modified, owner first
        await until(lambda: titles(browser.right)[:2] == ["owner", "size"], "the right one has them, too")
        assert titles(browser.left)[0] == "owner"
        assert read_settings(settings_file()).panes.columns.shown == ["owner", "size", "class"]
        await browser.press("T")
        await until(lambda: len(browser.screen.panes.every) == 3, "there is a tab")
        assert browser.left.table.chosen == ("owner", "size", "class")
        await browser.press("|")
        await until_asked(browser)
        await browser.press("a")
        await until(lambda: titles(browser.right) == ["size", "modified"], "the width decides again")
        assert read_settings(settings_file()).panes.columns.shown == []


async def test_names_that_differ_at_the_end_are_told_apart_at_80_columns(
    engine: EngineSession,
) -> None:
    events = Location("analytics-landing", "events/")
    async with opened(engine, "s3://", events.uri, size=SMALL) as browser:
        rows = [line[41:] for line in browser.text.split("\n")[3:20]]
        names = [line.split()[0] for line in rows]
        assert len(set(names)) == len(names)
        assert all(f"{number:05}" in name for number, name in enumerate(names))
        await browser.press("tab", ">")
        await until(lambda: browser.right.table.shift > 0, "the names are moved")
        assert "…000.jsonl" in browser.text
        await browser.press("<")
        await browser.until_text("events-00000")


def test_the_settings_know_every_column() -> None:
    assert ("name", *CHOICES) == COLUMNS


def test_the_dialog_looks_as_it_should(snap_compare: Any) -> None:
    shown = app(VIDEO, transfers=False)

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(shown, pilot)
        await listed(browser)
        await browser.press("|")
        await until_asked(browser)
        await browser.press("down", "space")

    assert snap_compare(shown, terminal_size=SMALL, run_before=arrange)
