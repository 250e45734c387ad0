"""The way requests take, and what an address says."""

import pytest

from tests.servers.buckets import BucketPair
from tui.model.facts import Reach
from tui.model.identity import EndpointSource
from tui.stores.s3 import S3Store
from tui.stores.s3.seen_endpoint import reach_of


async def test_the_endpoint_as_it_was_used(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    own = await a.settings.effective_endpoint(bucket_pair.a)
    assert own.url == f"{server.endpoint}/{bucket_pair.a}"
    assert own.signing_region == server.a.region
    assert own.source is EndpointSource.PROFILE
    assert f"http://{own.address}" == server.endpoint
    assert own.reach is Reach.LOOPBACK
    denied = await b.settings.effective_endpoint(bucket_pair.a)
    assert (denied.url, denied.address) == (own.url, own.address)


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("127.0.0.1", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("10.1.2.3", Reach.PRIVATE),
        ("172.31.0.9", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("fd00::1", Reach.PRIVATE),
        ("fe80::1%eth0", Reach.PRIVATE),
        ("::ffff:10.0.0.1", Reach.PRIVATE),
        ("52.219.0.1", Reach.PUBLIC),
        ("2600:1fa0::1", Reach.PUBLIC),
        ("", Reach.UNKNOWN),
        ("proxy", Reach.UNKNOWN),
    ],
)
def test_what_an_address_says(host: str, reach: Reach) -> None:
    assert reach_of(host) is reach
