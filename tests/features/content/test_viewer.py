"""The viewer on the demo: what it shows, how few requests that takes, and what interrupts it."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet as pq

from tests.browser.browser import SMALL, Browser, opened
from tests.browser.passing import Buckets, Holding, Passing
from tests.hostile.crafted import MIB, as_parquet, one_value, png
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.content import FIRST_BYTES, ContentFacts
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionLocation
from tui.features.content.readers_view import ViewedObject
from tui.features.content.screen import Steps, ViewerScreen, Viewing
from tui.link.request import Feed
from tui.link.session import EngineAccess
from tui.messages.content_requests import (
    BeginContent,
    ContentBeginning,
    LookAtContent,
    ReadContent,
    SearchContent,
    StreamContent,
)

CONTENT = (BeginContent, ReadContent, SearchContent, StreamContent)


@asynccontextmanager
async def viewing(
    buckets: Buckets, key: str, body: bytes, press: str = "v", engine: EngineAccess | None = None, **attributes: Any
) -> AsyncIterator[tuple[Browser, Passing]]:
    counting = Passing(engine or buckets.engine, *CONTENT)
    buckets.mine.put_object(Bucket=buckets.a, Key=key, Body=body, **attributes)
    async with opened(counting, buckets.here.uri, size=SMALL) as browser:
        await browser.press_on(browser.left, Location(buckets.a, key), press, front=ViewerScreen)
        yield browser, counting


async def screen_run(browser: Browser, action: str, **follows: Any) -> None:
    """What only the menu of the viewer has."""
    await browser.app.screen.run_action(action)
    await browser.press(**follows)


def lines(count: int) -> bytes:
    return b"".join(b"this is line %07d of the text\n" % number for number in range(1, count + 1))


@pytest.mark.thorough
async def test_the_first_screen_takes_one_request_and_so_does_each_jump(buckets: Buckets) -> None:
    async with viewing(buckets, "long.txt", lines(40_000), "f3") as (browser, counting):
        await browser.until_text("this is line 0000021")
        assert [type(each) for each in counting.asked] == [BeginContent]
        assert counting.asked[0].length == FIRST_BYTES == 65536
        await browser.press("pagedown", "down", then="line 22 ·")
        await browser.press("G", then="this is line 0040000")
        assert [type(each) for each in counting.asked] == [BeginContent, ReadContent]
        assert counting.asked[1].length <= 2 * FIRST_BYTES
        await browser.press("colon", "5", "0", "%", "enter", then="this is line 0020001")
        assert len(counting.asked) <= 4
        await browser.press("colon", *"31234", "enter", then="line 31,234 ·")
        assert "this is line 0031234" in browser.text.splitlines()[1]
        await browser.press("escape", front=BrowserScreen)


@pytest.mark.thorough
async def test_what_is_searched_is_found_on_and_back_and_marked(buckets: Buckets) -> None:
    async with viewing(buckets, "long.txt", lines(9000)) as (browser, _):
        await browser.until_text("this is line 0000001")
        await browser.press("slash", *"0005", "enter", then="found at byte")
        assert "this is line 0000500" not in browser.text.splitlines()[1]
        assert "this is line 0000050" not in browser.text.splitlines()[1]
        assert "0005" in browser.text.splitlines()[1]
        first = browser.text.splitlines()[1]
        await browser.press("n")
        await until(lambda: browser.text.splitlines()[1] > first, "the next one")
        await browser.press("left_square_bracket")
        await until(lambda: browser.text.splitlines()[1] == first, "back again")
        await browser.press("slash", *"absent", "enter", then="absent is not below")


async def test_inside_gzip_and_its_bytes(buckets: Buckets) -> None:
    async with viewing(buckets, "a.txt.gz", gzip.compress(lines(9000))) as (browser, counting):
        await browser.until_text("text in gzip")
        await browser.until_text("this is line 0000021")
        assert [type(each) for each in counting.asked] == [BeginContent]
        await browser.press("end", then="this is line 0009000")
        await browser.press("v", then="00000000  1f 8b 08")


async def test_a_version_is_viewed_with_escape_sequences_as_symbols(buckets: Buckets) -> None:
    buckets.mine.put_bucket_versioning(Bucket=buckets.a, VersioningConfiguration={"Status": "Enabled"})
    before = buckets.mine.put_object(Bucket=buckets.a, Key="v.txt", Body=b"as it was")["VersionId"]
    async with viewing(buckets, "v.txt", b"\x1b[2J\x1b]0;title\x07\x9b31m\r\nnext") as (browser, counting):
        await browser.until_text("␛[2J␛]0;title␇")
        await screen_run(browser, "step('next_encoding')", then="UTF-16 LE")
        await browser.press("q", "w")
        row = VersionLocation(buckets.a, "v.txt", before)
        await until(lambda: browser.left.contents.row_of(row) is not None, "the version has a row", 20)
        await browser.press_on(browser.left, row, "v", then="as it was")
        assert counting.asked[-1].version == before


@pytest.mark.thorough
async def test_an_object_that_was_written_meanwhile_is_said_to_be_another(buckets: Buckets) -> None:
    async with viewing(buckets, "long.txt", lines(9000)) as (browser, _):
        await browser.until_text("this is line 0000001")
        buckets.mine.put_object(Bucket=buckets.a, Key="long.txt", Body=b"short now")
        await browser.press("G", then="changed")
        await browser.press("ctrl+r", then="short now")


@pytest.mark.thorough
async def test_what_is_appended_is_followed(buckets: Buckets) -> None:
    async with viewing(buckets, "app.log", lines(30)) as (browser, _):
        await browser.until_text("this is line 0000021")
        await screen_run(browser, "step('toggle_follow')", then=("following", "this is line 0000030"))
        buckets.mine.put_object(Bucket=buckets.a, Key="app.log", Body=lines(60))
        await browser.until_text("this is line 0000060")


@pytest.mark.thorough
async def test_an_archived_object_says_so(buckets: Buckets) -> None:
    async with viewing(buckets, "old.txt", b"cold", StorageClass="GLACIER") as (browser, counting):
        await browser.until_text("next step")
        assert "restore it first: esc, then ctrl+p restore archived on its row" in browser.text
        assert len(counting.asked) == 1
        await browser.press("f10", front=BrowserScreen)


@pytest.mark.thorough
async def test_an_image_is_shown_in_cells(buckets: Buckets) -> None:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "#ff0000").save(written, "PNG")
    async with viewing(buckets, "a.png", written.getvalue()) as (browser, _):
        await browser.until_text("30×20")
        await until(lambda: browser.text.splitlines()[1].startswith("▀" * 30), "thirty pixels in a row")
        assert browser.text.splitlines()[11].strip() == ""
        await screen_run(browser, "pixels", then="no other program")
        await browser.press("x", then="00000000  89 50 4e 47")


@pytest.mark.thorough
@pytest.mark.parametrize("count", [400, 40_000], ids=["short", "long"])
async def test_of_a_cut_gzip_is_shown_what_can_be_unpacked(buckets: Buckets, count: int) -> None:
    whole = gzip.compress(lines(count))
    async with viewing(buckets, "cut.txt.gz", whole[: len(whole) // 2]) as (browser, _):
        await browser.until_text("text in gzip")
        await browser.until_text("line 1")
        await browser.press("G", then="only the part before the damage: it ends too early")
        assert "line" in browser.text.splitlines()[1]


ROWS = 50_000


@pytest.mark.thorough
async def test_csv_has_a_heading_that_stays_and_can_be_seen_as_text(buckets: Buckets) -> None:
    body = "name,amount,note\n" + "".join(f'row {n:05},{n * 7},"a, b \x1b[2J"\n' for n in range(1, ROWS))
    async with viewing(buckets, "a.csv", body.encode()) as (browser, counting):
        await browser.until_text("row 00001")
        assert [type(each) for each in counting.asked] == [BeginContent]
        first = browser.text.splitlines()
        assert first[1].split() == ["name", "amount", "note"]
        assert first[2].split() == ["row", "00001", "7", "a,", "b", "␛[2J"]
        assert first[2].index("7") == first[1].index("amount") + len("amount") - 1
        await browser.press("G", then=f"row {ROWS - 1:05}")
        assert browser.text.splitlines()[1].split() == ["name", "amount", "note"]
        await browser.press("slash", *"row 00100", "enter", then="is not below")
        await browser.press("g", "n", then="found at byte")
        for key in ("g", "v"):  # of the table, and of the text that it is
            await browser.press(key, "colon", *str(ROWS), "enter")
            await until(lambda: f"row {ROWS - 1:05}" in shown_rows(browser)[-1], "the last line is shown")
            assert len(shown_rows(browser)) > 10, "a page, not the last line alone"
        assert '"a, b ␛[2J"' in browser.text


def shown_rows(browser: Browser) -> list[str]:
    return [line for line in browser.text.splitlines() if "row " in line] or [""]


@pytest.mark.thorough
async def test_json_lines_have_the_columns_that_they_name(buckets: Buckets) -> None:
    records = [{"id": 1, "kind": "play"}, {"id": 2, "at": {"x": [1]}}, {"id": 10, "kind": "ünï"}]
    body = "".join(json.dumps(record) + "\n" for record in records) + "no json\n"
    async with viewing(buckets, "a.jsonl", body.encode()) as (browser, _):
        await browser.until_text("ünï")
        assert [line.split() for line in browser.text.splitlines()[1:6]] == [
            ["id", "kind", "at", "(no", "object)"],
            ["1", "play"],
            ["2", '{"x":', "[1]}"],
            ["10", "ünï"],
            ["no", "json"],
        ]


async def test_parquet_is_read_by_its_footer_and_the_pages_of_the_rows(buckets: Buckets) -> None:
    table = pa.table(
        {"id": range(ROWS), "name": [f"name of {n}" for n in range(ROWS)], "many": [[n] for n in range(ROWS)]}
    )
    written = io.BytesIO()
    pq.write_table(table, written, row_group_size=10_000, compression="none")
    async with viewing(buckets, "a.parquet", written.getvalue()) as (browser, _):
        await browser.until_text("name of 19")
        assert browser.text.splitlines()[1].split()[:2] == ["id:", "int64"]
        await browser.until_text(f"row 1 of {ROWS:,}")
        await browser.press("colon", *"43210", "enter", then=("name of 43209", f"row 43,210 of {ROWS:,}"))
        await browser.press("G", then=f"name of {ROWS - 1}")
        await browser.press("g", then="name of 3")
        await browser.press("slash", "x", "enter", then="cannot search Parquet rows")
        await browser.press("v", then="00000000  50 41 52 31")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("key", "body", "words"),
    [
        ("a.parquet", lambda: b"PAR1" + bytes(100) + b"PAR1", ("cannot be read", "00000000  50 41 52 31")),
        ("a.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), ("cannot be decoded", "00000000  89 50 4e 47")),
        ("b.png", lambda: png(9400, 9400), ("9,400 × 9,400 pixels", "00000000  89 50 4e 47")),
        ("b.parquet", lambda: as_parquet(pa.table({"c": one_value(999, 80 * MIB)})), ("cannot be read", "50 41 52 31")),
    ],
    ids=["damaged Parquet", "damaged PNG", "many pixels", "one long value"],
)
async def test_what_is_damaged_is_shown_as_bytes(
    buckets: Buckets, key: str, body: Callable[[], bytes], words: tuple[str, ...]
) -> None:
    async with viewing(buckets, key, body()) as (browser, _):
        await browser.until_text(*words)


LAST = 60_000
LOST = Problem(ProblemKind.UNREACHABLE, "the connection was lost")


class BreakingOff(Passing):
    """The first stream breaks off after its first piece: with `problem`, or it waits for ever."""

    def __init__(self, engine: EngineAccess, problem: Problem | None) -> None:
        super().__init__(engine)
        self._problem = problem
        self.broken_off = False

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        async with aclosing(self.engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer
                if isinstance(feed, StreamContent) and not self.broken_off:
                    self.broken_off = True
                    if self._problem:
                        raise ProblemError(self._problem)
                    await asyncio.Event().wait()


@pytest.mark.thorough
@pytest.mark.parametrize("problem", [None, LOST], ids=["esc", "lost"])
async def test_a_stream_that_broke_off_is_read_again_to_its_end(buckets: Buckets, problem: Problem | None) -> None:
    breaking = BreakingOff(buckets.engine, problem)
    async with viewing(buckets, "long.txt.gz", gzip.compress(lines(LAST)), engine=breaking) as (browser, _):
        await browser.until_text("line 0000001")
        await browser.press("end")
        await until(lambda: breaking.broken_off, "the stream has broken off")
        if problem:
            await browser.until_text("the connection was lost")
        else:
            await browser.press("escape", then="stopped")
        await browser.press("end", then=f"line {LAST:07}")


async def test_esc_leaves_at_once_what_has_shown_nothing_yet(buckets: Buckets) -> None:
    slow = Holding(buckets.engine, BeginContent)
    async with viewing(buckets, "a.txt", lines(3), engine=slow) as (browser, _):
        await until(lambda: bool(slow.asked), "the content is asked for")
        await browser.press("escape", front=BrowserScreen)


async def test_a_step_waits_for_the_one_before_it_also_after_esc() -> None:
    steps, cleaned = Steps(lambda _problem: None), asyncio.Event()
    done: list[str] = []

    async def cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await cleaned.wait()
            done.append("cleaned up")

    async def next_one() -> None:
        done.append("next")
        await asyncio.Event().wait()

    assert steps.enter(cancelled)
    first = asyncio.create_task(steps.work())
    await asyncio.sleep(0)
    first.cancel()
    steps.drop()
    assert steps.enter(next_one)
    second = asyncio.create_task(steps.work())
    await asyncio.sleep(0)
    cleaned.set()
    await until(lambda: "next" in done, "the next step has begun")
    assert done == ["cleaned up", "next"]
    assert not steps.enter(next_one)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


async def test_lines_are_wrapped_from_their_beginning_at_once() -> None:
    class Engine:
        async def ask(self, _request: object) -> ContentBeginning:
            return ContentBeginning(ContentFacts(40, '"e"'), b"0123456789" * 4)

    painted: list[list[str]] = []
    viewing = Viewing(
        ViewedObject(cast(EngineAccess, Engine()), "c", Location("b", "k.txt")),
        lambda rows: painted.append([row.plain for row in rows]),
        lambda _: None,
        lambda _: None,
    )
    viewing.resize(10, 4)
    await viewing.open()
    await viewing.shift(5)
    await viewing.toggle_wrap()
    await viewing.toggle_wrap()
    assert painted == [["0123456789"], ["5678901234"], ["0123456789"] * 4, ["0123456789"]]


@pytest.mark.thorough
async def test_a_slow_look_at_what_is_followed_leaves_room_for_keys(buckets: Buckets) -> None:
    slow = Holding(buckets.engine, LookAtContent)
    async with viewing(buckets, "log.txt", lines(3), engine=slow) as (browser, _):
        await browser.until_text("line 0000003")
        await screen_run(browser, "step('toggle_follow')", then="following")
        screen = browser.front(ViewerScreen)

        await until(lambda: bool(slow.asked), "it is looked whether there is more")
        for _ in range(40):
            screen._tick()
        slow.may_go_on.set()
        await until(lambda: not screen.viewing.steps.busy, "nothing waits any more")
        assert len(slow.asked) < 5
