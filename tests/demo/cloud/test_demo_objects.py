"""Objects: ranges, conditions, checksums, headers, tags, versions and listings; and what S3 refuses."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import Any

import pytest

from tests.demo.conftest import Client, NewBucket
from tests.servers.buckets import refusal_of, refused, remove_bucket
from tui.demo.cloud import content_bytes
from tui.demo.cloud.content_bytes import MemoryContent
from tui.demo.demo_profiles import MEDIA_PROD

VIDEO = {"Bucket": "media-prod-assets", "Key": "video.mp4"}
BODY = bytes(range(256)) * 4


@pytest.fixture
def place(a: Client, new_bucket: NewBucket) -> dict[str, str]:
    place = {"Bucket": new_bucket(), "Key": "k"}
    a.put_object(**place, Body=BODY)
    return place


RANGES = {
    "bytes=0-0": slice(0, 1),
    "bytes=10-19": slice(10, 20),
    "bytes=1000-": slice(1000, None),
    "bytes=-24": slice(-24, None),
    "bytes=-5000": slice(None),
    "bytes=1000-99999": slice(1000, None),
}


def test_ranges(a: Client, place: dict[str, str]) -> None:
    for header, expected in RANGES.items():
        answer, wanted = a.get_object(**place, Range=header), BODY[expected]
        first = expected.indices(len(BODY))[0]
        assert answer["Body"].read() == wanted
        assert answer["ContentRange"] == f"bytes {first}-{first + len(wanted) - 1}/{len(BODY)}"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert a.head_object(**place, Range=header)["ContentLength"] == len(wanted)


def test_conditions_of_a_read(a: Client, place: dict[str, str]) -> None:
    head = a.head_object(**place)
    etag, modified = head["ETag"], head["LastModified"]
    assert a.get_object(**place, IfMatch=etag, IfUnmodifiedSince="2001-01-01T00:00:00Z")["Body"].read() == BODY
    assert refused(a.get_object, **place, IfMatch='"other"') == "PreconditionFailed"
    assert refused(a.head_object, **place, IfUnmodifiedSince="2001-01-01T00:00:00Z") == "412"
    for options in ({"IfNoneMatch": etag}, {"IfModifiedSince": modified}):
        assert refused(a.get_object, **place, **options) == "304"
    assert a.get_object(**place, IfNoneMatch='"other"', IfModifiedSince="2030-01-01T00:00:00Z")["Body"].read() == BODY


def test_conditions_of_a_write(a: Client, place: dict[str, str]) -> None:
    refusal = refusal_of(a.put_object, **place, Body=b"", IfNoneMatch="*")
    assert (refusal.code, refusal.status) == ("PreconditionFailed", 412)
    assert refused(a.put_object, **place, Body=b"", IfMatch='"other"') == "PreconditionFailed"
    etag = a.put_object(**place, Body=b"new", IfMatch=a.head_object(**place)["ETag"])["ETag"]
    assert refused(a.delete_object, **place, IfMatch='"other"') == "PreconditionFailed"
    a.delete_object(**place, IfMatch=etag)
    assert refused(a.delete_object, **place, IfMatch=etag) == "NoSuchKey"
    assert refused(a.delete_object, **place, IfMatch="*") == "NoSuchKey"
    assert refused(a.put_object, **place, Body=b"", IfMatch=etag) == "NoSuchKey"
    a.put_object(**place, Body=b"", IfNoneMatch="*")


def test_conditions_of_a_deletion(a: Client, place: dict[str, str]) -> None:
    etag = a.head_object(**place)["ETag"]
    bucket, key = place["Bucket"], place["Key"]
    failed = a.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key, "ETag": '"other"'}]})
    assert [each["Code"] for each in failed["Errors"]] == ["PreconditionFailed"]
    gone = a.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key, "ETag": etag}]})
    assert [each["Key"] for each in gone["Deleted"]] == [key]


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", "CRC64NVME", "CRC32C"])
def test_checksums_are_verified_and_kept(a: Client, place: dict[str, str], algorithm: str) -> None:
    value = content_bytes.compute(algorithm, MemoryContent(BODY))
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
    refusal = refusal_of(a.put_object, **place, Body=BODY + b"!", **{name: value})
    assert (refusal.code, refusal.status) == ("BadDigest", 400)
    assert a.get_object(**place)["Body"].read() == BODY


def test_a_copy_gets_the_checksum_that_is_asked_for(a: Client, place: dict[str, str]) -> None:
    a.copy_object(**{**place, "Key": "copy"}, CopySource=place, ChecksumAlgorithm="SHA256")
    copy = a.head_object(**{**place, "Key": "copy"}, ChecksumMode="ENABLED")
    assert copy["ChecksumSHA256"] == content_bytes.compute("SHA256", MemoryContent(BODY))


def test_checksums_of_the_check_string() -> None:
    """The check values of the CRC catalogue, for the nine digits."""
    values = {"CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=", "CRC32": "y/Q5Jg=="}
    assert {each: content_bytes.compute(each, MemoryContent(b"123456789")) for each in values} == values


def test_an_object_without_a_checksum_gets_s3s_own(a: Client) -> None:
    head = a.head_object(Bucket="media-prod-assets", Key="index.html", ChecksumMode="ENABLED")
    assert (len(base64.b64decode(head["ChecksumCRC64NVME"])), head["ChecksumType"]) == (8, "FULL_OBJECT")


def test_a_large_object_is_read_in_parts_of_its_own(b: Client) -> None:
    head = b.head_object(**VIDEO, PartNumber=2)
    assert head["PartsCount"] == 2
    part = b.get_object(**VIDEO, PartNumber=2)["Body"].read()
    answer = b.get_object(**VIDEO, ChecksumMode="ENABLED")
    whole = answer["Body"].read()
    assert part == whole[8 * 1024**2 :]
    assert base64.b64decode(answer["ChecksumCRC32"]) == zlib.crc32(whole).to_bytes(4, "big")


def test_there_is_no_object_lock(a: Client, b: Client, place: dict[str, str]) -> None:
    for operation in ("get_object_retention", "get_object_legal_hold"):
        assert refused(getattr(b, operation), **place) == "AccessDenied"
        assert refused(getattr(a, operation), **place) == "InvalidRequest"


ODD_NAMES = ["ab", "Upper", "under_score", "-first", "last-", "two..dots", "192.168.5.4", "xn--a", "a-s3alias"]
ODD_TAGS = {"&".join(f"k{number}=v" for number in range(11)): "InvalidArgument", "a=1&a=2": "InvalidTag"}
ODD_BODIES: list[tuple[str, dict[str, str]]] = [
    ("BadDigest", {"ChecksumCRC32": "AAAAAA=="}),
    ("InvalidRequest", {"ChecksumCRC32": "AAAA"}),
    ("InvalidRequest", {"ChecksumSHA256": "no base64"}),
    ("BadDigest", {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}),
    ("InvalidDigest", {"ContentMD5": "bm9wZQ=="}),
]
ODD_CHECKSUMS: list[dict[str, str]] = [
    {"ChecksumAlgorithm": "CRC9"},
    {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
    {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
]
STATUSES = {"NotImplemented": 501, "InvalidRange": 416, "InvalidPartNumber": 416, "404": 404}


def test_what_s3_refuses_changes_nothing(a: Client, place: dict[str, str]) -> None:
    bucket, copy, etag = place["Bucket"], {**place, "Key": "copy"}, a.head_object(**place)["ETag"]
    put, read, delete = (partial(each, **place) for each in (a.put_object, a.get_object, a.delete_object))
    begin, past = partial(a.create_multipart_upload, **place), "2001-01-01T00:00:00Z"
    eleven = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
    refusals: list[tuple[str, Callable[[], object]]] = [
        *(("InvalidBucketName", partial(a.create_bucket, Bucket=name)) for name in (*ODD_NAMES, "a" * 64)),
        ("InvalidArgument", partial(a.create_bucket, Bucket="test-odd-ownership", ObjectOwnership="Nobody")),
        ("404", partial(a.head_bucket, Bucket="test-odd-ownership")),
        ("KeyTooLongError", partial(a.put_object, Bucket=bucket, Key="é" * 512 + "x")),
        *(("MetadataTooLarge", partial(write, Metadata={"a": "x" * 2048})) for write in (put, begin)),
        ("InvalidStorageClass", partial(put, StorageClass="PAPER")),
        *((code, partial(put, Tagging=tags)) for tags, code in ODD_TAGS.items()),
        ("InvalidTag", partial(put, Tagging="a=" + "v" * 257)),
        ("BadRequest", partial(a.put_object_tagging, **place, Tagging=eleven)),
        *((code, partial(put, Body=b"other", **stated)) for code, stated in ODD_BODIES),
        *(("InvalidRequest", partial(begin, **asked)) for asked in ODD_CHECKSUMS),
        ("NotImplemented", partial(put, IfNoneMatch='"etag"')),
        # as S3 answered when it was asked: no condition goes with a version, and size and time are not taken
        ("NotImplemented", partial(delete, IfMatchSize=1)),
        ("NotImplemented", partial(delete, IfMatchLastModifiedTime=past)),
        ("NotImplemented", partial(delete, VersionId="null", IfMatch=etag)),
        ("InvalidRange", partial(read, Range=f"bytes={len(BODY)}-")),
        *(("InvalidPartNumber", partial(read, PartNumber=number)) for number in (2, 10_000)),
        ("InvalidArgument", partial(read, PartNumber=0)),
        ("InvalidRequest", partial(read, PartNumber=1, Range="bytes=0-1")),
        ("InvalidArgument", partial(a.copy_object, **copy, CopySource=place, MetadataDirective="MERGE")),
        ("InvalidArgument", partial(a.copy_object, **copy, CopySource=place, TaggingDirective="MERGE")),
        ("PreconditionFailed", partial(a.copy_object, **copy, CopySource=place, CopySourceIfUnmodifiedSince=past)),
    ]
    for code, request in refusals:
        refusal = refusal_of(request)
        assert (refusal.code, refusal.status) == (code, STATUSES.get(code, refusal.status)), request
    assert a.get_object(**place)["Body"].read() == BODY
    assert a.get_object_tagging(**place)["TagSet"] == []


def test_what_s3_just_takes(a: Client, place: dict[str, str]) -> None:
    a.put_object(**{**place, "Key": "é" * 512}, Body=b"", Metadata={"a": "x" * 2047})
    assert a.get_object(**place, Range="lines=1-2")["Body"].read() == BODY
    a.put_object(**place, Body=BODY, ContentMD5=base64.b64encode(hashlib.md5(BODY).digest()).decode())
    etag, past = a.head_object(**place)["ETag"], "2001-01-01T00:00:00Z"  # the condition on the ETag overrides the date
    a.copy_object(
        **{**place, "Key": "copy"}, CopySource=place, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=past
    )
    a.put_object(**place, Body=b"")
    assert a.get_object(**place, PartNumber=1)["Body"].read() == b"", "the only part of what is empty"


@contextmanager
def with_header(client: Client, operation: str, name: str, value: str) -> Iterator[None]:
    """Let such requests have this header, whatever they had."""

    def change(request: Any, **_: Any) -> None:
        del request.headers[name]
        request.headers[name] = value

    client.meta.events.register(f"before-sign.s3.{operation}", change)
    try:
        yield
    finally:
        client.meta.events.unregister(f"before-sign.s3.{operation}", change)


def test_keys_of_customers_need_tls(a: Client, place: dict[str, str]) -> None:
    with with_header(a, "PutObject", "x-amz-server-side-encryption-customer-algorithm", "AES256"):
        assert refused(a.put_object, **place, Body=b"secret") == "InvalidRequest"


LISTS = ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads")


@pytest.mark.parametrize("method", LISTS)
def test_numbers_and_encodings_of_lists(a: Client, place: dict[str, str], method: str) -> None:
    limit = "MaxUploads" if method == "list_multipart_uploads" else "MaxKeys"

    def listed(**options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(a, method)(Bucket=place["Bucket"], **options)
        return answer

    for odd in ({limit: -1}, {limit: 2**31}, {"EncodingType": "base64"}):
        assert refused(listed, **odd) == "InvalidArgument"
    answer = listed(**{limit: 0})
    assert (answer["IsTruncated"], answer[limit]) == (False, 0)
    assert not {"Contents", "Versions", "Uploads"} & set(answer)
    assert listed(**{limit: 5000})[limit] == 1000


def test_the_old_listing_names_the_next_marker_only_beside_a_delimiter(a: Client, place: dict[str, str]) -> None:
    a.put_object(Bucket=place["Bucket"], Key="l", Body=b"")
    plain = a.list_objects(Bucket=place["Bucket"], MaxKeys=1)
    assert (plain["IsTruncated"], plain.get("NextMarker")) == (True, None)
    assert a.list_objects(Bucket=place["Bucket"], MaxKeys=1, Delimiter="/")["NextMarker"] == "k"


def test_deleting_many_needs_a_digest_that_fits(a: Client, place: dict[str, str]) -> None:
    wanted = {"Objects": [{"Key": place["Key"]}]}
    with with_header(a, "DeleteObjects", "x-amz-checksum-crc32", "AAAAAA=="):
        assert refused(a.delete_objects, Bucket=place["Bucket"], Delete=wanted) == "BadDigest"
    assert a.get_object(**place)["Body"].read() == BODY


def test_buckets_come_in_pages_of_a_region(a: Client) -> None:
    names = [one["Name"] for one in a.list_buckets()["Buckets"]]
    assert len(names) > 2
    pages = list(a.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) > 1
    assert [one["Name"] for page in pages for one in page["Buckets"]] == names
    elsewhere = a.list_buckets(BucketRegion="eu-north-1")["Buckets"]
    assert all(one["BucketRegion"] == "eu-north-1" for one in elsewhere)
    assert len(elsewhere) < len(names)


KEYS = sorted(["a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "b", "c/d/e", "c//f", "z 1", "z+2", "é"])


@pytest.fixture(scope="module")
def bucket(a: Client) -> Iterator[str]:
    name = "test-listing"
    a.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for key in KEYS:
        a.put_object(Bucket=name, Key=key, Body=key.encode())
    yield name
    remove_bucket(a, name)


def expected(prefix: str, delimiter: str) -> list[str]:
    entries: dict[str, None] = {}
    for key in KEYS:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            cut = rest.find(delimiter) if delimiter else -1
            entries[prefix + rest[: cut + 1] if cut >= 0 else key] = None
    return list(entries)


PREFIXES = ["", "a", "a/", "a/b/", "c", "c/", "nothing", "z"]


def test_pages_hold_every_entry_once(a: Client, bucket: str) -> None:
    wrong = []
    for case in product(["list_objects", "list_objects_v2"], PREFIXES, ["", "/"], [1, 2, 3, 1000]):
        operation, prefix, delimiter, size = case
        asked = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter}
        pages = list(a.get_paginator(operation).paginate(**asked, PaginationConfig={"PageSize": size}))
        sizes = [len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) for page in pages]
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        found += [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
        if max(sizes) > size or sorted(found) != expected(prefix, delimiter):
            wrong.append((case, sizes, found))
    assert wrong == []


def test_a_page_says_what_it_is(a: Client, bucket: str) -> None:
    page = a.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/", MaxKeys=2, EncodingType="url")
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (2, 2, True)
    assert (page["Prefix"], page["Delimiter"], page["EncodingType"]) == ("a/", "/", "url")
    assert "Owner" not in page["Contents"][0]
    owned = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert {item["Owner"]["ID"] for item in owned} == {MEDIA_PROD.canonical_id}
    assert all(item["Owner"].keys() == {"ID"} for item in owned)
    assert refused(a.list_objects_v2, Bucket=bucket, ContinuationToken="garbage") == "InvalidArgument"


@pytest.fixture
def versioned(a: Client, new_bucket: NewBucket) -> str:
    name = new_bucket()
    a.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_a_deleted_key_says_so(a: Client, versioned: str) -> None:
    place = {"Bucket": versioned, "Key": "k"}
    a.put_object(**place, Body=b"there")
    marker = a.delete_object(**place)
    assert marker["DeleteMarker"] is True
    assert a.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    for read, missing, not_allowed in ((a.get_object, "NoSuchKey", "MethodNotAllowed"), (a.head_object, "404", "405")):
        refusal = refusal_of(read, **place)
        assert (refusal.code, refusal.headers["x-amz-delete-marker"]) == (missing, "true")
        assert refusal.headers["x-amz-version-id"] == marker["VersionId"]
        refusal = refusal_of(read, **place, VersionId=marker["VersionId"])
        assert (refusal.code, refusal.status, refusal.headers["allow"]) == (not_allowed, 405, "DELETE")
        assert {"x-amz-delete-marker", "last-modified"} <= set(refusal.headers)
    refusal = refusal_of(a.head_object, Bucket=versioned, Key="never")
    assert (refusal.code, refusal.headers.get("x-amz-delete-marker")) == ("404", None)
    assert a.delete_object(**place, VersionId=marker["VersionId"])["DeleteMarker"] is True
    assert a.get_object(**place)["Body"].read() == b"there"


def test_pages_of_versions_may_end_inside_a_key(a: Client, versioned: str) -> None:
    keys = ["a", "a", "a", "b/c", "b/c", "d"]
    made = [(key, a.put_object(Bucket=versioned, Key=key, Body=b"")["VersionId"]) for key in keys]
    marker = a.delete_object(Bucket=versioned, Key="a")["VersionId"]
    latest = {marker, made[4][1], made[5][1]}
    paginator = a.get_paginator("list_object_versions")
    for size in (1, 2, 3, 100):
        seen: list[tuple[str, str]] = []
        for page in paginator.paginate(Bucket=versioned, PaginationConfig={"PageSize": size}):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            assert len(found) <= size
            assert all(one["IsLatest"] is (one["VersionId"] in latest) for one in found)
            seen += [(one["Key"], one["VersionId"]) for one in found]
        assert sorted(seen) == sorted([*made, ("a", marker)])
        folded = list(paginator.paginate(Bucket=versioned, Delimiter="/", PaginationConfig={"PageSize": size}))
        assert [one["Prefix"] for page in folded for one in page.get("CommonPrefixes", [])] == ["b/"]


def test_versions_that_are_named_wrongly(a: Client, versioned: str) -> None:
    assert refused(a.list_object_versions, Bucket=versioned, VersionIdMarker="x") == "InvalidArgument"
    a.put_object(Bucket=versioned, Key="k", Body=b"")
    assert refused(a.head_object, Bucket=versioned, Key="k", VersionId="") == "400"


def test_an_older_version_is_restored_by_copying_it(a: Client, versioned: str) -> None:
    place = {"Bucket": versioned, "Key": "k"}
    first = a.put_object(**place, Body=b"first")["VersionId"]
    a.put_object(**place, Body=b"second")
    assert a.copy_object(**place, CopySource={**place, "VersionId": first})["CopySourceVersionId"] == first
    assert a.get_object(**place)["Body"].read() == b"first"
    marker = a.delete_object(**place)["VersionId"]
    assert refused(a.copy_object, **place, CopySource={**place, "VersionId": marker}) == "InvalidRequest"
