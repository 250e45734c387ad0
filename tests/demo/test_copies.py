"""Copies between the accounts: which of the three routes is open, and what survives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.profiles import ANALYTICS, MEDIA_PROD

NewBucket = Callable[..., str]
MEBIBYTE = 1 << 20
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
        if works:
            client.copy_object(**target, CopySource=source)
        else:
            with refused("AccessDenied"):
                client.copy_object(**target, CopySource=source)
    # A relay reads with the one identity and writes with the other; that works in every one of these cases.
    b.put_object(**target, Body=a.get_object(**source)["Body"].read())
    assert b.head_object(**target)["ContentLength"] == a.head_object(**source)["ContentLength"]


def test_the_copier_owns_the_copy(a: Client, b: Client) -> None:
    a.copy_object(**DROPBOX, CopySource=PRIVATE)
    assert a.get_object_acl(**DROPBOX)["Owner"] == {"ID": MEDIA_PROD.canonical_id}
    with refused("AccessDenied"):
        b.get_object(**DROPBOX)
    a.copy_object(**DROPBOX, CopySource=PRIVATE, ACL="bucket-owner-full-control")
    assert b.get_object_acl(**DROPBOX)["Owner"] == {"ID": MEDIA_PROD.canonical_id}
    b.copy_object(**LANDING, CopySource=VIDEO)
    assert b.get_object_acl(**LANDING)["Owner"] == {"ID": ANALYTICS.canonical_id}


def test_a_source_that_the_bucket_owner_may_not_read(a: Client) -> None:
    with refused("AccessDenied") as refusal:
        a.copy_object(**DROPBOX, CopySource={"Bucket": "media-prod-assets", "Key": "incoming/heatmap.png"})
    assert "s3:GetObject" in refusal.message


def test_what_a_copy_keeps(b: Client) -> None:
    source = b.head_object(**VIDEO, ChecksumMode="ENABLED")
    b.copy_object(**LANDING, CopySource=VIDEO)
    copy = b.head_object(**LANDING, ChecksumMode="ENABLED")
    for name in ("ContentType", "CacheControl", "Metadata", "ContentLength", "TagCount", "ChecksumCRC32"):
        assert copy[name] == source[name], name
    assert "-" not in copy["ETag"]
    b.copy_object(
        **LANDING,
        CopySource=VIDEO,
        MetadataDirective="REPLACE",
        ContentType="video/x-other",
        Metadata={"only": "this"},
        TaggingDirective="REPLACE",
        Tagging="one=1",
        StorageClass="STANDARD_IA",
        ChecksumAlgorithm="SHA256",
    )
    copy = b.head_object(**LANDING, ChecksumMode="ENABLED")
    assert (copy["ContentType"], copy["Metadata"]) == ("video/x-other", {"only": "this"})
    assert (copy["StorageClass"], "CacheControl" in copy, "ChecksumSHA256" in copy) == ("STANDARD_IA", False, True)
    assert b.get_object_tagging(**LANDING)["TagSet"] == [{"Key": "one", "Value": "1"}]


def test_tags_of_the_source_need_permission_unless_replaced(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="secret=1")
    a.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action":'
        f' "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}}]}}',
    )
    source = {"Bucket": bucket, "Key": "k"}
    with refused("AccessDenied") as refusal:
        b.copy_object(**LANDING, CopySource=source)
    assert "s3:GetObjectTagging" in refusal.message
    b.copy_object(**LANDING, CopySource=source, TaggingDirective="REPLACE")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("CopySourceIfMatch", True),
        ("CopySourceIfMatch", False),
        ("CopySourceIfNoneMatch", True),
        ("CopySourceIfNoneMatch", False),
    ],
)
def test_the_source_can_be_pinned(b: Client, condition: str, holds: bool) -> None:
    etag = b.head_object(**VIDEO)["ETag"]
    wanted = etag if (condition == "CopySourceIfMatch") == holds else '"0123456789abcdef0123456789abcdef"'
    arguments: dict[str, Any] = {"CopySource": VIDEO, condition: wanted}
    if holds:
        b.copy_object(**LANDING, **arguments)
        assert b.head_object(**LANDING)["ContentLength"] == b.head_object(**VIDEO)["ContentLength"]
    else:
        with refused("PreconditionFailed") as refusal:
            b.copy_object(**LANDING, **arguments)
        assert refusal.status == 412
        with refused("404"):
            b.head_object(**LANDING)


def test_copies_by_part(a: Client, b: Client) -> None:
    source = {"Bucket": "media-prod-assets", "Key": "video/2026/raw/master-2026.mov"}
    head = b.head_object(**source)
    upload = b.create_multipart_upload(**LANDING, ContentType=head["ContentType"], Tagging="t=1")["UploadId"]
    parts = []
    for number in (1, 2):
        first = (number - 1) * 8 * MEBIBYTE + 5
        etag = b.upload_part_copy(
            **LANDING,
            UploadId=upload,
            PartNumber=number,
            CopySource=source,
            CopySourceRange=f"bytes={first}-{first + 8 * MEBIBYTE - 1}",
            CopySourceIfMatch=head["ETag"],
        )["CopyPartResult"]["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    with refused("PreconditionFailed"):
        b.upload_part_copy(**LANDING, UploadId=upload, PartNumber=3, CopySource=source, CopySourceIfMatch='"changed"')
    with refused("InvalidArgument"):
        b.upload_part_copy(
            **LANDING,
            UploadId=upload,
            PartNumber=3,
            CopySource=source,
            CopySourceRange=f"bytes=0-{head['ContentLength']}",
        )
    with refused("AccessDenied"):
        b.upload_part_copy(**LANDING, UploadId=upload, PartNumber=3, CopySource=PRIVATE)
    with refused("AccessDenied"):
        a.upload_part_copy(**LANDING, UploadId=upload, PartNumber=3, CopySource=source)
    b.complete_multipart_upload(**LANDING, UploadId=upload, MultipartUpload={"Parts": parts})
    copied = b.get_object(**LANDING)
    wanted = a.get_object(**source, Range=f"bytes=5-{16 * MEBIBYTE + 4}")["Body"].read()
    assert copied["Body"].read() == wanted
    assert (copied["ContentType"], copied["TagCount"]) == ("video/quicktime", 1)


def test_archived_objects_must_be_restored_first(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    source = {"Bucket": bucket, "Key": "k"}
    assert a.head_object(**source)["StorageClass"] == "GLACIER"
    with refused("InvalidObjectState") as refusal:
        a.get_object(**source)
    assert refusal.status == 403
    with refused("InvalidObjectState"):
        a.copy_object(Bucket=bucket, Key="k2", CopySource=source)
    a.restore_object(**source, RestoreRequest={"Days": 1})
    assert 'ongoing-request="false"' in a.head_object(**source)["Restore"]
    assert a.get_object(**source)["Body"].read() == b"x"


@pytest.mark.parametrize("source", ["no-slash", "media-prod-assets/", "media-prod-assets/not-there"])
def test_sources_that_are_not_there(b: Client, source: str) -> None:
    with refused("NoSuchKey" if source.endswith("there") else "InvalidArgument"):
        b.copy_object(**LANDING, CopySource=source)
