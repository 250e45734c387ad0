"""What a run costs, with everything the command leaves running; and what is a wrong run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.comparison.running import LAUNCHER, RunError, bare_environment, run
from tests.bench.comparison.verifying import verify_listing
from tests.waiting import until_true

LEFT = """
import signal, time
while time.process_time() < 0.3: pass
print(flush=True)
signal.pause()
"""
LEAVES = f"""
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", {LEFT!r}], stdout=subprocess.PIPE, start_new_session=True)
left.stdout.readline()
print(left.pid)
"""


def test_a_process_that_the_command_leaves_is_ended_and_counted(tmp_path: Path) -> None:
    cost, output = run([sys.executable, "-c", LEAVES], bare_environment(), tmp_path)
    left = int(output.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)
    assert cost.cpu_seconds > 0.3
    assert cost.memory_mb > cost.largest_mb > 0
    assert cost.seconds > 0


def test_a_run_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    report, output = tmp_path / "report", tmp_path / "output"
    waits = [sys.executable, "-c", f"{LEAVES}sys.stdout.flush()\nleft.wait()"]
    launcher = subprocess.Popen([sys.executable, "-ISE", str(LAUNCHER), str(report), str(output), "60", *waits])
    until_true(lambda: output.exists() and output.read_text().endswith("\n"), "the command has left a process")
    launcher.terminate()
    assert launcher.wait() == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(output.read_text()), 0)
    assert not report.exists()


def test_the_peak_is_that_of_the_command_and_not_of_this_process(tmp_path: Path) -> None:
    ballast = bytes(200 << 20)
    small, _ = run(["true"], bare_environment(), tmp_path)
    large, _ = run([sys.executable, "-c", "x = b'x' * (100 << 20)"], bare_environment(), tmp_path)
    assert len(ballast) == 200 << 20
    assert small.largest_mb < 50 < 100 < large.largest_mb < 200


@pytest.mark.parametrize("command", ["exit 3", "echo said >&2; exit 3", "kill -9 $$"])
def test_a_command_that_fails_is_no_run(tmp_path: Path, command: str) -> None:
    with pytest.raises(RunError, match="said" if "said" in command else "sh ended with"):
        run(["sh", "-c", command], bare_environment(), tmp_path)


def test_a_listing_has_every_key_once(tmp_path: Path) -> None:
    output = tmp_path / "output"
    lines = [f"logs/0000/00/event-{number:08}-7f3a9c.json.gz" for number in range(5)]
    output.write_text("\n".join(lines))
    verify_listing(output, 5)
    output.write_text("5\n")
    verify_listing(output, 5)
    for wrong in ("4\n", "", "\n".join(lines[1:]), "\n".join([*lines, lines[0]]), "\n".join([lines[1], *lines[1:]])):
        output.write_text(wrong)
        with pytest.raises(RunError):
            verify_listing(output, 5)
