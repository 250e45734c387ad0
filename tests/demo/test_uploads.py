"""Multipart uploads."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.profiles import MEDIA_PROD

NewBucket = Callable[..., str]
MINIMUM = 5 * 1024**2
FIRST, LAST = b"1" * MINIMUM, b"2" * 1000


@pytest.fixture
def place(new_bucket: NewBucket) -> dict[str, str]:
    return {"Bucket": new_bucket(), "Key": "dir//k [1]"}


def begin(a: Client, place: dict[str, str], **options: Any) -> dict[str, str]:
    return {**place, "UploadId": a.create_multipart_upload(**place, **options)["UploadId"]}


def complete(a: Client, upload: dict[str, str], *etags: str, **options: Any) -> Any:
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    return a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **options)


def test_an_upload_keeps_what_was_said_when_it_began(a: Client, place: dict[str, str]) -> None:
    upload = begin(
        a,
        place,
        ContentType="video/mp4",
        CacheControl="no-store",
        Metadata={"a": "b"},
        Tagging="t=1",
        ACL="authenticated-read",
        StorageClass="STANDARD_IA",
    )
    etags = [
        a.upload_part(**upload, PartNumber=number, Body=body)["ETag"]
        for number, body in enumerate((FIRST, LAST), start=1)
    ]
    done = complete(a, upload, *etags)
    digests = b"".join(hashlib.md5(body).digest() for body in (FIRST, LAST))
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    item = a.get_object(**place)
    assert item["Body"].read() == FIRST + LAST
    assert (item["ContentType"], item["CacheControl"], item["Metadata"]) == ("video/mp4", "no-store", {"a": "b"})
    assert (item["StorageClass"], item["TagCount"]) == ("STANDARD_IA", 1)
    assert len(a.get_object_acl(**place)["Grants"]) == 2
    assert "Uploads" not in a.list_multipart_uploads(Bucket=place["Bucket"])
    with refused("NoSuchUpload"):
        a.list_parts(**upload)


def test_uploads_and_parts_are_listed(a: Client, place: dict[str, str]) -> None:
    upload = begin(a, place)
    other = begin(a, {**place, "Key": "other\n+"})
    for number in (1, 2, 7):
        a.upload_part(**upload, PartNumber=number, Body=b"x" * number)
    pages = list(a.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2}))
    assert [[(part["PartNumber"], part["Size"]) for part in page["Parts"]] for page in pages] == [
        [(1, 1), (2, 2)],
        [(7, 7)],
    ]
    listed = [
        one
        for page in a.get_paginator("list_multipart_uploads").paginate(
            Bucket=place["Bucket"], PaginationConfig={"PageSize": 1}
        )
        for one in page["Uploads"]
    ]
    assert [one["Key"] for one in listed] == [place["Key"], "other\n+"]
    assert listed[0]["Owner"] == {"ID": MEDIA_PROD.canonical_id}
    assert "Uploads" not in a.list_multipart_uploads(Bucket=place["Bucket"], Prefix="nothing")
    for one in (upload, other):
        a.abort_multipart_upload(**one)
    assert "Uploads" not in a.list_multipart_uploads(Bucket=place["Bucket"])


def test_mistakes(a: Client, place: dict[str, str]) -> None:
    upload = begin(a, place)
    small = a.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    last = a.upload_part(**upload, PartNumber=2, Body=LAST)["ETag"]
    with refused("EntityTooSmall"):
        complete(a, upload, small, last)
    with refused("InvalidPart"):
        complete(a, upload, last)
    with refused("InvalidPartOrder"):
        parts = [{"PartNumber": 2, "ETag": last}, {"PartNumber": 1, "ETag": small}]
        a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    with refused("InvalidArgument"):
        a.upload_part(**upload, PartNumber=10_001, Body=b"")
    a.abort_multipart_upload(**upload)
    with refused("NoSuchUpload"):
        a.upload_part(**upload, PartNumber=1, Body=b"")
    with refused("404"):
        a.head_object(**place)


def test_only_who_may_write_may_go_on(a: Client, b: Client, place: dict[str, str]) -> None:
    upload = begin(a, place)
    calls: list[Callable[[], object]] = [
        lambda: b.upload_part(**upload, PartNumber=1, Body=b""),
        lambda: b.list_parts(**upload),
        lambda: b.abort_multipart_upload(**upload),
        lambda: b.list_multipart_uploads(Bucket=place["Bucket"]),
        lambda: complete(b, upload, '"x"'),
    ]
    for call in calls:
        with refused("AccessDenied"):
            call()
    a.abort_multipart_upload(**upload)


def test_a_partner_may_abort_where_the_policy_says_so(a: Client, b: Client) -> None:
    place = {"Bucket": "analytics-dropbox", "Key": "given-up"}
    upload = begin(a, place)
    assert [one["Key"] for one in a.list_multipart_uploads(Bucket=place["Bucket"])["Uploads"]] == ["given-up"]
    a.abort_multipart_upload(**upload)
    assert "Uploads" not in b.list_multipart_uploads(Bucket=place["Bucket"])


@pytest.mark.parametrize("kind", ["FULL_OBJECT", "COMPOSITE"])
def test_checksums_of_the_whole(a: Client, place: dict[str, str], kind: str) -> None:
    upload = begin(a, place, ChecksumAlgorithm="CRC32", ChecksumType=kind)
    parts = []
    for number, body in enumerate((FIRST, LAST), start=1):
        part = a.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    done = a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    each = b"".join(zlib.crc32(body).to_bytes(4, "big") for body in (FIRST, LAST))
    octets = FIRST + LAST if kind == "FULL_OBJECT" else each
    value = base64.b64encode(zlib.crc32(octets).to_bytes(4, "big")).decode()
    wanted = value if kind == "FULL_OBJECT" else f"{value}-2"
    assert done["ChecksumCRC32"] == wanted
    head = a.head_object(**place, ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (wanted, kind)


def test_a_wrong_checksum_of_the_whole(a: Client, place: dict[str, str]) -> None:
    upload = begin(a, place, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    part = a.upload_part(**upload, PartNumber=1, Body=LAST)["ETag"]
    with refused("BadDigest"):
        complete(a, upload, part, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT")
    a.abort_multipart_upload(**upload)


def test_an_upload_must_not_overwrite_when_told_so(a: Client, place: dict[str, str]) -> None:
    a.put_object(**place, Body=b"there")
    upload = begin(a, place)
    part = a.upload_part(**upload, PartNumber=1, Body=LAST)["ETag"]
    with refused("PreconditionFailed"):
        complete(a, upload, part, IfNoneMatch="*")
    a.abort_multipart_upload(**upload)
    assert a.get_object(**place)["Body"].read() == b"there"
