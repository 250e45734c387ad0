"""Every key comes once, whatever the keys are and wherever their range is split."""

import asyncio
import string
from collections.abc import Sequence
from contextlib import aclosing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stores.partitioned.listed_keys import ListedKeys
from tests.waiting import until
from tui.model.listing import ObjectSummary, Page
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.partitioned.listing import AT_ONCE, every_page
from tui.stores.partitioned.schedule import MOST_PAGES
from tui.stores.values import Capabilities

NUMBERED = [f"logs/{number // 100:04d}/event-{number:06d}.json" for number in range(2000)]
RANDOM = sorted(f"{number * 2654435761 % 2**32:08x}/é{number}" for number in range(2000))
DEEP = [*(f"a/{n}" for n in range(9)), *(f"m/{'very/long/' * 20}{n:04d}" for n in range(900)), "z/1", "z/2"]

characters = st.one_of(
    st.sampled_from("//ab01 \t\x01\x7f\u0085\ufffe\uffff\U0001f600\U0010ffff"), st.characters(exclude_categories=["Cs"])
)
names = st.one_of(
    st.text(characters, max_size=12),
    st.text("ab/", max_size=40),
    st.builds("{}{:06d}".format, st.sampled_from(["", "x/", "a//", "common/prefix/"]), st.integers(0, 99999)),
)
key_sets = st.sets(names, min_size=1, max_size=120)


async def listed(store: ListedKeys, prefix: str = "", *, ordered: bool = True, after: str = "") -> list[Page]:
    pages = every_page(store.as_store, "b", prefix, ordered=ordered, start_after=after)
    async with aclosing(pages):
        return [page async for page in pages]


def rows_of(pages: list[Page]) -> list[ObjectSummary]:
    return [entry for page in pages for entry in page.objects()]


def all_of(store: ListedKeys, after: str = "") -> list[tuple[str, int, int, str]]:
    numbered = enumerate(store.keys)
    return [(key, size, size + 1, f'"{size}"') for size, key in numbered if not after or key > after]


def as_tuples(pages: list[Page]) -> list[tuple[str, int, int, str]]:
    return [(row.key, row.size, row.modified, row.etag) for row in rows_of(pages)]


@given(names=key_sets, prefix=st.sampled_from(["", "p/", "é\U0001f600/"]), per_page=st.integers(1, 4))
async def test_every_key_once_and_in_order(names: set[str], prefix: str, per_page: int) -> None:
    keys = sorted(prefix + name for name in names if prefix + name)
    store = ListedKeys(keys, per_page=per_page)
    assert as_tuples(await listed(store, prefix)) == all_of(store)
    assert keys == sorted(keys, key=str.encode)  # the order of S3
    assert store.open == 0


@given(names=key_sets, per_page=st.integers(1, 4), data=st.data())
async def test_every_key_once_as_they_arrive_and_after_a_key(
    names: set[str], per_page: int, data: st.DataObject
) -> None:
    keys = sorted(name for name in names if name) or ["k"]
    after = data.draw(st.sampled_from(["", *keys, keys[0] + "/", "é"]))
    store = ListedKeys(keys, per_page=per_page)
    found = as_tuples(await listed(store, ordered=False, after=after))
    assert sorted(found) == all_of(store, after)
    assert store.open == 0


@pytest.mark.parametrize("keys", [NUMBERED, RANDOM, DEEP], ids=["numbered", "random", "deep"])
@pytest.mark.parametrize("ordered", [True, False])
async def test_a_long_list_is_read_at_many_places(keys: list[str], ordered: bool) -> None:
    store = ListedKeys(keys)
    pages = await listed(store, ordered=ordered)
    found = [row.key for row in rows_of(pages)]
    assert (found if ordered else sorted(found)) == keys
    assert 4 < store.most_under_way <= AT_ONCE
    assert store.requests < 2 * len(keys) / 5, "too much is read twice, or in vain"
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_in_order_what_is_taken_soonest_is_read_soonest() -> None:
    class InRounds(ListedKeys):
        """Answers all requests under way at once, when no more are sent."""

        rounds = 0

        async def _request(self) -> None:
            self.requests += 1
            self.under_way += 1
            try:
                await self.answers.wait()
            finally:
                self.under_way -= 1

    store = InRounds(NUMBERED, per_page=20)
    reading = asyncio.create_task(listed(store))
    store.answers.clear()
    while not reading.done():
        for _ in range(1000):  # all that can be done without an answer is done
            await asyncio.sleep(0)
        store.rounds += 1
        store.answers.set()
        store.answers.clear()
    assert [row.key for row in rows_of(await reading)] == NUMBERED
    assert store.rounds < 55, "so many rounds of requests for 100 pages"


