"""Many marks in a list that is in no order, such as what a search has found in a report."""

from __future__ import annotations

import random
import time

from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.ui.listing.tree import Tree

COUNT = 30_000


def test_marks_of_entries_in_no_order_are_looked_at_in_no_time() -> None:
    place, names = Location("b"), [f"{number:07}" for number in range(COUNT)]
    random.Random(1).shuffle(names)
    tree = Tree(place)
    tree.root.begin()
    tree.root.take(make_page("", [], [ObjectSummary(name, 1, 0) for name in names]))
    assert not tree.root.entries.sorted
    tree.marks = dict.fromkeys([place.child("gone"), place.child("gone/"), *map(place.child, names)], 1)
    begun = time.monotonic()
    tree.forget_gone(tree.root)
    assert time.monotonic() - begun < 3  # seconds; to look for each among all others would take ten
    assert set(tree.marks) == set(map(place.child, names))
