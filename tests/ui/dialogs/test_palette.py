"""The palette offers the commands that can be had from where the focus is, and runs them there."""

from __future__ import annotations

from typing import Any

from textual.command import CommandPalette

from tests.ui.dialogs.host import screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import RUNNING
from tests.ui.pressing import press
from tests.ui.terminal.pictured import pictured
from tests.waiting import until
from tui.app import XS3App
from tui.model.identity import IdentitySpec
from tui.model.transfer import TransferList
from tui.protocol.messages.base import Done
from tui.protocol.messages.identities import Connect, WatchAddresses
from tui.protocol.messages.transfers import PauseTransfers, WatchConflicts, WatchTransfers
from tui.settings import PaneStart, Settings, Start


async def test_a_command_is_found_by_its_words_and_run_on_the_browser() -> None:
    feeds = (Connect, WatchTransfers, WatchConflicts, WatchAddresses)
    engine = ScriptedEngine(feeds={feed: [HOLD] for feed in feeds})
    pane = PaneStart(IdentitySpec("media-prod"))
    app = XS3App(Start(pane, pane), Settings(), lambda: engine)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.screen is app.browser, "the browser is there")
        app.browser.panes.active.table.focus()
        await press(pilot, "ctrl+p")
        await until(lambda: isinstance(app.screen, CommandPalette), "the palette opens")
        await press(pilot, *"list of transfers")
        await until(lambda: "transfers  (t)" in screen_text(app), "the command is found by its help")
        await press(pilot, "enter")
        if isinstance(app.screen, CommandPalette):
            await press(pilot, "enter")
        await until(lambda: bool(app.browser.transfers.panel.display), "the panel has opened")


async def test_the_commands_of_the_list_of_transfers_are_offered_while_it_is_open() -> None:
    feeds: dict[type[Any], list[Any]] = {feed: [HOLD] for feed in (Connect, WatchConflicts, WatchAddresses)}
    engine = ScriptedEngine({PauseTransfers: Done()}, {**feeds, WatchTransfers: [TransferList([RUNNING]), HOLD]})
    pane = PaneStart(IdentitySpec("media-prod"))
    app = XS3App(Start(pane, pane), Settings(), lambda: engine)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            lambda: app.screen is app.browser and bool(app.browser.transfers.latest.transfers), "a transfer is known"
        )
        for keys in (("t",), ("tab",)):  # with the keys in the list, and beside it
            await press(pilot, *keys)
            await press(pilot, "ctrl+p")
            await until(lambda: isinstance(app.screen, CommandPalette), "the palette opens")
            await press(pilot, *"pause all")
            await until(lambda: "pause all  (P)" in screen_text(app), "it is offered")
            await press(pilot, "enter")
            if isinstance(app.screen, CommandPalette):
                await press(pilot, "enter")
            await until(lambda: PauseTransfers([]) in engine.asked, "it is done")
            engine.asked.remove(PauseTransfers([]))
            await until(lambda: app.screen is app.browser, "the palette is gone")


async def test_it_is_no_wider_than_it_is_read_and_names_the_keys_that_there_are() -> None:
    async with pictured(size=(140, 40)) as browser:
        await browser.press("ctrl+p")
        await until(lambda: isinstance(browser.app.screen, CommandPalette), "the palette opens")
        await browser.press(*"colour theme")
        await browser.until_text("Choose a colour theme")
        assert "(ctrl+p)" not in browser.text
        line = next(line for line in browser.text.splitlines() if "Choose a colour theme" in line)
        assert "12.0 MiB" in line, "what is behind it is seen"
