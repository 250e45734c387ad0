"""Strip and panel: groups, selection, filter, mouse; once with a real copy on the demo."""

from __future__ import annotations

from contextlib import aclosing

import msgspec
from textual.events import MouseScrollDown

from tests.ui.dialogs.conftest import Pair
from tests.ui.dialogs.host import screen_text, text_of
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import (
    ALL,
    ASKING,
    DONE,
    EVERY_KIND,
    FAILED,
    PAUSED,
    QUEUED,
    RUNNING,
)
from tests.ui.dialogs.watching import SMALL, WIDE, Watching, cell_of, obedient
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import TransferList, TransferState
from tui.protocol.messages.transfers import ForgetTransfers, SubmitCopy, WatchTransfers
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.transfers.groups import Shown
from tui.ui.transfers.panel import HAS_KEYS
from tui.ui.transfers.strip import TransfersStrip
from tui.ui.transfers.table import TransfersTable
from tui.ui.transfers.transfer import TransferScreen


async def test_the_groups_follow_the_states_and_the_selection_follows_its_transfer() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE, QUEUED, RUNNING]))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert app.panel.order == ["7", "3", "1"]
        assert "active 2" in screen_text(app)
        assert "waiting" not in screen_text(app)
        await press(pilot, "j")
        assert app.panel.selected == "3"
        finished = msgspec.structs.replace(RUNNING, state=TransferState.DONE, bytes_done=RUNNING.bytes_total, notes=[])
        app.panel.transfers = TransferList([DONE, QUEUED, finished, FAILED, PAUSED])
        await until(lambda: "70 %" not in screen_text(app), "the new snapshot is shown")
        assert app.panel.order == ["7", "9", "2", "3", "1"]
        assert app.panel.selected == "3"
        assert "waiting 1" in screen_text(app)
        app.panel.transfers = TransferList([FAILED])
        await until(lambda: app.panel.order == ["2"], "what is gone leaves")
        assert app.panel.selected == "2"


async def test_the_title_says_that_the_keys_are_for_the_list_only_while_they_are() -> None:
    app = Watching(ScriptedEngine(), TransferList([RUNNING]))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: HAS_KEYS in screen_text(app), "it says so")
        app.set_focus(None)
        await until(lambda: HAS_KEYS not in screen_text(app), "the keys are elsewhere")
        await pilot.pause()


async def test_the_neighbour_is_selected_when_the_selected_one_is_gone() -> None:
    app = Watching(ScriptedEngine(), TransferList([RUNNING, QUEUED, ASKING]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "j")
        assert app.panel.selected == "7"
        app.panel.transfers = TransferList([RUNNING, ASKING])
        await pilot.pause()
        assert app.panel.selected == "5"


async def test_the_total_stays_in_sight_on_a_small_screen_and_the_selected_one_is_scrolled_to() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "total" in screen_text(app)
        await press(pilot, *["down"] * 9)
        await pilot.pause()
        assert app.panel.selected == "1"
        assert "intro.mp4" in screen_text(app)
        await press(pilot, "g")
        await pilot.pause()
        assert app.panel.selected == "3"
        assert "active 3" in screen_text(app)


async def test_a_thousand_transfers_are_listed_and_the_wheel_scrolls_them() -> None:
    many = [msgspec.structs.replace(DONE, id=str(number)) for number in range(1000)]
    app = Watching(ScriptedEngine(), TransferList(many))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "G")
        await pilot.pause()
        assert app.panel.selected == "0"
        await press(pilot, "g")
        await pilot.pause()
        assert "ended 1,000" in screen_text(app)
        await pilot._post_mouse_events([MouseScrollDown], TransfersTable, (5, 2))
        await until(lambda: "ended 1,000" not in screen_text(app), "the wheel scrolls")
        assert app.panel.selected == "999"


