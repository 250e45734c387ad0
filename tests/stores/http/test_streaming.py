"""Parts that are written while they are read: whole and proven, or not at all; and the frames they go in."""

import asyncio
import hashlib
import hmac
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from tests.hostile.answers import Answer, error
from tests.hostile.server import HostileServer, hostile_server
from tests.servers.proxy.messages import Request
from tests.servers.surroundings import use
from tests.stores.http.scripted import always, scripted
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.server_traits import PARTS_PROVEN
from tui.core.identity import IdentitySpec
from tui.stores.digests import checksum_of
from tui.stores.http.relay import MOST_FAILURES, WireStream
from tui.stores.http.responses import FRAME, Framing, Seal, frame_head, trailer
from tui.stores.http.templates import CredentialScope
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import SentPart

SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
"""Of the example in "Signature calculations for trailing headers": 66,560 times the letter a, in frames of 64 KiB."""


class Example:
    access_key = "AKIAIOSFODNN7EXAMPLE"
    secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # reason: that of the documentation
    token = None


def test_the_signatures_of_amazons_example() -> None:
    stamp = datetime(2013, 5, 24, tzinfo=UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = CredentialScope("us-east-1", "s3")
    seal = Seal(scope.signer(stamp[:8], Example()), stamp, scope.of_day(stamp[:8]), SEED)
    assert [seal.frame(b"a" * 65536), seal.frame(b"a" * 1024), seal.frame(b"")] == [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    signed = seal.trailer("x-amz-checksum-crc32c:sOO8/Q==")
    assert signed == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


def test_the_length_is_known_beforehand() -> None:
    sizes = (1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME + 77)
    for algorithm, size, signed in product(("CRC32", "CRC32C", "CRC64NVME"), sizes, (True, False)):
        framing = Framing(size, algorithm, signed)
        seal = Seal(hmac.new(b"k", digestmod="sha256"), "20261127T000000Z", "scope", SEED) if signed else None
        sent, body = b"", bytes(size)
        for start in range(0, size, FRAME):
            data = body[start : start + FRAME]
            sent += frame_head(data, seal) + data + b"\r\n"
        sent += trailer(framing, checksum_of(body, algorithm).value, seal)
        assert len(sent) == framing.wire_size, (algorithm, size, signed)


pytestmark = pytest.mark.usefixtures("surroundings")
BODY = os.urandom(1_000_000)
ETAG = '"0123456789abcdef0123456789abcdef"'
CRC = checksum_of(BODY, "CRC64NVME")
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
SOURCE = Answer(206, BODY, (("ETag", ETAG),))
ECHO = Answer(200, b"", (("ETag", '"opaque-1"'), ("x-amz-checksum-crc64nvme", CRC.value)))


@asynccontextmanager
async def one_store(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[HostileServer, S3Store]]:
    async with hostile_server(tls) as server:
        use(monkeypatch, server.environment)
        server.lie("b", "GetObject", SOURCE)
        server.lie("b", "UploadPart", ECHO)
        connections = Connections()
        connection = await connections.get(connection_id(IdentitySpec(path_style=True)), attempts=1)
        yield server, S3Store(connection)
        await connections.close()


@pytest.fixture
async def relay(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[HostileServer, S3Store]]:
    async with one_store(monkeypatch) as made:
        yield made


@pytest.fixture
def server(relay: tuple[HostileServer, S3Store]) -> HostileServer:
    return relay[0]


@pytest.fixture
def store(relay: tuple[HostileServer, S3Store]) -> S3Store:
    return relay[1]


async def relayed(store: S3Store, *, md5: bool = False) -> SentPart | None:
    stream = await store.stream("b", "k", etag=ETAG, start=0, length=len(BODY))
    if stream is None:
        return None
    return await store.upload_stream("b", "k", "u", 1, stream, algorithm="CRC64NVME", md5=md5)


def unframed(raw: bytes) -> tuple[bytes, bytes, bytes]:
    head, _, rest = raw.partition(b"\r\n\r\n")
    content = b""
    while size := int(rest.partition(b"\r\n")[0].partition(b";")[0], 16):
        rest = rest.partition(b"\r\n")[2]
        content, rest = content + rest[:size], rest[size + 2 :]
    return head, content, rest


async def test_a_part_in_frames_with_its_checksum_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with one_store(monkeypatch) as (server, store):
        for _ in range(2):
            sent = await relayed(store)
            assert sent
            assert (sent.part.checksum, sent.part.size, sent.digests.checksum) == (CRC.text, len(BODY), CRC)
        assert server.connections == 2, "each is used again"
    get, put = server.received[0], server.received[1]
    assert b"If-Match: " + ETAG.encode() in get
    head, content, end = unframed(put)
    assert content == BODY
    assert b"X-Amz-Content-SHA256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" in head
    assert end.startswith(b"0;chunk-signature=")
    assert b"x-amz-checksum-crc64nvme:" + CRC.value.encode() in end
    assert b"x-amz-trailer-signature:" in end


async def test_over_tls_frames_are_not_signed(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    async with one_store(monkeypatch, tls) as (server, store):
        assert await relayed(store)
    head, content, end = unframed(server.received[1])
    assert content == BODY
    assert b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" in head
    assert end == b"0\r\nx-amz-checksum-crc64nvme:" + CRC.value.encode() + b"\r\n\r\n"


async def test_the_md5_is_computed_until_a_checksum_came_back(server: HostileServer, store: S3Store) -> None:
    proves = [store.capabilities.proves_parts]
    sent = [await relayed(store), await relayed(store), await relayed(store, md5=True)]
    assert [each and each.digests.md5 for each in sent] == [MD5, "", MD5]
    proves.append(store.capabilities.proves_parts)
    server.lie("b", "UploadPart", Answer(200, b"", (("ETag", f'"{MD5}"'),)))
    assert await relayed(store) is None, "there is no proof for this one"
    sent = [await relayed(store)]
    assert [each and each.digests.md5 for each in sent] == [MD5], "but for the next"
    assert [*proves, store.capabilities.proves_parts] == [False, True, False]


async def test_one_part_tells_what_proves_the_others(store: S3Store) -> None:
    sent = await asyncio.gather(*(relayed(store) for _ in range(5)))
    assert sorted(each.digests.md5 if each else "none" for each in sent) == ["", "", "", "", MD5]


async def test_where_no_checksum_comes_back_the_etag_proves_it(server: HostileServer, store: S3Store) -> None:
    server.lie("b", "UploadPart", Answer(200, b"", (("ETag", f'"{MD5}"'),)))
    parts = await asyncio.gather(*(relayed(store) for _ in range(5)))
    assert sum(each is not None for each in parts) >= 1
    sent = await relayed(store)
    assert sent, "they were not refused"
    assert (sent.part.checksum, sent.digests.md5) == ("", MD5)


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "InvalidRequest"),
        error(403, "SignatureDoesNotMatch"),
        Answer(501),
        Answer(200, b"", (("ETag", ETAG),)),
        Answer(200, b"", (("ETag", '"opaque-1"'),)),
    ],
    ids=["refused", "badly signed", "unknown", "other bytes", "no proof"],
)
async def test_a_server_that_makes_nothing_of_frames_gets_no_more(
    server: HostileServer, store: S3Store, answer: Answer
) -> None:
    server.lie("b", "UploadPart", answer)
    assert await relayed(store) is None
    server.lie("b", "UploadPart", ECHO)
    assert await relayed(store) is None
    assert (server.count("UploadPart"), server.count("GetObject")) == (1, 1)


