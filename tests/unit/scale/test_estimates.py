"""How long copies take by each engine, and what they cost: monotone, and right where it can be worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.batch.operations import ManifestSource
from tui.model.engines import EngineKind
from tui.model.plan import Pace
from tui.scale.engines import BATCH_FASTEST, BATCH_SLOWEST, BATCH_START, MANIFEST_KEYS, USUAL_PACE, rate
from tui.scale.estimates import (
    COPIED_PART,
    Work,
    batch,
    batch_cost,
    dask,
    local,
    requests_cost,
    transfer_cost,
)
from tui.scale.prices import GB, LIST_PRICES

MILLION = 1_000_000
NOTHING = Work(0, 0)
PACE = Pace(copies=1000.0, relays=500.0, relayed=100.0 * 2**20)

counts, sizes = st.integers(0, 10**11), st.integers(0, 10**18)


def test_nothing_costs_nothing_but_a_job() -> None:
    assert local(NOTHING, PACE, LIST_PRICES).least == 0.0
    assert local(NOTHING, PACE, LIST_PRICES).usd == 0.0
    assert batch(NOTHING, PACE, LIST_PRICES).usd == 0.0  # no job is made for nothing
    assert dask(NOTHING, 3, PACE, LIST_PRICES).least == 0.0


def test_a_million_small_objects() -> None:
    work = Work(MILLION, MILLION * 16 * 1024)
    here = local(work, PACE, LIST_PRICES)
    assert (here.least, here.most, here.measured) == (1000.0, 1000.0, True)
    assert here.usd == pytest.approx(1000 * 0.005 + 1 * 0.005)
    job = batch(work, PACE, LIST_PRICES)
    assert job.least == pytest.approx(BATCH_START[0] + MILLION / MANIFEST_KEYS + MILLION / BATCH_FASTEST)
    assert job.most == pytest.approx(BATCH_START[1] + MILLION / MANIFEST_KEYS + MILLION / BATCH_SLOWEST)
    assert job.usd == pytest.approx(here.usd + 0.25 + 1.0)


def test_a_relay_takes_as_long_as_its_bytes_and_pays_both_sides() -> None:
    work = Work(1000, 100 * GB, server_side=False)
    here = local(work, PACE, LIST_PRICES)
    assert here.least == pytest.approx(100 * GB / (100 * 2**20))
    parts = 100 * GB // (16 << 20)
    assert here.usd == pytest.approx((1000 + parts) / 1000 * (0.005 + 0.0004) + 0.000005)


def test_without_a_measurement_it_says_at_least() -> None:
    unknown = local(Work(MILLION, 0), Pace(), LIST_PRICES)
    assert (unknown.measured, unknown.most) == (False, None)
    assert unknown.least == pytest.approx(MILLION / (USUAL_PACE.copies or 0))


def test_what_one_request_cannot_copy_stays_here() -> None:
    large = Work(MILLION + 2, 20 * GB, 2, 20 * GB)
    job = batch(large, PACE, LIST_PRICES)
    parts = 20 * GB // COPIED_PART
    assert job.usd == pytest.approx(
        requests_cost(Work(MILLION, 0), LIST_PRICES)
        + batch_cost(MILLION)
        + requests_cost(Work(2, 20 * GB, 2, 20 * GB), LIST_PRICES)
    )
    assert requests_cost(Work(2, 20 * GB, 2, 20 * GB), LIST_PRICES) == pytest.approx((4 + parts) / 1000 * 0.005 + 5e-6)
    only = Work(2, 20 * GB, 2, 20 * GB)
    assert batch(only, PACE, LIST_PRICES).usd == local(only, PACE, LIST_PRICES).usd
    assert batch(large, Pace(), LIST_PRICES).most is None


@pytest.mark.parametrize(
    ("source", "more"),
    [(ManifestSource.LIST, 0.0), (ManifestSource.INVENTORY, 0.0025), (ManifestSource.GENERATOR, 0.015)],
)
def test_where_the_list_comes_from(source: ManifestSource, more: float) -> None:
    assert batch_cost(MILLION, source) == pytest.approx(1.25 + more)


def test_classes_and_keys() -> None:
    plain = requests_cost(Work(MILLION, GB), LIST_PRICES)
    assert requests_cost(Work(MILLION, GB, target_class="GLACIER"), LIST_PRICES) == pytest.approx(plain + 25.0)
    assert requests_cost(Work(MILLION, GB, source_class="GLACIER_IR"), LIST_PRICES) == pytest.approx(plain + 0.03)
    assert requests_cost(Work(MILLION, GB, kms=True), LIST_PRICES) == pytest.approx(plain + 6.0)
    assert transfer_cost(GB, out=True) == 0.09
    assert transfer_cost(GB, out=False) == 0.02


def test_uploads_read_nothing_and_downloads_write_nothing() -> None:
    up = requests_cost(Work(MILLION, 0, server_side=False, uploads=True), LIST_PRICES)
    down = requests_cost(Work(MILLION, 0, server_side=False, downloads=True), LIST_PRICES)
    assert up == pytest.approx(5.005)
    assert down == pytest.approx(0.405)


def test_workers() -> None:
    work = Work(MILLION, 0)
    assert dask(work, 1, PACE, LIST_PRICES).least == local(work, PACE, LIST_PRICES).least
    assert dask(work, 10, PACE, LIST_PRICES).least == pytest.approx(1000 / 9)
    assert dask(work, 10, PACE, LIST_PRICES).engine is EngineKind.DASK
    with pytest.raises(ValueError, match="0 workers"):
        dask(work, 0, PACE, LIST_PRICES)


@given(counts, counts, sizes, sizes, st.booleans())
def test_more_takes_longer_and_costs_more(objects: int, others: int, size: int, more: int, by_server: bool) -> None:
    small = Work(objects, size, server_side=by_server)
    large = Work(objects + others, size + more, server_side=by_server)
    for estimate in (local, batch):
        one, other = estimate(small, PACE, LIST_PRICES), estimate(large, PACE, LIST_PRICES)
        assert one.least <= other.least
        assert one.usd <= other.usd * (1 + 1e-12)
        assert one.most is not None
        assert one.least <= one.most


@given(counts, st.integers(1, 500))
def test_more_workers_take_no_longer(objects: int, workers: int) -> None:
    work = Work(objects, 0)
    assert dask(work, workers + 1, PACE, LIST_PRICES).least <= dask(work, workers, PACE, LIST_PRICES).least


def test_a_rate_that_was_measured_in_part_is_filled_up() -> None:
    known = rate(Pace(relays=10.0), server_side=False)
    assert (known.objects, known.bytes, known.measured) == (10.0, USUAL_PACE.relayed, True)
    assert rate(Pace(), server_side=True).bytes is None
