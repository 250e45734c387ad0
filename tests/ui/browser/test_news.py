"""What is told of transfers unasked leaves the screen readable, however many fail at once."""

from __future__ import annotations

import msgspec

from tests.ui.browser.browser import SMALL, A, B, Browser
from tests.ui.browser.world import LANDING, NOW, VIDEO, PicturedEngine
from tests.ui.dialogs.transfers.world import FAILED, RUNNING
from tests.waiting import until
from tui.app import XS3App
from tui.model.transfer import TransferList
from tui.settings import PaneStart, Settings, Start


async def test_of_many_that_fail_at_once_two_notices_stand() -> None:
    names = [str(number) for number in range(8)]
    engine = PicturedEngine(TransferList([msgspec.structs.replace(RUNNING, id=name) for name in names]))
    app = XS3App(Start(PaneStart(A, VIDEO), PaneStart(B, LANDING)), Settings(), lambda: engine, lambda: NOW)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        browser = Browser(app, pilot)
        await browser.until_told("8 transfers are under way")
        app.clear_notifications()
        browser.screen.transfers.take(TransferList([msgspec.structs.replace(FAILED, id=name) for name in names]))
        await until(lambda: len(app._notifications) > 0, "it is told")
        await pilot.pause()
        assert [notice.title for notice in app._notifications][1:] == ["7 more notices of transfers"]
