"""HTTP/1.1 as the proxy reads it: heads kept byte for byte, and which operation of S3 a request is."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the headers as they came, up to and including the empty line."""

    raw: bytes

    def header(self, name: str) -> str:
        found = re.search(rb"\r\n%b:[ \t]*([^\r\n]*)" % re.escape(name.encode()), self.raw, re.IGNORECASE)
        return found[1].decode("latin-1").strip() if found else ""

    @property
    def length(self) -> int:
        return int(self.header("content-length") or 0)

    @property
    def first(self) -> str:
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1")

    def without(self, *names: str) -> bytes:
        lines = self.raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
        kept = [line for line in lines if line.split(b":")[0].lower().decode("latin-1") not in names]
        return b"\r\n".join(kept) + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    operation: str
    bucket: str
    key: str
    part: int
    token: str
    head: Head


@dataclass(frozen=True, slots=True)
class Message:
    """An answer, its body read whole, its head saying how long that is."""

    status: int
    head: bytes
    body: bytes


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError:
        return None


async def read_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    if head.header("transfer-encoding").lower() != "chunked":
        return await reader.readexactly(head.length)
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body


async def read_answer(reader: asyncio.StreamReader, method: str) -> Message:
    head = await read_head(reader)
    if head is None:
        raise ConnectionResetError
    status = int(head.first.split()[1])
    if method == "HEAD" or status in (204, 304):
        return Message(status, head.raw, b"")
    body = await read_body(reader, head)
    said = head.without("transfer-encoding", "content-length").removesuffix(b"\r\n")
    return Message(status, said + b"Content-Length: %d\r\n\r\n" % len(body), body)


def request_of(head: Head) -> Request:
    method, target, _ = head.first.split(" ")
    where = urlsplit(target)
    query = parse_qs(where.query, keep_blank_values=True)
    bucket, _, key = where.path.removeprefix("/").partition("/")
    return Request(
        method=method,
        operation=_operation(method, bool(bucket), bool(key), query, bool(head.header("x-amz-copy-source"))),
        bucket=unquote(bucket),
        key=unquote(key),
        part=int(query.get("partNumber", ["0"])[0]),
        token=head.header("x-amz-security-token"),
        head=head,
    )


_BY_QUERY = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("POST", "delete"): "DeleteObjects",
    ("GET", "uploadId"): "ListParts",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("GET", "acl"): "GetAcl",
    ("GET", "annotation"): "ListObjectAnnotations",
    ("GET", "ownershipControls"): "GetBucketOwnershipControls",
    ("GET", "policy"): "GetBucketPolicy",
    ("PUT", "policy"): "PutBucketPolicy",
    ("GET", "publicAccessBlock"): "GetPublicAccessBlock",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}

_BY_METHOD = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}


def _operation(method: str, bucket: bool, key: bool, query: dict[str, list[str]], copies: bool) -> str:
    if not bucket:
        return "ListBuckets" if method == "GET" else "STS"
    if "partNumber" in query and method == "PUT":
        return "UploadPartCopy" if copies else "UploadPart"
    for name in query:
        if (method, name) in _BY_QUERY:
            return _BY_QUERY[method, name]
    if not key:
        return "HeadBucket" if method == "HEAD" else f"{method} bucket"
    return "CopyObject" if copies else _BY_METHOD.get(method, f"{method} key")  # S3 Control has such paths
