"""`make screenshots`: drives the demo through a real engine and writes what it shows to screenshots/*.svg."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.browser.browser import SMALL, Browser, opened, state
from tests.engines import session_in
from tests.features.cluster.dask_cluster import running_cluster
from tests.servers.demo import running_demo
from tests.servers.surroundings import scratch_surroundings
from tests.waiting import until
from tui.core.engines import Worker, WorkerState
from tui.core.facts import LATER, facts_awaited
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.transfer import Limits, Transfer, TransferState
from tui.features.copy.hand_over_screen import HandOverScreen
from tui.features.inspect.screen import FRAME
from tui.messages.order_requests import SubmitCopy
from tui.settings import ScaleSettings

ASSETS, INCOMING = Location("media-prod-assets"), Location("media-prod-assets", "incoming/")
LANDING, OFFICE = Location("analytics-landing"), Location("media-prod-office")
EVENTS, REPORTS = LANDING.child("events/"), Location("analytics-reports", "2026/11/")
SCALE = ScaleSettings(objects=10, batch_reports=f"{LANDING.uri}jobs/")
"""The demo has few objects: the engines are shown from ten on."""
PREFIXES = ("images/", "video/2026/raw/", "video/2026/subtitles/")
"""Three ranges: one for each worker."""

PICTURE = (148, 34)
"""Wide enough for every column, and its letters can still be read on a page."""

FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Textual names a font on a server of somebody else's; the reader's own monospaced one will do."""

TARGET = Path(__file__).parents[1] / "screenshots"


Scene = Callable[[Browser], Awaitable[None]]
PICTURES: list[Callable[[], Coroutine[Any, Any, None]]] = []


def picture(
    left: Location, right: Location, size: tuple[int, int] = PICTURE, *, scale: ScaleSettings | None = None
) -> Callable[[Scene], Scene]:
    """What is taken of the app at these places, on an engine of its own."""

    def taken(scene: Scene) -> Scene:
        async def take() -> None:
            async with (
                session_in(os.environ) as session,
                opened(session, left.uri, right.uri, size=size, scale=scale or ScaleSettings()) as browser,
            ):
                await browser.until_text("▸ user/bob" if size == PICTURE else "▸bob")
                await scene(browser)

        PICTURES.append(take)
        return scene

    return taken


async def save(browser: Browser, name: str) -> None:
    browser.app.clear_notifications()
    await browser.pilot.pause()
    picture = FONT_FACE.sub("", browser.app.export_screenshot(title="xs3-tui"))
    (TARGET / f"{name}.svg").write_text(picture, encoding="utf-8")


@picture(ASSETS, LANDING)
async def two_panes(browser: Browser) -> None:
    left, right = browser.left, browser.right
    await browser.press_on(left, ASSETS.child("video/"), "right")
    await until(lambda: left.contents.row_of(ASSETS.child("video/2026/")) is not None, "video/ is unfolded")
    await browser.press_on(left, ASSETS.child("poster.png"), "space", "space")
    await save(browser, "panes")
    start, end = browser.point(left, ASSETS.child("video.mp4")), browser.point(right, LANDING.child("in/"))
    await browser.drag(start, end, drop=False)
    await save(browser, "drag")
    await browser.pilot.mouse_up(offset=end)
    await browser.until_text("verify")
    await browser.until_text("GetObjectTagging")
    await save(browser, "route-card")
    await browser.press("enter", ended=True)
    await relay(browser)
    await browser.press("t")
    await until(lambda: 3 * latest(browser).bytes_done > (latest(browser).bytes_total or 0) > 0, "a third is there", 60)
    await browser.pilot.pause()
    await save(browser, "transfers")


async def relay(browser: Browser) -> None:
    left, right = browser.who(browser.left), browser.who(browser.right)
    selection = Selection(left.connection, ASSETS, prefixes=["video/"])
    target = Destination(right.connection, LANDING.child("relayed/"))
    await browser.screen.context.engine.ask(
        SubmitCopy(CopyOrder(selection, target, CopyOptions(route=CopyRoute.RELAY)))
    )
    await until(lambda: len(browser.screen.transfers.latest.transfers) == 2, "the relay is known", 30)


def latest(browser: Browser) -> Transfer:
    return browser.screen.transfers.latest.transfers[-1]


@picture(INCOMING, LANDING)
async def inspector(browser: Browser) -> None:
    await browser.press_on(browser.left, INCOMING.child("heatmap.png"), "i", "i")
    panel = browser.screen.inspecting.inspector
    first = set(facts_awaited(INCOMING.child("heatmap.png"))) - LATER
    await until(lambda: first <= set(panel._facts), "what the findings need has come", 30)
    await until(lambda: "not allowed" in panel._findings[0].sentence, "the denial is explained", 30)
    await browser.pilot.pause(2 * FRAME)
    await browser.pilot.pause()
    await save(browser, "inspector")


@picture(ASSETS, LANDING)
async def accounts(browser: Browser) -> None:
    await browser.press("a", then="analytics-as-media-reader")
    await save(browser, "accounts")


@picture(ASSETS, LANDING.child("in/"))
async def dry_run(browser: Browser) -> None:
    await browser.press_on(browser.left, ASSETS.child("images/"), "C", then="Copy 60 objects")
    await browser.press("d", then="all 60")
    await save(browser, "dry-run")


@picture(INCOMING, LANDING, SMALL)
async def small(browser: Browser) -> None:
    await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
    await save(browser, "small")


