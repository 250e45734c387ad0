"""Objects that come in parts, and copies between the accounts: which of the three routes is open, what survives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.demo.conftest import Client, NewBucket
from tests.servers.buckets import begun, completed, refusal_of, refused

MINIMUM = 5 * 1024**2
FIRST, LAST = b"1" * MINIMUM, b"2" * 1000


@pytest.fixture
def place(new_bucket: NewBucket) -> dict[str, str]:
    return {"Bucket": new_bucket(), "Key": "dir//k [1]"}


def test_mistakes(a: Client, place: dict[str, str]) -> None:
    upload = begun(a, place)
    small = a.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    last = a.upload_part(**upload, PartNumber=2, Body=LAST)["ETag"]
    assert refused(completed, a, upload, small, last) == "EntityTooSmall"
    assert refused(completed, a, upload, last) == "InvalidPart"
    parts = [{"PartNumber": 2, "ETag": last}, {"PartNumber": 1, "ETag": small}]
    assert refused(a.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts}) == "InvalidPartOrder"
    assert refused(a.upload_part, **upload, PartNumber=10_001, Body=b"") == "InvalidArgument"
    a.abort_multipart_upload(**upload)
    assert refused(a.upload_part, **upload, PartNumber=1, Body=b"") == "NoSuchUpload"
    assert refused(a.head_object, **place) == "404"


def test_only_an_identity_that_may_write_may_continue(a: Client, b: Client, place: dict[str, str]) -> None:
    upload = begun(a, place)
    calls: list[Callable[[], object]] = [
        lambda: b.upload_part(**upload, PartNumber=1, Body=b""),
        lambda: b.list_parts(**upload),
        lambda: b.abort_multipart_upload(**upload),
        lambda: b.list_multipart_uploads(Bucket=place["Bucket"]),
        lambda: completed(b, upload, '"x"'),
    ]
    for call in calls:
        assert refused(call) == "AccessDenied"


def test_completing_again_gives_the_same_answer(a: Client, place: dict[str, str]) -> None:
    upload = begun(a, place)
    part = a.upload_part(**upload, PartNumber=1, Body=LAST)["ETag"]
    first = completed(a, upload, part)
    a.put_object(**place, Body=b"newer")
    again = completed(a, upload, part)
    assert (again["ETag"], again["Key"]) == (first["ETag"], place["Key"])
    assert a.get_object(**place)["Body"].read() == b"newer"  # answered, not done once more
    assert refused(completed, a, upload, '"another"') == "NoSuchUpload"
    assert refused(a.upload_part, **upload, PartNumber=1, Body=LAST) == "NoSuchUpload"


def test_an_upload_says_which_checksum_it_will_have(a: Client, place: dict[str, str]) -> None:
    for algorithm, kind in (("CRC32", "COMPOSITE"), ("CRC64NVME", "FULL_OBJECT")):
        answer = a.create_multipart_upload(**place, ChecksumAlgorithm=algorithm)
        (listed,) = a.list_multipart_uploads(Bucket=place["Bucket"])["Uploads"]
        upload = {**place, "UploadId": answer["UploadId"]}
        for told in (answer, listed, a.list_parts(**upload)):
            assert (told["ChecksumAlgorithm"], told["ChecksumType"]) == (algorithm, kind)
        assert refused(a.upload_part, **upload, PartNumber=1, Body=LAST, ChecksumAlgorithm="SHA1") == "InvalidRequest"
        a.abort_multipart_upload(**upload)


def test_parts_are_listed_with_their_checksums(a: Client, place: dict[str, str]) -> None:
    upload = begun(a, place, ChecksumAlgorithm="CRC32")
    parts: list[dict[str, Any]] = []
    for number, body in enumerate((FIRST, FIRST, LAST), start=1):
        part = a.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    wrong = [{**parts[0], "ChecksumCRC32": "AAAAAA=="}, *parts[1:]]
    assert refused(a.complete_multipart_upload, **upload, MultipartUpload={"Parts": wrong}) == "InvalidPart"
    whole = {**upload, "MultipartUpload": {"Parts": parts}}
    assert refused(a.complete_multipart_upload, **whole, MpuObjectSize=1) == "InvalidRequest"
    a.complete_multipart_upload(**whole)
    told = a.get_object_attributes(**place, ObjectAttributes=["ObjectParts"], MaxParts=1, PartNumberMarker=1)
    listed = told["ObjectParts"]
    assert (listed["TotalPartsCount"], listed["IsTruncated"], listed["NextPartNumberMarker"]) == (3, True, 2)
    (second,) = listed["Parts"]
    assert (second["Size"], second["ChecksumCRC32"]) == (MINIMUM, parts[1]["ChecksumCRC32"])
    answer = a.head_object(**place, PartNumber=3, ChecksumMode="ENABLED")
    assert (answer["PartsCount"], answer["ChecksumCRC32"]) == (3, parts[2]["ChecksumCRC32"])
    assert refused(a.get_object_attributes, **place, ObjectAttributes=["Colour"]) == "InvalidArgument"


def test_uploads_are_folded_and_paged(a: Client, place: dict[str, str]) -> None:
    bucket = place["Bucket"]
    uploads = [begun(a, {"Bucket": bucket, "Key": key}) for key in ("a/1", "a/2", "b +", "b +", "c")]
    folded, ids = [], set()
    for page in a.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
    ):
        folded += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        folded += [one["Key"] for one in page.get("Uploads", [])]
        ids |= {one["UploadId"] for one in page.get("Uploads", [])}
    assert folded == ["a/", "b +", "b +", "c"]
    assert ids == {one["UploadId"] for one in uploads[2:]}


VIDEO = {"Bucket": "media-prod-assets", "Key": "video.mp4"}
PRIVATE = {"Bucket": "media-prod-private", "Key": "unreleased/teaser.mp4"}
LANDING = {"Bucket": "analytics-landing", "Key": "in/copied.mp4"}
DROPBOX = {"Bucket": "analytics-dropbox", "Key": "from-media/copied.mp4"}


@pytest.fixture(autouse=True)
def leave_the_world_as_it_was(b: Client) -> Iterator[None]:
    yield
    for place in (LANDING, DROPBOX):
        b.delete_object(**place)


@pytest.mark.parametrize(
    ("source", "target", "pull", "push"),
    [
        pytest.param(VIDEO, LANDING, True, False, id="pull only"),
        pytest.param(PRIVATE, DROPBOX, False, True, id="push only"),
        pytest.param(PRIVATE, LANDING, False, False, id="relay only"),
        pytest.param(VIDEO, DROPBOX, True, True, id="pull and push"),
    ],
)
def test_routes(a: Client, b: Client, source: dict[str, str], target: dict[str, str], pull: bool, push: bool) -> None:
    for client, works in ((a, push), (b, pull)):
        assert refused(client.copy_object, **target, CopySource=source) == ("" if works else "AccessDenied")
    # A relay reads with the one identity and writes with the other; that works in every one of these cases.
    b.put_object(**target, Body=a.get_object(**source)["Body"].read())
    assert b.head_object(**target)["ContentLength"] == a.head_object(**source)["ContentLength"]


def test_the_source_can_be_pinned(b: Client) -> None:
    head, another = b.head_object(**VIDEO), '"0123456789abcdef0123456789abcdef"'
    for failing in ({"CopySourceIfMatch": another}, {"CopySourceIfNoneMatch": head["ETag"]}):
        refusal = refusal_of(b.copy_object, **LANDING, CopySource=VIDEO, **failing)
        assert (refusal.code, refusal.status) == ("PreconditionFailed", 412)
        assert refused(b.head_object, **LANDING) == "404"
    for holding in ({"CopySourceIfMatch": head["ETag"]}, {"CopySourceIfNoneMatch": another}):
        b.copy_object(**LANDING, CopySource=VIDEO, **holding)
        assert b.head_object(**LANDING)["ContentLength"] == head["ContentLength"]
        b.delete_object(**LANDING)


def test_what_is_copied_by_part(a: Client, b: Client) -> None:
    source = {"Bucket": "media-prod-assets", "Key": "video/2026/raw/master-2026.mov"}
    head, upload = b.head_object(**source), b.create_multipart_upload(**LANDING)["UploadId"]
    part = {**LANDING, "UploadId": upload, "PartNumber": 1}
    assert refused(b.upload_part_copy, **part, CopySource=source, CopySourceIfMatch='"changed"') == "PreconditionFailed"
    beyond = f"bytes=0-{head['ContentLength']}"
    assert refused(b.upload_part_copy, **part, CopySource=source, CopySourceRange=beyond) == "InvalidArgument"
    assert refused(b.upload_part_copy, **part, CopySource=PRIVATE) == "AccessDenied"
    assert refused(a.upload_part_copy, **part, CopySource=source) == "AccessDenied"
    b.abort_multipart_upload(**LANDING, UploadId=upload)


def test_archived_objects_must_be_restored_first(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    source = {"Bucket": bucket, "Key": "k"}
    assert a.head_object(**source)["StorageClass"] == "GLACIER"
    refusal = refusal_of(a.get_object, **source)
    assert (refusal.code, refusal.status) == ("InvalidObjectState", 403)
    assert refused(a.copy_object, Bucket=bucket, Key="k2", CopySource=source) == "InvalidObjectState"
    a.restore_object(**source, RestoreRequest={"Days": 1})
    assert 'ongoing-request="false"' in a.head_object(**source)["Restore"]
    assert a.get_object(**source)["Body"].read() == b"x"


def test_sources_that_are_not_there(b: Client) -> None:
    for source, code in (
        ("no-slash", "InvalidArgument"),
        ("media-prod-assets/", "InvalidArgument"),
        ("media-prod-assets/not-there", "NoSuchKey"),
    ):
        assert refused(b.copy_object, **LANDING, CopySource=source) == code
