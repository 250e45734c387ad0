"""Which tests reach which lines of the product, told by coverage: a plugin for a run of all tests.

Engines and commands are processes of their own: what they run counts for the test that started them.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from coverage import Coverage

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".mutants"
"""What was found out, until a file changes. `make clean` removes it."""

REACH, DATA, SETTINGS = KEPT / "reach.json", KEPT / "coverage", KEPT / "coveragerc"

Reach = dict[str, dict[int, list[str]]]
"""By file and line: the tests that reach it, the fastest first."""


def settle(files: Sequence[str]) -> None:
    """Say what coverage is to measure: lines of these files (relative to the checkout), in every process."""
    KEPT.mkdir(exist_ok=True)
    included = "".join(f"\n    {ROOT / file}" for file in files)
    SETTINGS.write_text(f"[run]\ninclude = {included}\ndata_file = {DATA}\npatch = subprocess, fork\n")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """What runs from here on is this test's."""
    if measuring := Coverage.current():
        measuring.switch_context(item.nodeid)


class Durations:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def reached(seconds: dict[str, float]) -> Reach:
    lines: Reach = {}
    with closing(sqlite3.connect(DATA)) as connection:
        contexts = dict(connection.execute("SELECT id, context FROM context"))
        for number, path in connection.execute("SELECT id, path FROM file").fetchall():
            tests: dict[int, set[str]] = defaultdict(set)
            rows = connection.execute("SELECT context_id, numbits FROM line_bits WHERE file_id = ?", (number,))
            for context, bits in rows:
                if test := contexts[context]:
                    for line in (
                        place * 8 + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1
                    ):
                        tests[line].add(test)
            name = str(Path(path).relative_to(ROOT))
            lines[name] = {
                line: sorted(found, key=lambda test: (seconds.get(test, 1.0), test)) for line, found in tests.items()
            }
    return lines
