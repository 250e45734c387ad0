"""What is at the target's keys is found in its listing, as long as that is worth it."""

from collections.abc import Sequence

from tests.stores.partitioned.listed_keys import ListedKeys
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Selection
from tui.transfers.order.listed_beside import TargetBeside
from tui.transfers.order.ownership import Owners
from tui.transfers.order.selection import Beside, Picked
from tui.transfers.order.sides import Sides


def beside(target: ListedKeys, to: str = "to/") -> TargetBeside:
    selection = Selection("a", Location("from", "x/"), [], ["x/p/", "x/q/"])
    order = CopyOrder(selection, Destination("b", Location("target", to)), CopyOptions())
    return TargetBeside(Sides(order, ListedKeys([]).as_store, target.as_store, Owners()))


def picked(*keys: str) -> list[Picked]:
    return [Picked(key, 1) for key in keys]


def found(looked: Sequence[Picked]) -> list[int | str | None]:
    return [each.beside.size if each.beside else "unknown" for each in looked]


async def test_each_key_is_found_or_is_not_there() -> None:
    target = ListedKeys(["to/p/a", "to/p/b", "to/p/c/d", "to/p/e"])
    looking = beside(target)
    assert found(await looking.look(1, "x/p/", picked("x/p/a", "x/p/aa", "x/p/c/d"))) == [0, None, 2]
    [last] = await looking.look(1, "x/p/", picked("x/p/z"))
    assert last.beside == Beside(None)
    await looking.close()
    assert (target.requests, target.open) == (1, 0)


async def test_each_section_has_a_listing_of_its_own_and_marked_keys_have_none() -> None:
    target = ListedKeys(["to/p/a", "to/q/a"])
    looking = beside(target)
    assert found(await looking.look(0, "", picked("x/k"))) == ["unknown"]
    assert target.requests == 0
    assert found(await looking.look(1, "x/p/", picked("x/p/a"))) == [0]
    assert found(await looking.look(2, "x/q/", picked("x/q/a", "x/q/b"))) == [0, None]
    await looking.close()
    assert target.open == 0


async def test_keys_out_of_order_are_not_looked_up() -> None:
    looking = beside(ListedKeys(["to/p/a", "to/p/b"]))
    assert found(await looking.look(1, "x/p/", picked("x/p/b", "x/p/a", "x/p/c"))) == [1, "unknown", None]
    await looking.close()


async def test_a_target_that_cannot_be_listed_is_asked_key_by_key() -> None:
    looking = beside(ListedKeys(["to/p/a"], fails=lambda _number, _under_way: True))
    assert found(await looking.look(1, "x/p/", picked("x/p/a", "x/p/b"))) == ["unknown", "unknown"]


async def test_a_target_that_has_much_more_is_not_listed_to_its_end() -> None:
    keys = [f"to/p/{number:05d}" for number in range(5000)]
    target = ListedKeys(keys)
    looking = beside(target)
    looked = await looking.look(1, "x/p/", picked("x/p/00000", "x/p/02500", "x/p/04999"))
    assert found(looked) == [0, "unknown", "unknown"]
    assert target.requests < 150, "of 1,000: what was read ahead by then is in vain"
    await looking.close()
    assert target.open == 0
