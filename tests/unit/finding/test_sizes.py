"""What is counted, kept apart and priced."""

from __future__ import annotations

import pytest

from tui.finding.sizes import Counter
from tui.model.finding.size_tree import Breakdown, SizeTree, broken_down
from tui.model.finding.sizes import SMALL_OBJECT, Amount, Share, SizePart, Stored
from tui.model.identity import Owner
from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.scale.prices import GB, ClassPrice, PriceTable, cost
from tui.settings import Settings
from tui.settings.parsing import parse
from tui.settings.prices import price_table

DAY = 24 * 3600
NOW = 1000 * DAY
OURS = Owner("a" * 64)


def test_what_was_deleted_is_in_no_level_any_more() -> None:
    tree = SizeTree()
    for prefix, stored in (("a/b/", Stored.CURRENT), ("a/b/c/", Stored.CURRENT), ("d/", Stored.CURRENT)):
        tree.add([SizePart(prefix, Share(stored, "STANDARD", "", 0), Amount(2, 20))])
    tree.add([SizePart("d/e/", Share(Stored.NONCURRENT, "STANDARD", "", 0), Amount(1, 5))])
    a, d = (tree.root.children[name] for name in ("a/", "d/"))
    tree.remove(a.children["b/"], Stored.CURRENT)
    assert list(tree.root.children) == ["d/"], "nothing else was below a/"
    assert (tree.root.bytes, tree.root.objects) == (25, 3)
    tree.remove(d, Stored.CURRENT)
    assert (tree.root.bytes, d.bytes, list(d.children)) == (5, 5, ["e/"]), "noncurrent versions stay"


def share(storage_class: str = "STANDARD", stored: Stored = Stored.CURRENT) -> Share:
    return Share(stored, storage_class, "", 0)


def counted(depth: int = 0) -> SizeTree:
    counter = Counter(Location("bucket", "in/"), depth, NOW)
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


def test_deeper_levels_count_for_those_above() -> None:
    assert counted(depth=1).root.children["x/"].children == {}


def test_beyond_the_bound_prefixes_are_folded_and_nothing_is_lost() -> None:
    tree = SizeTree(most=3)
    tree.add(SizePart(f"a/{number}/", share(), Amount(1, 100)) for number in range(10))
    assert tree.folded
    a = tree.root.children["a/"]
    assert a.folded
    assert len(a.children) == 2
    assert (tree.root.objects, a.bytes) == (10, 1000)
    assert sum(each.objects for each in a.own().values()) == 8


@pytest.mark.parametrize(
    ("storage_class", "amount", "usd"),
    [
        ("STANDARD", Amount(1, GB), 0.023),
        ("STANDARD_IA", Amount(1000, 0, 1000 * SMALL_OBJECT), 1000 * SMALL_OBJECT / GB * 0.0125),
        ("STANDARD", Amount(1000, 0, 1000 * SMALL_OBJECT), 0.0),
        ("GLACIER", Amount(1000, GB), 0.0036 + 1000 * (32768 * 0.0036 + 8192 * 0.023) / GB),
        ("INTELLIGENT_TIERING", Amount(2000, GB, 0, 2000), 0.023 + 0.005),
    ],
)
def test_costs_have_least_sizes_and_overheads(storage_class: str, amount: Amount, usd: float) -> None:
    assert cost({share(storage_class): amount}, price_table(Settings())).usd == pytest.approx(usd)


def test_a_class_without_a_price_is_named() -> None:
    priced = cost({share("SNOW"): Amount(1, GB), share(): Amount(1, GB)}, price_table(Settings()))
    assert priced.unpriced == ["SNOW"]
    assert priced.usd == pytest.approx(0.023)


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
