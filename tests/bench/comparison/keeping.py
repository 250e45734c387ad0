"""Results of earlier runs, one file a workload: a table can be made of several runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from tests.bench.comparison.installing import KEPT, ROOT
from tests.bench.comparison.rounds import Result
from tests.bench.comparison.table import Measured, as_json, page
from tests.bench.comparison.workloads import Workload

RESULTS = KEPT / "results"
PAGE = ROOT / "docs" / "performance.md"
TABLE = KEPT / "table"


def keep(measured: Measured) -> None:
    """Keep a workload's result in place of its last one."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {"result": measured.result, "machine": measured.machine, "versions": measured.versions}
    (RESULTS / f"{measured.workload.name}.json").write_bytes(msgspec.json.encode(kept))


def kept(workloads: Sequence[Workload]) -> list[Measured]:
    """The last result of each workload that has one."""
    return [_read(each) for each in workloads if (RESULTS / f"{each.name}.json").exists()]


def write(measured: Sequence[Measured], *, to_docs: bool) -> None:
    """The table as Markdown and as JSON, and as the page of the documentation."""
    TABLE.with_suffix(".md").write_text(page(measured))
    TABLE.with_suffix(".json").write_text(json.dumps(as_json(measured), indent=1))
    if to_docs:
        PAGE.write_text(page(measured))


def _read(workload: Workload) -> Measured:
    fields: dict[str, Any] = json.loads((RESULTS / f"{workload.name}.json").read_bytes())
    result = msgspec.convert(fields["result"], Result)
    return Measured(workload, result, fields["machine"], fields["versions"])
