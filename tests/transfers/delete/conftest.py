"""A directory of the local disk as one side of a deletion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transfers.copy.disk_world import DiskWorld
from tests.transfers.world import World


@pytest.fixture
def disk(world: World, tmp_path: Path) -> DiskWorld:
    (tmp_path / "disk").mkdir()
    return DiskWorld(world, tmp_path / "disk")
