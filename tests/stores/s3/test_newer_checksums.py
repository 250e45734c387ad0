"""Checksums by the algorithms of 2026 are read for what they are, and compared where they can be computed."""

import base64
import hashlib

import pytest

from tests.stores.faults import answer, faulty_server
from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.digests import KNOWN, hashed
from tui.stores.s3 import S3Store
from tui.stores.values import Checksum, ObjectAttributes

ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
BODY = b"content"


async def connect(connections: Connections, monkeypatch: pytest.MonkeyPatch, endpoint: str | None) -> Connection:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return await connections.get(connection_id(IdentitySpec(endpoint=endpoint)))


KINDS = [
    ("AAAA", "x-amz-checksum-type: FULL_OBJECT", True),
    ("AAAA-2", "x-amz-checksum-type: COMPOSITE", False),
    ("AAAA", "x-amz-checksum-type: COMPOSITE", False),
    ("AAAA", "x-other: 1", True),
    ("AAAA-2", "x-other: 1", False),
]


async def test_heads_have_them(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(algorithm, *kind) for algorithm in KNOWN for kind in KINDS]
    answers = [
        answer("200 OK", b"", f"ETag: {ETAG}", f"x-amz-checksum-{algorithm.lower()}: {value}", kind)
        for algorithm, value, kind, _ in cases
    ]
    async with faulty_server(*answers) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        found = [(await store.head("bucket", "k")).checksums for _ in cases]
    assert found == [[Checksum(algorithm, value, full_object=whole)] for algorithm, value, _, whole in cases]


@pytest.mark.parametrize("algorithm", ["SHA512", "MD5"])
async def test_a_body_that_is_not_what_its_checksum_says_is_damaged(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    value = base64.b64encode(hashlib.new(algorithm, b"another", usedforsecurity=False).digest()).decode()
    header = f"x-amz-checksum-{algorithm.lower()}: {value}"
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    async with faulty_server(answer("206 Partial Content", BODY, f"ETag: {ETAG}", header)) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        with pytest.raises(ProblemError) as raised:
            await store.read("bucket", "k", etag=ETAG, start=0, length=len(BODY))
    assert raised.value.problem.kind is ProblemKind.MISMATCH
    assert algorithm in raised.value.problem.cause


@pytest.mark.parametrize("algorithm", ["XXHASH64", "XXHASH3", "XXHASH128"])
async def test_a_body_beside_a_checksum_that_cannot_be_computed_is_read(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    header = f"x-amz-checksum-{algorithm.lower()}: AAAA"
    async with faulty_server(answer("206 Partial Content", BODY, f"ETag: {ETAG}", header)) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        assert await store.read("bucket", "k", etag=ETAG, start=0, length=len(BODY)) == BODY


async def test_only_aws_is_sent_them(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = await connect(connections, monkeypatch, None)
    other = await connect(connections, monkeypatch, "http://127.0.0.1:9")
    assert S3Store(aws).capabilities.newer_checksums
    assert not S3Store(other).capabilities.newer_checksums
    digests = await hashed(BODY, "SHA512")
    sent = await sent_by(aws, S3Store(aws).put("bucket", "k", BODY, ObjectAttributes(), digests=digests))
    assert sent.headers["x-amz-checksum-sha512"] == base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    assert [name for name in sent.headers if name.startswith("x-amz-checksum")] == ["x-amz-checksum-sha512"]
