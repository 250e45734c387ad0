"""How often a directory that becomes a link leads out of the chosen one: 0 of 5,000."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.disk.flipping import Arena, exchanges

MANY = 5000

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not exchanges(), reason="this system cannot exchange two names in one step"),
]


@pytest.mark.parametrize("action", ["write", "delete"])
async def test_directory_races(tmp_path: Path, action: str) -> None:
    arena = Arena(tmp_path)
    figures = await (arena.write(MANY) if action == "write" else arena.delete(MANY))
    print(f"\n{action}, {MANY:,} races: {figures}")
    assert figures.outside == 0
