"""The address book."""

import asyncio

from tui.accounts.addresses import AddressKeeper
from tui.model.identity import Address, AddressBook, Owner


def test_knowledge_is_put_together() -> None:
    keeper = AddressKeeper()
    keeper.learn(Address("id", label="media"))
    keeper.learn(Address("id", account="111111111111"))
    keeper.learn(Address("", account="222222222222"))
    assert keeper.book.entries == {"id": Address("id", "111111111111", "media")}


def test_a_name_stays_once_it_is_good() -> None:
    keeper = AddressKeeper()
    keeper.learn_names([Owner("id", "display"), Owner("other")])
    assert keeper.book.name("id") == "display"
    keeper.learn(Address("id", label="a-role"), weak=True)
    assert keeper.book.name("id") == "display"
    keeper.learn(Address("id", label="media-prod"))
    keeper.learn(Address("id", label="media-readonly"))
    keeper.learn(Address("id", label="a-role"), weak=True)
    assert keeper.book.name("id") == "media-prod"
    assert "other" not in keeper.book.entries


async def test_watchers_see_the_book_now_and_when_it_learns() -> None:
    keeper = AddressKeeper()
    watch = keeper.watch()
    assert await anext(watch) == AddressBook()
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(0)
    keeper.learn(Address("id", label="media"))
    assert (await waiting).name("id") == "media"
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(0)
    keeper.learn(Address("id", label="media"))
    await asyncio.sleep(0)
    assert not waiting.done()
    keeper.learn(Address("new"))
    assert set((await waiting).entries) == {"id", "new"}
    await watch.aclose()