async def test_an_empty_panel_says_how_to_copy_and_the_strip_is_not_there() -> None:
    app = Watching(ScriptedEngine(), TransferList())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "No transfers yet. Press F5 or c to copy" in screen_text(app)
        assert "2 running" not in screen_text(app)
        app.strip.transfers = ALL
        await pilot.pause()
        assert "2 running · 1 asking" in text_of(app.strip)
        await press(pilot, "p", "enter", "x", "l", "R")
        await until(lambda: app.told[-1:] == ["no transfer is selected"], "it says so")


async def test_a_click_on_the_strip_opens_the_panel() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.click(app.strip)
        await until(lambda: bool(app.said), "it says so")
    assert isinstance(app.said[0], TransfersStrip.Opened)


async def test_the_footer_has_the_keys_of_the_list_while_that_has_the_focus() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "p pause" in text_of(app.footer), "the keys of the list")
        app.screen.set_focus(None)
        await until(lambda: "F5 copy" in text_of(app.footer), "the keys of the browser")
        app.panel.focus()
        await until(lambda: "p pause" in text_of(app.footer), "the keys of the list again")
        await pilot.pause()


async def test_the_filter_shows_one_group_of_states_and_says_so() -> None:
    engine = obedient()
    app = Watching(engine, EVERY_KIND)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert "transfers 9 ─ all at most 500 MiB/s" in screen_text(app)
        await press(pilot, "f", "f")
        await until(lambda: "transfers waiting 2 of 9" in screen_text(app), "the title says what is shown")
        assert app.panel.order == ["8", "9"]
        await press(pilot, "f", "f")
        assert app.panel.shown is Shown.DONE
        assert app.panel.order == ["11", "1"]
        await press(pilot, "D")
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks")
        await press(pilot, "y")
        await until(lambda: engine.asked == [ForgetTransfers(["1", "11"])], "only what is shown is forgotten")
        app.panel.transfers = TransferList([RUNNING])
        await until(lambda: "no done transfers; f: other states" in screen_text(app), "an empty list says why")


async def test_one_that_comes_while_the_keys_are_elsewhere_is_selected() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING])
        await pilot.pause()
        assert app.panel.selected == "1"
        app.screen.set_focus(None)
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING, FAILED])
        await until(lambda: app.panel.selected == "2", "the newest is selected")


async def test_a_click_selects_and_a_double_click_opens() -> None:
    app = Watching(obedient(), TransferList([RUNNING, FAILED]))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.click(offset=cell_of(app, "access denied"))
        await until(lambda: app.panel.selected == "2", "it is selected")
        assert app.panel.has_focus
        await pilot.click(offset=cell_of(app, "ended 1"), times=2)
        assert len(app.screen_stack) == 1
        await pilot.click(offset=cell_of(app, "70 %"), times=2)
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        assert "copy relay" in screen_text(app)


async def test_a_copy_on_the_demo_runs_to_its_end_in_the_panel(pair: Pair) -> None:
    order = CopyOrder(
        Selection(pair.a, Location("media-prod-assets", "video/2026/"), prefixes=["video/2026/subtitles/"]),
        Destination(pair.b, Location("analytics-reports", "panel/")),
        CopyOptions(route=Route.RELAY),
    )
    app = Watching(pair.engine, TransferList())
    async with app.run_test(size=WIDE) as pilot:
        taken = await pair.engine.ask(SubmitCopy(order))
        async with aclosing(pair.engine.follow(WatchTransfers())) as snapshots:
            async for snapshot in snapshots:
                app.panel.transfers = snapshot
                if snapshot.transfers and all(transfer.state.ended for transfer in snapshot.transfers):
                    break
        await until(lambda: "✓ copy relay" in screen_text(app), "the panel shows it done")
        assert app.panel.order == [taken.transfer]
        await press(pilot, "enter")
        await until(lambda: "intro.en.vtt" in screen_text(app), "its objects are listed")
        assert "✓ subtitles/intro.en.vtt" in screen_text(app)
        assert " same (" in screen_text(app)