async def test_what_passes_is_tried_again_but_not_for_ever(server: HostileServer, store: S3Store) -> None:
    for passing in (error(503, "SlowDown"), error(400, "ExpiredToken"), error(403, "RequestTimeTooSkewed")):
        server.lie("b", "UploadPart", passing)
        assert await relayed(store) is None
        server.lie("b", "UploadPart", ECHO)
        assert await relayed(store)
    server.lie("b", "UploadPart", error(503, "SlowDown"))
    before = server.count("UploadPart")
    for _ in range(2 * MOST_FAILURES):
        assert await relayed(store) is None
    assert server.count("UploadPart") - before == MOST_FAILURES


@pytest.mark.parametrize(
    "answer",
    [
        SOURCE.with_(body=BODY[:-1], length=len(BODY), cut=True),
        SOURCE.with_(body=BODY[:100], length=len(BODY), cut=True),
        SOURCE.with_(status=200, body=BODY + BODY),
        SOURCE.with_(headers=(("ETag", '"another"'),)),
        SOURCE.with_(headers=(("ETag", ETAG), ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="))),
        error(412, "PreconditionFailed"),
        Answer(206, b"x" * 10, (("ETag", ETAG),)),
    ],
    ids=["cut", "cut early", "no range", "another", "damaged", "changed", "short"],
)
async def test_a_source_that_fails_leaves_no_part(server: HostileServer, store: S3Store, answer: Answer) -> None:
    server.lie("b", "GetObject", answer)
    assert await relayed(store) is None
    assert server.count("UploadPart") in (0, 1)
    assert not [raw for raw in server.received if b"x-amz-checksum-crc64nvme:" in raw], "no whole part came"
    server.lie("b", "GetObject", SOURCE)
    assert await relayed(store), "the target is still good for it"


async def under_way(server: HostileServer, store: S3Store) -> asyncio.Task[Any]:
    """A part whose target has all of it, and does not answer."""
    reached = asyncio.Event()

    def wait(_: Request) -> Answer:
        reached.set()
        return ECHO.with_(seconds_before=3600)

    server.lie("b", "UploadPart", wait)
    relaying = asyncio.create_task(relayed(store))
    await reached.wait()
    return relaying


async def test_a_cancellation_ends_both_connections(server: HostileServer, store: S3Store) -> None:
    relaying = await under_way(server, store)
    relaying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relaying
    server.lie("b", "UploadPart", ECHO)
    assert await relayed(store)


async def test_closing_the_connections_ends_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    async with one_store(monkeypatch) as (server, store):
        relaying = await under_way(server, store)
    assert await relaying is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"), ("HTTP_PROXY", "http://127.0.0.1:9")],
    ids=["no checksums", "a proxy"],
)
async def test_there_is_no_such_way_for_who_wants_another(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    async with one_store(monkeypatch) as (server, store):
        assert await relayed(store) is None
        assert server.asked == []


async def test_a_server_that_is_not_there_leaves_no_connection_behind(server: HostileServer, store: S3Store) -> None:
    stream = await store.stream("b", "k", etag=ETAG, start=0, length=len(BODY))
    async with scripted(always(b"")) as gone:
        nowhere = gone.request().place
    assert isinstance(stream, WireStream)
    away = replace(stream, get=stream.get._replace(place=nowhere))
    assert await store.upload_stream("b", "k", "u", 1, away, algorithm="CRC64NVME", md5=False) is None
    assert server.asked == []
    assert await relayed(store)


async def test_whatever_breaks_is_left_to_the_other_way(store: S3Store) -> None:
    stream = await store.stream("b", "k", etag=ETAG, start=0, length=len(BODY))
    assert isinstance(stream, WireStream)
    another = replace(stream, length=0)
    assert await store.upload_stream("b", "k", "u", 1, another, algorithm="CRC64NVME", md5=False) is None
    assert await store.upload_stream("b", "k", "u", 1, stream, algorithm="unknown", md5=False) is None
    assert await relayed(store)


@pytest.mark.parametrize("decodes", [True, False])
async def test_the_size_of_a_part_that_nothing_proves_shows_whether_frames_are_decoded(
    server: HostileServer, store: S3Store, decodes: bool
) -> None:
    size = len(BODY) + (0 if decodes else 500)
    listed = (
        f"<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>x</ETag><Size>{size}</Size></Part></ListPartsResult>"
    )
    server.lie("b", "ListParts", Answer(200, listed.encode()))
    server.lie("b", "UploadPart", Answer(200, b"", (("ETag", '"opaque-1"'),)))
    sent = [await relayed(store) for _ in range(3)]
    assert [bool(each) for each in sent] == [decodes] * 3
    asked = sum(b"part-number-marker=0" in each.partition(b"\r\n")[0] for each in server.received)
    assert asked == 1
    assert store.capabilities.learned.holds(PARTS_PROVEN) is False
