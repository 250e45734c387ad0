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


def test_only_an_identity_that_may_write_may_continue(a: Client, b: Client, place: dict[str, str]) -> None:
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


def test_completing_again_gives_the_same_answer(a: Client, place: dict[str, str]) -> None:
    upload = begin(a, place)
    part = a.upload_part(**upload, PartNumber=1, Body=LAST)["ETag"]
    first = complete(a, upload, part)
    a.put_object(**place, Body=b"newer")
    again = complete(a, upload, part)
    assert (again["ETag"], again["Key"]) == (first["ETag"], place["Key"])
    assert a.get_object(**place)["Body"].read() == b"newer"  # answered, not done once more
    with refused("NoSuchUpload"):
        complete(a, upload, '"another"')
    with refused("NoSuchUpload"):
        a.upload_part(**upload, PartNumber=1, Body=LAST)


@pytest.mark.parametrize(("algorithm", "kind"), [("CRC32", "COMPOSITE"), ("CRC64NVME", "FULL_OBJECT")])
def test_an_upload_says_which_checksum_it_will_have(
    a: Client, place: dict[str, str], algorithm: str, kind: str
) -> None:
    begun = a.create_multipart_upload(**place, ChecksumAlgorithm=algorithm)
    assert (begun["ChecksumAlgorithm"], begun["ChecksumType"]) == (algorithm, kind)
    (listed,) = a.list_multipart_uploads(Bucket=place["Bucket"])["Uploads"]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, kind)
    upload = {**place, "UploadId": begun["UploadId"]}
    parts = a.list_parts(**upload)
    assert (parts["ChecksumAlgorithm"], parts["ChecksumType"]) == (algorithm, kind)
    with refused("InvalidRequest"):
        a.upload_part(**upload, PartNumber=1, Body=LAST, ChecksumAlgorithm="SHA1")
    a.abort_multipart_upload(**upload)


def test_parts_are_listed_with_their_checksums(a: Client, place: dict[str, str]) -> None:
    upload = begin(a, place, ChecksumAlgorithm="CRC32")
    parts = []
    for number, body in enumerate((FIRST, FIRST, LAST), start=1):
        part = a.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    wrong = [{**parts[0], "ChecksumCRC32": "AAAAAA=="}, *parts[1:]]
    with refused("InvalidPart"):
        a.complete_multipart_upload(**upload, MultipartUpload={"Parts": wrong})
    with refused("InvalidRequest"):
        a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, MpuObjectSize=1)
    a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    told = a.get_object_attributes(**place, ObjectAttributes=["ObjectParts"], MaxParts=1, PartNumberMarker=1)
    listed = told["ObjectParts"]
    assert (listed["TotalPartsCount"], listed["IsTruncated"], listed["NextPartNumberMarker"]) == (3, True, 2)
    (second,) = listed["Parts"]
    assert (second["Size"], second["ChecksumCRC32"]) == (MINIMUM, parts[1]["ChecksumCRC32"])
    answer = a.head_object(**place, PartNumber=3, ChecksumMode="ENABLED")
    assert (answer["PartsCount"], answer["ChecksumCRC32"]) == (3, parts[2]["ChecksumCRC32"])
    with refused("InvalidArgument"):
        a.get_object_attributes(**place, ObjectAttributes=["Colour"])


def test_uploads_are_folded_and_paged(a: Client, place: dict[str, str]) -> None:
    bucket = place["Bucket"]
    uploads = [begin(a, {"Bucket": bucket, "Key": key}) for key in ("a/1", "a/2", "b +", "b +", "c")]
    folded, ids = [], set()
    for page in a.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
    ):
        folded += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        folded += [one["Key"] for one in page.get("Uploads", [])]
        ids |= {one["UploadId"] for one in page.get("Uploads", [])}
    assert folded == ["a/", "b +", "b +", "c"]
    assert ids == {one["UploadId"] for one in uploads[2:]}
    for one in uploads:
        a.abort_multipart_upload(**one)
