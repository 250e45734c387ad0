"""Directories that become links while files are written below them or deleted: nothing outside is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.disk.flipping import Arena, exchanges
from tests.hostile.disk.kernel import without_openat2

FEW = 300

pytestmark = pytest.mark.skipif(not exchanges(), reason="this system cannot exchange two names in one step")


@pytest.mark.parametrize("openat2", [True, False])
@pytest.mark.parametrize("action", ["write", "delete"])
async def test_nothing_outside_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, *, openat2: bool
) -> None:
    if not openat2:
        without_openat2(monkeypatch)
    arena = Arena(tmp_path)
    figures = await (arena.write(FEW) if action == "write" else arena.delete(FEW))
    assert figures.outside == 0
    assert figures.done + figures.refused == FEW  # how many of each, the scheduler decides
