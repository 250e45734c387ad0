"""How long copies take and what they cost by each engine; searches and sizes: what is meant, counted and priced."""

import re
import sys
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.world import ORDER
from tests.tables import not_said, problem_in
from tui.core import estimates as module
from tui.core.engines import EngineKind
from tui.core.estimates import (
    BATCH_FASTEST,
    BATCH_SLOWEST,
    BATCH_START,
    COPIED_PART,
    MANIFEST_KEYS,
    USUAL_PACE,
    Terms,
    Workload,
    batch,
    dask,
    hand_over,
    local,
    not_batch,
    rate,
    requests_cost,
    transfer_cost,
    work_of,
)
from tui.core.identity import Address, AddressBook, Owner
from tui.core.listing import ObjectSummary, chosen_rows, make_page
from tui.core.location import Location
from tui.core.orders import (
    ClassCount,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Filters,
    RestoreTier,
    SyncOrder,
)
from tui.core.price_table import GB, LIST_PRICES, SERVICE_PRICES, ClassPrice, PriceTable, cost, restore_price
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.searching import (
    SMALL_OBJECT,
    Amount,
    Criteria,
    InventoryReport,
    Share,
    SizePart,
    StorageUse,
    compile_regex,
)
from tui.core.transfer import Pace, Tally
from tui.features.archive.words import cost_words, wait_words
from tui.features.find.measure_sizes import AmountCounter, measure_uploads
from tui.features.find.search import Matcher
from tui.settings import Settings
from tui.settings.parsing import parse
from tui.settings.prices import price_table, terms
from tui.stores.base import Store
from tui.stores.store_values import CompletedPart, IncompleteUpload
from tui.text.listing_lines import named, regular, report_line, tag
from tui.text.order_lines import TRUSTED, hand_over_lines, terms_words
from tui.text.size_lines import Breakdown, SizeTree, broken_down
from tui.text.typed import TypedError

PRICE = re.compile(r"(?:per_gb|per_1000|per_million|per_job)\w*\s*[:=]\s*\d")


def test_there_is_one_table_with_name_and_date() -> None:
    assert LIST_PRICES.words == "AWS list prices of us-east-1 (other regions differ), first tier, 2025-06-01"
    product = Path(__file__).parents[2] / "tui"
    with_prices = {str(file.relative_to(product)) for file in product.rglob("*.py") if PRICE.search(file.read_text())}
    assert with_prices == {"core/price_table.py"}
    assert not list(product.rglob("*price*.json"))
    prices = [getattr(SERVICE_PRICES, name) for name in SERVICE_PRICES.__struct_fields__]
    assert all(0 < price < 100 for price in prices)


def test_a_class_that_is_not_known_costs_as_standard() -> None:
    assert LIST_PRICES.of("") == LIST_PRICES.of("STANDARD") == LIST_PRICES.of("SNOW")
    assert LIST_PRICES.of("DEEP_ARCHIVE").put_per_1000 == 0.05
    own = LIST_PRICES.with_own({"GLACIER_IR": 0.001}).classes["GLACIER_IR"]
    assert own == ClassPrice(0.001, billed_from=131072, put_per_1000=0.02, get_per_1000=0.01, retrieval_per_gb=0.03)


def test_restores() -> None:
    for archive, tier, usd in (
        ("GLACIER", RestoreTier.EXPEDITED, 10_000 * 0.01 + 2 * 0.03),
        ("GLACIER", RestoreTier.BULK, 0.0),
        ("DEEP_ARCHIVE", RestoreTier.STANDARD, 1.0 + 2 * 0.02),
        ("DEEP_ARCHIVE", RestoreTier.BULK, 0.25 + 2 * 0.0025),
        ("DEEP_ARCHIVE", RestoreTier.EXPEDITED, None),
        ("DEEP_ARCHIVE_ACCESS", RestoreTier.EXPEDITED, None),
        ("DEEP_ARCHIVE_ACCESS", RestoreTier.STANDARD, 0.0),
        ("INTELLIGENT_TIERING", RestoreTier.STANDARD, 0.0),
    ):
        price = restore_price(archive, tier)
        found = 10_000 / 1000 * price.per_1000 + 2 * price.per_gb if price else None
        assert found == (usd if usd is None else pytest.approx(usd)), (archive, tier)


