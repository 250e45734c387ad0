"""Objects: ranges, conditions, checksums, headers, tags, and bodies in every encoding."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.cloud import checksums
from tui.demo.cloud.content import Stored

NewBucket = Callable[..., str]
VIDEO = {"Bucket": "media-prod-assets", "Key": "video.mp4"}
BODY = bytes(range(256)) * 4


@pytest.fixture
def place(a: Client, new_bucket: NewBucket) -> dict[str, str]:
    place = {"Bucket": new_bucket(), "Key": "k"}
    a.put_object(**place, Body=BODY)
    return place


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-24", slice(-24, None)),
        ("bytes=-5000", slice(None)),
        ("bytes=1000-99999", slice(1000, None)),
    ],
)
def test_ranges(a: Client, place: dict[str, str], header: str, expected: slice) -> None:
    answer = a.get_object(**place, Range=header)
    wanted = BODY[expected]
    first = expected.indices(len(BODY))[0]
    assert answer["Body"].read() == wanted
    assert answer["ContentRange"] == f"bytes {first}-{first + len(wanted) - 1}/{len(BODY)}"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert a.head_object(**place, Range=header)["ContentLength"] == len(wanted)


def test_ranges_that_cannot_be(a: Client, place: dict[str, str]) -> None:
    with refused("InvalidRange") as refusal:
        a.get_object(**place, Range=f"bytes={len(BODY)}-")
    assert refusal.status == 416
    assert a.get_object(**place, Range="lines=1-2")["Body"].read() == BODY


def test_conditions_of_a_read(a: Client, place: dict[str, str]) -> None:
    head = a.head_object(**place)
    etag, modified = head["ETag"], head["LastModified"]
    answer = a.get_object(**place, IfMatch=etag, IfUnmodifiedSince="2001-01-01T00:00:00Z")
    assert answer["Body"].read() == BODY
    with refused("PreconditionFailed"):
        a.get_object(**place, IfMatch='"other"')
    with refused("412"):
        a.head_object(**place, IfUnmodifiedSince="2001-01-01T00:00:00Z")
    for options in ({"IfNoneMatch": etag}, {"IfModifiedSince": modified}):
        with refused("304"):
            a.get_object(**place, **options)
    answer = a.get_object(**place, IfNoneMatch='"other"', IfModifiedSince="2030-01-01T00:00:00Z")
    assert answer["Body"].read() == BODY


def test_conditions_of_a_write(a: Client, place: dict[str, str]) -> None:
    with refused("PreconditionFailed") as refusal:
        a.put_object(**place, Body=b"", IfNoneMatch="*")
    assert refusal.status == 412
    with refused("PreconditionFailed"):
        a.put_object(**place, Body=b"", IfMatch='"other"')
    etag = a.put_object(**place, Body=b"new", IfMatch=a.head_object(**place)["ETag"])["ETag"]
    with refused("PreconditionFailed"):
        a.delete_object(**place, IfMatch='"other"')
    a.delete_object(**place, IfMatch=etag)
    with refused("NoSuchKey"):
        a.delete_object(**place, IfMatch=etag)
    with refused("NoSuchKey"):
        a.delete_object(**place, IfMatch="*")
    with refused("NoSuchKey"):
        a.put_object(**place, Body=b"", IfMatch=etag)
    a.put_object(**place, Body=b"", IfNoneMatch="*")


def test_conditions_of_a_deletion(a: Client, place: dict[str, str]) -> None:
    """As S3 answered when it was asked: no condition goes with a version, and size and time are not taken."""
    for condition in ({"IfMatchSize": 1}, {"IfMatchLastModifiedTime": "2001-01-01T00:00:00Z"}):
        with refused("NotImplemented"):
            a.delete_object(**place, **condition)
    etag = a.head_object(**place)["ETag"]
    with refused("NotImplemented"):
        a.delete_object(**place, VersionId="null", IfMatch=etag)
    bucket, key = place["Bucket"], place["Key"]
    failed = a.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key, "ETag": '"other"'}]})
    assert [each["Code"] for each in failed["Errors"]] == ["PreconditionFailed"]
    gone = a.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key, "ETag": etag}]})
    assert [each["Key"] for each in gone["Deleted"]] == [key]


def test_headers_metadata_and_tags_come_back(a: Client, place: dict[str, str]) -> None:
    described: dict[str, Any] = {
        "ContentType": "text/plain; charset=utf-8",
        "ContentLanguage": "de",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="x"',
        "CacheControl": "no-cache",
        "Metadata": {"one": "1", "under_score": "2"},
        "StorageClass": "STANDARD_IA",
    }
    a.put_object(**place, Body=b"x", Tagging="a=1&b=%2F+x", **described)
    head = a.head_object(**place)
    assert {name: head[name] for name in described} == described
    assert (head["TagCount"], head["ServerSideEncryption"]) == (2, "AES256")
    tags = a.get_object_tagging(**place)["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "/ x"}]
    a.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "c", "Value": "ü"}]})
    assert a.get_object_tagging(**place)["TagSet"] == [{"Key": "c", "Value": "ü"}]
    a.delete_object_tagging(**place)
    assert a.get_object_tagging(**place)["TagSet"] == []
    overridden = a.get_object(**place, ResponseContentType="text/x-other")
    assert (overridden["ContentType"], overridden["Body"].read()) == ("text/x-other", b"x")


@pytest.mark.parametrize(
    ("tagging", "code"),
    [
        ("&".join(f"k{number}=v" for number in range(11)), "InvalidArgument"),
        ("a=1&a=2", "InvalidTag"),
        ("a=" + "v" * 257, "InvalidTag"),
    ],
)
def test_tags_beyond_the_limits(a: Client, place: dict[str, str], tagging: str, code: str) -> None:
    with refused(code):
        a.put_object(**place, Body=b"", Tagging=tagging)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", "CRC64NVME", "CRC32C"])
def test_checksums_are_verified_and_kept(a: Client, place: dict[str, str], algorithm: str) -> None:
    value = checksums.compute(algorithm, Stored(BODY))
    assert value is not None
    name = f"Checksum{algorithm}"
    assert a.put_object(**place, Body=BODY, **{name: value})[name] == value
    for read in (a.head_object, a.get_object):
        answer = read(**place, ChecksumMode="ENABLED")
        assert (answer[name], answer["ChecksumType"]) == (value, "FULL_OBJECT")
    assert answer["Body"].read() == BODY
    assert name not in a.head_object(**place)
    attributes = a.get_object_attributes(**place, ObjectAttributes=["Checksum", "ObjectSize", "ETag", "StorageClass"])
    assert attributes["Checksum"] == {name: value, "ChecksumType": "FULL_OBJECT"}
    assert attributes["ObjectSize"] == len(BODY)
    with refused("BadDigest") as refusal:
        a.put_object(**place, Body=BODY + b"!", **{name: value})
    assert refusal.status == 400
    assert a.get_object(**place)["Body"].read() == BODY


@pytest.mark.parametrize(
    ("algorithm", "check"), [("CRC32C", "4waSgw=="), ("CRC64NVME", "rosUhgp5mIg="), ("CRC32", "y/Q5Jg==")]
)
def test_checksums_of_the_check_string(algorithm: str, check: str) -> None:
    """The check values of the CRC catalogue, for the nine digits."""
    assert checksums.compute(algorithm, Stored(b"123456789")) == check


def test_content_md5(a: Client, place: dict[str, str]) -> None:
    right = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    a.put_object(**place, Body=BODY, ContentMD5=right)
    with refused("BadDigest"):
        a.put_object(**place, Body=b"other", ContentMD5=right)
    with refused("InvalidDigest"):
        a.put_object(**place, Body=b"other", ContentMD5="bm9wZQ==")


def test_an_object_without_a_checksum_gets_s3s_own(a: Client) -> None:
    head = a.head_object(Bucket="media-prod-assets", Key="index.html", ChecksumMode="ENABLED")
    assert (len(base64.b64decode(head["ChecksumCRC64NVME"])), head["ChecksumType"]) == (8, "FULL_OBJECT")


def test_storage_classes_are_checked(a: Client, place: dict[str, str]) -> None:
    with refused("InvalidStorageClass"):
        a.put_object(**place, Body=b"", StorageClass="PAPER")


def test_a_large_object_is_read_in_parts_of_its_own(b: Client) -> None:
    head = b.head_object(**VIDEO, PartNumber=2)
    assert head["PartsCount"] == 2
    part = b.get_object(**VIDEO, PartNumber=2)["Body"].read()
    assert part == b.get_object(**VIDEO)["Body"].read()[8 * 1024**2 :]


def test_the_video_has_the_checksum_it_claims(b: Client) -> None:
    answer = b.get_object(**VIDEO, ChecksumMode="ENABLED")
    assert base64.b64decode(answer["ChecksumCRC32"]) == zlib.crc32(answer["Body"].read()).to_bytes(4, "big")


@pytest.mark.parametrize("operation", ["get_object_retention", "get_object_legal_hold"])
def test_there_is_no_object_lock(a: Client, b: Client, place: dict[str, str], operation: str) -> None:
    with refused("AccessDenied"):
        getattr(b, operation)(**place)
    with refused("InvalidRequest"):
        getattr(a, operation)(**place)


def test_buckets_settings_answered_by_moto(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "media"}]})
    assert a.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "media"}]
    with refused("AccessDenied"):
        b.get_bucket_tagging(Bucket=bucket)
    with refused("NoSuchCORSConfiguration"):
        a.get_bucket_cors(Bucket=bucket)
