"""Where secrets go: never to a host that a server names, and over plain http to another machine not unremarked."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from botocore.awsrequest import AWSRequest

from tests.hostile.answers import CONTENT, ETAG, redirect
from tests.hostile.server import HostileServer, hostile_server
from tests.servers.loopback import loopback
from tests.stores.refusals import problem_of, whole_list
from tui.aws.clients import only_own_hosts
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.refusals import ForeignHostError
from tui.core.identity import IN_CLEAR, AuthMethod, EndpointSource, Identity, IdentitySpec, RoleSpec
from tui.panes.identity_strip import identity_facts, identity_lines
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import CopySource, ObjectAttributes

STATUSES = (301, 302, 303, 307, 308)
BUCKET = "moved"


OPERATIONS: dict[str, Callable[[S3Store], Awaitable[object]]] = {
    "ListObjectsV2": lambda store: whole_list(store, BUCKET),
    "GetObject": lambda store: store.read(BUCKET, "key", etag=ETAG, start=0, length=len(CONTENT)),
    "PutObject": lambda store: store.put(BUCKET, "key", b"some content", ObjectAttributes()),
    "CopyObject": lambda store: store.copy(CopySource("honest", "a", ETAG), BUCKET, "key", ObjectAttributes()),
    "UploadPart": lambda store: store.upload_part(BUCKET, "key", "upload-1", 1, b"some content", start=0),
    "HeadObject": lambda store: store.head(BUCKET, "key"),
    "DeleteObject": lambda store: store.delete(BUCKET, "key"),
    "GetBucketPolicy": lambda store: store.settings.policy(BUCKET),
}


@pytest_asyncio.fixture
async def other() -> AsyncIterator[HostileServer]:
    async with hostile_server() as server:
        yield server


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_no_byte_goes_to_another_host(
    hostile: HostileServer, other: HostileServer, store: S3Store, operation: str
) -> None:
    for status in STATUSES:
        hostile.lie(BUCKET, operation, redirect(status, f"{other.endpoint}/honest/a?X-Amz-Signature=abc"))
        problem = await problem_of(OPERATIONS[operation](store))
        assert (other.connections, other.received) == (0, [])
        assert problem.title == f"the server redirects to another address ({status})"
        assert "not followed" in problem.remedy
        assert "abc" not in problem.sentence()


async def test_sts_redirects_nowhere(hostile: HostileServer, other: HostileServer, connections: Connections) -> None:
    hostile.lie("", "STS", redirect(307, other.endpoint))
    spec = IdentitySpec(roles=(RoleSpec("arn:aws:iam::111122223333:role/r"),))
    await problem_of(connections.get(connection_id(spec)))
    assert (await connections.identity(connection_id(IdentitySpec()))).problem is not None
    assert hostile.count("STS") > 0
    assert (other.connections, other.received) == (0, [])


async def test_services_that_give_credentials_redirect_nowhere(
    other: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def redirected(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect(other.endpoint)

    async def token(_: web.Request) -> web.Response:
        return web.Response(text="metadata-token")

    async with loopback([web.put("/latest/api/token", token), web.get("/{any:.*}", redirected)]) as endpoint:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
        await problem_of(connections.get(connection_id(IdentitySpec())))
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{endpoint}/container")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t0k3n")
        await problem_of(connections.get(connection_id(IdentitySpec())))
    assert any("security-credentials" in path for path in asked)
    assert "/container" in asked
    assert (other.connections, other.received) == (0, [])


async def test_a_client_that_botocore_makes_by_itself_redirects_nowhere(
    other: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the one that asks STS for the session of a web identity; those of Identity Center are made alike."""
    async with hostile_server() as sts:
        sts.lie("", "STS", redirect(308, other.endpoint))
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.endpoint)
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/r")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", __file__)
        await problem_of(connections.get(connection_id(IdentitySpec())))
        assert sts.count("STS") > 0
    assert (other.connections, other.received) == (0, [])


STAYS = [
    "https://b.s3.eu-west-1.amazonaws.com/k",
    "https://s3.dualstack.eu-west-1.amazonaws.com/b",
    "https://s3.dualstack.eu-west-1.api.aws/b",
    "https://p-1.s3-accesspoint.eu-west-1.amazonaws.com/k",
]
LEAVES = [
    "https://b.s3.us-gov-west-1.amazonaws.com/k",
    "https://b.s3.cn-north-1.amazonaws.com.cn/k",
    "http://b.s3.eu-west-1.amazonaws.com/k",
    "https://b.s3.eu-west-1.amazonaws.com:8443/k",
    "https://b.s3.eu-west-1.amazonaws.com.evil.example/k",
    "https://notamazonaws.com/k",
]


async def test_a_bucket_is_followed_within_its_partition(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    settings = await connections.settings(connection_id(IdentitySpec(anonymous=True)))
    check = only_own_hosts("https://s3.us-east-1.amazonaws.com", settings.session, "aws", configured=False)
    for url in STAYS:
        check(AWSRequest("GET", url).prepare())
    for url in LEAVES:
        with pytest.raises(ForeignHostError):
            check(AWSRequest("GET", url).prepare())


@pytest.mark.parametrize(
    ("endpoint", "remarked"),
    [("http://s3.example.com:9000", True), ("https://s3.example.com", False), ("http://127.0.0.1:9000", False)],
)
def test_an_endpoint_of_a_profile_is_remarked_on(endpoint: str, remarked: bool) -> None:
    identity = Identity(
        "id", "me", AuthMethod.KEYS, IdentitySpec("me"), endpoint=endpoint, endpoint_source=EndpointSource.PROFILE
    )
    facts = [value.plain for _, value in identity_facts(identity, 0)]
    assert (IN_CLEAR in facts) is remarked
    assert ("http://" in identity_lines(identity, 0)[0].plain) is remarked