def test_what_a_restore_costs_names_table_and_date() -> None:
    archives = {"DEEP_ARCHIVE": ClassCount(1000, 100 * GB)}
    words = cost_words(archives, RestoreTier.STANDARD)
    assert words.startswith("about $2.10 (AWS list prices of us-east-1 (other regions differ), first tier, 2025-06-01)")
    assert cost_words(archives, RestoreTier.EXPEDITED) == ""
    assert wait_words(archives, RestoreTier.EXPEDITED) == "DEEP_ARCHIVE has no Expedited restore"
    others = dict.fromkeys(("GLACIER", "INTELLIGENT_TIERING"), ClassCount(1, GB))
    assert wait_words(others, RestoreTier.BULK) == "GLACIER 5 to 12 hours, INTELLIGENT_TIERING 5 to 48 hours"


# How long copies take by each engine, and what they cost: monotone, and right where it can be worked out by hand.
MILLION = 1_000_000
NOTHING = Workload(0, 0)
PACE = Pace(copies=1000.0, relays=500.0, relayed=100.0 * 2**20)

counts, sizes = st.integers(0, 10**11), st.integers(0, 10**18)


def test_nothing_costs_nothing_but_a_job() -> None:
    assert local(NOTHING, PACE, LIST_PRICES).least == 0.0
    assert local(NOTHING, PACE, LIST_PRICES).usd == 0.0
    assert batch(NOTHING, PACE, LIST_PRICES).usd == 0.0  # no job is made for nothing
    assert dask(NOTHING, 3, PACE, LIST_PRICES).least == 0.0


def test_a_million_small_objects() -> None:
    work = Workload(MILLION, MILLION * 16 * 1024)
    here = local(work, PACE, LIST_PRICES)
    assert (here.least, here.most, here.measured) == (1000.0, 1000.0, True)
    assert here.usd == pytest.approx(1000 * 0.005 + 1 * 0.005)
    job = batch(work, PACE, LIST_PRICES)
    assert job.least == pytest.approx(BATCH_START[0] + MILLION / MANIFEST_KEYS + MILLION / BATCH_FASTEST)
    assert job.most == pytest.approx(BATCH_START[1] + MILLION / MANIFEST_KEYS + MILLION / BATCH_SLOWEST)
    assert job.usd == pytest.approx(here.usd + 0.25 + 1.0)


def test_a_relay_takes_as_long_as_its_bytes_and_pays_both_sides() -> None:
    work = Workload(1000, 100 * GB, server_side=False)
    here = local(work, PACE, LIST_PRICES)
    assert here.least == pytest.approx(100 * GB / (100 * 2**20))
    parts = 100 * GB // (16 << 20)
    assert here.usd == pytest.approx((1000 + parts) / 1000 * (0.005 + 0.0004) + 0.000005)


def test_what_one_request_cannot_copy_stays_here() -> None:
    large = Workload(MILLION + 2, 20 * GB, 2, 20 * GB)
    job = batch(large, PACE, LIST_PRICES)
    parts = 20 * GB // COPIED_PART
    assert job.usd == pytest.approx(
        requests_cost(Workload(MILLION, 0), LIST_PRICES)
        + 1.25
        + requests_cost(Workload(2, 20 * GB, 2, 20 * GB), LIST_PRICES)
    )
    assert requests_cost(Workload(2, 20 * GB, 2, 20 * GB), LIST_PRICES) == pytest.approx(
        (4 + parts) / 1000 * 0.005 + 5e-6
    )
    only = Workload(2, 20 * GB, 2, 20 * GB)
    assert batch(only, PACE, LIST_PRICES).usd == local(only, PACE, LIST_PRICES).usd
    assert batch(large, Pace(), LIST_PRICES).most is None


