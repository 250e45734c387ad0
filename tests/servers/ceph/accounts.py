"""A running Ceph cluster as the test suites see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ceph.cluster import CephCluster, CephUser
from tests.servers.server import Account, S3Server, write_profiles

REGION = "us-east-1"


@contextmanager
def running_ceph(directory: Path) -> Iterator[S3Server]:
    """Run a cluster, its AWS files in `directory`, while the block lasts."""
    cluster = CephCluster.start(directory)
    try:
        yield ceph_as_server(cluster, directory)
    finally:
        cluster.stop()


def ceph_as_server(cluster: CephCluster, directory: Path) -> S3Server:
    """Return the cluster's endpoint and users, with AWS files for the profiles `alice` and `bob` in `directory`."""
    a, b = _account(cluster.alice), _account(cluster.bob)
    environment = write_profiles(directory, cluster.endpoint, a, b)
    # Ceph 18: a policy reaches foreign-owned objects, role sessions act as their caller, STS does not know
    # GetCallerIdentity, checksums are dropped.
    return S3Server("ceph", cluster.endpoint, a, b, environment, frozenset())


def _account(user: CephUser) -> Account:
    return Account(
        user.name, user.access_key, user.secret_key, REGION, canonical_id=user.name, principal=user.principal
    )
