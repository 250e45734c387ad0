"""A report that an engine was killed in is read on: each object counts once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from tests.unit.transfers.cluster.crews import Transfer
from tests.unit.transfers.journal.samples import PROBLEM, result, silent, transfer
from tui.model.batch.jobs import JobSnapshot, JobState
from tui.model.batch.operations import BatchOptions, BatchTags
from tui.model.location import Location
from tui.model.orders import BatchOrder, Selection
from tui.model.transfer import Outcome
from tui.stores.base import Store
from tui.transfers.batch.kept import Kept, KeptReading
from tui.transfers.batch.reports import ReportFile, ReportManifest
from tui.transfers.journal import Journal
from tui.transfers.queue.kinds.batch_report import ReportReader

JOB = JobSnapshot("j", JobState.COMPLETE, total=3, succeeded=3)
KEYS = ["p/a", "p/b", "p/c"]
SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"
FOLDER = Location("reports", "f/")
ORDER = BatchOrder(
    Selection("left", Location("from", "p/"), prefixes=["p/"]),
    "left",
    BatchTags(),
    BatchOptions("arn:aws:iam::123456789012:role/jobs", FOLDER),
)


@dataclass
class Head:
    """Of a file."""

    size: int
    etag: str = "e"


class Files:
    """A store with the report."""

    def __init__(self) -> None:
        rows = "".join(f"from,{key},,succeeded,,200,Successful\n" for key in KEYS)
        manifest = ReportManifest(SCHEMA, [ReportFile("reports", "rows.csv")])
        self._files = {"f/job-j/manifest.json": msgspec.json.encode(manifest), "rows.csv": rows.encode()}

    async def head(self, _bucket: str, key: str) -> Head:
        return Head(len(self._files[key]))

    async def read(self, _bucket: str, key: str, *, start: int, length: int, **_: Any) -> bytes:
        return self._files[key][start : start + length]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", silent)
    await made.add(transfer())
    yield made
    await made.close()


async def counted(journal: Journal) -> tuple[int, int]:
    """Read the report on: how many objects are counted then, and how many the journal has."""
    copied = Transfer(journal)
    await copied.status.load()
    kept, store = await Kept.load(journal, "t"), cast("Store", Files())
    reader = ReportReader("t", ORDER, store, copied.state.context)
    await reader.read(replace(copied.state, again=True), kept, JOB, FOLDER, store, store)
    assert kept.reading.done
    counts = await journal.results.counts("t")
    return copied.state.progress.results, sum(counts.objects.values())


async def test_rows_whose_results_were_written_down_and_that_not(journal: Journal) -> None:
    """The results of a chunk come before how far was read, perhaps in another commit."""
    for key in KEYS[:2]:
        journal.results.finish("t", 1, key, result(key, Outcome.CHANGED))
    (await Kept.load(journal, "t")).keep_reading(KeptReading(0, 1))
    assert await counted(journal) == (3, 3)


async def test_the_report_of_a_later_job_is_about_objects_that_have_results(journal: Journal) -> None:
    for key in KEYS:
        journal.results.finish("t", 1, key, result(key, Outcome.FAILED, problem=PROBLEM))
    await (await Kept.load(journal, "t")).begin_again()
    _, known = await counted(journal)
    assert known == 3
    assert [each.outcome async for each in journal.results.of("t")] == [Outcome.CHANGED] * 3