@pytest.mark.parametrize("keys", [[], ["a"], ["a", "b", "c", "d", "e"]])
async def test_what_fits_in_one_page_costs_one_request(keys: list[str]) -> None:
    store = ListedKeys(keys)
    assert len(await listed(store)) == 1
    assert store.requests == 1


async def test_whoever_takes_one_page_only_has_asked_for_one() -> None:
    store = ListedKeys(NUMBERED)
    async with aclosing(every_page(store.as_store, "b", "")) as pages:
        await anext(pages)
    assert store.requests == 1
    assert store.open == 0


async def test_what_is_read_ahead_is_bounded_and_given_up_with_the_listing() -> None:
    store = ListedKeys(RANDOM, per_page=2)
    async with aclosing(every_page(store.as_store, "b", "")) as pages:
        for _ in range(10):
            await anext(pages)
        await until(lambda: store.under_way == 0, "nothing more is read ahead")
        assert store.requests <= 2 * MOST_PAGES + AT_ONCE
    assert (store.under_way, store.open) == (0, 0)


async def test_a_stopped_listing_leaves_no_request_behind() -> None:
    store = ListedKeys(NUMBERED)
    reading = asyncio.create_task(listed(store))
    await until(lambda: store.under_way > 2, "it is read at some places")
    store.answers.clear()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (store.under_way, store.open) == (0, 0)


async def test_a_server_that_is_asked_too_much_is_asked_less() -> None:
    store = ListedKeys(NUMBERED, fails=lambda _, under_way: under_way > 6)
    assert [row.key for row in rows_of(await listed(store))] == NUMBERED


async def test_what_came_before_a_failure_comes_in_order_and_then_the_failure() -> None:
    store = ListedKeys(NUMBERED, fails=lambda number, _: number > 40)
    found = list[str]()

    async def read() -> None:
        async for page in every_page(store.as_store, "b", ""):
            found.extend(row.key for row in page.objects())

    with pytest.raises(ProblemError) as failed:
        await read()
    assert failed.value.problem.kind is ProblemKind.THROTTLED
    assert found == NUMBERED[: len(found)]
    assert found
    assert [row.key for row in rows_of(await listed(ListedKeys(NUMBERED), after=found[-1]))] == NUMBERED[len(found) :]


async def test_a_server_that_ignores_where_to_start_is_read_all_the_same() -> None:
    class FromTheStart(ListedKeys):
        def _place(self, keys: Sequence[str], start_after: str) -> int:
            del keys, start_after
            return 0

    store = FromTheStart(NUMBERED[:400])
    assert [row.key for row in rows_of(await listed(store))] == store.keys


async def test_a_list_in_another_order_is_refused_and_then_read_page_after_page() -> None:
    class ByDirectory(ListedKeys):
        endpoint = "http://by-directory"

        def _place(self, keys: Sequence[str], start_after: str) -> int:
            if start_after in keys:
                return keys.index(start_after) + 1
            return len(keys) if start_after else 0

    keys = [*(f"a/{number:03d}" for number in range(10)), *(f"{letter}/x" for letter in "zyxwvutsrq")]
    with pytest.raises(ProblemError, match="does not list in key order"):
        await listed(ByDirectory(keys))
    again = ByDirectory(keys)
    assert [row.key for row in rows_of(await listed(again))] == keys
    assert again.started_after == [""]


async def test_a_disk_is_read_page_after_page() -> None:
    store = ListedKeys(NUMBERED, capabilities=Capabilities(directories=True))
    assert [row.key for row in rows_of(await listed(store))] == store.keys
    assert store.started_after == [""]


@pytest.mark.parametrize("per_page", [5, 20])
async def test_no_key_is_lost_without_a_word_where_the_list_is_out_of_order(per_page: int) -> None:
    class Unordered(ListedKeys):
        endpoint = f"http://unordered/{per_page}"

    store = Unordered([f"k{number}" for number in range(100)], per_page=per_page)  # k10 comes before k2
    if per_page == 20:  # its first page shows the order already
        assert [row.key for row in rows_of(await listed(store))] == store.keys
        return
    with pytest.raises(ProblemError, match="does not list in key order"):
        await listed(store)
    assert [row.key for row in rows_of(await listed(store))] == store.keys


@given(names=st.sets(names, min_size=2, max_size=60))
async def test_a_range_is_split_at_what_can_be_sent(names: set[str]) -> None:
    store = ListedKeys(sorted(name for name in names if name), per_page=1)
    await listed(store)
    for after in store.started_after:
        assert len(after.encode()) <= 1024
        assert after == "" or not any(each in after for each in string.whitespace.replace(" ", "") + "\x00\ufffe")
    assert all(one != other for one, other in pairwise(sorted(store.started_after)))
