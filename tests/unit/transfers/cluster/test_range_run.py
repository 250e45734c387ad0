"""The listing of a range in a worker: a server that lists in another order is refused, not copied in part."""

from __future__ import annotations

import pytest

from tests.stores.partitioned.listed_keys import ListedKeys
from tests.unit.transfers.journal.samples import ORDER
from tui.model.problem import ProblemError
from tui.transfers.cluster.worker.range_run import listed

KEYS = [f"p/{number:03d}" for number in range(20)]


async def keys_of(store: ListedKeys, after: str = "") -> list[str]:
    pages = listed(store.as_store, ORDER.selection, 1, after)
    return [picked.key async for page in pages for picked in page.picked]


async def test_in_order() -> None:
    assert await keys_of(ListedKeys(KEYS)) == KEYS
    assert await keys_of(ListedKeys(KEYS), after=KEYS[7]) == KEYS[8:]


@pytest.mark.parametrize("keys", [KEYS[::-1], [*KEYS[10:], *KEYS[:10]]], ids=["within a page", "between pages"])
async def test_out_of_order(keys: list[str]) -> None:
    with pytest.raises(ProblemError, match="does not list in key order") as refused:
        await keys_of(ListedKeys(keys))
    assert "engine local" in refused.value.problem.remedy


async def test_a_server_that_does_not_know_where_to_begin() -> None:
    class FromTheBeginning(ListedKeys):
        def _place(self, *_: object) -> int:
            return 0

    with pytest.raises(ProblemError, match="does not list in key order"):
        await keys_of(FromTheBeginning(KEYS), after=KEYS[7])
