"""What a well-behaved server answers, and the lies of the hostile one, by the name of the bucket that is asked about.

To add a lie, add a line to `LIES`: the name of the bucket, and the operations that are answered wrongly; the rest is
answered as a well-behaved server does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from tests.servers.proxy.messages import Request

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
CONTENT = b"hello"
ETAG = '"5d41402abc4b2a76b9719d911017c592"'
TIME = "2026-01-02T03:04:05.000Z"
OWNER = "<Owner><ID>0123abcd</ID></Owner>"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, byte for byte; `with_` makes a changed one."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    """What Content-Length says; None: the body's own length. -1: no such header."""
    seconds_before: float = 0
    """How long nothing is sent at all."""
    drip: float = 0
    """Seconds between two bytes of the body; 0: sent at once."""
    head_drips: bool = False
    """Whether those of the head come so, too."""
    cut: bool = False
    """Whether the connection is closed after the body, whatever the length said."""

    def with_(self, **changes: object) -> Answer:
        return replace(self, **changes)  # type: ignore[arg-type]  # names and types are those of the fields


Answering = Answer | Callable[[Request], Answer]
"""An answer, or a function from the request to one."""


def xml(text: str, status: int = 200) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Answer(status, body, (("Content-Type", "application/xml"),))


def row(key: str = "a", *, size: str = "5", time: str = TIME, extra: str = "") -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{time}</LastModified><ETag>{escape(ETAG)}</ETag>"
        f"<Size>{size}</Size><StorageClass>STANDARD</StorageClass>{extra}</Contents>"
    )


def listing(rows: str, *, before: str = "", after: str = "<IsTruncated>false</IsTruncated>") -> Answer:
    """An answer to ListObjectsV2 with these rows and what stands around them."""
    return xml(f'<ListBucketResult xmlns="{NAMESPACE}">{before}{rows}{after}</ListBucketResult>')


def error(status: int, code: str, message: str = "refused", extra: str = "") -> Answer:
    return xml(f"<Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>", status)


def redirect(status: int, location: str) -> Answer:
    return error(status, "TemporaryRedirect", "go there").with_(headers=(("Location", location),))


def bucket_list(names: Iterable[str]) -> Answer:
    rows = "".join(f"<Bucket><Name>{escape(name)}</Name><CreationDate>{TIME}</CreationDate></Bucket>" for name in names)
    return xml(f'<ListAllMyBucketsResult xmlns="{NAMESPACE}">{OWNER}<Buckets>{rows}</Buckets></ListAllMyBucketsResult>')


_OBJECT = (("ETag", ETAG), ("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT"), ("Content-Type", "text/plain"))
_CALLER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def _object(request: Request) -> Answer:
    answer = Answer(200, CONTENT, _OBJECT)
    asked = request.head.header("range")
    if not asked:
        return answer
    first, _, last = asked.removeprefix("bytes=").partition("-")
    body = CONTENT[int(first) : int(last or len(CONTENT)) + 1]
    return Answer(206, body, (*_OBJECT, ("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")))


TRUTH: Mapping[str, Answering] = {
    "ListObjectsV2": listing(row("a") + row("b") + row("c")),
    "HeadBucket": Answer(),
    "HeadObject": Answer(200, CONTENT, _OBJECT),
    "GetObject": _object,
    "PutObject": Answer(headers=(("ETag", ETAG),)),
    "UploadPart": Answer(headers=(("ETag", ETAG),)),
    "CopyObject": xml(f"<CopyObjectResult><ETag>{escape(ETAG)}</ETag></CopyObjectResult>"),
    "CreateMultipartUpload": xml(
        "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>"
    ),
    "CompleteMultipartUpload": xml(
        f"<CompleteMultipartUploadResult><ETag>{escape(ETAG)}</ETag></CompleteMultipartUploadResult>"
    ),
    "AbortMultipartUpload": Answer(204),
    "DeleteObject": Answer(204),
    "GetObjectTagging": xml("<Tagging><TagSet></TagSet></Tagging>"),
    "STS": xml(_CALLER),
}
"""By operation, as `tests.servers.proxy.messages` names them; the others are answered with NotImplemented."""


TOKEN = "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>"
MEGABYTE = 1_000_000


def _next_empty_page(request: Request) -> Answer:
    found = re.search(r"continuation-token=(\d+)", request.head.first)
    return listing("", after=TOKEN.replace("next", str(int(found[1]) + 1 if found else 1)))


def crafted(size: int, tag: str = "a") -> Answer:
    """A list whose one row consists of `size` bytes of tags."""
    pair = f"<{tag}></{tag}>"
    return listing(f"<Contents>{pair * (size // len(pair))}<Key>a</Key></Contents>")


LIES: Mapping[str, Mapping[str, Answering]] = {
    "honest": {},
    "year-one": {"ListObjectsV2": listing(row(time="0001-01-01T00:00:00.000Z"))},
    "month-99": {"ListObjectsV2": listing(row(time="9999-12-99T00:00:00.000Z"))},
    "cut-list": {"ListObjectsV2": listing(row()).with_(body=b"<ListBucketResult><Contents><Key>a</Key>")},
    "empty-pages": {"ListObjectsV2": _next_empty_page},
    "silent": {"ListObjectsV2": listing(row()).with_(seconds_before=600)},
    "drip": {"ListObjectsV2": listing(row()).with_(drip=1)},
}
"""Bucket → operation → answer."""