def test_classes_and_keys() -> None:
    plain = requests_cost(Workload(MILLION, GB), LIST_PRICES)
    assert requests_cost(Workload(MILLION, GB, target_class="GLACIER"), LIST_PRICES) == pytest.approx(plain + 25.0)
    assert requests_cost(Workload(MILLION, GB, source_class="GLACIER_IR"), LIST_PRICES) == pytest.approx(plain + 0.03)
    assert requests_cost(Workload(MILLION, GB, kms=True), LIST_PRICES) == pytest.approx(plain + 6.0)
    assert transfer_cost(GB, out=True) == 0.09
    assert transfer_cost(GB, out=False) == 0.02
    up = requests_cost(Workload(MILLION, 0, server_side=False, uploads=True), LIST_PRICES)
    down = requests_cost(Workload(MILLION, 0, server_side=False, downloads=True), LIST_PRICES)
    assert up == pytest.approx(5.005), "uploads read nothing"
    assert down == pytest.approx(0.405), "downloads write nothing"


def test_workers() -> None:
    work = Workload(MILLION, 0)
    assert dask(work, 1, PACE, LIST_PRICES).least == local(work, PACE, LIST_PRICES).least
    assert dask(work, 10, PACE, LIST_PRICES).least == pytest.approx(1000 / 9)
    assert dask(work, 10, PACE, LIST_PRICES).engine is EngineKind.DASK
    with pytest.raises(ValueError, match="0 workers"):
        dask(work, 0, PACE, LIST_PRICES)
    unknown = local(Workload(MILLION, 0), Pace(), LIST_PRICES)
    assert (unknown.measured, unknown.most) == (False, None)
    assert unknown.least == pytest.approx(MILLION / (USUAL_PACE.copies or 0))
    known = rate(Pace(relays=10.0), server_side=False)
    assert (known.objects, known.bytes, known.measured) == (10.0, USUAL_PACE.relayed, True)
    assert rate(Pace(), server_side=True).bytes is None


@given(counts, counts, sizes, sizes, st.booleans())
def test_more_takes_longer_and_costs_more(objects: int, others: int, size: int, more: int, by_server: bool) -> None:
    small = Workload(objects, size, server_side=by_server)
    large = Workload(objects + others, size + more, server_side=by_server)
    for estimate in (local, batch):
        one, other = estimate(small, PACE, LIST_PRICES), estimate(large, PACE, LIST_PRICES)
        assert one.least <= other.least
        assert one.usd <= other.usd * (1 + 1e-12)
        assert one.most is not None
        assert one.least <= one.most


@given(counts, st.integers(1, 500))
def test_more_workers_take_no_longer(objects: int, workers: int) -> None:
    work = Workload(objects, 0)
    assert dask(work, workers + 1, PACE, LIST_PRICES).least <= dask(work, workers, PACE, LIST_PRICES).least


# From when on other engines are shown, which of them can be taken, and in which words.
TERMS = Terms(LIST_PRICES)
SKIP = CopyOrder(ORDER.selection, ORDER.destination, CopyOptions(ConflictPolicy.SKIP))


