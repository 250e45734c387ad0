"""The store over TLS: nothing of the way there is kept with an object, and a bad certificate is said to be one."""

import ssl
from pathlib import Path

import pytest

from tests.stores.faults import answer, certificate, faulty_server
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemKind
from tui.stores.base import ObjectAttributes
from tui.stores.s3 import S3Store


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ssl.SSLContext]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return certificate(tmp_path)


async def test_a_checksum_is_a_header_and_never_a_trailer(
    connections: Connections, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls[0]))
    async with faulty_server(answer("200 OK"), tls=tls[1]) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        await store.put("bucket", "k", b"hello", ObjectAttributes())
    headers = server.headers[0].lower()
    assert "x-amz-checksum-crc32: nhcmhg==" in headers
    assert "trailer" not in headers
    assert "content-encoding" not in headers


async def test_a_certificate_nobody_knows(connections: Connections, tls: tuple[Path, ssl.SSLContext]) -> None:
    async with faulty_server(answer("200 OK"), tls=tls[1]) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        problem = await problem_of(store.bucket_acl("bucket"))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "AWS_CA_BUNDLE" in problem.remedy
