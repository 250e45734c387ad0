"""From F5 to the copied object; conflicts; what is refused before it is tried."""

from __future__ import annotations

import os
import signal

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, WIDE, Browser, opened
from tests.ui.browser.panes.test_mouse import confirm
from tests.ui.dialogs.host import text_of
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import CancelTransfers
from tui.protocol.session import EngineSession
from tui.ui.kit.lines import Lines
from tui.ui.orders.conflict import ConflictScreen


def state(browser: Browser) -> TransferState | None:
    transfers = browser.screen.transfers.latest.transfers
    return transfers[-1].state if transfers else None


async def test_f5_copies_a_prefix_and_the_target_keeps_its_cursor(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b, "in/")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("sub/"))
        await browser.press("f5")
        await confirm(browser)
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        await until(lambda: browser.names(browser.right) == ["sub/", "seed.txt"], "the target pane shows it")
        assert browser.right.subject == target.child("seed.txt")
        await browser.until_text("1 done")


async def test_the_letter_copies_too_and_the_panel_shows_it(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    async with opened(engine, source.uri, target.uri, size=SMALL) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press("c")
        await confirm(browser)
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        await browser.press("t")
        assert browser.screen.transfers.panel.has_focus
        await browser.until_text("enter details")
        await browser.press("escape")
        assert browser.left.table.has_focus
        assert not browser.screen.transfers.panel.display
        await browser.press("t")
        assert browser.screen.transfers.panel.has_focus


async def test_what_exists_is_asked_about(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    client = buckets.server.client(buckets.server.b)
    client.put_object(Bucket=buckets.b, Key="one.txt", Body=b"older")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press("f5")
        await confirm(browser)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "the conflict is asked about", 30)
        await browser.press("o")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        assert client.get_object(Bucket=buckets.b, Key="one.txt")["Body"].read() == b"one.txt"


async def test_a_question_that_was_put_off_is_asked_again_from_the_panel(
    engine: EngineSession, buckets: BucketPair
) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    client = buckets.server.client(buckets.server.b)
    client.put_object(Bucket=buckets.b, Key="one.txt", Body=b"older")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press("f5")
        await confirm(browser)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "the conflict is asked about", 30)
        await browser.press("escape")
        await browser.until_told("waiting for your answer")
        await until(lambda: state(browser) is TransferState.ASKING, "the transfer waits", 30)
        await browser.press("t", "enter")
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "it is asked again", 30)
        await browser.press("s")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        assert client.get_object(Bucket=buckets.b, Key="one.txt")["Body"].read() == b"older"


async def test_one_escape_postpones_all_questions_of_a_transfer(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    for key in ("one.txt", "two.txt", "three.bin"):
        buckets.server.client(buckets.server.b).put_object(Bucket=buckets.b, Key=key, Body=b"older")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.press("*", "f5")
        await confirm(browser)
        await until(lambda: len(browser.screen.conflicts.waiting) == 3, "all three wait", 30)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "one of them is asked about", 30)
        await browser.press("escape")
        await browser.until_told("waiting for your answer")
        browser.screen.conflicts.take(browser.screen.conflicts.waiting)  # as when the engine sends them again
        assert browser.app.screen is browser.screen
        await browser.press("t", "enter")
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "it is asked again", 30)
        await browser.press("s")
        await until(lambda: len(browser.screen.conflicts.waiting) == 2, "one is answered", 30)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "the next one is asked about", 30)
        await browser.press("a", "s")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)


async def test_an_answer_for_all_is_the_last_one(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    for key in ("one.txt", "two.txt", "three.bin"):
        buckets.server.client(buckets.server.b).put_object(Bucket=buckets.b, Key=key, Body=b"older")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.press("*", "f5")
        await confirm(browser)
        await until(lambda: len(browser.screen.conflicts.waiting) == 3, "all three wait", 30)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "one of them is asked about", 30)
        await browser.press("a", "s")
        assert browser.app.screen is browser.screen
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)


async def test_a_question_that_was_answered_elsewhere_goes(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    buckets.server.client(buckets.server.b).put_object(Bucket=buckets.b, Key="one.txt", Body=b"older")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press("f5")
        await confirm(browser)
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "the conflict is asked about", 30)
        await engine.ask(CancelTransfers([]))
        await until(lambda: browser.app.screen is browser.screen, "the question has gone", 30)
        assert not any("waiting for your answer" in each.message for each in browser.app._notifications)


async def test_a_pane_that_is_not_connected_yet_is_named(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri) as browser:
        browser.right.identity = None
        await browser.press("f5")
        await browser.until_told("right not connected yet")


async def test_what_cannot_be_copied_is_said(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await browser.press("f5")
        await browser.until_told("open a bucket in the other pane")
        await browser.press("=")
        await browser.until_listed(browser.right, Location(buckets.a))
        await browser.press("f5")
        await browser.until_told("both panes show the same location")
        assert browser.app.screen is browser.screen


async def test_the_inspector_goes_round_and_follows_the_cursor(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/", size=WIDE) as browser:
        inspector = browser.screen.inspecting.inspector
        await browser.move_to(browser.left, Location("media-prod-assets", "poster.png"))
        await browser.press("i")
        await until(lambda: inspector.region.x > browser.right.region.x, "it stands at the right")
        await until(lambda: "image/png" in text_of(inspector.query_one(Lines)), "it tells of the row", 20)
        await browser.press("i")
        await until(lambda: inspector.region.y > browser.left.region.y, "it stands below")
        await browser.press("i")
        await until(lambda: inspector.region.area == 0, "it is gone")


async def test_on_a_small_screen_the_inspector_takes_the_other_panes_place(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/incoming/", "s3://analytics-landing/", size=SMALL) as browser:
        place = Location("media-prod-assets", "incoming/heatmap.png")
        await browser.move_to(browser.left, place)
        await browser.press("enter")
        await until(lambda: browser.right.region.width == 0, "the other pane makes room")
        await browser.until_text("analytics")
        await browser.press("tab")
        await until(
            lambda: browser.right.region.width > 0 and browser.left.region.width == 0, "Tab shows the other pane"
        )
        assert browser.screen.panes.active is browser.right


async def test_an_engine_that_dies_is_said_and_started_again(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/") as browser:
        pid = (await engine.ask(Hello())).pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await browser.until_told("the engine stopped unexpectedly")
        await until(lambda: engine._process.running, "it runs again", 30)
        await browser.until_listed(browser.left, Location("media-prod-assets"))
        assert "poster.png" in browser.names(browser.left)
        assert browser.left.contents.root.problem is None
