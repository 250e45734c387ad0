"""Listings, page by page, and keys that hurt."""

from collections.abc import Callable, Iterator

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.profiles import MEDIA_PROD
from tui.demo.world.odd_names import ODD_KEYS

NewBucket = Callable[..., str]
KEYS = sorted(["a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "b", "c/d/e", "c//f", "z 1", "z+2", "é"])


@pytest.fixture(scope="module")
def bucket(a: Client) -> Iterator[str]:
    name = "test-listing"
    a.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for key in KEYS:
        a.put_object(Bucket=name, Key=key, Body=key.encode())
    yield name
    for key in KEYS:
        a.delete_object(Bucket=name, Key=key)
    a.delete_bucket(Bucket=name)


def expected(prefix: str, delimiter: str) -> list[str]:
    entries: dict[str, None] = {}
    for key in KEYS:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            cut = rest.find(delimiter) if delimiter else -1
            entries[prefix + rest[: cut + 1] if cut >= 0 else key] = None
    return list(entries)


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b/", "c", "c/", "nothing", "z"])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages_hold_every_entry_once(
    a: Client, bucket: str, operation: str, prefix: str, delimiter: str, size: int
) -> None:
    pages = list(
        a.get_paginator(operation).paginate(
            Bucket=bucket, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
    )
    sizes = [len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) for page in pages]
    assert max(sizes) <= size
    found = [item["Key"] for page in pages for item in page.get("Contents", [])]
    found += [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
    assert sorted(found) == expected(prefix, delimiter)


@pytest.mark.parametrize("after", ["", "a", "a/", "a/b/1", "bb", "zz"])
def test_start_after(a: Client, bucket: str, after: str) -> None:
    listed = a.list_objects_v2(Bucket=bucket, StartAfter=after)
    assert [item["Key"] for item in listed.get("Contents", [])] == [key for key in KEYS if key > after]


def test_a_page_says_what_it_is(a: Client, bucket: str) -> None:
    page = a.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/", MaxKeys=2, EncodingType="url")
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (2, 2, True)
    assert (page["Prefix"], page["Delimiter"], page["EncodingType"]) == ("a/", "/", "url")
    assert "Owner" not in page["Contents"][0]
    owned = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert {item["Owner"]["ID"] for item in owned} == {MEDIA_PROD.canonical_id}
    assert all(item["Owner"].keys() == {"ID"} for item in owned)
    assert a.list_objects_v2(Bucket=bucket, MaxKeys=0)["IsTruncated"] is False


def test_bad_requests(a: Client, bucket: str) -> None:
    with refused("InvalidArgument"):
        a.list_objects_v2(Bucket=bucket, ContinuationToken="garbage")
    with refused("InvalidArgument"):
        a.list_objects_v2(Bucket=bucket, MaxKeys=-1)


def test_keys_that_hurt_are_listed_and_read_exactly(a: Client) -> None:
    found = [
        item["Key"]
        for prefix in ("odd names/", "/", "[")
        for item in a.list_objects_v2(Bucket="media-prod-assets", Prefix=prefix)["Contents"]
    ]
    assert sorted(found) == sorted(ODD_KEYS)
    for key in ODD_KEYS:
        assert a.get_object(Bucket="media-prod-assets", Key=key)["Body"].read() == key.encode()


def test_keys_that_hurt_can_be_written_copied_and_deleted(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    for key in ODD_KEYS:
        a.put_object(Bucket=bucket, Key=key, Body=key.encode())
        copy = "copy of/" + key if len(key) < 900 else "copy of long"
        a.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": key})
        assert a.get_object(Bucket=bucket, Key=copy)["Body"].read() == key.encode()
        a.delete_object(Bucket=bucket, Key=copy)
    assert [item["Key"] for item in a.list_objects_v2(Bucket=bucket)["Contents"]] == sorted(ODD_KEYS)


def test_versions(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert a.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    first = a.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    second = a.put_object(Bucket=bucket, Key="k", Body=b"22")["VersionId"]
    marker = a.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert a.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with refused("NoSuchKey"):
        a.get_object(Bucket=bucket, Key="k")
    assert a.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    listed = a.list_object_versions(Bucket=bucket)
    assert [(one["VersionId"], one["Size"], one["IsLatest"]) for one in listed["Versions"]] == [
        (second, 2, False),
        (first, 1, False),
    ]
    assert [(one["VersionId"], one["IsLatest"]) for one in listed["DeleteMarkers"]] == [(marker, True)]
    for version in (marker, first, second):
        a.delete_object(Bucket=bucket, Key="k", VersionId=version)
    assert "Versions" not in a.list_object_versions(Bucket=bucket)
