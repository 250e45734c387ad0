import asyncio
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.waiting import until
from tui.aws.addresses import AddressFile, AddressFileSync, LiveAddressBook, SavedAddresses
from tui.core.identity import Address, AddressBook, Owner
from tui.core.problem import Problem, ProblemError

NUMBER = "111111111111"


def test_knowledge_is_put_together() -> None:
    keeper = LiveAddressBook()
    keeper.learn(Address("id", label="media"))
    keeper.learn(Address("id", account="111111111111"))
    keeper.learn(Address("", account="222222222222"))
    assert keeper.book.entries == {"id": Address("id", "111111111111", "media")}


def test_a_name_stays_once_it_is_good() -> None:
    keeper = LiveAddressBook()
    keeper.learn_names([Owner("id", "display"), Owner("other")])
    assert keeper.book.name("id") == "display"
    keeper.learn(Address("id", label="a-role"), weak=True)
    assert keeper.book.name("id") == "display"
    keeper.learn(Address("id", label="media-prod"))
    keeper.learn(Address("id", label="media-readonly"))
    keeper.learn(Address("id", label="a-role"), weak=True)
    keeper.learn(Address("id", label="media-admin"))  # the weak one has not weakened it
    assert keeper.book.name("id") == "media-prod"
    assert "other" not in keeper.book.entries


async def test_watchers_see_the_book_now_and_when_it_learns() -> None:
    keeper = LiveAddressBook()
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "xs3-tui" / "addresses.json"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)


@asynccontextmanager
async def kept_in(
    path: Path, problems: list[Problem] | None = None
) -> AsyncIterator[tuple[LiveAddressBook, AddressFileSync]]:
    """An engine's keeper and what keeps it."""
    keeper = LiveAddressBook()
    keeping = AddressFileSync(keeper, path, (problems if problems is not None else []).append)
    await keeping.start()
    yield keeper, keeping
    await keeping.close()


async def test_what_was_learned_outlives_the_engine(path: Path) -> None:
    async with kept_in(path) as (keeper, _):
        keeper.learn(Address("id", NUMBER, "media"))
        keeper.learn(Address("seen"))
        await until(path.exists, "it is written while the engine lives")
    assert mode_of(path) == 0o600
    async with kept_in(path) as (keeper, _):
        assert keeper.book.entries == {"id": Address("id", NUMBER, "media")}


async def test_a_new_name_is_stronger_than_one_that_was_kept(path: Path) -> None:
    async with kept_in(path) as (keeper, _):
        keeper.learn(Address("id", NUMBER, "old-profile"))
    async with kept_in(path) as (keeper, _):
        keeper.learn(Address("id", "222222222222", "a-role"), weak=True)
        assert keeper.book.entries["id"] == Address("id", "222222222222", "old-profile")
        keeper.learn(Address("id", label="new-profile"))
        assert keeper.book.name("id") == "new-profile"


async def test_a_kept_number_is_not_certain_enough_to_be_demanded(path: Path) -> None:
    """Two servers may give the same canonical id to different accounts."""
    async with kept_in(path) as (keeper, keeping):
        keeper.learn(Address("id", NUMBER))
        await keeping.enter(Address("other", "222222222222"))
    async with kept_in(path) as (keeper, _):
        for owner in ("id", "other"):
            keeper.learn_bucket("service", owner, owner)
            assert keeper.account_of("service", owner) == ""
        assert keeper.book.entries["id"].account == NUMBER
        keeper.learn(Address("id", NUMBER))
        assert keeper.account_of("service", "id") == NUMBER


async def test_a_line_by_hand_is_stronger_and_can_be_taken_away(path: Path) -> None:
    async with kept_in(path) as (keeper, keeping):
        keeper.learn(Address("id", NUMBER, "media"))
        await keeping.enter(Address("id", label="  Production "))
        assert keeper.book.entries["id"] == Address("id", NUMBER, "Production")
    async with kept_in(path) as (keeper, keeping):
        keeper.learn(Address("id", NUMBER, "media"))
        assert keeper.book.name("id") == "Production"
        await keeping.enter(Address("id"))
        assert keeper.book.name("id") == "media"
    assert AddressFile(path, print).read().by_hand == []


