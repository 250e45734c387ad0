"""Moments that pass too quickly on a real server: pages still to come, transfers still running."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.browser.browser import A, Browser, opened
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.waiting import until
from tui.model.identity import AddressBook, AuthMethod, Identity
from tui.model.listing import BucketList, ObjectSummary, Page, make_page
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import TransferList
from tui.protocol.messages.identities import Connect, WatchAddresses, WatchIdentity
from tui.protocol.messages.places import ListBuckets, ListObjects
from tui.protocol.messages.transfers import WaitingConflicts, WatchConflicts, WatchTransfers
from tui.ui.listing import branch as branch_module
from tui.ui.listing.selection import PickError

HERE = Location("bucket")
GONE = HERE.child("gone")
WHO = Identity("id", "media-prod", AuthMethod.KEYS, A, account="1", arn="arn:aws:iam::1:user/me")


def page(start: int, count: int = 1000, *, last: bool = False) -> Page:
    objects = [ObjectSummary(f"{at:07}.bin", at % 97, at) for at in range(start, start + count)]
    return make_page("", [], objects, last=last)


def scripted(*pages: Any, transfers: TransferList | None = None) -> ScriptedEngine:
    return ScriptedEngine(
        {ListBuckets: BucketList([])},
        {
            Connect: [WHO],
            ListObjects: pages,
            WatchTransfers: [transfers or TransferList(), HOLD],
            WatchConflicts: [WaitingConflicts([]), HOLD],
            WatchAddresses: [AddressBook(), HOLD],
            WatchIdentity: [WHO, HOLD],
        },
    )


async def until_rows(browser: Browser, count: int) -> None:
    await until(lambda: browser.left.contents.root.total == count, f"{count} rows are there")
    await browser.pilot.pause()


async def test_pages_are_shown_as_they_come_and_escape_stops() -> None:
    engine = scripted(page(0), page(1000), HOLD)
    async with opened(engine, HERE.uri, listed=False) as browser:
        await until_rows(browser, 2000)
        await browser.until_text("2,000… loading · esc stops")
        await browser.press("end")
        await browser.until_text("more…   esc: stop")
        await browser.press("escape")
        await browser.until_text("stopped after 2,000 rows")
        await until(lambda: ListObjects(WHO.connection, HERE) in engine.closed, "the engine was told to stop")
        await browser.until_text("2,000+")


async def test_marks_are_inverted_when_all_is_listed() -> None:
    engine = scripted(page(0), HOLD)
    async with opened(engine, HERE.uri, listed=False) as browser:
        await until_rows(browser, 1000)
        await browser.press("asterisk")
        await browser.until_text("Still loading")
        assert not browser.left.contents.marks
        with pytest.raises(PickError, match="still loading"):
            _ = browser.left.picked
        await browser.press("escape")
        await until(lambda: len(browser.left.contents.marks) == 1000, "all that was listed is marked")
        assert len(browser.left.picked) == 1000


async def test_a_failure_half_way_keeps_what_came_and_leads_on() -> None:
    engine = scripted(page(0), Problem(ProblemKind.EXPIRED, "the credentials have expired", remedy="sign in again"))
    async with opened(engine, HERE.uri) as browser:
        await browser.until_text("✗ the credentials have expired   enter: explain")
        assert browser.left.contents.root.total == 1000


async def test_keys_work_while_many_rows_are_sorted_and_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 100)
    engine = scripted(*(page(at, last=at == 19_000) for at in range(0, 20_000, 1000)))
    async with opened(engine, HERE.uri) as browser:
        await until_rows(browser, 20_000)
        await browser.press("s")
        root = browser.left.contents.root
        await until(lambda: root.arranged, "it is sorted")
        assert root.entries.sizes[root.shown.object_at(0)] == 0
        await browser.press("/", *"99.bin", "enter")
        await until(lambda: root.arranged and root.shown.count == 200, "only what matches is shown")
        await browser.until_text("200 of 20,000")


async def test_marks_are_looked_at_once_for_each_listing_and_not_for_every_key() -> None:
    async with opened(scripted(page(0, last=True)), HERE.uri, HERE.uri, specs=(A, A)) as browser:
        pane = browser.left
        pane.contents.marks[GONE] = 1
        await browser.press("s")
        assert GONE in pane.contents.marks
        pane.branches.refresh()
        await until(lambda: GONE not in pane.contents.marks, "the mark goes with the listing that has it no more")
