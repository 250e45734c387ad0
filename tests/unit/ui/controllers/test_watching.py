"""The feeds of the engine: each goes to its controller; one that breaks off is followed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import RUNNING
from tests.unit.ui.controllers.host import SILENT, Browser, mounted
from tests.waiting import until
from tui.model.identity import Address, AddressBook, IdentitySpec
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Conflict, TransferList
from tui.protocol.messages.identities import Connect, WatchAddresses
from tui.protocol.messages.transfers import WaitingConflicts, WatchConflicts, WatchTransfers
from tui.settings import AccountSettings, Settings
from tui.ui.browser.controllers.conflicts import Conflicts
from tui.ui.browser.controllers.transfers import Transfers
from tui.ui.browser.controllers.watching import Watching
from tui.ui.browser.other_engine import OtherEngineScreen

ENDED = Problem(ProblemKind.ENGINE, "the engine has ended")
OTHER = Problem(ProblemKind.OTHER_VERSION, "another engine")


class Watched:
    """A watching browser on feeds of which one says `steps`."""

    def __init__(self, feed: type[object], *steps: object, settings: Settings | None = None) -> None:
        feeds = {each: [HOLD] for each in (WatchTransfers, WatchConflicts, WatchAddresses)}
        self.made = Browser(ScriptedEngine(feeds={**SILENT, **feeds, feed: steps}), settings)
        self.conflicts = Conflicts(self.made.context)
        self.transfers = Transfers(self.made.context, self.made.panes, self.made.needs)
        self.books: list[AddressBook] = []
        self.watching = Watching(self.made.context, self.made.panes, self.transfers, self.conflicts, self.books.append)


@asynccontextmanager
async def watched(feed: type[object], *steps: object, settings: Settings | None = None) -> AsyncIterator[Watched]:
    watched = Watched(feed, *steps, settings=settings)
    watched.watching.begin()
    try:
        yield watched
    finally:
        watched.made.host.stop()


async def test_each_feed_goes_to_its_controller() -> None:
    snapshot = TransferList([RUNNING])
    async with watched(WatchTransfers, snapshot, HOLD) as one:
        await until(lambda: one.transfers.latest == snapshot, "the snapshot is taken")
    conflict = Conflict("1", "t", "s3://a/1", "s3://b/1", 1, 0.0, 1, 0.0)
    async with watched(WatchConflicts, WaitingConflicts([conflict]), HOLD) as one:
        await until(lambda: list(one.conflicts.waiting) == [conflict], "the conflict waits")


async def test_names_come_with_those_of_the_settings() -> None:
    book = AddressBook({"f" * 64: Address("f" * 64, "111111111111")})
    settings = Settings(accounts={"111111111111": AccountSettings(label="Partner")})
    async with watched(WatchAddresses, book, HOLD, settings=settings) as one:
        await until(lambda: len(one.books) == 1, "the names are shown")
        assert one.made.context.book == one.books[0]
        assert one.books[0].account_label("111111111111") == "Partner"


async def test_after_an_engine_has_ended_the_panes_connect_again() -> None:
    async with watched(WatchTransfers, ENDED) as one, mounted(one.made):
        one.made.left.connection.spec = IdentitySpec("a")
        asked = one.made.engine.asked
        await until(lambda: Connect(IdentitySpec("a")) in asked, "the pane connects")
        await until(lambda: asked.count(WatchTransfers()) >= 2, "it is asked again")
        assert one.made.host.toasts[0] == ("the engine has ended", "error")
        assert one.made.host.dialogs == []


async def test_a_feed_of_less_weight_that_breaks_off_is_not_told() -> None:
    async with watched(WatchConflicts, ENDED) as one:
        asked = one.made.engine.asked
        await until(lambda: asked.count(WatchConflicts()) >= 2, "it is asked again")
        assert one.made.host.toasts == []


async def test_an_engine_of_another_version_is_a_question_asked_once() -> None:
    async with watched(WatchTransfers, OTHER) as one:
        asked = one.made.engine.asked
        await until(lambda: asked.count(WatchTransfers()) >= 2, "it is asked again")
        one.made.host.expect(OtherEngineScreen)
        one.made.host.answer(False)
        assert one.made.host.left


async def test_when_the_other_engine_has_ended_the_panes_connect() -> None:
    async with watched(WatchTransfers, OTHER) as one, mounted(one.made):
        await until(lambda: len(one.made.host.dialogs) == 1, "the question is asked")
        one.made.left.connection.spec = IdentitySpec("a")
        one.made.host.answer(True)
        await until(lambda: Connect(IdentitySpec("a")) in one.made.engine.asked, "the pane connects")
        assert not one.made.host.left