@picture(ASSETS, LANDING)
async def moving_about(browser: Browser) -> None:
    left = browser.left
    await browser.run("new_tab")
    await until(lambda: browser.left is not left and browser.left.identity is not None, "there is a tab", 30)
    browser.left.navigation.go(INCOMING)
    await browser.until_listed(browser.left, INCOMING)
    await save(browser, "tabs")
    await browser.press("o", *f"{ASSETS.uri}vi", then="prefix")
    await browser.press("down")
    await save(browser, "open")
    await browser.press("escape", "|", then="Automatic")
    await save(browser, "columns")


@picture(INCOMING, LANDING)
async def repair(browser: Browser) -> None:
    await browser.press_on(browser.left, INCOMING.child("heatmap.png"), "O", then="Repair  enter")
    await save(browser, "repair")


@picture(OFFICE, OFFICE)
async def access(browser: Browser) -> None:
    await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
    await browser.press("tab", "enter", then="Change it")
    await save(browser, "explanation")
    await browser.press("A", then="media-prod applies")
    await save(browser, "access")
    while "all as granted" not in browser.text:
        await browser.press("enter")
        await browser.pilot.pause(FRAME)
    await save(browser, "access-tested")


@picture(ASSETS, LANDING)
async def finding(browser: Browser) -> None:
    await browser.press("f", then="Find below")
    await browser.press(*"*2026*.mp4", "enter", then="found in")
    await save(browser, "find")
    await browser.press("escape", "u", "v", then="by class")
    await save(browser, "sizes")


@picture(ASSETS, EVENTS)
async def viewed(browser: Browser) -> None:
    await browser.press("tab", lists=EVENTS)
    await browser.press("end", "v", then="esc close")
    await save(browser, "view")


@picture(ASSETS, REPORTS)
async def versions(browser: Browser) -> None:
    await browser.until_listed(browser.right, REPORTS)
    await browser.press("tab")
    await browser.press_on(browser.right, REPORTS.child("summary.csv"), "w", then="noncurrent")
    await save(browser, "versions")


@picture(ASSETS, LANDING)
async def compared(browser: Browser) -> None:
    await browser.press("=", then="only left")
    await save(browser, "compare")


@picture(ASSETS, LANDING)
async def menus(browser: Browser) -> None:
    await browser.press_on(browser.left, ASSETS.child("video.mp4"), ".", then="presigned link")
    await save(browser, "menu")
    await browser.press("escape", "?", "/", *"version", then="Show or hide the versions")
    await save(browser, "help")


@picture(ASSETS, LANDING, scale=SCALE)
async def jobs(browser: Browser) -> None:
    """The engines on the route card, the dialog of the hand-over, a job that is done and one that waits."""
    await hand_over(browser, ASSETS.child("images/"), pictures=True)
    await browser.press("t", "P", then="Begin the job?")
    await browser.press("y")
    await until(lambda: state(browser) is TransferState.DONE, "the job has come so far", 60)
    await browser.press("escape")
    await hand_over(browser, ASSETS.child("video/"))
    await browser.press("t", then="P confirm")
    await save(browser, "job")


async def hand_over(browser: Browser, place: Location, *, pictures: bool = False) -> None:
    await browser.press_on(browser.left, place, "f5", then="(•) local")
    await browser.press(*["up"] * 4, "right", "right", then="batch ✓")
    await browser.press("down", "down", "right", then=("GetObjectTagging", "Hand over…"))
    if pictures:
        await save(browser, "engines")
    await browser.press("enter", front=HandOverScreen)
    await make_role(browser)
    if pictures:
        await save(browser, "hand-over")
    await browser.press("enter")
    await until(lambda: state(browser) is TransferState.WAITING, "the job has come so far", 60)


async def make_role(browser: Browser) -> None:
    await browser.until_text("Make role  ctrl+r")
    await browser.press("ctrl+r", then="role trust policy")
    while "has everything that the job needs" not in browser.text:
        await browser.press("enter")
        await browser.pilot.pause(0.2)
    await browser.press("escape", then="role/xs3-tui-batch-analytics-landing")


def workers_of(browser: Browser) -> list[Worker]:
    transfers = browser.screen.transfers.latest.transfers
    return transfers[-1].workers if transfers else []


@picture(ASSETS, LANDING)
async def workers(browser: Browser) -> None:
    """The details of a relay by three workers, one of which was lost."""
    left, right = browser.who(browser.left), browser.who(browser.right)
    with TemporaryDirectory() as directory, running_cluster(Path(directory), os.environ, workers=3) as cluster:
        options = CopyOptions(
            ConflictPolicy.OVERWRITE, route=CopyRoute.RELAY, engine=cluster.address, cluster=cluster.options()
        )
        selection = Selection(left.connection, ASSETS, prefixes=list(PREFIXES))
        order = CopyOrder(selection, Destination(right.connection, LANDING.child("by-workers/")), options)
        await browser.screen.context.engine.ask(SubmitCopy(order, Limits(rate=500_000)))
        await until(lambda: sum(each.ranges > 0 for each in workers_of(browser)) > 1, "workers copy", 60)
        await browser.press("t")
        idle = next((each.name for each in workers_of(browser) if not each.ranges), cluster.workers[0].name)
        next(each for each in cluster.workers if each.name == idle).kill()
        await until(lambda: any(each.state is WorkerState.LOST for each in workers_of(browser)), "a worker is lost", 60)
        await browser.press("enter", then="is lost")
        await save(browser, "workers")


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with scratch_surroundings() as directory, running_demo(directory / "home/.aws") as (server, _):
        os.environ.update(server.environment)
        os.environ["XDG_STATE_HOME"] = str(Path.home() / ".local/state")  # shown as ~/.local/state
        for take in PICTURES:
            asyncio.run(take())


if __name__ == "__main__":
    main()
