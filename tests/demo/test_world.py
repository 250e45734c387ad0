"""What there is to see."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.cloud import checksums
from tui.demo.cloud.content import MEBIBYTE, Joined, Section, Stored, whole
from tui.demo.profiles import ANALYTICS, MEDIA_PROD
from tui.demo.world.analytics import EVENT_KEYS
from tui.demo.world.build import BASE, PART, media, multipart_etag
from tui.demo.world.media import MASTER_BYTES, MASTER_CRC32, MASTER_ETAG, MASTER_KEY, MASTER_SEED

A_BUCKETS = [f"media-prod-{name}" for name in ("archive", "assets", "office", "preferred", "private")]
B_BUCKETS = [f"analytics-{name}" for name in ("dropbox", "landing", "reports")]


def test_each_account_lists_its_own_buckets(a: Client, b: Client) -> None:
    for client, account, names in ((a, MEDIA_PROD, A_BUCKETS), (b, ANALYTICS, B_BUCKETS)):
        listed = client.list_buckets()
        own = [one["Name"] for one in listed["Buckets"] if not one["Name"].startswith("test-")]
        assert own == names
        assert listed["Owner"] == {"ID": account.canonical_id}


@pytest.mark.parametrize(
    ("bucket", "b_lists", "b_reads"),
    [
        ("media-prod-assets", True, True),
        ("media-prod-private", False, False),
        ("media-prod-archive", False, False),
        ("media-prod-office", False, False),
        ("media-prod-preferred", True, False),
    ],
)
def test_what_b_may_in_as_buckets(a: Client, b: Client, bucket: str, b_lists: bool, b_reads: bool) -> None:
    own = MEDIA_PROD.canonical_id
    listed = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    key = next(one["Key"] for one in listed if one["Owner"]["ID"] == own and one["StorageClass"] == "STANDARD")
    checks: list[tuple[bool, Callable[[], object], str]] = [
        (b_lists, lambda: b.list_objects_v2(Bucket=bucket), "AccessDenied"),
        (b_reads, lambda: b.head_object(Bucket=bucket, Key=key), "403"),
    ]
    for allowed, call, code in checks:
        if allowed:
            call()
        else:
            with refused(code):
                call()


@pytest.mark.parametrize(
    ("bucket", "lists"), [("analytics-landing", False), ("analytics-dropbox", True), ("analytics-reports", False)]
)
def test_what_a_may_in_bs_buckets(a: Client, bucket: str, lists: bool) -> None:
    if lists:
        a.list_objects_v2(Bucket=bucket)
    else:
        with refused("AccessDenied"):
            a.list_objects_v2(Bucket=bucket)


def test_deliveries_are_foreign_owned_and_one_is_handed_over(a: Client) -> None:
    listed = a.list_objects_v2(Bucket="media-prod-assets", Prefix="incoming/", FetchOwner=True)["Contents"]
    assert {one["Owner"]["ID"] for one in listed} == {ANALYTICS.canonical_id}
    assert len(listed) >= 5
    for key in sorted({one["Key"] for one in listed} - {"incoming/handed-over.csv"}):
        with refused("403"):
            a.head_object(Bucket="media-prod-assets", Key=key)
    a.head_object(Bucket="media-prod-assets", Key="incoming/handed-over.csv")


@pytest.mark.parametrize(
    ("bucket", "ownership"),
    [
        ("media-prod-assets", "ObjectWriter"),
        ("media-prod-archive", "BucketOwnerEnforced"),
        ("media-prod-preferred", "BucketOwnerPreferred"),
    ],
)
def test_object_ownership(a: Client, bucket: str, ownership: str) -> None:
    rules = a.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": ownership}]
    encryption = a.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert all(a.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_archived_objects(a: Client) -> None:
    listed = a.list_objects_v2(Bucket="media-prod-archive")["Contents"]
    assert {"GLACIER", "DEEP_ARCHIVE", "STANDARD"} <= {one["StorageClass"] for one in listed}
    glacier = next(one["Key"] for one in listed if one["StorageClass"] == "GLACIER")
    with refused("InvalidObjectState"):
        a.get_object(Bucket="media-prod-archive", Key=glacier)


def test_some_thousands_of_keys(b: Client) -> None:
    pages = b.get_paginator("list_objects_v2").paginate(Bucket="analytics-landing", Prefix="events/")
    assert sum(len(page["Contents"]) for page in pages) == EVENT_KEYS


def test_nothing_is_younger_than_the_worlds_present(a: Client, b: Client) -> None:
    asked = [*((a, bucket) for bucket in A_BUCKETS), (b, "analytics-reports")]
    listed = [client.list_objects_v2(Bucket=bucket)["Contents"] for client, bucket in asked]
    youngest = [max(one["LastModified"] for one in each) for each in listed]
    assert len(youngest) == len(A_BUCKETS) + 1
    assert max(youngest) <= BASE


def test_the_master_has_the_etag_and_checksum_it_claims(b: Client) -> None:
    content = media(MASTER_SEED, MASTER_BYTES)
    assert multipart_etag(content, (PART,) * (MASTER_BYTES // PART)) == MASTER_ETAG
    assert checksums.compute("CRC32", content) == MASTER_CRC32
    head = b.head_object(Bucket="media-prod-assets", Key=MASTER_KEY, ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"]) == (200 * MEBIBYTE, f'"{MASTER_ETAG}"')
    assert head["ChecksumCRC32"] == MASTER_CRC32


def test_every_mebibyte_of_generated_content_is_another_one() -> None:
    content = media(1, 64 * MEBIBYTE)
    blocks = {whole(Section(content, start, MEBIBYTE)) for start in range(0, content.size, MEBIBYTE)}
    assert len(blocks) == 64
    assert whole(media(1, MEBIBYTE)) != whole(media(2, MEBIBYTE))


@pytest.mark.parametrize(("start", "stop"), [(0, 9), (2, 7), (3, 3), (0, 3), (4, 5)])
def test_joined_and_section_are_slices(start: int, stop: int) -> None:
    octets = b"abcdefghi"
    joined = Joined((Stored(octets[:3]), Section(Stored(b"xxdefgxx"), 2, 4), Stored(octets[7:])))
    assert b"".join(joined.read(start, stop)) == octets[start:stop]


def test_the_world_is_the_same_in_every_process(a: Client) -> None:
    script = (
        "from tui.demo.world import make_world\n"
        "bucket = make_world().store.bucket('media-prod-assets')\n"
        "for key in bucket.keys.in_order(): print(ascii(key), bucket.find(key).etag, bucket.find(key).last_modified)"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    served = {ascii(one["Key"]): one["ETag"] for one in a.list_objects_v2(Bucket="media-prod-assets")["Contents"]}
    lines = dict(line.rsplit(" ", 3)[:2] for line in made.splitlines())
    assert lines == served
