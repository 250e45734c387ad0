"""A full disk, for which a small file system is mounted where only the process under test sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.transfers.journal.full_disk import ALL_IS_WELL

ROOT = Path(__file__).parents[4]
"""Where `tests` can be imported from."""

SMALL = 'mount -t tmpfs -o size=64m,mode=700 journal "$1" && shift && exec "$@"'
"""Mounts a file system on a directory and becomes the rest of its arguments."""


def on_a_small_disk(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that finds `directory` to be a file system of its own, in namespaces of its own."""
    namespaces = ["unshare", "--user", "--map-root-user", "--mount"]
    return subprocess.run(
        [*namespaces, "sh", "-c", SMALL, "sh", str(directory), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_full_disk(tmp_path: Path) -> None:
    possible = on_a_small_disk(tmp_path, "true")
    if possible.returncode and not os.environ.get("CI"):
        pytest.skip(f"no file system can be mounted here: {possible.stderr.strip()}")
    assert possible.returncode == 0, possible.stderr
    seen = on_a_small_disk(
        tmp_path, sys.executable, "-X", "dev", "-W", "error", "-m", f"{__package__}.full_disk", str(tmp_path)
    )
    assert seen.stdout.strip().endswith(ALL_IS_WELL), seen.stdout + seen.stderr
    assert seen.stderr == ""
