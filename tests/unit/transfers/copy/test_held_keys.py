"""A key is held while an object is written there, and no longer; who awaited it is told."""

import pytest

from tests.stores.partitioned.listed_keys import ListedKeys
from tui.model.location import Location
from tui.model.plan import CopyOptions, CopyOrder, Destination, Selection
from tui.transfers.copy.decision import Decider
from tui.transfers.copy.routes import Seen
from tui.transfers.order.ownership import Owners
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
