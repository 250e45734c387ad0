"""`make mutants`: a sample of small changes to the product, each run against the tests that reach it."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.reach import Reach, Reached, reach_of
from tests.mutants.running import Copy, End, Verdict, chosen

ROOMS = {
    "transfers": (40, ("tests/unit/transfers", "tests/unit/retry"), ("tests/transfers", "tests/retry")),
    "stores": (25, ("tests/unit/stores", "tests/stores"), ("tests/inspection", "tests/transfers", "tests/hostile")),
    "inspection": (20, ("tests/unit/inspection", "tests/inspection"), ("tests/hostile",)),
    "accounts": (15, ("tests/accounts",), ("tests/engine", "tests/hostile", "tests/stores")),
}
"""The share of the sample that each room has (of 100), the folders with its own tests, and those that reach it, too.

The latter are mapped and run only for mutants that the former let live.
"""

KILLED = (End.KILLED, End.TIMEOUT)
ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".mutants"
"""The map and the verdicts. `make clean` removes it."""

Result = tuple[Mutant, Verdict]


def sample(room: str, count: int, seed: int) -> list[Mutant]:
    """`count` mutants of a room, no two of the same line; a larger sample begins with the smaller one."""
    chance = random.Random(f"{seed} {room}")
    lines: dict[tuple[str, int], list[Mutant]] = {}
    for path in sorted((ROOT / "tui" / room).rglob("*.py")):
        for mutant in mutants_of(path, ROOT):
            lines.setdefault((mutant.file, mutant.line), []).append(mutant)
    places = sorted(lines)
    chance.shuffle(places)
    return [chance.choice(lines[place]) for place in places[:count]]


def test_files(rooms: Sequence[str], *, far: bool) -> list[str]:
    """The test files of rooms, each once, in the order of their folders."""
    chosen_rooms = [ROOMS[room] for room in rooms]
    folders = [ROOT / folder for _, near, others in chosen_rooms for folder in (others if far else near)]
    files = [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    return list(dict.fromkeys(str(path.relative_to(ROOT)) for path in files))


def main() -> int:
    """Print a table of what was killed and the survivors; 0, whatever they are."""
    wanted = _arguments()
    KEPT.mkdir(exist_ok=True)
    until = time.monotonic() + wanted.minutes * 60
    mutants = [
        mutant for room in wanted.rooms for mutant in sample(room, wanted.count * ROOMS[room][0] // 100, wanted.seed)
    ]
    results: dict[Mutant, Verdict] = {}
    for far in (False, True) if wanted.far else (False,):
        alive = [mutant for mutant in mutants if mutant not in results or results[mutant].end not in KILLED]
        rooms = sorted({Path(mutant.file).parts[1] for mutant in alive}) if far else wanted.rooms
        reached = Reached(_map(test_files(rooms, far=far), until, wanted.jobs))
        for mutant, verdict in _run(alive, reached, until, wanted.jobs):
            if verdict.end is not End.UNREACHED or mutant not in results:
                results[mutant] = verdict
    print("\n".join([*_table(results, len(mutants)), *_survivors(results)]))  # noqa: T201  # what it is for
    return 0


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    reader.add_argument("--count", type=int, default=60, help="mutants in all")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--minutes", type=float, default=60.0, help="after them no other mutant is begun")
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--far", action=argparse.BooleanOptionalAction, default=True, help="other rooms' tests, too")
    reader.add_argument("--rooms", nargs="+", choices=list(ROOMS), default=list(ROOMS))
    return reader.parse_args()


def _map(files: Sequence[str], until: float, jobs: int) -> list[Reach]:
    def reach(file: str) -> Reach:
        return reach_of(file, ROOT, KEPT) if time.monotonic() < until else Reach()

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(reach, files))


def _run(mutants: Sequence[Mutant], reached: Reached, until: float, jobs: int) -> list[Result]:
    """Those that were run in time. A mutant that was killed before, as the file stands, is not run again."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    kept = KEPT / "killed.json"
    killed: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}

    def run(mutant: Mutant) -> Result | None:
        name = f"{mutant.file} {mutant.scope} {' '.join(mutant.diff)}"
        if name in killed:
            return mutant, Verdict(End.KILLED, 0, killed[name])
        if time.monotonic() > until:
            return None
        tests, seconds = chosen(reached.tests_of(mutant), reached.seconds)
        copy = copies.get()
        try:
            verdict = copy.verdict(mutant, tests, seconds)
        finally:
            copies.put(copy)
        if verdict.end in KILLED:
            killed[name] = verdict.by
        _say(f"{verdict.end}: {mutant.file}:{mutant.line} {mutant.operator} {verdict.by}")
        return mutant, verdict

    with TemporaryDirectory(prefix="mutants-") as where, ThreadPoolExecutor(jobs) as pool:
        for number in range(jobs):
            copies.put(Copy(ROOT, Path(where) / str(number)))
        try:
            return [result for result in pool.map(run, mutants) if result]
        finally:
            kept.write_text(json.dumps(killed, indent=1))


def _table(results: Mapping[Mutant, Verdict], wanted: int) -> list[str]:
    ends: dict[str, Counter[End]] = {}
    for mutant, verdict in results.items():
        ends.setdefault(Path(mutant.file).parts[1], Counter())[verdict.end] += 1
    everything = sum(ends.values(), Counter[End]())
    lines = [
        f"{len(results)} of {wanted} mutants ran",
        "",
        "| room | mutants | killed | survived | unreached | score |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for room, counts in [*ends.items(), ("all", everything)]:
        killed, ran = sum(counts[end] for end in KILLED), counts.total() - counts[End.BROKEN]
        score = f"{100 * killed / ran:.0f} %" if ran else ""
        lines.append(f"| {room} | {ran} | {killed} | {counts[End.SURVIVED]} | {counts[End.UNREACHED]} | {score} |")
    return lines


def _survivors(results: Mapping[Mutant, Verdict]) -> list[str]:
    lines: list[str] = []
    for mutant, verdict in results.items():
        if verdict.end not in KILLED:
            lines += ["", f"{mutant.file}:{mutant.line} {mutant.operator}, {verdict.end}, {verdict.tests} tests"]
            lines += mutant.diff
            lines += [verdict.by] if verdict.by else []
    return lines


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # how far it is


if __name__ == "__main__":
    sys.exit(main())
