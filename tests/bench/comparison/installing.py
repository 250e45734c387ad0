"""The environments of the peers: one for each, made once per state of the constraints, below `.bench/`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[3]
KEPT = ROOT / ".bench"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")


def environment_of(packages: tuple[str, ...]) -> Path:
    """The directory of the programs of an environment with these packages, which is made first where there is none."""
    state = hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode()).hexdigest()
    place = KEPT / packages[0]
    whole = place / "whole"
    if not whole.exists() or whole.read_text() != state:
        shutil.rmtree(place, ignore_errors=True)
        pip = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([*pip, "--constraint", str(CONSTRAINTS), *packages], check=True)
        whole.write_text(state)
    return place / "bin"


def version_of(package: str) -> str:
    """The version of a package in its environment."""
    places = [str(path) for path in (KEPT / package / "lib").glob("python*/site-packages")]
    return next((each.version for each in distributions(path=places) if each.name == package), "")
