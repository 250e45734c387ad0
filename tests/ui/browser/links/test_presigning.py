"""From a row to a link that a plain client uses."""

from __future__ import annotations

import asyncio
import urllib.request
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import A, Browser, opened
from tests.ui.viewer.test_viewer import Counting
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.links import Presign
from tui.protocol.session import EngineSession
from tui.ui.links.presign import PresignScreen
from tui.ui.links.qr_screen import QrScreen


def opened_by_urllib(url: str, content: bytes | None = None) -> bytes:
    """What the server answers to a GET, or to a PUT of `content`."""
    request = urllib.request.Request(url, content, method="GET" if content is None else "PUT")
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body


async def copied(browser: Browser, *, other_than: str = "") -> str:
    """What `y` copies once there is a link."""

    def signed() -> bool:
        screen = browser.app.screen
        return isinstance(screen, PresignScreen) and any(link.url != other_than for link in screen._links)

    await until(signed, "the link is signed")
    await browser.press("y")
    return browser.app.clipboard


async def test_a_row_is_linked_and_each_choice_signs_again(engine: EngineSession, buckets: BucketPair) -> None:
    place = Location(buckets.a)
    async with opened(engine, place.uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, place.child("one.txt"))
        await browser.press("P")
        url = await copied(browser)
        assert opened_by_urllib(url) == b"one.txt"
        await browser.until_text("signed by media-prod")
        await browser.press("tab", "left")
        quarter = await copied(browser, other_than=url)
        assert "X-Amz-Expires=900" in quarter
        told = browser.app._notifications
        assert not any("X-Amz" in notice.message for notice in told)


class Slow(Counting):
    """Signs when it may."""

    def __init__(self, engine: EngineSession) -> None:
        super().__init__(engine)
        self.may_sign = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        if isinstance(request, Presign):
            self.asked.append(request)
            await self.may_sign.wait()
        return await self._engine.ask(request)


async def test_a_link_that_comes_late_is_not_shown_where_none_may_be_made(
    engine: EngineSession, buckets: BucketPair
) -> None:
    place, slow = Location(buckets.a), Slow(engine)
    async with opened(slow, place.uri, read_only=frozenset({"left"})) as browser:
        await browser.move_to(browser.left, place.child("one.txt"))
        await browser.press("P")
        await until(lambda: bool(slow.asked), "a link to read is signed")
        await browser.press("right")
        await browser.until_text("this pane must not write")
        slow.may_sign.set()
        for _ in range(5):
            await browser.pilot.pause(0.05)
        assert isinstance(browser.app.screen, PresignScreen)
        assert not browser.app.screen._links
        assert "this pane must not write" in browser.text


async def test_marked_objects_have_a_link_each(engine: EngineSession, buckets: BucketPair) -> None:
    place = Location(buckets.a)
    async with opened(engine, place.uri) as browser:
        for name in ("one.txt", "two.txt"):
            await browser.move_to(browser.left, place.child(name))
            await browser.press("space")
        await browser.press("P")
        links = (await copied(browser)).splitlines()
        assert [opened_by_urllib(link) for link in links] == [b"one.txt", b"two.txt"]


async def test_below_a_prefix_a_name_is_typed_for_an_upload(engine: EngineSession, buckets: BucketPair) -> None:
    place = Location(buckets.a)
    async with opened(engine, place.uri) as browser:
        await browser.move_to(browser.left, place.child("sub/"))
        await browser.press("P")
        await browser.until_text("type a name")
        await browser.press(*"new", "enter")
        opened_by_urllib(await copied(browser), b"content")
    client = buckets.server.client(buckets.server.a)
    assert client.get_object(Bucket=buckets.a, Key="sub/new")["Body"].read() == b"content"


async def test_a_read_only_pane_signs_no_upload(engine: EngineSession, buckets: BucketPair) -> None:
    place = Location(buckets.a)
    async with opened(engine, place.uri, read_only=frozenset({"left"})) as browser:
        await browser.move_to(browser.left, place.child("one.txt"))
        await browser.press("P")
        await copied(browser)
        await browser.press("right")
        await browser.until_text("this pane must not write")
        screen = browser.app.screen
        assert isinstance(screen, PresignScreen)
        assert not screen._links


@pytest.mark.parametrize(
    ("spec", "words"),
    [(IdentitySpec(local=True), "files have no links"), (IdentitySpec(anonymous=True), "cannot sign a link")],
)
async def test_who_cannot_sign_is_told_so(engine: EngineSession, spec: IdentitySpec, words: str) -> None:
    async with opened(engine, "file:///" if spec.local else "s3://", specs=(spec, A), listed=False) as browser:
        await until(lambda: browser.left.identity is not None, "it is connected")
        await browser.press("P")
        await browser.until_told(words)


async def test_a_qr_code_that_does_not_fit_says_how_large_it_is(engine: EngineSession, buckets: BucketPair) -> None:
    pytest.importorskip("segno")
    place = Location(buckets.a)
    async with opened(engine, place.uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, place.child("one.txt"))
        await browser.press("P")
        await copied(browser)
        await browser.press("q")
        await browser.until_text("The code needs")
        assert isinstance(browser.app.screen, QrScreen)
        await browser.press("escape", "escape")
        await until(lambda: browser.screen.in_front, "the panes are back")
