"""`make mutants`: a sample of small changes to the product, each run against the tests that reach it."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

import pytest

from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.reach import REACH, ROOT, Reach
from tests.mutants.running import Trial, Trials, Verdict

ALL = "not server and not bench"
OPTIONS = ["-q", "-m", ALL, "-p", "no:cacheprovider", "--no-header", "--no-summary"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # plugins of the tests are imported here already
PRODUCT = (Path("tui"),)
MOST_TESTS, MOST_SECONDS = 200, 90.0
"""Of the tests that reach a mutant, in each lane, the fastest first."""


def sample(count: int, seed: int, under: Sequence[Path] = PRODUCT) -> list[Mutant]:
    """`count` mutants of functions, no two of the same line; a larger sample begins with the smaller one.

    Each folder has its turn, however large it is; the demo has none. `under`: files, or folders with all below them.
    """
    chance = random.Random(seed)
    rooms: dict[str, dict[tuple[str, int], list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "tui").rglob("*.py")):
        if not path.is_relative_to(ROOT / "tui" / "demo") and any(path.is_relative_to(ROOT / top) for top in under):
            for mutant in mutants_of(path, ROOT):
                if mutant.scope:
                    rooms[room_of(mutant.file)][mutant.file, mutant.line].append(mutant)
    shuffled = [chance.sample(sorted(places), len(places)) for _, places in sorted(rooms.items())]
    found = [rooms[room_of(place[0])][place] for place in chain(*zip_longest(*shuffled)) if place]
    return [chance.choice(mutants) for mutants in found][:count]


def room_of(file: str) -> str:
    """The folder a file counts to: two levels below ``tui``, where there are two."""
    return "/".join(Path(file).parent.parts[1:3]) or "tui"


class Sampling:
    """The plugin that tries mutants where pytest would run its tests."""

    def __init__(self, mutants: list[Mutant], jobs: int, reach: Reach, seconds: dict[str, float]) -> None:
        self._mutants, self._jobs, self._reach, self._seconds = mutants, jobs, reach, seconds
        self.results: list[tuple[Mutant, str, Verdict]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the whole sample by the tests of `make test`, then what survives by the others."""
        directory = Path(tempfile.mkdtemp(prefix="xs3-"))  # each fork would remove a `TemporaryDirectory`
        try:
            self._try(session, Trials(session, self._jobs, directory))
        finally:
            shutil.rmtree(directory, ignore_errors=True)  # a process that was killed may still write
        return True

    def _try(self, session: pytest.Session, trials: Trials) -> None:
        quick = {item.nodeid: item.get_closest_marker("thorough") is None for item in session.items}
        alive = self._mutants
        for lane, belongs in (("test", True), ("test-all", False)):
            tried = [self._trial(mutant, {test for test in quick if quick[test] is belongs}) for mutant in alive]
            left = [trial.mutant for trial in tried if not trial.tests and trial.mutant]
            for trial, verdict in self._sound(trials, [trial for trial in tried if trial.tests]):
                assert trial.mutant
                print(f"{lane}: {trial.mutant.file}:{trial.mutant.line} {verdict}", file=sys.stderr, flush=True)  # noqa: T201  # how far it is
                if verdict.killed or lane == "test-all":
                    self.results.append((trial.mutant, lane, verdict))
                else:
                    left.append(trial.mutant)
            alive = left
        tried_once = {mutant for mutant, _, _ in self.results}
        for mutant in alive:
            if mutant not in tried_once:
                lines = self._reach.get(mutant.file, {})
                self.results.append((mutant, "test" if lines.get(mutant.line) else "", Verdict()))

    def _trial(self, mutant: Mutant, lane: set[str]) -> Trial:
        tests = [test for test in self._reach.get(mutant.file, {}).get(mutant.line, []) if test in lane]
        taken, spent = list[str](), 0.0
        for test in tests[:MOST_TESTS]:
            if taken and spent + self._seconds.get(test, 1.0) > MOST_SECONDS:
                break
            spent += self._seconds.get(test, 1.0)
            taken.append(test)
        return Trial(mutant, tuple(taken), spent)

    def _sound(self, trials: Trials, wanted: list[Trial]) -> list[tuple[Trial, Verdict]]:
        """The verdicts, without those of tests that fail without a mutant, too."""
        results: list[tuple[Trial, Verdict]] = []
        unsound = set[str]()
        while wanted:
            found = list(trials.run(wanted))
            killers = {verdict.killed for _, verdict in found if "::" in verdict.killed}
            alone = [Trial(None, (killer,), self._seconds.get(killer, 1.0)) for killer in sorted(killers)]
            failing = {trial.tests[0] for trial, verdict in trials.run(alone) if verdict.killed}
            for test in sorted(failing):
                print(f"fails without a mutant, too: {test}", file=sys.stderr, flush=True)  # noqa: T201  # it is left out
            unsound |= failing
            results += [(trial, verdict) for trial, verdict in found if verdict.killed not in unsound]
            again = [trial for trial, verdict in found if verdict.killed in unsound]
            kept = [tuple(test for test in trial.tests if test not in unsound) for trial in again]
            wanted = [Trial(trial.mutant, tests, trial.seconds) for trial, tests in zip(again, kept, strict=True)]
        return results


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    reader.add_argument("--count", type=int, default=60, help="mutants in all")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=3)
    reader.add_argument("--under", type=Path, nargs="+", default=PRODUCT, help="folders and files of the product")
    wanted = reader.parse_args()
    mutants = sample(wanted.count, wanted.seed, wanted.under)
    reach, seconds = _map({mutant.file for mutant in mutants})
    sampling = Sampling(mutants, wanted.jobs, reach, seconds)
    pytest.main(OPTIONS, plugins=[sampling])
    print("\n".join([*table(sampling.results), *survivors(sampling.results)]))  # noqa: T201  # what it is for
    return 0