def test_the_threshold_is_a_number_of_objects_or_of_hours() -> None:
    """The settings have both, and what jobs are given."""
    expected = [
        (Workload(0, 0), False),
        (Workload(999_999, 0), False),
        (Workload(1_000_000, 0), True),
        (Workload(1, 6 * 3600 * 100 * 2**20, server_side=False), False),
        (Workload(1, 6 * 3600 * 100 * 2**20 + 2**20, server_side=False), True),
    ]
    assert [(work, hand_over(work, SKIP, PACE, TERMS).due) for work, _ in expected] == expected
    settings, mistakes = parse(
        '[scale]\nobjects = 5\nhours = 0.5\ndask = "tls://here:8786"\nworkers = 9\n'
        'batch_role = "arn:aws:iam::123456789012:role/b"\nbatch_reports = "s3://b/r/"\n'
    )
    assert not mistakes
    mine = terms(settings)
    assert (mine.objects, mine.hours, mine.dask, mine.workers) == (5, 0.5, "tls://here:8786", 9)
    assert (mine.role, mine.reports) == ("arn:aws:iam::123456789012:role/b", "s3://b/r/")
    assert hand_over(Workload(5, 0), SKIP, PACE, mine).due
    assert not hand_over(Workload(4, 0), SKIP, PACE, mine).due


def test_settings_that_make_no_sense_are_refused() -> None:
    engines = ['dask = "local"', 'dask = "here"', 'batch_role = "b"', 'batch_reports = "s3://b/key"']
    for line in ("objects = 0", "hours = 0", *engines):
        assert parse(f"[scale]\n{line}\n")[1], line


def test_what_no_job_can_do() -> None:
    skip = CopyOptions(ConflictPolicy.SKIP)
    for options, refused, why in (
        (skip, "", ""),
        *(
            (CopyOptions(each), "", "")
            for each in (ConflictPolicy.OVERWRITE, ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT)
        ),
        (CopyOptions(ConflictPolicy.ASK), "", module.ASKS_NOTHING),
        (CopyOptions(ConflictPolicy.RENAME), "", module.ASKS_NOTHING),
        (CopyOptions(ConflictPolicy.SKIP, move=True), "", module.DELETES_NOTHING),
        (CopyOptions(ConflictPolicy.SKIP, restore=RestoreTier.BULK), "", module.RESTORES_NOTHING),
        (skip, "two services", "two services"),
        (skip, None, module.CHECKING),
    ):
        order = CopyOrder(ORDER.selection, ORDER.destination, options)
        assert not_batch(order, refused) == why
        plan = hand_over(Workload(10, 10), order, PACE, TERMS, refused)
        assert plan.refused == ({EngineKind.BATCH: why} if why else {})
        assert [each.engine for each in plan.estimates] == [EngineKind.LOCAL, *([] if why else [EngineKind.BATCH])]


def test_the_words_name_durations_prices_and_limits() -> None:
    work = Workload(2_000_003, 300 * GB, 3, 100 * GB)
    plan = hand_over(work, SKIP, PACE, Terms(LIST_PRICES, dask="tls://here:8786", workers=4))
    assert hand_over_lines(plan) == [
        (EngineKind.LOCAL, True, "about 33 min, $10.01"),
        (EngineKind.BATCH, True, "10 min to 1 h 36 min, $12.26; 3 objects above 5 GiB by this machine; no pause"),
        (EngineKind.DASK, True, f"about 9 min, $10.01; 4 workers, {TRUSTED}"),
    ]
    assert (
        terms_words(plan)
        == "AWS list prices of us-east-1 (other regions differ), first tier, 2025-06-01; $6.00 more between regions"
    )
    plan = hand_over(work, SKIP, PACE, Terms(LIST_PRICES, dask="dask://here:8786", workers=4))
    assert hand_over_lines(plan)[2] == (EngineKind.DASK, False, module.NEEDS_TLS)
    plan = hand_over(Workload(2_000_000, 0), ORDER, PACE, TERMS)
    assert hand_over_lines(plan)[1] == (EngineKind.BATCH, False, module.ASKS_NOTHING)
    assert not_batch(SyncOrder(ORDER.selection, ORDER.destination), "") == module.COMPARES_NOTHING


