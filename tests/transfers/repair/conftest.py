"""A's bucket, into which B may upload."""

from pathlib import Path

import pytest

from tests.servers.policies import grant_write
from tests.transfers.repair.uploads import Uploads
from tests.transfers.world import World


@pytest.fixture
def uploads(world: World, tmp_path: Path) -> Uploads:
    world.buckets.set_policy_of_a(*grant_write(world.buckets.a, world.buckets.server.b.principal))
    return Uploads(world, tmp_path)
