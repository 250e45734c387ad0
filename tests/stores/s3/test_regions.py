"""A bucket of another region than the identity's: every kind of request finds it, once, in the one attempt it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tests.stores.faults import FaultyServer, answer, faulty_server
from tests.stores.refusals import problem_of
from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

HOME, AWAY = "eu-central-1", "eu-south-2"
REGION = f"x-amz-bucket-region: {AWAY}"
PLAIN = ObjectAttributes()
DENIED = answer("403 Forbidden")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@asynccontextmanager
async def store_on(connections: Connections, *answers: bytes) -> AsyncIterator[tuple[S3Store, FaultyServer]]:
    async with faulty_server(*answers) as server:
        spec = IdentitySpec(endpoint=server.endpoint, region=HOME)
        yield S3Store(await connections.get(connection_id(spec), attempts=ONE_ATTEMPT)), server


def regions(server: FaultyServer) -> list[str]:
    """The regions that the requests were signed for."""
    return [headers.partition("Credential=")[2].split("/")[2] for headers in server.headers]


def said(status: str, code: str, *headers: str, inside: str = "") -> bytes:
    return answer(status, f"<Error><Code>{code}</Code>{inside}</Error>".encode(), *headers)


ELSEWHERE = {
    "moved": [said("301 Moved Permanently", "PermanentRedirect", REGION)],
    "for now": [said("307 Temporary Redirect", "TemporaryRedirect", REGION)],
    "wrongly signed": [said("400 Bad Request", "AuthorizationHeaderMalformed", inside=f"<Region>{AWAY}</Region>")],
    "opt-in region": [said("400 Bad Request", "IllegalLocationConstraintException", REGION)],
    "moved, and HeadBucket is denied": [
        said("301 Moved Permanently", "PermanentRedirect"),
        answer("403 Forbidden", b"", REGION),
    ],
}


@pytest.mark.parametrize("answers", ELSEWHERE.values(), ids=ELSEWHERE)
async def test_every_answer_that_says_elsewhere_is_followed(connections: Connections, answers: list[bytes]) -> None:
    async with store_on(connections, *answers, DENIED) as (store, server):
        assert (await problem_of(store.settings.bucket_acl("bucket"))).kind is ProblemKind.DENIED
        assert regions(server) == [*[HOME] * len(answers), AWAY]
        await problem_of(store.tags("bucket", "k"))
        assert regions(server)[-1] == AWAY, "it is remembered"
        await problem_of(store.tags("another", "k"))
        assert regions(server)[-1] == HOME


@pytest.mark.parametrize("status", ["301 Moved Permanently", "400 Bad Request"])
@pytest.mark.parametrize("denied", ["403 Forbidden", "404 Not Found"])
async def test_a_head_that_does_not_say_where(connections: Connections, status: str, denied: str) -> None:
    found = answer("200 OK", b"", 'ETag: "e"')
    async with store_on(connections, answer(status), answer(denied, b"", REGION), found) as (store, server):
        assert (await store.head("bucket", "k")).etag == '"e"'
        assert [line.split()[1] for line in server.requests] == ["/bucket/k", "/bucket", "/bucket/k"]
        assert regions(server) == [HOME, HOME, AWAY]


async def first_page(store: S3Store) -> None:
    async for _ in store.pages("bucket", ""):
        return


TRANSFERRING: dict[str, Callable[[S3Store], Awaitable[object]]] = {
    "list": first_page,
    "read": lambda store: store.read("bucket", "k", etag='"e"', start=0, length=1),
    "put": lambda store: store.put("bucket", "k", b"content", PLAIN),
    "copy": lambda store: store.copy(Source("source", "k", '"e"'), "bucket", "k", PLAIN),
    "create upload": lambda store: store.create_upload("bucket", "k", PLAIN),
    "upload part": lambda store: store.upload_part("bucket", "k", "u", 1, b"content", start=0),
    "copy part": lambda store: store.copy_part(Source("source", "k", '"e"'), 0, 1, "bucket", "k", "u", 1),
    "complete upload": lambda store: store.complete_upload("bucket", "k", "u", []),
    "abort upload": lambda store: store.abort_upload("bucket", "k", "u"),
    "delete": lambda store: store.delete("bucket", "k"),
    "delete many": lambda store: store.delete_many("bucket", ["k"]),
}


@pytest.mark.parametrize("asking", TRANSFERRING.values(), ids=TRANSFERRING)
async def test_what_a_transfer_asks_follows(
    connections: Connections, asking: Callable[[S3Store], Awaitable[object]]
) -> None:
    async with store_on(connections, *ELSEWHERE["moved"], answer("409 Conflict")) as (store, server):
        with suppress(ProblemError):
            await asking(store)
        assert regions(server)[:2] == [HOME, AWAY]
        lengths = [headers.lower().partition("content-length: ")[2].partition("\r\n")[0] for headers in server.headers]
        assert lengths[0] == lengths[1], "the body goes along again, whole"


async def test_on_aws_the_host_of_the_region_is_asked() -> None:
    connections = Connections(short_way=False)  # which would send the first one
    connection = await connections.get(connection_id(IdentitySpec(region="us-east-1")), attempts=ONE_ATTEMPT)
    request = await sent_by(connection, S3Store(connection).head("bucket", "k"), moved_to=AWAY)
    await connections.close()
    assert request.url == f"https://bucket.s3.{AWAY}.amazonaws.com/k"
    assert request.signing_region == AWAY
