"""Two workers over TLS on loopback, and a queue whose copies they carry out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.transfers.cluster.dask_cluster import DaskCluster, running_cluster
from tests.transfers.conftest import world_of
from tui.accounts.connections import Connections
from tui.transfers.journal import Journal


@pytest.fixture
def cluster(bucket_pair: BucketPair, tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler with two workers that have the profiles."""
    with running_cluster(tmp_path / "dask", bucket_pair.server.environment) as cluster:
        yield cluster


@pytest.fixture
async def clustered(
    bucket_pair: BucketPair,
    connections: Connections,
    journal: Journal,
    journal_path: Path,
    proxy: FaultProxy,
    cluster: DaskCluster,
) -> AsyncIterator[ClusterWorld]:
    """The two accounts through a proxy that sees every request, also those of the workers."""
    async with world_of(bucket_pair, connections, journal, journal_path, proxy.endpoint) as world:
        made = ClusterWorld(world, connections, cluster, proxy)
        yield made
        await made.close()
