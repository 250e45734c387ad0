"""What is picked, as a copy understands it; where it may be dropped."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import Location
from tui.model.orders import Selection
from tui.ui.kit.messages import Side
from tui.ui.listing.history import History, Place
from tui.ui.listing.selection import Picked, PickError, describe, select
from tui.ui.panes.drag import Drag, DropTarget, may_drop


def picked(*keys: str, bucket: str = "b") -> list[Picked]:
    return [Picked(Location(bucket, key), None if key.endswith("/") or not key else 10) for key in keys]


@pytest.mark.parametrize(
    ("keys", "base", "objects", "prefixes"),
    [
        (["v/a.mp4"], "v/", ["v/a.mp4"], []),
        (["v/w/"], "v/", [], ["v/w/"]),
        (["v/a", "v/w/b"], "v/", ["v/a", "v/w/b"], []),
        (["v/w/", "v/w/b", "v/c"], "v/", ["v/c"], ["v/w/"]),
        (["a", "v/w/b"], "", ["a", "v/w/b"], []),
        (["//x", "/"], "", [], ["/"]),
        ([""], "", [], [""]),
    ],
)
def test_names_are_relative_to_the_deepest_common_level(
    keys: list[str], base: str, objects: list[str], prefixes: list[str]
) -> None:
    assert select("me", picked(*keys)) == Selection("me", Location("b", base), objects, prefixes)


@given(st.lists(st.text("a/", min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_level_is_above_all_that_is_taken_and_none_below_it_is(keys: list[str]) -> None:
    taken = select("me", picked(*keys))
    names = [*taken.keys, *taken.prefixes]
    assert all(name.startswith(taken.base.key) and name != taken.base.key for name in names)
    below = {name[len(taken.base.key) :].partition("/")[:2] for name in names}
    assert len(below) > 1 or [end for _, end in below] == [""] or len(names) == 1


def test_many_marks_are_selected_sooner_than_their_locations_are_sorted() -> None:
    keys = [f"p/{number:07}" for number in range(200_000)]
    random.Random(1).shuffle(keys)
    many = [Picked(Location("b", key), 1) for key in keys]
    begun = time.process_time()
    places = sorted({one.location for one in many})
    sorting = time.process_time() - begun
    selection = select("me", many)
    assert time.process_time() - begun - sorting < sorting
    assert (selection.keys, selection.base.key) == ([place.key for place in places], "p/")


@pytest.mark.parametrize("nothing", [[], [Picked(Location())], picked("a") + picked("a", bucket="c")])
def test_what_cannot_be_copied_together(nothing: list[Picked]) -> None:
    with pytest.raises(PickError):
        select("me", nothing)


def test_words() -> None:
    assert describe(picked("a", "b")) == "2 objects, 20 B"
    assert describe(picked("a", "p/", "q/")) == "1 object, 10 B and 2 prefixes"
    assert describe(picked("")) == "1 bucket"


@pytest.mark.parametrize(
    ("target", "same_server", "allowed"),
    [
        (Location("b", "v/"), True, False),
        (Location("b", "v/"), False, True),
        (Location("b", "v/w/"), True, False),
        (Location("b", "v/w/deep/"), True, False),
        (Location("b", "other/"), True, True),
        (Location("b"), True, True),
        (Location(), True, False),
        (Location("c", "an-object"), True, False),
    ],
)
def test_where_a_prefix_may_be_dropped(target: Location, same_server: bool, allowed: bool) -> None:
    assert may_drop(select("me", picked("v/w/")), target, same_server=same_server) is allowed


def test_the_ghost_makes_control_characters_visible() -> None:
    drag = Drag(Side.LEFT, select("me", picked("a")), "1 object", DropTarget(Side.RIGHT, Location("b", "\x1b[31m/")))
    assert "\x1b" not in drag.label


def test_history_goes_back_and_forward_and_forgets_what_was_ahead() -> None:
    history = History()
    one, two, three = (Place(Location("b", key)) for key in ("1/", "2/", "3/"))
    history.leave(one)
    history.leave(two)
    assert history.back(three) == two
    assert history.back(two) == one
    assert history.back(one) is None
    assert history.forward(one) == two
    history.leave(two)
    assert history.forward(three) is None
