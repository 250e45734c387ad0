"""CSV, JSON lines and Parquet as tables: the heading stays, and little is read."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.servers.buckets import BucketPair
from tests.ui.viewer.test_viewer import viewing
from tui.protocol.messages.content import BeginContent
from tui.protocol.session import EngineSession

ROWS = 50_000


async def test_csv_has_a_heading_that_stays_and_can_be_seen_as_text(engine: EngineSession, buckets: BucketPair) -> None:
    body = "name,amount,note\n" + "".join(f'row {n:05},{n * 7},"a, b \x1b[2J"\n' for n in range(1, ROWS))
    async with viewing(engine, buckets, "a.csv", body.encode()) as (browser, counting):
        await browser.until_text("row 00001")
        assert [type(each) for each in counting.asked] == [BeginContent]
        first = browser.text.splitlines()
        assert first[1].split() == ["name", "amount", "note"]
        assert first[2].split() == ["row", "00001", "7", "a,", "b", "␛[2J"]
        assert first[2].index("7") == first[1].index("amount") + len("amount") - 1
        await browser.press("G")
        await browser.until_text(f"row {ROWS - 1:05}")
        assert browser.text.splitlines()[1].split() == ["name", "amount", "note"]
        await browser.press("slash", *"row 00100", "enter")
        await browser.until_text("is not below")
        await browser.press("g", "n")
        await browser.until_text("found at byte")
        await browser.press("t")
        await browser.until_text('"a, b ␛[2J"')


async def test_a_jump_to_the_last_lines_fills_the_screen(engine: EngineSession, buckets: BucketPair) -> None:
    body = "name,amount\n" + "".join(f"row {n:05},{n}\n" for n in range(1, ROWS))
    for name in ("a.csv", "a.txt"):
        async with viewing(engine, buckets, name, body.encode()) as (browser, _):
            await browser.until_text("row 00001")
            await browser.press("colon", *str(ROWS), "enter")
            await browser.until_text(f"row {ROWS - 1:05}")
            shown = [line for line in browser.text.splitlines() if "row " in line]
            assert len(shown) > 10, "a page, not the last line alone"
            assert f"row {ROWS - 1:05}" in shown[-1]


async def test_json_lines_have_the_columns_that_they_name(engine: EngineSession, buckets: BucketPair) -> None:
    records = [{"id": 1, "kind": "play"}, {"id": 2, "at": {"x": [1]}}, {"id": 10, "kind": "ünï"}]
    body = "".join(json.dumps(record) + "\n" for record in records) + "no json\n"
    async with viewing(engine, buckets, "a.jsonl", body.encode()) as (browser, _):
        await browser.until_text("ünï")
        shown = [line.split() for line in browser.text.splitlines()[1:6]]
        assert shown == [
            ["id", "kind", "at", "(no", "object)"],
            ["1", "play"],
            ["2", '{"x":', "[1]}"],
            ["10", "ünï"],
            ["no", "json"],
        ]


async def test_parquet_is_read_by_its_footer_and_the_pages_of_the_rows(
    engine: EngineSession, buckets: BucketPair
) -> None:
    table = pa.table(
        {"id": range(ROWS), "name": [f"name of {n}" for n in range(ROWS)], "many": [[n] for n in range(ROWS)]}
    )
    written = io.BytesIO()
    pq.write_table(table, written, row_group_size=10_000, compression="none")
    async with viewing(engine, buckets, "a.parquet", written.getvalue()) as (browser, _):
        await browser.until_text("name of 19")
        assert browser.text.splitlines()[1].split()[:2] == ["id:", "int64"]
        await browser.until_text(f"row 1 of {ROWS:,}")
        await browser.press("colon", *"43210", "enter")
        await browser.until_text("name of 43209")
        await browser.until_text(f"row 43,210 of {ROWS:,}")
        await browser.press("G")
        await browser.until_text(f"name of {ROWS - 1}")
        await browser.press("g")
        await browser.until_text("name of 3")
        await browser.press("slash", "x", "enter")
        await browser.until_text("not searched here")
        await browser.press("t")
        await browser.until_text("00000000  50 41 52 31")


async def test_damaged_parquet_is_shown_as_bytes(engine: EngineSession, buckets: BucketPair) -> None:
    async with viewing(engine, buckets, "a.parquet", b"PAR1" + bytes(100) + b"PAR1") as (browser, _):
        await browser.until_text("00000000  50 41 52 31")
        await browser.until_text("cannot be read")