def _map(files: set[str]) -> tuple[Reach, dict[str, float]]:
    """Which tests reach what, measured again for other files, or when one of the product or of the tests has changed.

    Other files are not measured: to trace all of them takes longer than the tests themselves.
    """
    changed = max(path.stat().st_mtime for top in ("tui", "tests") for path in (ROOT / top).rglob("*.py"))
    kept = json.loads(REACH.read_text()) if REACH.exists() and REACH.stat().st_mtime > changed else {"files": []}
    if not files <= set(kept["files"]):
        command = [sys.executable, "-m", "tests.mutants.measure", *sorted(files.union(kept["files"]))]
        subprocess.run(command, cwd=ROOT, check=True)
        kept = json.loads(REACH.read_text())
    lines = {file: {int(line): tests for line, tests in found.items()} for file, found in kept["lines"].items()}
    return lines, kept["seconds"]


def table(results: list[tuple[Mutant, str, Verdict]]) -> list[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, lane, verdict in results:
        end = "not run" if verdict.why else lane if verdict.killed else "survived" if lane else "unreached"
        for room in (room_of(mutant.file), "all"):
            counts[room][end] += 1
    lines = [
        "| folder | mutants | by make test | by the rest of test-all | survived | unreached |",
        "|---|---|---|---|---|---|",
    ]
    for room in [*sorted(counts.keys() - {"all"}), "all"]:
        found = counts[room]
        ends = [found["test"], found["test-all"], found["survived"], found["unreached"]]
        lines.append(f"| {room} | {sum(ends)} | {' | '.join(map(str, ends))} |")
    return lines


def survivors(results: list[tuple[Mutant, str, Verdict]]) -> list[str]:
    lines: list[str] = []
    for mutant, lane, verdict in results:
        if not verdict.killed:
            said = verdict.why or ("survived" if lane else "unreached")
            lines += ["", f"{mutant.file}:{mutant.line} {mutant.operator}, {said}", *mutant.diff]
    return lines


if __name__ == "__main__":
    sys.exit(main())
