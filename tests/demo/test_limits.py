"""What S3 refuses: names, sizes, numbers and checksums that it does not take."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused

NewBucket = Callable[..., str]


@pytest.fixture
def place(a: Client, new_bucket: NewBucket) -> dict[str, str]:
    place = {"Bucket": new_bucket(), "Key": "k"}
    a.put_object(**place, Body=b"there")
    return place


@pytest.mark.parametrize(
    "name",
    ["ab", "Upper", "under_score", "-first", "last-", "two..dots", "192.168.5.4", "xn--a", "a-s3alias", "a" * 64],
)
def test_names_that_no_bucket_may_have(a: Client, name: str) -> None:
    with refused("InvalidBucketName"):
        a.create_bucket(Bucket=name)


def test_an_ownership_that_is_none(a: Client) -> None:
    with refused("InvalidArgument"):
        a.create_bucket(Bucket="test-odd-ownership", ObjectOwnership="Nobody")
    with refused("404"):
        a.head_bucket(Bucket="test-odd-ownership")


def test_keys_and_metadata_have_an_end(a: Client, place: dict[str, str]) -> None:
    longest = {**place, "Key": "é" * 512}
    a.put_object(**longest, Body=b"", Metadata={"a": "x" * 2047})
    with refused("KeyTooLongError"):
        a.put_object(**{**place, "Key": "é" * 512 + "x"}, Body=b"")
    for write in (a.put_object, a.create_multipart_upload):
        with refused("MetadataTooLarge"):
            write(**place, Metadata={"a": "x" * 2048})


def test_tags_are_ten_at_most(a: Client, place: dict[str, str]) -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(11)]
    with refused("BadRequest"):
        a.put_object_tagging(**place, Tagging={"TagSet": tags})
    assert a.get_object_tagging(**place)["TagSet"] == []


def test_keys_of_customers_need_tls(a: Client, place: dict[str, str]) -> None:
    headers = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}

    def add(request: Any, **_: Any) -> None:
        for name, value in headers.items():
            request.headers[name] = value

    a.meta.events.register("before-sign.s3.PutObject", add)
    try:
        with refused("InvalidRequest"):
            a.put_object(**place, Body=b"secret")
    finally:
        a.meta.events.unregister("before-sign.s3.PutObject", add)


LISTS = ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads")


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("asked", [-1, 2**31])
def test_numbers_out_of_range(a: Client, place: dict[str, str], method: str, asked: int) -> None:
    limit = "MaxUploads" if method == "list_multipart_uploads" else "MaxKeys"
    with refused("InvalidArgument"):
        getattr(a, method)(Bucket=place["Bucket"], **{limit: asked})


@pytest.mark.parametrize("method", LISTS)
def test_none_at_all_is_a_page_without_a_next(a: Client, place: dict[str, str], method: str) -> None:
    limit = "MaxUploads" if method == "list_multipart_uploads" else "MaxKeys"
    answer = getattr(a, method)(Bucket=place["Bucket"], **{limit: 0})
    assert answer["IsTruncated"] is False
    assert answer[limit] == 0
    assert not {"Contents", "Versions", "Uploads"} & set(answer)


@pytest.mark.parametrize("method", LISTS)
def test_more_than_a_page_is_a_page(a: Client, place: dict[str, str], method: str) -> None:
    limit = "MaxUploads" if method == "list_multipart_uploads" else "MaxKeys"
    assert getattr(a, method)(Bucket=place["Bucket"], **{limit: 5000})[limit] == 1000


@pytest.mark.parametrize("method", LISTS)
def test_an_encoding_that_is_none(a: Client, place: dict[str, str], method: str) -> None:
    with refused("InvalidArgument"):
        getattr(a, method)(Bucket=place["Bucket"], EncodingType="base64")


def test_the_old_listing_names_the_next_marker_only_beside_a_delimiter(a: Client, place: dict[str, str]) -> None:
    a.put_object(Bucket=place["Bucket"], Key="l", Body=b"")
    plain = a.list_objects(Bucket=place["Bucket"], MaxKeys=1)
    assert (plain["IsTruncated"], plain.get("NextMarker")) == (True, None)
    assert a.list_objects(Bucket=place["Bucket"], MaxKeys=1, Delimiter="/")["NextMarker"] == "k"


@pytest.mark.parametrize("number", [2, 10_000])
def test_a_part_that_is_not_there(a: Client, place: dict[str, str], number: int) -> None:
    with refused("InvalidPartNumber") as refusal:
        a.get_object(**place, PartNumber=number)
    assert refusal.status == 416
    with refused("InvalidArgument"):
        a.get_object(**place, PartNumber=0)
    with refused("InvalidRequest"):
        a.get_object(**place, PartNumber=1, Range="bytes=0-1")


def test_the_only_part_of_what_is_empty(a: Client, place: dict[str, str]) -> None:
    a.put_object(**place, Body=b"")
    assert a.get_object(**place, PartNumber=1)["Body"].read() == b""


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
        ({"ChecksumCRC32": "AAAA"}, "InvalidRequest"),
        ({"ChecksumSHA256": "no base64"}, "InvalidRequest"),
        ({"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"),
        ({"ContentMD5": "bm9wZQ=="}, "InvalidDigest"),
    ],
)
def test_a_body_that_is_not_what_was_stated(
    a: Client, place: dict[str, str], stated: dict[str, str], code: str
) -> None:
    with refused(code):
        a.put_object(**place, Body=b"other", **stated)
    assert a.get_object(**place)["Body"].read() == b"there"


def test_deleting_many_needs_a_digest_that_fits(a: Client, place: dict[str, str]) -> None:
    wanted = {"Objects": [{"Key": place["Key"]}]}

    def lie(request: Any, **_: Any) -> None:
        del request.headers["x-amz-checksum-crc32"]
        request.headers["x-amz-checksum-crc32"] = "AAAAAA=="

    a.meta.events.register("before-sign.s3.DeleteObjects", lie)
    try:
        with refused("BadDigest"):
            a.delete_objects(Bucket=place["Bucket"], Delete=wanted)
    finally:
        a.meta.events.unregister("before-sign.s3.DeleteObjects", lie)
    assert a.get_object(**place)["Body"].read() == b"there"


@pytest.mark.parametrize(
    "asked",
    [
        {"ChecksumAlgorithm": "CRC9"},
        {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
        {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
    ],
)
def test_checksums_that_no_upload_can_have(a: Client, place: dict[str, str], asked: dict[str, str]) -> None:
    with refused("InvalidRequest"):
        a.create_multipart_upload(**place, **asked)


def test_a_condition_that_writes_do_not_know(a: Client, place: dict[str, str]) -> None:
    with refused("NotImplemented") as refusal:
        a.put_object(**place, Body=b"", IfNoneMatch='"etag"')
    assert refusal.status == 501


def test_directives_that_copies_do_not_know(a: Client, place: dict[str, str]) -> None:
    for directive in ("MetadataDirective", "TaggingDirective"):
        with refused("InvalidArgument"):
            a.copy_object(**{**place, "Key": "copy"}, CopySource=place, **{directive: "MERGE"})


def test_a_condition_on_the_etag_overrides_the_date_beside_it(a: Client, place: dict[str, str]) -> None:
    etag = a.head_object(**place)["ETag"]
    copy = {**place, "Key": "copy"}
    past = "2001-01-01T00:00:00Z"
    a.copy_object(**copy, CopySource=place, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=past)
    with refused("PreconditionFailed"):
        a.copy_object(**copy, CopySource=place, CopySourceIfUnmodifiedSince=past)


def test_buckets_come_in_pages_of_a_region(a: Client) -> None:
    names = [one["Name"] for one in a.list_buckets()["Buckets"]]
    assert len(names) > 2
    pages = list(a.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) > 1
    assert [one["Name"] for page in pages for one in page["Buckets"]] == names
    elsewhere = a.list_buckets(BucketRegion="eu-north-1")["Buckets"]
    assert all(one["BucketRegion"] == "eu-north-1" for one in elsewhere)
    assert len(elsewhere) < len(names)
