"""Strip, panel and the results of one transfer; once with a real copy on the demo."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import msgspec
from textual import on
from textual.widgets import OptionList

from tests.ui.dialogs.conftest import Pair
from tests.ui.dialogs.host import Host, screen_text, text_of
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers import ALL, DONE, FAILED, RESULTS, RUNNING
from tests.waiting import until
from tui.model.location import Location
from tui.model.plan import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import TransferList, TransferState
from tui.protocol.messages import SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.session import EngineAccess
from tui.ui.screens.problem import ProblemScreen
from tui.ui.screens.transfer import TransferScreen
from tui.ui.widgets.transfers_panel import TransferRow, TransfersPanel
from tui.ui.widgets.transfers_strip import TransfersStrip


class Watching(Host):
    """Notes what the two widgets say."""

    def __init__(self, engine: EngineAccess, transfers: TransferList = ALL) -> None:
        self.panel, self.strip = TransfersPanel(engine), TransfersStrip()
        self.panel.transfers = self.strip.transfers = transfers
        self.said: list[Any] = []
        super().__init__(widgets=[self.panel, self.strip])

    def on_mount(self) -> None:
        self.panel.focus()

    @on(TransfersPanel.CancelRequested)
    @on(TransfersStrip.Opened)
    def note(self, event: Any) -> None:
        self.said.append(event)


def rows(app: Watching) -> list[str]:
    return [row.transfer.id for row in app.panel.query(TransferRow)]


def selected(app: Watching) -> list[str]:
    return [row.transfer.id for row in app.panel.query(TransferRow) if row.has_class("-selected")]


async def test_the_newest_stands_first_and_snapshots_change_the_rows() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE, RUNNING]))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        assert rows(app) == ["3", "1"]
        assert "70 %" in screen_text(app)
        finished = msgspec.structs.replace(RUNNING, state=TransferState.DONE, bytes_done=RUNNING.bytes_total, notes=[])
        app.panel.transfers = TransferList([DONE, finished, FAILED])
        await pilot.pause()
        assert rows(app) == ["2", "3", "1"]
        await until(lambda: "70 %" not in screen_text(app), "the new snapshot is shown")
        app.panel.transfers = TransferList([FAILED])
        await until(lambda: rows(app) == ["2"], "what is gone leaves")
        assert selected(app) == ["2"]


async def test_the_total_stays_in_sight_on_a_small_screen() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "total" in screen_text(app)
        await pilot.press(*["down"] * 9)
        await pilot.pause()
        assert selected(app) == ["1"]
        assert "intro.mp4" in screen_text(app)


async def test_an_empty_panel_says_how_to_copy_and_the_strip_is_not_there() -> None:
    app = Watching(ScriptedEngine(), TransferList())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "No transfer yet: F5 or c copies" in screen_text(app)
        assert "2 running" not in screen_text(app)
        app.strip.transfers = ALL
        await pilot.pause()
        assert "2 running · 1 asking" in text_of(app.strip)


async def test_a_click_on_the_strip_opens_the_panel() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(app.strip)
        await until(lambda: bool(app.said), "it says so")
    assert isinstance(app.said[0], TransfersStrip.Opened)


async def test_cancelling_asks_first() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j")
        assert selected(app) == ["3"]
        await pilot.press("x")
        await until(lambda: "8,412 of 11,830 objects are copied and stay" in screen_text(app), "it asks")
        await pilot.press("n")
        await until(lambda: app.screen is app.screen_stack[0], "the question is gone")
        assert app.said == []
        await pilot.press("delete", "y")
        await until(lambda: bool(app.said), "it is asked for")
    assert app.said[0].transfer == "3"


async def test_what_has_ended_cannot_be_cancelled() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "y")
        await until(lambda: [said.message for said in app._notifications] == ["it has ended already"], "it says so")
        assert len(app.screen_stack) == 1
    assert app.said == []


async def test_one_that_comes_while_the_keys_are_elsewhere_is_selected() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE]))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.transfers = TransferList([DONE, RUNNING])
        await pilot.pause()
        assert selected(app) == ["1"]
        app.screen.set_focus(None)
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING, FAILED])
        await until(lambda: selected(app) == ["2"], "the newest is selected")


async def test_a_double_click_shows_results_and_enter_explains_a_failed_one() -> None:
    engine = ScriptedEngine(feeds={WatchResults: [*RESULTS, HOLD]})
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.click(TransferRow, times=2)
        await until(lambda: isinstance(app.screen, TransferScreen), "the results open")
        results = app.screen.query_one(OptionList)
        await until(lambda: results.option_count == 3, "all results are there")
        await pilot.pause()
        shown = screen_text(app)
        for words in ("✓ one.bin  1.00 KiB", "same (CRC64NVME)", "owner bob", "tags were dropped"):
            assert words in shown
        assert "– [b]t␛wo  skipped" in shown
        await pilot.press("f")
        await until(lambda: results.option_count == 1, "only the failed one is left")
        await pilot.press("down", "enter")
        await until(lambda: isinstance(app.screen, ProblemScreen), "it is explained")
        await until(lambda: "4442587FB7D0A2F9" in screen_text(app), "with its request id")
        await pilot.press("escape", "escape")
        await until(lambda: engine.closed == [WatchResults("2")], "nobody follows the results any longer")


async def test_a_copy_on_the_demo_runs_to_its_end_in_the_panel(pair: Pair) -> None:
    order = CopyOrder(
        Selection(pair.a, Location("media-prod-assets", "video/2026/"), prefixes=["video/2026/subtitles/"]),
        Destination(pair.b, Location("analytics-reports", "panel/")),
        CopyOptions(route=Route.RELAY),
    )
    app = Watching(pair.engine, TransferList())
    async with app.run_test(size=(160, 45)) as pilot:
        taken = await pair.engine.ask(SubmitCopy(order))
        async with aclosing(pair.engine.follow(WatchTransfers())) as snapshots:
            async for snapshot in snapshots:
                app.panel.transfers = snapshot
                if snapshot.transfers and all(transfer.state.ended for transfer in snapshot.transfers):
                    break
        await until(lambda: "✓ relay" in screen_text(app), "the panel shows it done")
        assert rows(app) == [taken.transfer]
        await pilot.press("enter")
        await until(lambda: "intro.en.vtt" in screen_text(app), "its objects are listed")
        assert "✓ subtitles/intro.en.vtt" in screen_text(app)
        assert " same (" in screen_text(app)
