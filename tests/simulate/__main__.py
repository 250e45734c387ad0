"""``python -m tests.simulate``: copies of 10^6 to 10^10 objects by 1 to 500 workers, as a table and a picture."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.simulate.copying import Result, copy
from tests.simulate.keyspace import Keyspace, Names
from tests.simulate.picture import Line, Panel, power, svg
from tests.simulate.service import Machine, Service
from tui.core.estimates import Workload, batch, local
from tui.core.price_table import LIST_PRICES
from tui.core.transfer import Pace
from tui.features.cluster.cluster_engine import RANGES
from tui.text.format import duration
from tui.text.order_lines import usd

OBJECTS = (10**6, 10**7, 10**8, 10**9, 10**10)
WORKERS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SIZE = 16 * 1024
EACH = 8
"""Ranges for each worker, where they are cut evenly."""

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- simulated: begin -->", "<!-- simulated: end -->"

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
TIMES = ((10.0, "10 s"), (MINUTE, "1 min"), (10 * MINUTE, "10 min"), (HOUR, "1 h"), (6 * HOUR, "6 h"), (DAY, "1 d"))
LONG = ((10 * DAY, "10 d"), (100 * DAY, "100 d"))
DOLLARS = tuple((10.0**at, f"${10**at:,}") for at in range(6))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/scale.svg and the tables of docs/scale.md")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    began = time.monotonic()
    cut = {objects: Keyspace(objects, Names.HASHES).ranges(RANGES) for objects in OBJECTS}
    real = {key: _run(key, cut[key[0]], wanted.seed, balanced=True) for key in _cases()}
    even = {key: _run(key, _even(key[0], EACH * key[1]), wanted.seed) for key in _cases()}
    words = "\n\n".join(
        [
            "Keys cut into ranges of equal size, eight for each worker (time, then USD of requests and machines):",
            _table(even),
            f"Names that begin with a hash, cut by the engine's code into {' to '.join(_counts(cut))} ranges, and "
            "again while workers have none:",
            _table(real),
        ]
    )
    sys.stdout.write(f"{words}\n\n{time.monotonic() - began:.0f} s\n")
    if wanted.write:
        _write(words, _picture(even, real))
    return 0


Case = tuple[int, int]
Results = dict[Case, Result]


def _cases() -> list[Case]:
    return [(objects, workers) for objects in OBJECTS for workers in WORKERS]


def _run(case: Case, ranges: Sequence[tuple[float, float]], seed: int, *, balanced: bool = False) -> Result:
    return copy(case[0], SIZE, list(ranges), case[1], Service(), Machine(), seed, balanced=balanced)


def _even(objects: int, count: int) -> list[tuple[float, float]]:
    """In an order that spreads neighbours: workers begin far from one another."""
    ranges = [(objects * at // count, objects * (at + 1) // count) for at in range(count)]
    return [each for first in range(EACH) for each in ranges[first::EACH]]


def _counts(cut: dict[int, list[tuple[float, float]]]) -> list[str]:
    counts = [len(ranges) for ranges in cut.values()]
    return [str(each) for each in sorted({min(counts), max(counts)})]


def _usd(result: Result) -> float:
    work = Workload(result.objects, result.objects * SIZE, server_side=False)
    return local(work, Pace(), LIST_PRICES).usd + result.usd


def _table(results: Results) -> str:
    lines = [f"| objects | {' | '.join(map(str, WORKERS))} |", "|---" * (len(WORKERS) + 1) + "|"]
    for objects in OBJECTS:
        row = [results[objects, workers] for workers in WORKERS]
        cells = [f"{duration(each.seconds)}, {usd(_usd(each))}" for each in row]
        lines.append(f"| {power(objects)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _picture(even: Results, real: Results) -> str:
    lines = list[Line]()
    for number, objects in enumerate(OBJECTS):
        lines.append(Line(power(objects), [(w, even[objects, w].seconds) for w in WORKERS], number))
        lines.append(Line("", [(w, real[objects, w].seconds) for w in WORKERS], number, dashed=True))
    marks = [(float(workers), str(workers)) for workers in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    jobs = {objects: batch(Workload(objects, objects * SIZE), Pace(), LIST_PRICES) for objects in OBJECTS}
    costs = [
        Line("a job of S3", [(objects, jobs[objects].usd) for objects in OBJECTS], 5),
        Line("1 worker", [(objects, _usd(even[objects, 1])) for objects in OBJECTS], 0),
        Line("100 workers", [(objects, _usd(even[objects, 100])) for objects in OBJECTS], 3, dashed=True),
    ]
    objects_marks = [(float(objects), power(objects)) for objects in OBJECTS]
    time_panel = Panel("Time (solid: cut evenly, dashed: as it is cut)", "workers", marks, (*TIMES, *LONG), lines)
    return svg([time_panel, Panel("Cost: requests, jobs, machines", "objects", objects_marks, DOLLARS, costs)])


def _write(words: str, picture: str) -> None:
    (DOCS / "scale.svg").write_text(picture)
    page = DOCS / "scale.md"
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{words}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    sys.exit(main())
