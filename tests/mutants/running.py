"""Runs tests against mutants, in copies of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants.operators import Mutant

MOST_TESTS = 200
"""For one mutant, the fastest first."""
MOST_SECONDS = 120.0
"""Of tests for one mutant, as they took when the map was made."""
CHECK_SECONDS = 300.0
"""For a test that has killed a mutant, without the mutant."""
SPARE_SECONDS = 60.0
"""For the start of pytest, and for a machine that is busier than it was."""
_FOUND_NONE = 5
_COPIED = ("tui", "tests", "styles", "docs", "screenshots")
_KILLER = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class End(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMEOUT = "killed by timeout"
    SURVIVED = "survived"
    UNREACHED = "reached by no test"
    BROKEN = "not run"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: how many tests were to run, and which one failed."""

    end: End
    tests: int = 0
    by: str = ""


def chosen(tests: list[str], seconds: dict[str, float]) -> tuple[list[str], float]:
    """The first tests within the bounds, and how long they take; always one, if there is one."""
    spent, taken = 0.0, list[str]()
    for test in tests[:MOST_TESTS]:
        if taken and spent + seconds.get(test, 1.0) > MOST_SECONDS:
            break
        spent += seconds.get(test, 1.0)
        taken.append(test)
    return taken, spent


class Copy:
    """A copy of the checkout, in which one mutant after the other stands. The checkout itself is never changed."""

    def __init__(self, root: Path, where: Path) -> None:
        self._where = where
        self._sound: set[str] = set()
        """Tests that pass without a mutant."""
        for name in _COPIED:
            shutil.copytree(root / name, where / name, ignore=shutil.ignore_patterns("run", "__pycache__"))
        for file in [*root.glob("*.toml"), *root.glob("*.md"), root / "Makefile", root / "LICENSE"]:
            shutil.copy(file, where / file.name)

    def verdict(self, mutant: Mutant, tests: list[str], expected: float) -> Verdict:
        """Run tests, which take `expected` seconds, until one fails."""
        if not tests:
            return Verdict(End.UNREACHED)
        self._write(mutant.file, mutant.source)
        try:
            code, said = self._pytest(tests, SPARE_SECONDS + 3 * expected)
        finally:
            self._write(mutant.file, mutant.original)
        killer = _KILLER.search(said)
        if code is None:
            return Verdict(End.TIMEOUT, len(tests))
        if code == 0:
            return Verdict(End.SURVIVED, len(tests))
        if "ERROR: not found" in said or code == _FOUND_NONE:
            return Verdict(End.BROKEN, len(tests), said[-300:])
        if killer and not self._passes(killer[1]):
            return Verdict(End.BROKEN, len(tests), f"{killer[1]} fails without it, too")
        return Verdict(End.KILLED, len(tests), killer[1] if killer else "at import")

    def _passes(self, test: str) -> bool:
        """Whether a test passes here without a mutant, so that its failure says something."""
        function = test.partition("[")[0]
        if function not in self._sound and self._pytest([function], CHECK_SECONDS)[0] == 0:
            self._sound.add(function)
        return function in self._sound

    def _write(self, file: str, source: str) -> None:
        path = self._where / file
        path.write_text(source)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()  # it is told to be old by its second and size alone

    def _pytest(self, tests: list[str], limit: float) -> tuple[int | None, str]:
        """pytest's exit code (None: it took longer than `limit` seconds) and what it printed."""
        flags = ["-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
        program = subprocess.Popen(
            ["nice", sys.executable, "-m", "pytest", *flags, *tests],
            cwd=self._where,
            env=os.environ | {"PYTHONPATH": str(self._where)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = program.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            _end(program)
        return program.returncode, said


def _end(program: subprocess.Popen[str]) -> None:
    """End a program and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    if program.stdout:
        program.stdout.close()