def test_a_job_copies_by_itself_where_this_machine_would_relay() -> None:
    work = work_of(Tally(2_000_000, 300 * GB), SKIP, CopyRoute.RELAY)
    plan = hand_over(work, SKIP, Pace(), TERMS)
    assert hand_over_lines(plan) == [
        (EngineKind.LOCAL, True, "19 min or more, $10.91; nothing measured here yet"),
        (EngineKind.BATCH, True, "10 min to 1 h 36 min, $12.26; no pause"),
    ]
    assert terms_words(plan).endswith("; $6.00 more between regions; $27.00 more out of AWS")


# Searches and sizes: which objects of a page are meant, what is counted, kept apart and priced.


OURS, THEIRS = Owner("a" * 64), Owner("b" * 64, "bob")
BOOK = AddressBook({THEIRS.id: Address(THEIRS.id, "222222222222", "analytics")})
PLACE = Location("bucket", "in/")
PAGE = make_page(
    "in/",
    [],
    [
        ObjectSummary("in/README", 10, 1000, "STANDARD", OURS),
        ObjectSummary("in/a/", 0, 1000, "STANDARD", OURS),
        ObjectSummary("in/a/Report.CSV", 2000, 2000, "GLACIER", THEIRS),
        ObjectSummary("in/a/b/old.csv", 3000, 500, "STANDARD_IA", OURS),
        ObjectSummary("in/ünï/x.csv", 4000, 3000, "STANDARD", None),
    ],
)


def found(criteria: Criteria, owner: str = OURS.id) -> list[str]:
    page = chosen_rows(PAGE, Matcher(criteria, PLACE, BOOK, owner).rows(PAGE))
    return [each.key for each in page.objects()]


