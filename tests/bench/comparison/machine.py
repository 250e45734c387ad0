"""On what it was measured, and with which versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.bench.comparison.clients import OBSTORE, RCLONE, S5CMD
from tests.bench.comparison.installing import KEPT, version_of


def machine() -> dict[str, str]:
    """Processor, cores, memory, kernel and Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "kernel": platform.release().split("-")[0],
        "Python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Of ours and of every peer that is installed."""
    peers = {"obstore": version_of(OBSTORE[0]), "rclone": version_of(RCLONE[0]), "s5cmd": _s5cmd()}
    return {"xs3-tui": version("xs3-tui"), **{name: each for name, each in peers.items() if each}}


def _s5cmd() -> str:
    """What the program says: the package that brings it has a version of its own."""
    program = KEPT / S5CMD[0] / "bin" / "s5cmd"
    if not program.exists():
        return ""
    return subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
