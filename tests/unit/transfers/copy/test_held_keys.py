"""A key is held while an object is written there, and no longer; who awaited it is told."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from tests.stores.partitioned.listed_keys import ListedKeys
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.stores.values import Capabilities, ObjectHead
from tui.transfers.copy.decision import Decider
from tui.transfers.copy.routes import Seen
from tui.transfers.order.ownership import Owners
from tui.transfers.order.selection import Beside, Picked
from tui.transfers.order.sides import Sides


@pytest.fixture
def decider() -> Decider:
    async def look(key: str) -> Seen:
        raise AssertionError(f"nobody needs to look at {key}")

    store = ListedKeys([]).as_store
    order = CopyOrder(Selection("a", Location("from")), Destination("b", Location("target")), CopyOptions())
    return Decider(Sides(order, store, store, Owners()), look)


def test_a_key_is_taken_while_an_object_is_written_there_and_free_afterwards(decider: Decider) -> None:
    with decider.keys.holding("k"):
        assert decider.keys.is_taken("k")
        assert not decider.keys.is_taken("another")
    assert not decider.keys.is_taken("k")


def test_an_object_that_cannot_be_written_leaves_its_key_free(decider: Decider) -> None:
    with pytest.raises(OSError, match="cut"), decider.keys.holding("k"):
        raise OSError("cut")
    assert not decider.keys.is_taken("k")


def test_an_object_notices_that_another_was_written_at_the_place_it_awaits(decider: Decider) -> None:
    with decider.keys.awaiting("k"):
        with decider.keys.holding("k"):
            assert decider.keys.is_taken("k")
        assert decider.keys.is_taken("k"), "what was seen there before is out of date"
    assert not decider.keys.is_taken("k"), "the next look sees what was written"


LISTED = Picked("k", 10, 1.0, etag='"e"')
UPLOADS: Any = SimpleNamespace(held=None)


def decider_of(policy: ConflictPolicy, *, trusted: bool = True) -> Decider:
    async def look(key: str) -> Seen:
        raise AssertionError(f"nobody needs to look at {key}")

    store: Any = ListedKeys([]).as_store
    target: Any = SimpleNamespace(
        capabilities=Capabilities(honors_conditions=trusted), label="target", endpoint="e", partition="aws"
    )
    order = CopyOrder(
        Selection("a", Location("from")), Destination("b", Location("target")), CopyOptions(conflict=policy)
    )
    head = ObjectHead(10, '"e"', 1.0, {}, {})
    listed = Seen("k", head, [], (), listed=True)
    return Decider(Sides(order, store, target, Owners()), look, lambda picked: listed if picked.size else None)


def test_an_object_is_copied_at_once_where_nothing_has_to_be_found_out() -> None:
    overwriting, asking = decider_of(ConflictPolicy.OVERWRITE), decider_of(ConflictPolicy.ASK)
    assert overwriting.at_once(LISTED, "k", UPLOADS) == (overwriting._as_listed(LISTED), False)
    new = replace(LISTED, beside=Beside(None))
    assert asking.at_once(new, "k", UPLOADS) == (asking._as_listed(new), True), "nothing that comes since is replaced"


@pytest.mark.parametrize(
    ("policy", "picked", "key"),
    [
        (ConflictPolicy.ASK, LISTED, "k"),
        (ConflictPolicy.ASK, replace(LISTED, beside=Beside(10, 1.0, '"e"')), "k"),
        (ConflictPolicy.RENAME, replace(LISTED, beside=Beside(None)), "k (1)"),
        (ConflictPolicy.OVERWRITE, LISTED, ""),
        (ConflictPolicy.OVERWRITE, replace(LISTED, unfit="a socket"), "k"),
        (ConflictPolicy.OVERWRITE, Picked("k"), "k"),
    ],
)
def test_else_it_is_looked_at(policy: ConflictPolicy, picked: Picked, key: str) -> None:
    assert decider_of(policy).at_once(picked, key, UPLOADS) is None


def test_nor_is_it_copied_at_once_where_the_target_honors_no_condition() -> None:
    new = replace(LISTED, beside=Beside(None))
    assert decider_of(ConflictPolicy.ASK, trusted=False).at_once(new, "k", UPLOADS) is None


def test_nor_where_a_sibling_is_written_or_an_upload_was_left() -> None:
    decider = decider_of(ConflictPolicy.OVERWRITE)
    with decider.keys.holding("k"):
        assert decider.at_once(LISTED, "k", UPLOADS) is None
    held: Any = SimpleNamespace(held=object())
    assert decider.at_once(LISTED, "k", held) is None
