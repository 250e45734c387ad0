"""Run one command to its end and measure it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).parent / "programs" / "launcher.py"

MOST_SECONDS = 600.0
"""A command that takes longer is killed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost: wall seconds until the command ended; CPU seconds and peak memory of its processes.

    `memory_mb` is the sum of the peaks of all its processes, `largest_mb` the peak of the largest of them.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: float
    largest_mb: float


class RunError(Exception):
    """The command failed, took too long, or did not do what it should have done."""


def run(command: Sequence[str], environment: Mapping[str, str], directory: Path) -> tuple[Cost, Path]:
    """Run a command and what it starts; return the cost and the file with its output.

    `directory` takes the output. Raises `RunError`, with the end of what the command said, unless it ends with 0.
    """
    report, output, errors = (directory / name for name in ("report.json", "output", "errors"))
    launched = [sys.executable, "-ISE", str(LAUNCHER), str(report), str(output), str(MOST_SECONDS), *command]
    with errors.open("wb") as stderr:
        # In a session of its own, as the engine is: Linux shares the processor between sessions first.
        launcher = subprocess.Popen(
            launched, env=dict(environment), stderr=stderr, cwd=directory, start_new_session=True
        )
        try:
            status = launcher.wait()
        finally:
            launcher.terminate()  # it ends what it has started
            launcher.wait()
    said = errors.read_bytes()[-2000:].decode(errors="replace")
    if status != 0:
        raise RunError(f"the launcher ended with {status}: {said}")
    reported = json.loads(report.read_text())
    if reported["status"] != 0:
        raise RunError(f"{command[0]} ended with {reported['status']}: {said}")
    peaks = [each["peak_kb"] / 1000 for each in reported["processes"]]
    cpu = sum(each["cpu_seconds"] for each in reported["processes"])
    return Cost(reported["seconds"], cpu, sum(peaks), max(peaks)), output


def bare_environment() -> dict[str, str]:
    """What every command needs of this process's environment."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
