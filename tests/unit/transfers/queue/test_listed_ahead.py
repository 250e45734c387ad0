"""Pages that the count has listed wait for the work, packed and bounded."""

import asyncio
from contextlib import aclosing

from tui.transfers.order.selection import Picked, SectionPage
from tui.transfers.queue.listed_ahead import ListedAhead


def page(section: int, number: int, keys: int = 10) -> SectionPage:
    names = [f"p{section}/{number:04d}/{key:05d}é" for key in range(keys)]
    return SectionPage(section, [Picked(name, 5, 7.0, etag=f'"{name}"', storage_class="GLACIER") for name in names])


async def taken(ahead: ListedAhead, section: int) -> list[SectionPage]:
    async with aclosing(ahead.pages(section)) as pages:
        return [each async for each in pages]


async def test_what_is_kept_is_what_was_listed() -> None:
    ahead = ListedAhead()
    listed = [page(1, number) for number in range(30)] + [page(2, 0, keys=0), page(3, 0)]
    for each in listed:
        ahead.keep(each)
    ahead.end(complete=True)
    assert await taken(ahead, 1) + await taken(ahead, 2) + await taken(ahead, 3) == listed
    assert [ahead.has_all(section) for section in range(4)] == [False, True, True, True]


async def test_the_work_waits_for_pages_that_are_still_to_come() -> None:
    ahead = ListedAhead()
    working = asyncio.create_task(taken(ahead, 1))
    for number in range(3):
        await asyncio.sleep(0)
        ahead.keep(page(1, number))
    await asyncio.sleep(0)
    assert not working.done()
    ahead.keep(page(2, 0))  # the first section is listed when the second one comes
    assert await working == [page(1, 0), page(1, 1), page(1, 2)]
    assert ahead.has_all(1)
    assert not ahead.has_all(2)


async def test_a_listing_that_fails_leaves_the_rest_to_the_work() -> None:
    ahead = ListedAhead()
    ahead.keep(page(1, 0))
    ahead.keep(page(2, 0))
    ahead.end()
    assert (await taken(ahead, 1), await taken(ahead, 2), await taken(ahead, 3)) == ([page(1, 0)], [page(2, 0)], [])
    assert [ahead.has_all(section) for section in (1, 2, 3)] == [True, False, False]


async def test_what_does_not_fit_is_not_kept_and_neither_is_what_follows() -> None:
    ahead = ListedAhead(most_bytes=2000)
    listed = [page(1, number, keys=100) for number in range(20)] + [page(2, 0)]
    for each in listed:
        ahead.keep(each)
    ahead.end(complete=True)
    kept = await taken(ahead, 1)
    assert 4 < len(kept) < 20
    assert kept == listed[: len(kept)]
    assert await taken(ahead, 2) == []
    assert not ahead.has_all(1)
    assert not ahead.has_all(2)


async def test_a_section_of_marked_keys_is_none_of_its_business() -> None:
    ahead = ListedAhead()
    assert await taken(ahead, 0) == []
    assert not ahead.has_all(0)
