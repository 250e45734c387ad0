"""The pace of this machine, as its latest transfers tell it."""

from __future__ import annotations

import pytest

from tui.model.orders import Route
from tui.model.plan import Pace
from tui.model.transfer import Transfer, TransferKind, TransferState
from tui.transfers.pace import pace_of
from tui.transfers.rate_meter import STEP, BusyTime

MIB = 1 << 20


def transfer(
    objects: int,
    size: int,
    busy: float,
    route: Route | None = Route.PULL,
    kind: TransferKind = TransferKind.COPY,
    submitted: float = 1.0,
    engine: str = "local",
) -> Transfer:
    return Transfer(
        "t",
        "s3://a/",
        "s3://b/",
        TransferState.DONE,
        route,
        objects_done=objects,
        bytes_done=size,
        kind=kind,
        busy=busy,
        submitted=submitted,
        engine=engine,
    )


@pytest.mark.parametrize(
    ("done", "pace"),
    [
        (transfer(10_000, 0, 5.0), Pace(copies=2000.0)),
        (transfer(10_000, 0, 5.0, Route.PUSH), Pace(copies=2000.0)),
        (transfer(10_000, 10_000 * 16_384, 5.0, Route.RELAY), Pace(relays=2000.0)),
        (transfer(4, 1000 * MIB, 5.0, Route.RELAY), Pace(relayed=200.0 * MIB)),
        (transfer(10_000, 0, 2.0), Pace()),
        (transfer(100, 0, 5.0), Pace()),
        (transfer(100, 100, 5.0, Route.RELAY), Pace()),
        (transfer(10_000, 0, 5.0, None), Pace()),
        (transfer(0, 0, 5.0), Pace()),
        (transfer(10_000, 0, 5.0, kind=TransferKind.DELETE), Pace()),
        (transfer(10_000, 0, 5.0, engine="tls://here:8786"), Pace()),
    ],
)
def test_what_a_transfer_tells(done: Transfer, pace: Pace) -> None:
    assert pace_of([done]) == pace


def test_the_latest_one_counts_and_each_kind_has_its_own() -> None:
    seen = [
        transfer(10_000, 0, 5.0, submitted=2.0),
        transfer(10_000, 0, 10.0, submitted=1.0),
        transfer(10_000, 0, 4.0, Route.RELAY, submitted=3.0),
        transfer(4, 1000 * MIB, 5.0, Route.RELAY, submitted=4.0),
    ]
    assert pace_of(seen) == Pace(copies=2000.0, relays=2500.0, relayed=200.0 * MIB)


def test_only_time_in_which_something_was_done_counts() -> None:
    now = [100.0]
    busy = BusyTime(7.0, lambda: now[0])
    for _ in range(3):
        busy.note()
    now[0] += STEP
    busy.note()
    now[0] += 3600.0
    busy.note()
    assert busy.seconds == 7.0 + 3 * STEP
