"""The picture of a copy by the workers of a Dask cluster."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.transfers.cluster.dask_cluster import running_cluster
from tests.ui.browser.browser import Browser
from tests.ui.picturing import demo, save
from tests.waiting import until
from tui.model.cluster import Worker, WorkerState
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import Limits
from tui.protocol.messages.transfers import SubmitCopy

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
PREFIXES = ("images/", "video/2026/raw/", "video/2026/subtitles/")
"""Three ranges: one for each worker."""


def workers_of(browser: Browser) -> list[Worker]:
    """Those of the transfer that was submitted last."""
    transfers = browser.screen.transfers.latest.transfers
    return transfers[-1].workers if transfers else []


async def workers() -> None:
    """The details of a relay by three workers, one of which was lost."""
    with TemporaryDirectory() as directory, running_cluster(Path(directory), os.environ, workers=3) as cluster:
        async with demo(ASSETS, LANDING) as browser:
            left, right = browser.left.identity, browser.right.identity
            assert left
            assert right
            selection = Selection(left.connection, ASSETS, prefixes=list(PREFIXES))
            options = CopyOptions(
                ConflictPolicy.OVERWRITE, route=Route.RELAY, engine=cluster.address, cluster=cluster.options()
            )
            order = CopyOrder(selection, Destination(right.connection, LANDING.child("by-workers/")), options)
            await browser.screen.context.engine.ask(SubmitCopy(order, Limits(rate=500_000)))
            await until(lambda: sum(each.ranges > 0 for each in workers_of(browser)) > 1, "workers copy", 60)
            await browser.press("t")
            idle = next((each.name for each in workers_of(browser) if not each.ranges), cluster.workers[0].name)
            next(each for each in cluster.workers if each.name == idle).kill()
            await until(
                lambda: any(each.state is WorkerState.LOST for each in workers_of(browser)), "a worker is lost", 60
            )
            await browser.press("enter")
            await browser.until_text("is lost")
            await save(browser, "workers")
