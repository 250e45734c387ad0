"""From when on other engines are shown, which of them can be taken, and in which words."""

from __future__ import annotations

import pytest

from tests.ui.dialogs.world import ORDER
from tui.model.archive.restoring import RestoreTier
from tui.model.engines import EngineKind
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Route, SyncOrder
from tui.model.plan import Pace, Tally
from tui.scale import hand_over as module
from tui.scale.estimates import Work
from tui.scale.hand_over import Terms, hand_over, not_batch, work_of
from tui.scale.prices import GB, LIST_PRICES
from tui.settings.parsing import parse
from tui.settings.prices import terms
from tui.text.hand_over import hand_over_lines, terms_words

TERMS = Terms(LIST_PRICES)
PACE = Pace(copies=1000.0, relays=500.0, relayed=100.0 * 2**20)
SKIP = CopyOrder(ORDER.selection, ORDER.destination, CopyOptions(ConflictPolicy.SKIP))


@pytest.mark.parametrize(
    ("work", "due"),
    [
        (Work(0, 0), False),
        (Work(999_999, 0), False),
        (Work(1_000_000, 0), True),
        (Work(1, 6 * 3600 * 100 * 2**20, server_side=False), False),
        (Work(1, 6 * 3600 * 100 * 2**20 + 2**20, server_side=False), True),
    ],
)
def test_the_threshold_is_a_number_of_objects_or_of_hours(work: Work, due: bool) -> None:
    assert hand_over(work, SKIP, PACE, TERMS).due is due


def test_the_settings_have_both_thresholds_and_what_jobs_are_given() -> None:
    settings, mistakes = parse(
        '[scale]\nobjects = 5\nhours = 0.5\ndask = "tls://here:8786"\nworkers = 9\n'
        'batch_role = "arn:aws:iam::123456789012:role/b"\nbatch_reports = "s3://b/r/"\n'
    )
    assert not mistakes
    mine = terms(settings)
    assert (mine.objects, mine.hours, mine.dask, mine.workers) == (5, 0.5, "tls://here:8786", 9)
    assert (mine.role, mine.reports) == ("arn:aws:iam::123456789012:role/b", "s3://b/r/")
    assert hand_over(Work(5, 0), SKIP, PACE, mine).due
    assert not hand_over(Work(4, 0), SKIP, PACE, mine).due


@pytest.mark.parametrize(
    "line",
    ["objects = 0", "hours = 0", 'dask = "local"', 'dask = "here"', 'batch_role = "b"', 'batch_reports = "s3://b/key"'],
)
def test_settings_that_make_no_sense_are_refused(line: str) -> None:
    assert parse(f"[scale]\n{line}\n")[1]


@pytest.mark.parametrize(
    ("options", "refused", "why"),
    [
        (CopyOptions(ConflictPolicy.SKIP), "", ""),
        (CopyOptions(ConflictPolicy.OVERWRITE), "", ""),
        (CopyOptions(ConflictPolicy.NEWER), "", ""),
        (CopyOptions(ConflictPolicy.DIFFERENT), "", ""),
        (CopyOptions(ConflictPolicy.ASK), "", module.ASKS_NOTHING),
        (CopyOptions(ConflictPolicy.RENAME), "", module.ASKS_NOTHING),
        (CopyOptions(ConflictPolicy.SKIP, move=True), "", module.DELETES_NOTHING),
        (CopyOptions(ConflictPolicy.SKIP, restore=RestoreTier.BULK), "", module.RESTORES_NOTHING),
        (CopyOptions(ConflictPolicy.SKIP), "two services", "two services"),
        (CopyOptions(ConflictPolicy.SKIP), None, module.CHECKING),
    ],
)
def test_what_no_job_can_do(options: CopyOptions, refused: str | None, why: str) -> None:
    order = CopyOrder(ORDER.selection, ORDER.destination, options)
    assert not_batch(order, refused) == why
    plan = hand_over(Work(10, 10), order, PACE, TERMS, refused)
    assert plan.refused == ({EngineKind.BATCH: why} if why else {})
    assert [each.engine for each in plan.estimates] == [EngineKind.LOCAL, *([] if why else [EngineKind.BATCH])]


def test_a_sync_is_no_job() -> None:
    assert not_batch(SyncOrder(ORDER.selection, ORDER.destination), "") == module.COMPARES_NOTHING


def test_the_words_name_durations_prices_and_limits() -> None:
    work = Work(2_000_003, 300 * GB, 3, 100 * GB)
    plan = hand_over(work, SKIP, PACE, Terms(LIST_PRICES, dask="tls://here:8786", workers=4))
    assert hand_over_lines(plan) == [
        (EngineKind.LOCAL, True, "about 33 min, $10.01"),
        (EngineKind.BATCH, True, "10 min to 1 h 36 min, $12.26; 3 objects above 5 GiB by this machine; no pause"),
        (EngineKind.DASK, True, "about 9 min, $10.01; 4 workers"),
    ]
    assert terms_words(plan) == "AWS list prices of us-east-1, first tier, 2025-06-01; $6.00 more between regions"


def test_a_job_copies_by_itself_where_this_machine_would_relay() -> None:
    work = work_of(Tally(2_000_000, 300 * GB), SKIP, Route.RELAY)
    plan = hand_over(work, SKIP, Pace(), TERMS)
    assert hand_over_lines(plan) == [
        (EngineKind.LOCAL, True, "19 min or more, $10.91; nothing measured here yet"),
        (EngineKind.BATCH, True, "10 min to 1 h 36 min, $12.26; no pause"),
    ]
    assert terms_words(plan).endswith("; $6.00 more between regions; $27.00 more out of AWS")


def test_what_cannot_be_taken_says_why() -> None:
    plan = hand_over(Work(2_000_000, 0), ORDER, PACE, TERMS)
    assert hand_over_lines(plan)[1] == (EngineKind.BATCH, False, module.ASKS_NOTHING)
