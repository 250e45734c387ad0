"""The viewer on the demo: what it shows, and how few requests that takes."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from PIL import Image

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.waiting import until
from tui.model.content import FIRST_BYTES
from tui.model.location import Location
from tui.model.versions import VersionLocation
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.content import BeginContent, ReadContent, SearchContent, StreamContent
from tui.protocol.session import EngineAccess, EngineSession
from tui.ui.viewer.screen import ViewerScreen

A = TypeVar("A")
CONTENT = (BeginContent, ReadContent, SearchContent, StreamContent)


class Counting:
    """An engine that notes what is asked about contents."""

    def __init__(self, engine: EngineAccess) -> None:
        self._engine = engine
        self.asked: list[Any] = []

    async def ask(self, request: Request[A]) -> A:
        self._note(request)
        return await self._engine.ask(request)

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        self._note(feed)
        return self._engine.follow(feed)

    async def other_has_ended(self) -> None:
        await self._engine.other_has_ended()

    def _note(self, request: object) -> None:
        if isinstance(request, CONTENT):
            self.asked.append(request)


@asynccontextmanager
async def viewing(
    engine: EngineAccess, buckets: BucketPair, key: str, body: bytes, key_to_press: str = "v", **attributes: Any
) -> AsyncIterator[tuple[Browser, Counting]]:
    """The viewer on an object of A with this content, which was just put."""
    client, counting = buckets.server.client(buckets.server.a), Counting(engine)
    client.put_object(Bucket=buckets.a, Key=key, Body=body, **attributes)
    async with opened(counting, f"s3://{buckets.a}", "s3://", size=SMALL) as browser:
        await browser.move_to(browser.left, Location(buckets.a, key))
        await browser.press(key_to_press)
        await until(lambda: isinstance(browser.app.screen, ViewerScreen), "the viewer is open")
        yield browser, counting


def lines(count: int) -> bytes:
    return b"".join(b"this is line %07d of the text\n" % number for number in range(1, count + 1))


async def test_the_first_screen_takes_one_request_and_so_does_each_jump(
    engine: EngineSession, buckets: BucketPair
) -> None:
    async with viewing(engine, buckets, "long.txt", lines(40_000), "f3") as (browser, counting):
        await browser.until_text("this is line 0000021")
        assert [type(each) for each in counting.asked] == [BeginContent]
        assert counting.asked[0].length == FIRST_BYTES == 65536
        await browser.press("pagedown", "down")
        await browser.until_text("line 22 ·")
        await browser.press("G")
        await browser.until_text("this is line 0040000")
        assert [type(each) for each in counting.asked] == [BeginContent, ReadContent]
        assert counting.asked[1].length <= 2 * FIRST_BYTES
        await browser.press("colon", "5", "0", "%", "enter")
        await browser.until_text("this is line 0020001")
        assert len(counting.asked) <= 4
        await browser.press("colon", *"31234", "enter")
        await browser.until_text("line 31,234 ·")
        assert "this is line 0031234" in browser.text.splitlines()[1]
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "esc closes")


async def test_what_is_searched_is_found_on_and_back_and_marked(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "long.txt", lines(9000)) as (browser, _):
        await browser.until_text("this is line 0000001")
        await browser.press("slash", *"0005", "enter")
        await browser.until_text("found at byte")
        assert "this is line 0000500" not in browser.text.splitlines()[1]
        assert "this is line 0000050" not in browser.text.splitlines()[1]
        assert "0005" in browser.text.splitlines()[1]
        first = browser.text.splitlines()[1]
        await browser.press("n")
        await until(lambda: browser.text.splitlines()[1] > first, "the next one")
        await browser.press("N")
        await until(lambda: browser.text.splitlines()[1] == first, "back again")
        await browser.press("slash", *"absent", "enter")
        await browser.until_text("absent is not below")


async def test_inside_gzip_and_its_bytes(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "a.txt.gz", gzip.compress(lines(9000))) as (browser, counting):
        await browser.until_text("text in gzip")
        await browser.until_text("this is line 0000021")
        assert [type(each) for each in counting.asked] == [BeginContent]
        await browser.press("end")
        await browser.until_text("this is line 0009000")
        await browser.press("z")
        await browser.until_text("00000000  1f 8b 08")


async def test_escape_sequences_are_symbols(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "escapes", b"\x1b[2J\x1b]0;title\x07\x9b31m\r\nnext") as (browser, _):
        await browser.until_text("␛[2J␛]0;title␇")
        await browser.press("e")
        await browser.until_text("UTF-16 LE")


async def test_an_object_that_was_written_meanwhile_is_said_to_be_another(
    engine: EngineSession, buckets: BucketPair
) -> None:
    async with viewing(engine, buckets, "long.txt", lines(9000)) as (browser, _):
        await browser.until_text("this is line 0000001")
        client = buckets.server.client(buckets.server.a)
        client.put_object(Bucket=buckets.a, Key="long.txt", Body=b"short now")
        await browser.press("G")
        await browser.until_text("changed")
        await browser.press("R")
        await browser.until_text("short now")


async def test_what_is_appended_is_followed(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "app.log", lines(30)) as (browser, _):
        await browser.until_text("this is line 0000021")
        await browser.press("F")
        await browser.until_text("following")
        await browser.until_text("this is line 0000030")
        buckets.server.client(buckets.server.a).put_object(Bucket=buckets.a, Key="app.log", Body=lines(60))
        await browser.until_text("this is line 0000060")


async def test_an_archived_object_says_so(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "old.txt", b"cold", StorageClass="GLACIER") as (browser, counting):
        await browser.until_text("next step")
        assert "restore it first: esc, then r on its row" in browser.text
        assert len(counting.asked) == 1
        await browser.press("f10")
        await until(lambda: browser.app.screen is browser.screen, "F10 closes")


async def test_an_image_is_shown_in_cells(engine: EngineSession, buckets: BucketPair) -> None:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "#ff0000").save(written, "PNG")
    async with viewing(engine, buckets, "a.png", written.getvalue()) as (browser, _):
        await browser.until_text("30×20")
        await until(lambda: browser.text.splitlines()[1].startswith("▀" * 30), "thirty pixels in a row")
        assert browser.text.splitlines()[11].strip() == ""
        await browser.press("i")
        await browser.until_text("no other program")
        await browser.press("h")
        await browser.until_text("00000000  89 50 4e 47")


async def test_a_damaged_image_is_shown_as_bytes(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "a.png", b"\x89PNG\r\n\x1a\n" + bytes(99)) as (browser, _):
        await browser.until_text("cannot be decoded")
        await browser.until_text("00000000  89 50 4e 47")


@pytest.mark.parametrize("count", [400, 40_000], ids=["short", "long"])
async def test_of_a_cut_gzip_is_shown_what_can_be_unpacked(
    engine: EngineSession, buckets: BucketPair, count: int
) -> None:
    whole = gzip.compress(lines(count))
    async with viewing(engine, buckets, "cut.txt.gz", whole[: len(whole) // 2]) as (browser, _):
        await browser.until_text("text in gzip")
        await browser.until_text("line 1")
        await browser.press("G")
        await browser.until_text("only what comes before the damage: it ends too early")
        assert "line" in browser.text.splitlines()[1]


async def test_a_version_is_viewed(engine: EngineSession, buckets: BucketPair) -> None:
    client = buckets.server.client(buckets.server.a)
    client.put_bucket_versioning(Bucket=buckets.a, VersioningConfiguration={"Status": "Enabled"})
    before = client.put_object(Bucket=buckets.a, Key="v.txt", Body=b"as it was")["VersionId"]
    async with viewing(engine, buckets, "v.txt", b"as it is") as (browser, counting):
        await browser.until_text("as it is")
        await browser.press("q", "V")
        row = VersionLocation(buckets.a, "v.txt", before)
        await until(lambda: browser.left.contents.row_of(row) is not None, "the version has a row", 20)
        await browser.move_to(browser.left, row)
        await browser.press("v")
        await browser.until_text("as it was")
        assert counting.asked[-1].version == before
