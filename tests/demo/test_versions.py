"""Buckets with versions: markers, pages of versions, suspension, restoring."""

from collections.abc import Callable, Iterator

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused

NewBucket = Callable[..., str]


def switch(a: Client, bucket: str, status: str) -> None:
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def bucket(a: Client, new_bucket: NewBucket) -> Iterator[str]:
    name = new_bucket()
    switch(a, name, "Enabled")
    yield name
    listed = a.list_object_versions(Bucket=name)
    for one in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        a.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])


@pytest.mark.parametrize(("method", "code"), [("get_object", "NoSuchKey"), ("head_object", "404")])
def test_a_deleted_key_says_so(a: Client, bucket: str, method: str, code: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    a.put_object(**place, Body=b"there")
    marker = a.delete_object(**place)
    assert marker["DeleteMarker"] is True
    with refused(code) as refusal:
        getattr(a, method)(**place)
    assert refusal.headers["x-amz-delete-marker"] == "true"
    assert refusal.headers["x-amz-version-id"] == marker["VersionId"]
    with refused("405" if method == "head_object" else "MethodNotAllowed") as refusal:
        getattr(a, method)(**place, VersionId=marker["VersionId"])
    assert (refusal.status, refusal.headers["allow"]) == (405, "DELETE")
    assert {"x-amz-delete-marker", "last-modified"} <= set(refusal.headers)


def test_a_key_that_never_was_has_no_marker(a: Client, bucket: str) -> None:
    with refused("404") as refusal:
        a.head_object(Bucket=bucket, Key="never")
    assert "x-amz-delete-marker" not in refusal.headers


def test_deleting_many_tells_the_markers(a: Client, bucket: str) -> None:
    version = a.put_object(Bucket=bucket, Key="k", Body=b"")["VersionId"]
    (made,) = a.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})["Deleted"]
    assert made["DeleteMarker"] is True
    marker = made["DeleteMarkerVersionId"]
    named = [{"Key": "k", "VersionId": marker}, {"Key": "k", "VersionId": version}]
    removed, object_removed = a.delete_objects(Bucket=bucket, Delete={"Objects": named})["Deleted"]
    assert removed == {"Key": "k", "VersionId": marker, "DeleteMarker": True, "DeleteMarkerVersionId": marker}
    assert object_removed == {"Key": "k", "VersionId": version}


def test_removing_a_marker_brings_the_object_back(a: Client, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    a.put_object(**place, Body=b"there")
    marker = a.delete_object(**place)["VersionId"]
    assert a.delete_object(**place, VersionId=marker)["DeleteMarker"] is True
    assert a.get_object(**place)["Body"].read() == b"there"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_of_versions_may_end_inside_a_key(a: Client, bucket: str, size: int) -> None:
    made = [("a", a.put_object(Bucket=bucket, Key="a", Body=b"")["VersionId"]) for _ in range(3)]
    made.append(("a", a.delete_object(Bucket=bucket, Key="a")["VersionId"]))
    deeper = [("b/c", a.put_object(Bucket=bucket, Key="b/c", Body=b"")["VersionId"]) for _ in range(2)]
    last = [("d", a.put_object(Bucket=bucket, Key="d", Body=b"")["VersionId"])]
    paginator = a.get_paginator("list_object_versions")
    seen: list[tuple[str, str]] = []
    for page in paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": size}):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        assert len(found) <= size
        assert all(one["IsLatest"] is (one["VersionId"] in {made[-1][1], deeper[-1][1], last[0][1]}) for one in found)
        seen += [(one["Key"], one["VersionId"]) for one in found]
    assert sorted(seen) == sorted([*made, *deeper, *last])
    folded = list(paginator.paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}))
    assert [one["Prefix"] for page in folded for one in page.get("CommonPrefixes", [])] == ["b/"]


def test_a_marker_of_a_version_needs_one_of_a_key(a: Client, bucket: str) -> None:
    with refused("InvalidArgument"):
        a.list_object_versions(Bucket=bucket, VersionIdMarker="x")


def test_suspension_keeps_versions_and_replaces_only_null(a: Client, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    first = a.put_object(**place, Body=b"first")["VersionId"]
    switch(a, bucket, "Suspended")
    assert a.put_object(**place, Body=b"second")["VersionId"] == "null"
    a.put_object(**place, Body=b"third")
    assert a.get_object(**place)["Body"].read() == b"third"
    assert a.head_object(**place)["VersionId"] == "null"
    assert [one["VersionId"] for one in a.list_object_versions(Bucket=bucket)["Versions"]] == ["null", first]
    assert a.delete_object(**place)["VersionId"] == "null"
    assert [one["VersionId"] for one in a.list_object_versions(Bucket=bucket)["Versions"]] == [first]
    assert a.get_object(**place, VersionId=first)["Body"].read() == b"first"


def test_an_older_version_is_restored_by_copying_it(a: Client, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    first = a.put_object(**place, Body=b"first")["VersionId"]
    a.put_object(**place, Body=b"second")
    answer = a.copy_object(**place, CopySource={**place, "VersionId": first})
    assert answer["CopySourceVersionId"] == first
    assert a.get_object(**place)["Body"].read() == b"first"
    marker = a.delete_object(**place)["VersionId"]
    with refused("InvalidRequest"):
        a.copy_object(**place, CopySource={**place, "VersionId": marker})


def test_an_empty_version_is_none(a: Client, bucket: str) -> None:
    a.put_object(Bucket=bucket, Key="k", Body=b"")
    with refused("400"):
        a.head_object(Bucket=bucket, Key="k", VersionId="")
