"""Rows of completion reports: S3 writes the HTTP status before the error code, and names the columns the other way."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tui.stores.base import Store
from tui.transfers.batch.reports import ReportFile, ReportManifest, ReportRow, report_rows

SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"

DENIED = ReportRow("image_1", "", False, "AccessDenied", 403, "Access Denied")


class Report:
    """A store with one file."""

    def __init__(self, content: str) -> None:
        self.content, self.size, self.etag = content.encode(), len(content.encode()), "e"

    async def head(self, *_: str) -> Report:
        return self

    async def read(self, *_: str, start: int, length: int, **__: Any) -> bytes:
        return self.content[start : start + length]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("b,image_1,,failed,403,AccessDenied,Access Denied", DENIED),
        ("b,image_1,,failed,AccessDenied,403,Access Denied", DENIED),
        ("b,a%2Cb,v1,succeeded,200,,Successful", ReportRow("a,b", "v1", True, "", 200, "Successful")),
        ("b,a,,succeeded,,200,", ReportRow("a", "", True, "", 200, "")),
        ("b,a,,failed,,,", ReportRow("a", "", False, "", 0, "")),
    ],
)
async def test_status_and_code_are_found_in_either_order(line: str, row: ReportRow) -> None:
    store = cast(Store, Report(f"{line}\n"))
    rows = [each async for chunk in report_rows(store, ReportManifest(SCHEMA), ReportFile("b", "k")) for each in chunk]
    assert rows == [row]
