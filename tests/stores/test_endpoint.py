"""The way requests take, and what an address says."""

from pathlib import Path
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.tunnel import tunnel
from tests.servers.server import S3Server
from tests.stores.faults import answer, certificate, faulty_server
from tui.accounts import connection_id
from tui.accounts.clients.transport import subject_of
from tui.accounts.connections import Connections
from tui.model.identity import EndpointSource, IdentitySpec
from tui.model.network.endpoint import Addressing, Reach
from tui.stores.s3 import S3Store
from tui.stores.s3.seen_endpoint import addressing_of, options_of, reach_of


async def test_the_endpoint_as_it_was_used(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    own = await a.settings.effective_endpoint(bucket_pair.a)
    assert own.url == f"{server.endpoint}/{bucket_pair.a}"
    assert own.signing_region == server.a.region
    assert own.source is EndpointSource.PROFILE
    assert f"http://{own.address}" == server.endpoint
    assert own.reach is Reach.LOOPBACK
    assert (own.signing_name, own.addressing, own.options) == ("s3", Addressing.PATH, [])
    assert (own.proxy, own.tls, own.certificate, own.no_bucket) == ("", "", "", False)
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


async def test_a_bucket_that_is_not_there_has_a_way(a: S3Store, bucket_pair: BucketPair) -> None:
    seen = await a.settings.effective_endpoint(f"{bucket_pair.a}-none")
    assert seen.no_bucket
    assert seen.reach is Reach.LOOPBACK


REFUSED = answer("403 Forbidden", b"", "x-amz-bucket-region: eu-south-2")


@pytest.mark.parametrize("by_proxy", [False, True])
async def test_tls_the_certificate_and_the_proxy(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by_proxy: bool
) -> None:
    """A refusal names the bucket's region, too; the proxy's password is not kept."""
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with faulty_server(REFUSED, tls=context) as server, tunnel() as proxy:
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint.replace("//", "//user:password@"))
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        seen = await store.settings.effective_endpoint("bucket")
    assert (seen.tls, seen.certificate) == ("TLSv1.3", "127.0.0.1")
    assert (seen.bucket_region, seen.listed) == ("eu-south-2", False)
    assert seen.proxy.rstrip("/") == (proxy.endpoint if by_proxy else "")
    assert f"http://{seen.address}" == (proxy.endpoint if by_proxy else server.endpoint.replace("https", "http"))


async def test_unsigned_requests_are_signed_for_nothing(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = IdentitySpec(endpoint=demo_server.endpoint, anonymous=True)
    seen = await S3Store(await connections.get(connection_id(spec))).settings.effective_endpoint("media-prod-assets")
    assert seen.signing_name == ""


@pytest.mark.parametrize(
    ("url", "addressing"),
    [
        ("https://my-bucket.s3.eu-west-1.amazonaws.com/", Addressing.VIRTUAL),
        ("https://s3.eu-west-1.amazonaws.com/my-bucket", Addressing.PATH),
        ("https://s3.eu-west-1.amazonaws.com/my%2Dbucket/", Addressing.PATH),
        ("https://point-111111111111.s3-accesspoint.eu-west-1.amazonaws.com", None),
        ("https://my-bucket-2.s3.eu-west-1.amazonaws.com", None),
    ],
)
def test_where_the_bucket_stands(url: str, addressing: Addressing | None) -> None:
    assert addressing_of(url, "my-bucket") is addressing


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("https://b.s3.eu-west-1.amazonaws.com", []),
        ("https://b.s3-fips.us-east-1.amazonaws.com", ["FIPS"]),
        ("https://b.s3-fips.dualstack.us-east-1.amazonaws.com", ["FIPS", "dual-stack"]),
        ("https://p-1.s3-accesspoint-fips.us-east-1.amazonaws.com", ["FIPS"]),
        ("https://b.s3-accelerate.dualstack.amazonaws.com", ["dual-stack", "accelerate"]),
        ("https://dualstack.s3-fips.example.org", []),
    ],
)
def test_the_options_of_a_url(url: str, options: list[str]) -> None:
    assert options_of(url) == options


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({"subject": ((("countryName", "US"),), (("commonName", "*.s3.amazonaws.com"),))}, "*.s3.amazonaws.com"),
        ({"subject": (), "subjectAltName": (("IP Address", "127.0.0.1"), ("DNS", "s3.example.org"))}, "s3.example.org"),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_subject_of_a_certificate(found: dict[str, Any] | None, name: str) -> None:
    """An empty one is that of a certificate that was not verified."""
    assert subject_of(found) == name
