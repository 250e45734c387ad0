"""HTTP itself: open connections, raw paths, encodings of bodies."""

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.demo.conftest import Client
from tui.demo.cloud.chunked import decoded
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Request
from tui.demo.launch import DemoServer

NewBucket = Callable[..., str]


@pytest.fixture
def public(a: Client, new_bucket: NewBucket) -> str:
    """A bucket that anybody may read and write, so that these tests need not sign."""
    bucket = new_bucket()
    a.delete_public_access_block(Bucket=bucket)
    a.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],'
        f' "Resource": "arn:aws:s3:::{bucket}/*"}}]}}',
    )
    return bucket


@pytest.fixture
def connection(demo: DemoServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", demo.port, timeout=20)) as connection:
        yield connection


def test_a_connection_serves_any_number_of_requests(connection: http.client.HTTPConnection, public: str) -> None:
    connection.request("PUT", f"/{public}/k", body=b"x" * 300_000)
    assert connection.getresponse().read() == b""
    first = connection.sock
    for method, status, size in (("GET", 200, 300_000), ("HEAD", 200, 0), ("DELETE", 403, None), ("GET", 200, 300_000)):
        connection.request(method, f"/{public}/k")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == status
        assert size is None or len(body) == size
        assert connection.sock is first


def test_a_body_in_chunks_of_http(connection: http.client.HTTPConnection, public: str) -> None:
    connection.request("PUT", f"/{public}/k", body=iter([b"ab", b"cd"]), encode_chunked=True)
    assert connection.getresponse().read() == b""
    connection.request("GET", f"/{public}/k")
    assert connection.getresponse().read() == b"abcd"


AWS_CHUNKED = b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n"


@pytest.mark.parametrize(("checksum", "status"), [(b"hYfYZQ==", 200), (b"AAAAAA==", 400)])
def test_a_body_in_chunks_of_aws_with_a_trailer(
    a: Client, connection: http.client.HTTPConnection, public: str, checksum: bytes, status: int
) -> None:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "gzip,aws-chunked",
    }
    connection.request("PUT", f"/{public}/k", body=AWS_CHUNKED % checksum, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == status, body
    if status == 200:
        head = a.get_object(Bucket=public, Key="k", ChecksumMode="ENABLED")
        assert (head["Body"].read(), head["ContentEncoding"]) == (b"abcde", "gzip")
        assert head["ChecksumCRC32"] == checksum.decode()
    else:
        assert b"<Code>BadDigest</Code>" in body


def streaming(body: bytes, **headers: str) -> Request:
    kind = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    return Request("PUT", "/b/k", "", kind | headers, body, "127.0.0.1")


def test_signed_chunks_are_joined() -> None:
    body = b"2;chunk-signature=00ff\r\nab\r\n1;chunk-signature=0\r\nc\r\n0;chunk-signature=1\r\n\r\n"
    assert decoded(streaming(body)).body == b"abc"


@pytest.mark.parametrize(
    "request_",
    [streaming(b"5\r\nab"), streaming(b"zz\r\n"), streaming(b"0\r\n\r\n", **{"x-amz-decoded-content-length": "1"})],
)
def test_malformed_chunks(request_: Request) -> None:
    with pytest.raises(CloudError, match="InvalidRequest"):
        decoded(request_)


def test_errors_carry_their_code_and_request_id(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/no-such-bucket/k?acl")
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 404
    assert b"<Code>NoSuchBucket</Code>" in body
    assert f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId>".encode() in body


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PATCH", "/b/k", 501), ("POST", "/", 405), ("PUT", "/b?website", 404)]
)
def test_requests_that_are_not_served(
    connection: http.client.HTTPConnection, method: str, path: str, status: int
) -> None:
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == status


def test_header_values_cannot_break_out(b: Client) -> None:
    arguments = {"Bucket": "media-prod-assets", "Key": "README.md"}
    answer = b.get_object(**arguments, ResponseContentDisposition="x\r\nx-injected: yes")
    answer["Body"].read()
    assert "x-injected" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_requests_are_served_side_by_side(a: Client) -> None:
    """More readers than any queue holds, each in the middle of a large body while the next one asks."""
    place = {"Bucket": "media-prod-assets", "Key": "video/2026/raw/master-2026.mov"}
    open_bodies = [a.get_object(**place)["Body"] for _ in range(8)]
    try:
        with ThreadPoolExecutor(4) as pool:
            sizes = list(
                pool.map(
                    lambda key: a.head_object(Bucket=place["Bucket"], Key=key)["ContentLength"], ["video.mp4"] * 20
                )
            )
        assert len(set(sizes)) == 1
        assert [len(body.read(1 << 20)) for body in open_bodies] == [1 << 20] * 8
    finally:
        for body in open_bodies:
            body.close()


def test_metadata_beyond_ascii_is_mail_safe(a: Client, connection: http.client.HTTPConnection, public: str) -> None:
    """The example of the user guide, "Working with object metadata"."""
    answered = "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    connection.request("PUT", f"/{public}/k", body=b"", headers={"x-amz-meta-name": "ÄMÄZÕÑ S3".encode()})
    connection.getresponse().read()
    assert a.head_object(Bucket=public, Key="k")["Metadata"] == {"name": answered}
    a.put_object(Bucket=public, Key="l", Metadata={"name": answered})
    a.copy_object(Bucket=public, Key="m", CopySource={"Bucket": public, "Key": "l"})
    assert a.head_object(Bucket=public, Key="m")["Metadata"] == {"name": answered}