async def test_an_account_is_named_by_its_number_alone(path: Path) -> None:
    async with kept_in(path) as (keeper, keeping):
        await keeping.enter(Address("", NUMBER, "Production"))
        assert keeper.book.account_label(NUMBER) == "Production"
        keeper.learn(Address("id", NUMBER, "media"))
        assert keeper.book.name("id") == "Production"
        await keeping.enter(Address("id", label="the root"))
        assert (keeper.book.name("id"), keeper.book.account_label(NUMBER)) == ("the root", "Production")
        await keeping.enter(Address("", NUMBER))
        assert keeper.book.account_label(NUMBER) == "the root"
        assert keeper.book.account_label("222222222222") == ""


async def test_a_line_without_an_account_is_refused(path: Path) -> None:
    async with kept_in(path) as (_, keeping):
        with pytest.raises(ProblemError, match="no canonical ID"):
            await keeping.enter(Address(" ", label="Production"))


async def test_engines_side_by_side_keep_what_each_of_them_knows(path: Path) -> None:
    async with kept_in(path) as (one, keeping), kept_in(path) as (other, keeping_other):
        one.learn(Address("1", label="first"))
        other.learn(Address("2", label="second"))
        await keeping.enter(Address("3", label="third"))
        await keeping_other.enter(Address("4", label="fourth"))
        assert other.book.name("3") == "third"
    kept = AddressFile(path, print).read()
    assert {line.label for line in kept.learned} == {"first", "second"}
    assert [line.label for line in kept.by_hand] == ["third", "fourth"]


def test_no_line_is_lost_when_all_write_at_once(path: Path) -> None:
    def enter(number: int) -> None:
        AddressFile(path, print).enter(Address(str(number), label="x"))

    writers = [threading.Thread(target=enter, args=(number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(AddressFile(path, print).read().by_hand) == 20
    assert sorted(each.name for each in path.parent.iterdir()) == ["addresses.json", "addresses.lock"]


async def test_a_broken_file_is_set_aside_and_said(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"{", b"[]", b'{"learned": 7}', b"\xff\x00")):
        path = tmp_path / str(number) / "addresses.json"
        put(path, content)
        problems: list[Problem] = []
        async with kept_in(path, problems) as (keeper, keeping):
            await keeping.enter(Address("id", label="named"))
            assert keeper.book.name("id") == "named"
        assert [problem.title for problem in problems] == [f"the address book {path} is not valid"]
        assert path.with_suffix(".broken").read_bytes() == content
        assert AddressFile(path, print).read() == SavedAddresses(by_hand=[Address("id", label="named")])


async def test_what_cannot_be_kept_holds_as_long_as_the_engine(path: Path) -> None:
    path.parent.write_text("a file where the directory should be")
    problems: list[Problem] = []
    async with kept_in(path, problems) as (keeper, keeping):
        keeper.learn(Address("id", label="media"))
        await until(lambda: bool(problems), "the first failure is told")
        with pytest.raises(ProblemError, match="cannot be written"):
            await keeping.enter(Address("id", label="Production"))
        keeper.learn(Address("2", label="second"))
        path.parent.unlink()
        keeper.learn(Address("3", label="third"))
        await until(path.exists, "it is written again")
        assert keeper.book.name("id") == "Production"
    assert "cannot be" in problems[-1].title


def test_those_in_an_acl_can_be_named() -> None:
    keeper = LiveAddressBook()
    keeper.see([Owner("owner"), Owner("friend", "display"), Owner("")])
    keeper.learn_bucket("service", "bucket", "keeper")
    assert keeper.book.entries == {
        "owner": Address("owner"),
        "friend": Address("friend", label="display"),
        "keeper": Address("keeper"),
    }
    assert keeper.owner_of("service", "bucket") == "keeper"