def test_all_conditions_are_met() -> None:
    expected: list[tuple[Criteria, list[str]]] = [
        (Criteria(), ["in/README", "in/a/", "in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (Criteria(markers=False, filters=Filters(max_size=10)), ["in/README"]),
        (named("*.csv"), ["in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (named("readme"), ["in/README"]),
        (named("r*"), ["in/README", "in/a/Report.CSV"]),
        (named("a/*.csv"), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (named("ÜNÏ"), ["in/ünï/x.csv"]),
        (named("in/a"), []),
        (Criteria(regex=r"^a/.*\.csv$"), ["in/a/b/old.csv"]),
        (Criteria(regex=r"(?i)\.csv$"), ["in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (Criteria(regex="ü.ï/", contains="X"), ["in/ünï/x.csv"]),
        (Criteria(filters=Filters(include=["*.csv"], exclude=["a/b/*"])), ["in/ünï/x.csv"]),
        (Criteria(filters=Filters(min_size=2000, max_size=3000)), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (Criteria(filters=Filters(newer_than=2000.5, older_than=2000.0 + 1)), ["in/a/Report.CSV"]),
        (Criteria(classes=["glacier", "STANDARD_IA"]), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (Criteria(owners=["Analytics"]), ["in/a/Report.CSV"]),
        (Criteria(owners=["222222222222"]), ["in/a/Report.CSV"]),
        (Criteria(owners=[OURS.id]), ["in/README", "in/a/", "in/a/b/old.csv"]),
        (Criteria(foreign=True), ["in/a/Report.CSV"]),
        (Criteria(names=["*.csv"], foreign=True, filters=Filters(min_size=2001)), []),
    ]
    assert [(criteria, found(criteria)) for criteria, _ in expected] == expected


def test_what_matches_keeps_its_columns() -> None:
    page = chosen_rows(PAGE, [2])
    assert list(page.objects()) == [ObjectSummary("in/a/Report.CSV", 2000, 2000, "GLACIER", THEIRS)]
    page = make_page("in/READ", [], [ObjectSummary("in/README", 1, 1)])
    assert Matcher(named("read*"), Location("bucket", "in/READ")).rows(page) == [0]


def test_foreign_owned_needs_the_buckets_owner() -> None:
    assert problem_in(Matcher, Criteria(foreign=True), PLACE).kind is ProblemKind.INVALID


def test_a_tag_is_a_key_and_perhaps_a_value() -> None:
    assert (tag("team=video"), tag("team="), tag("team")) == (("team", "video"), ("team", ""), ("team", "*"))
    with pytest.raises(TypedError):
        tag("=x")


def test_a_report_without_date_and_prefix_is_named_all_the_same() -> None:
    said = "inventory report of unknown date (CSV) on the whole bucket: s3://reports/manifest.json"
    assert report_line(InventoryReport("s3://reports/manifest.json", file_format="CSV")) == said


def test_what_is_no_regular_expression_is_said() -> None:
    says = {
        "(a": "missing )",
        r"(a)\1": "no backreferences",
        "(?=a)": "looks ahead",
        "a" * 1025: "1,024 characters",
        "((a{1000}){1000})": "repetition",
        "\udcff": "not a regular expression",
    }
    assert not_said(TypedError, regular, says) == {}
    for regex, said in says.items():
        problem = problem_in(Matcher, Criteria(regex=regex), PLACE)
        assert (problem.kind, said in problem.cause) == (ProblemKind.INVALID, True)
        assert "not a valid regular expression" in problem.title


def test_no_regular_expression_takes_long() -> None:
    """Python's own `re` would take longer than anybody lives."""
    test = compile_regex("(a+)+$")
    assert not test("a" * 1023 + "b")
    assert test("a" * 1024)
    assert compile_regex(r"^.\.csv$")("\udcff.csv"), "a name that is no Unicode"


def test_without_re2_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(TypedError, match=re.escape("pip install 'xs3-tui[regex]'")):
        regular("a")
    assert "xs3-tui[regex]" in problem_in(Matcher, Criteria(regex="a"), PLACE).remedy


# What is counted, kept apart and priced.
DAY = 24 * 3600
NOW = 1000 * DAY


def test_what_was_deleted_is_in_no_level_any_more() -> None:
    tree = SizeTree()
    for prefix, stored in (("a/b/", StorageUse.CURRENT), ("a/b/c/", StorageUse.CURRENT), ("d/", StorageUse.CURRENT)):
        tree.add([SizePart(prefix, Share(stored, "STANDARD", "", 0), Amount(2, 20))])
    tree.add([SizePart("d/e/", Share(StorageUse.NONCURRENT, "STANDARD", "", 0), Amount(1, 5))])
    a, d = (tree.root.children[name] for name in ("a/", "d/"))
    tree.remove(a.children["b/"], StorageUse.CURRENT)
    assert list(tree.root.children) == ["d/"], "nothing else was below a/"
    assert (tree.root.bytes, tree.root.objects) == (25, 3)
    tree.remove(d, StorageUse.CURRENT)
    assert (tree.root.bytes, d.bytes, list(d.children)) == (5, 5, ["e/"]), "noncurrent versions stay"


def share(storage_class: str = "STANDARD", stored: StorageUse = StorageUse.CURRENT) -> Share:
    return Share(stored, storage_class, "", 0)


def counted(depth: int = 0) -> SizeTree:
    counter = AmountCounter(Location("bucket", "in/"), depth, NOW)
    counter.page(
        make_page(
            "in/",
            [],
            [
                ObjectSummary("in/a", 10, NOW - 1, "STANDARD", OURS),
                ObjectSummary("in/x/b", 20, NOW - 40 * DAY, "GLACIER", OURS),
                ObjectSummary("in/x/y/c", 200 * 1024, NOW - 400 * DAY, "GLACIER", None),
            ],
        )
    )
    tree = SizeTree()
    tree.add(counter.found().parts)
    assert counter.found(complete=True).parts == []  # each amount is sent once
    return tree


def test_a_prefix_has_all_that_is_below() -> None:
    root = counted().root
    x = root.children["x/"]
    assert (root.objects, root.bytes) == (3, 10 + 20 + 200 * 1024)
    assert (x.objects, x.prefix, x.children["y/"].prefix) == (2, "x/", "x/y/")
    assert [each.objects for each in root.own().values()] == [1]
    assert {label: amount.objects for label, amount in broken_down(root.shares, Breakdown.AGE).items()} == {
        "< 30 days": 1,
        "30-90 days": 1,
        "> 1 year": 1,
    }
    assert list(broken_down(root.shares, Breakdown.CLASS)) == ["GLACIER", "STANDARD"]
    assert set(broken_down(root.shares, Breakdown.OWNER)) == {OURS.id, ""}
    assert counted(depth=1).root.children["x/"].children == {}, "deeper levels count for those above"


class Uploading:
    """A bucket with two incomplete uploads, of which the parts of one may not be listed."""

    async def uploads(self, _bucket: str, _prefix: str) -> list[IncompleteUpload]:
        return [IncompleteUpload("in/a", "1", NOW - 40 * DAY), IncompleteUpload("in/x/b", "2", NOW)]

    async def parts(self, _bucket: str, _key: str, upload: str) -> list[CompletedPart]:
        if upload == "2":
            raise ProblemError(Problem(ProblemKind.DENIED, "access denied"))
        return [CompletedPart(1, "e", size=30), CompletedPart(2, "e", size=12)]


async def test_an_upload_is_as_large_as_its_parts_and_counts_where_they_may_not_be_listed() -> None:
    steps = measure_uploads(cast(Store, Uploading()), Location("bucket", "in/"), 0, NOW)
    found = [step async for step in steps][-1]
    assert [(each.prefix, each.share.stored, each.amount.bytes) for each in found.parts] == [
        ("", StorageUse.UPLOADS, 42),
        ("x/", StorageUse.UPLOADS, 0),
    ]
    assert (found.progress.looked_at, found.progress.unreadable) == (2, 1)


def test_beyond_the_bound_prefixes_are_folded_and_nothing_is_lost() -> None:
    tree = SizeTree(most=3)
    tree.add(SizePart(f"a/{number}/", share(), Amount(1, 100)) for number in range(10))
    assert tree.folded
    a = tree.root.children["a/"]
    assert a.folded
    assert len(a.children) == 2
    assert (tree.root.objects, a.bytes) == (10, 1000)
    assert sum(each.objects for each in a.own().values()) == 8


def test_costs_have_least_sizes_and_overheads() -> None:
    for storage_class, amount, usd in (
        ("STANDARD", Amount(1, GB), 0.023),
        ("STANDARD_IA", Amount(1000, 0, 1000 * SMALL_OBJECT), 1000 * SMALL_OBJECT / GB * 0.0125),
        ("STANDARD", Amount(1000, 0, 1000 * SMALL_OBJECT), 0.0),
        ("GLACIER", Amount(1000, GB), 0.0036 + 1000 * (32768 * 0.0036 + 8192 * 0.023) / GB),
        ("INTELLIGENT_TIERING", Amount(2000, GB, 0, 2000), 0.023 + 0.005),
    ):
        assert cost({share(storage_class): amount}, price_table(Settings())).usd == pytest.approx(usd), storage_class


def test_the_settings_have_prices_of_their_own() -> None:
    settings, mistakes = parse("[prices]\nSTANDARD = 0.01\nSNOW = 1\n")
    assert not mistakes
    table = price_table(settings)
    assert cost({share(): Amount(1, GB), share("SNOW"): Amount(1, GB)}, table).usd == pytest.approx(1.01)
    assert "from the settings: SNOW, STANDARD" in table.words
    assert PriceTable("n", "d", {"GLACIER": ClassPrice(1.0, overhead=7)}).with_own({"GLACIER": 2.0}).classes == {
        "GLACIER": ClassPrice(2.0, overhead=7)
    }
    assert parse("[prices]\nSTANDARD = -1\n")[1]
    priced = cost({share("SNOW"): Amount(1, GB), share(): Amount(1, GB)}, price_table(Settings()))
    assert priced.unpriced == ["SNOW"]
    assert priced.usd == pytest.approx(0.023)
