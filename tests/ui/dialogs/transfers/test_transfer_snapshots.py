"""Pictures of everything about transfers, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import ASKING, EVERY_KIND, FAILED, MOVING, PAUSED, RESULTS, RUNNING, WAITING
from tests.ui.dialogs.world import BOOK, NOW
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Limits, ObjectResult, Transfer, TransferList
from tui.protocol.messages.transfers import WatchResults
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.key_footer import KeyFooter
from tui.ui.transfers.limits import LimitsScreen
from tui.ui.transfers.panel import TransfersPanel
from tui.ui.transfers.quit import QuitScreen
from tui.ui.transfers.receipt import ReceiptScreen
from tui.ui.transfers.sparkline import STEP_SECONDS
from tui.ui.transfers.strip import TransfersStrip
from tui.ui.transfers.transfer import TransferScreen

SIZES = [(80, 24), (200, 50)]

ACCENTS = {"media-prod": "$left-accent", "analytics": "$right-accent"}

RATES = [0, 10, 50, 90, 120, 300, 200, 280, 310, 50, 0, 0, 20, 450, 440, 430, 453] * 3
"""MiB per second, from step to step."""


def panel(transfers: TransferList) -> Host:
    times = iter(range(int(NOW), int(NOW) + 1000, int(STEP_SECONDS)))
    shown, strip = TransfersPanel(ScriptedEngine(), lambda: float(next(times))), TransfersStrip()
    shown.accents = ACCENTS
    for rate in RATES:
        shown.transfers = structs.replace(transfers, rate=rate * 2.0**20)
    shown.transfers = strip.transfers = transfers
    return Host(widgets=[shown, strip, KeyFooter()])


def details(transfer: Transfer, results: Sequence[ObjectResult]) -> Host:
    engine = ScriptedEngine(feeds={WatchResults: results})
    return Host(dialog=TransferScreen(engine, transfer, BOOK, accents=ACCENTS, clock=lambda: NOW))


def failed() -> Host:
    return details(structs.replace(FAILED, submitted=NOW - 800, ended=NOW - 700, retries=4), RESULTS)


def waiting() -> Host:
    return details(structs.replace(WAITING, submitted=NOW - 800), [])


def problem() -> Host:
    told = Problem(
        ProblemKind.DENIED, "access denied: s3:PutObject for user/bob", "no statement of the bucket policy allows it",
        "ask the owner of analytics-landing for a policy that allows it", "PutObject", "s3://analytics-landing/in/three",
        "analytics", "s3:PutObject", "4442587FB7D0A2F9", 403, "AccessDenied",
    )  # fmt: skip
    return Host(dialog=ProblemScreen(told))


PICTURES: dict[str, tuple[Callable[[], Host], tuple[str, ...]]] = {
    "panel": (lambda: panel(EVERY_KIND), ()),
    "panel further down": (lambda: panel(EVERY_KIND), ("j", "j", "j", "j")),
    "panel of those that wait": (lambda: panel(EVERY_KIND), ("f", "f")),
    "panel with one": (lambda: panel(TransferList([MOVING])), ()),
    "panel with none": (lambda: panel(TransferList()), ()),
    "a failed one": (failed, ()),
    "its failed objects": (failed, ("f",)),
    "a waiting one": (waiting, ()),
    "problem": (problem, ()),
    "limits": (lambda: Host(dialog=LimitsScreen("s3://a/x/ → s3://b/y/", Limits(10 * 2**20, 4))), ()),
    "limits not understood": (lambda: Host(dialog=LimitsScreen("all transfers together", Limits())), ("x",)),
    "receipt": (lambda: Host(dialog=ReceiptScreen(FAILED, Path("/usr"))), ()),
    "receipt nowhere": (lambda: Host(dialog=ReceiptScreen(PAUSED, Path("/usr/nowhere"), failed=True)), ()),
    "quit": (lambda: Host(dialog=QuitScreen([RUNNING, ASKING, WAITING])), ()),
    "quit the demo": (lambda: Host(dialog=QuitScreen([RUNNING], outlives=False)), ()),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    make, keys = PICTURES[name]

    async def settle(pilot: Pilot[None]) -> None:
        for each in pilot.app.query(TransfersPanel):
            each.focus()
        if isinstance(pilot.app.screen, TransferScreen):
            listed = pilot.app.screen.query_one(OptionList)
            await until(
                lambda: listed.option_count > 0 or "no results yet" in screen_text(pilot.app), "results are there"
            )
        await press(pilot, *keys)
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(make(), terminal_size=size, run_before=settle)
