"""`make screenshots`: drives the demo through a real engine and writes what it shows to screenshots/*.svg."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.servers.demo import running_demo
from tests.servers.surroundings import scratch_surroundings
from tests.ui.browser.browser import SMALL, Browser
from tests.ui.cluster_pictures import workers
from tests.ui.job_pictures import jobs
from tests.ui.picturing import TARGET, demo, save
from tests.ui.viewing_pictures import compared, menus, versions, viewed
from tests.waiting import until
from tui.model.inspection.sections import LATER, facts_awaited
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import Transfer, TransferState
from tui.protocol.messages.transfers import SubmitCopy
from tui.ui.inspector.inspector import FRAME

ASSETS, INCOMING = Location("media-prod-assets"), Location("media-prod-assets", "incoming/")
LANDING, OFFICE = Location("analytics-landing"), Location("media-prod-office")


async def two_panes() -> None:
    """Two accounts side by side, marks, an unfolded prefix; then all that follows from one copy."""
    async with demo(ASSETS, LANDING) as browser:
        left, right = browser.left, browser.right
        await browser.move_to(left, ASSETS.child("video/"))
        await browser.press("right")
        await until(lambda: left.contents.row_of(ASSETS.child("video/2026/")) is not None, "video/ is unfolded")
        await browser.move_to(left, ASSETS.child("poster.png"))
        await browser.press("space", "space")
        await save(browser, "panes")
        start, end = browser.point(left, ASSETS.child("video.mp4")), browser.point(right, LANDING.child("in/"))
        await browser.drag(start, end, drop=False)
        await save(browser, "drag")
        await browser.pilot.mouse_up(offset=end)
        await browser.until_text("verify")
        await browser.until_text("GetObjectTagging")
        await save(browser, "route-card")
        await browser.press("enter")
        await until(lambda: states(browser)[-1:] == [TransferState.DONE], "the copy has ended", 60)
        await relay(browser)
        await browser.press("t")
        await until(lambda: share(latest(browser)) > 0.3, "a third has been relayed", 60)
        await browser.pilot.pause()
        await save(browser, "transfers")


async def relay(browser: Browser) -> None:
    """Send what the prefix ``video/`` holds through this machine, the master of 200 MiB and all."""
    left, right = browser.left.identity, browser.right.identity
    assert left
    assert right
    selection = Selection(left.connection, ASSETS, prefixes=["video/"])
    target = Destination(right.connection, LANDING.child("relayed/"))
    await browser.screen.context.engine.ask(SubmitCopy(CopyOrder(selection, target, CopyOptions(route=Route.RELAY))))
    await until(lambda: len(states(browser)) == 2, "the relay is known", 30)


def states(browser: Browser) -> list[TransferState]:
    """How the transfers stand, oldest first."""
    return [transfer.state for transfer in browser.screen.transfers.latest.transfers]


def latest(browser: Browser) -> Transfer:
    """The transfer that was submitted last."""
    return browser.screen.transfers.latest.transfers[-1]


def share(transfer: Transfer) -> float:
    """How much of it is done, from 0 to 1."""
    return transfer.bytes_done / transfer.bytes_total if transfer.bytes_total else 0.0


async def inspector() -> None:
    """An object of B in A's bucket."""
    async with demo(INCOMING, LANDING) as browser:
        await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
        await browser.press("i", "i")
        panel = browser.screen.inspecting.inspector
        first = set(facts_awaited(INCOMING.child("heatmap.png"))) - LATER
        await until(lambda: first <= set(panel._facts), "what the findings need has come", 30)
        await browser.pilot.pause(2 * FRAME)
        await browser.pilot.pause()
        await save(browser, "inspector")


async def accounts() -> None:
    """Who a pane may act as."""
    async with demo(ASSETS, LANDING) as browser:
        await browser.press("a")
        await browser.until_text("analytics-as-media-reader")
        await save(browser, "accounts")


async def dry_run() -> None:
    """What a copy would do, before it does anything."""
    async with demo(ASSETS, LANDING.child("in/")) as browser:
        await browser.move_to(browser.left, ASSETS.child("images/"))
        await browser.press("c")
        await browser.until_text("Copy 60 objects")
        await browser.press("d")
        await browser.until_text("all 60")
        await save(browser, "dry-run")


async def small() -> None:
    """80 columns and 24 lines."""
    async with demo(INCOMING, LANDING, SMALL) as browser:
        await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
        await save(browser, "small")


async def moving_about() -> None:
    """Tabs, the list of what can be opened, the choice of columns."""
    async with demo(ASSETS, LANDING) as browser:
        left = browser.left
        await browser.press("T")
        await until(lambda: browser.left is not left and browser.left.identity is not None, "there is a tab", 30)
        browser.left.navigation.go(INCOMING)
        await browser.until_listed(browser.left, INCOMING)
        await save(browser, "tabs")
        await browser.press("o", *f"{ASSETS.uri}vi")
        await browser.until_text("prefix")
        await browser.press("down")
        await save(browser, "open")
        await browser.press("escape", "|")
        await browser.until_text("a automatic")
        await save(browser, "columns")


async def repair() -> None:
    """What makes A the owner of an object of B's."""
    async with demo(INCOMING, LANDING) as browser:
        await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
        await browser.press("O")
        await browser.until_text("Repair  enter")
        await save(browser, "repair")


async def access() -> None:
    """Why B is denied, and what lets B in: shown, applied, tested."""
    async with demo(OFFICE, OFFICE) as browser:
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.press("tab", "enter")
        await browser.until_text("Change it")
        await save(browser, "explanation")
        await browser.press("A")
        await browser.until_text("media-prod applies")
        await save(browser, "access")
        while "all as granted" not in browser.text:
            await browser.press("enter")
            await browser.pilot.pause(FRAME)
        await save(browser, "access-tested")


async def finding() -> None:
    """What was found, and the sizes of prefixes."""
    async with demo(ASSETS, LANDING) as browser:
        await browser.press("f")
        await browser.until_text("Find below")
        await browser.press(*"*2026*.mp4", "enter")
        await browser.until_text("found in")
        await save(browser, "find")
        await browser.press("escape", "D", "c")
        await browser.until_text("by class")
        await save(browser, "sizes")


PICTURES = (
    two_panes,
    inspector,
    accounts,
    dry_run,
    small,
    moving_about,
    repair,
    access,
    finding,
    viewed,
    versions,
    compared,
    menus,
    jobs,
    workers,
)


def main() -> None:
    """Write every picture."""
    TARGET.mkdir(exist_ok=True)
    with scratch_surroundings() as directory, running_demo(directory / "home/.aws") as (server, _):
        os.environ.update(server.environment)
        os.environ["XDG_STATE_HOME"] = str(Path.home() / ".local/state")  # shown as ~/.local/state
        for picture in PICTURES:
            asyncio.run(picture())


if __name__ == "__main__":
    main()
