"""What a reader does with a content, without its process: cells, footers, tables by ranges, rows of reports."""

import datetime
import decimal
import io
from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.hostile.crafted import as_orc, as_parquet, report_table
from tests.hostile.mutating import FIELDS
from tui.core.listing import UNKNOWN_INDEX
from tui.reader.asked_content import ParentChannel
from tui.reader.columnar_files import MOST_FOOTER, MOST_UNPACKED, check_footer, check_sizes, columnar_reading
from tui.reader.reader_messages import FoundRows, ReadReport, ReadRows
from tui.reader.report_rows import page_of
from tui.reader.table import LONGEST_VALUE, MOST_COLUMNS, MOST_INSIDE, Table, cell

AT = datetime.datetime(2026, 11, 20, 12, 30, 0, 1500)
LONG = "ü" * 3000


def of(value: object, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array([value], kind)


CELLS = [
    (of(None), ""),
    (of(1), "1"),
    (of(True), "True"),
    (of(1.5), "1.5"),
    (of("a\tb"), "a\tb"),
    (of(LONG), LONG[:LONGEST_VALUE]),
    (of("x", pa.large_string()), "x"),
    (of(b"\0\xff"), "0x00ff"),
    (of(bytes(9999)), "0x" + "00" * (LONGEST_VALUE // 2 - 1)),
    (of(decimal.Decimal("1.20")), "1.20"),
    (of(datetime.date(2026, 11, 20)), "2026-11-20"),
    (of(AT, pa.timestamp("us")), "2026-11-20 12:30:00.001500"),
    (of(AT, pa.timestamp("us", "Europe/Berlin")), "2026-11-20 12:30:00.001500+00:00"),
    (of(1, pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
    (of(-1, pa.timestamp("s")), "1969-12-31 23:59:59"),
    (of(1 << 60, pa.timestamp("s")), f"{1 << 60} s"),
    (of(1 << 60, pa.duration("s")), f"{1 << 60}"),
    (of("a").dictionary_encode(), "a"),
    (of([1, None, 2]), "[1, null, 2]"),
    (of(['say "x"', "\\"]), '["say \\"x\\"", "\\\\"]'),
    (of([b"\1"]), '["0x01"]'),
    (of([AT], pa.list_(pa.timestamp("s"))), '["2026-11-20 12:30:00"]'),
    (of({"a": 1, "b": {"c": "x"}}), '{"a": 1, "b": {"c": "x"}}'),
    (of([("k", 1)], pa.map_(pa.string(), pa.int32())), '[{"key": "k", "value": 1}]'),
    (of([[[[[[[[[[1]]]]]]]]]]), "[[[[[[[[[…]]]]]]]]]"),
    (of([]), "[]"),
]


def test_a_value_as_a_cell() -> None:
    assert [(values, shown) for values, shown in CELLS if cell(values[0]) != shown] == []
    text = cell(of([0] * 10_000_000, pa.list_(pa.int8()))[0])
    assert text == f"[{', '.join(['0'] * MOST_INSIDE)}, …]"
    assert len(cell(of([LONG] * 9)[0])) == LONGEST_VALUE


def footer(packed: int, unpacked: int, values: int = 1, *, rows: int = 1, told: int = 1) -> Any:
    column = SimpleNamespace(total_compressed_size=packed, total_uncompressed_size=unpacked, num_values=values)
    group = SimpleNamespace(num_rows=rows, num_columns=1, column=lambda _number: column)
    return SimpleNamespace(num_row_groups=1, num_rows=told, row_group=lambda _number: group)


def test_sizes_in_a_footer() -> None:
    for said, words in (
        (footer(9, 99), ""),
        (footer(1000, 100 * MOST_UNPACKED, 10**9), ""),
        (footer(MOST_UNPACKED // 100, MOST_UNPACKED + 1), ""),
        (footer(1000, MOST_UNPACKED), ""),
        (footer(1000, MOST_UNPACKED + 1), "a column of 1,000 bytes would become"),
        (footer(-1, 1), "sizes that cannot be"),
        (footer(1 << 30, 1), "sizes that cannot be"),
        (footer(1, -1), "sizes that cannot be"),
        (footer(1, 1, -1), "sizes that cannot be"),
        (footer(1, 1, rows=-1, told=-1), "less than no rows"),
        (footer(1, 1, rows=2), "says 1 row, and its row groups 2"),
    ):
        told = refused(check_sizes, said, 1 << 20)
        assert words in told if words else not told, words


def refused(call: Callable[..., object], *given: Any) -> str:
    try:
        call(*given)
    except (ValueError, TypeError) as error:
        return str(error)
    return ""


class Whole:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.answers: list[Any] = []
        self.read_before: list[int] = []
        self._read = 0

    def read(self, start: int, length: int) -> bytes:
        self._read += length
        assert 0 <= start <= start + length <= len(self.content)
        return self.content[start : start + length]

    def found(self, answer: Any) -> None:
        self.answers.append(answer)
        self.read_before.append(self._read)

    @property
    def parent(self) -> ParentChannel:
        return cast(ParentChannel, self)


def test_the_end_of_what_is_no_parquet() -> None:
    for tail in (b"", b"PAR1", bytes(20), b"x" * 9 + (99).to_bytes(4, "little") + b"PAR1"):
        assert "no footer" in refused(check_footer, Whole(tail).parent, len(tail)), tail
    long = bytes(MOST_FOOTER + 9) + (MOST_FOOTER + 1).to_bytes(4, "little") + b"PAR1"
    assert "its footer has 16,777,217 bytes" in refused(check_footer, Whole(long).parent, len(long))


def table_of(columns: dict[str, Any], **how: Any) -> Whole:
    written = io.BytesIO()
    parquet.write_table(pa.table(columns), written, **how)
    return Whole(written.getvalue())


def test_rows_are_those_that_were_asked_for_wherever_they_are() -> None:
    whole, table = table_of({"n": range(1000), "t": [f"t{n}" for n in range(1000)]}, row_group_size=300), Table()
    for start, count in [(0, 20), (20, 20), (290, 20), (999, 20), (1000, 5), (5, 1), (6, 700)]:
        table.rows(whole.parent, ReadRows(len(whole.content), start, count))
        found: FoundRows = whole.answers.pop()
        assert found.rows == [[str(n), f"t{n}"] for n in range(start, min(1000, start + count))], (start, count)
        assert (found.total, found.names, found.types) == (1000, ["n", "t"], ["int64", "string"])


def test_of_very_many_columns_the_first_are_shown() -> None:
    for more, told, cells in ((30, ["30 more"], [""]), (0, [], [])):
        whole = table_of({f"c{number}": [number] for number in range(MOST_COLUMNS + more)})
        Table().rows(whole.parent, ReadRows(len(whole.content), 0, 9))
        found: FoundRows = whole.answers.pop()
        assert found.names == [*(f"c{number}" for number in range(MOST_COLUMNS)), *told]
        assert found.rows == [[*map(str, range(MOST_COLUMNS)), *cells]]


def test_values_that_rows_share_are_those_of_each_row() -> None:
    whole = table_of({"shared": pa.array(["a", None, "b", "a"]).dictionary_encode()})
    Table().rows(whole.parent, ReadRows(len(whole.content), 1, 9))
    assert whole.answers[0].rows == [[""], ["b"], ["a"]]


def test_a_table_without_columns_has_no_rows_to_wait_for() -> None:
    written = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, 2]}).select([]), written)
    whole = Whole(written.getvalue())
    said = refused(Table().rows, whole.parent, ReadRows(len(whole.content), 0, 9))
    assert said or len(whole.answers[0].rows) in (0, 2)


def test_a_table_that_has_fewer_rows_than_it_says() -> None:
    whole = table_of({"n": range(1000)}, write_statistics=False, use_dictionary=False)
    half = len(whole.content) // 2
    whole.content = whole.content[:half] + whole.content[half:].replace(b"\xd0\x0f", b"\xd2\x0f")  # 1000: 1001
    assert (
        refused(Table().rows, whole.parent, ReadRows(len(whole.content), 0, 1001))
        == "it has fewer rows than its footer says"
    )


@pytest.mark.parametrize("write", [as_parquet, as_orc], ids=["Parquet", "ORC"])
def test_a_report_in_columns(write: Callable[[pa.Table], bytes]) -> None:
    file_format = "Parquet" if write is as_parquet else "ORC"
    for table, names, words in (
        (report_table(2), ["0", "1"], ""),
        (report_table(1, key=[["k"]]), [], "column is list"),
    ):
        whole = Whole(write(table))
        job = ReadReport(file_format, len(whole.content), [], FIELDS, "in/a b+ü/")
        assert words in refused(columnar_reading(file_format), whole.parent, job), words
        assert [name for found in whole.answers for name in found.page.names] == names


def test_the_first_rows_of_a_long_column_come_before_all_of_it_is_read() -> None:
    table = report_table(20_000, key=["k" * 250] * 20_000)
    whole = Whole(as_parquet(table, compression="none", use_dictionary=False))
    columnar_reading("Parquet")(whole.parent, ReadReport("Parquet", len(whole.content), [], FIELDS, ""))
    assert whole.read_before[0] < whole.read_before[-1]


COLUMNS: dict[str, list[object]] = {
    "Key": ["p/a", "q", "p/b%2F", "p/old", "p/gone", "p/none", "p/undated"],
    "Size": ["1", 3, 2, 4, 5, "", 6],
    "LastModifiedDate": ["2026-11-20T12:00:00.000Z", "", 7, None, "", "", None],
    "ETag": ["e", "", None, "", "", "", "f"],
    "StorageClass": ["GLACIER", "", "", "", "", "", ""],
    "ObjectOwner": ["me", "", None, "", "", "", "me"],
    "IsLatest": ["true", True, True, "false", True, True, True],
    "IsDeleteMarker": ["false", None, False, False, "true", False, ""],
    "VersionId": ["v", None, "", "", "", "", "w"],
}


@pytest.mark.parametrize("encoded", [False, True])
def test_the_current_objects_of_a_report(encoded: bool) -> None:
    found = page_of(COLUMNS, 7, "p/", encoded=encoded)
    page = found.page
    assert page.names == ["a", "b/" if encoded else "b%2F", "undated"]
    assert (array("q", page.sizes).tolist(), array("q", page.modified).tolist()) == ([1, 2, 6], [1795176000, 7, 0])
    assert (page.etags, found.versions) == (['"e"', "", '"f"'], ["v", "null", "w"])
    assert [each.storage_class for each in page.objects()] == ["GLACIER", "STANDARD", "STANDARD"]
    assert (page.owners[0].id, array("H", page.owner_index).tolist()) == ("me", [0, UNKNOWN_INDEX, 0])


def test_more_owners_than_a_page_can_have() -> None:
    count = UNKNOWN_INDEX + 1
    columns: dict[str, list[object]] = {
        "Key": ["k"] * count,
        "Size": [1] * count,
        "ObjectOwner": list(map(str, range(count))),
    }
    assert "more than 65,535 owners" in refused(page_of, columns, count, "")
