"""The buckets of media-prod (account A)."""

from typing import Final

from tui.demo.cloud.content_bytes import MEBIBYTE
from tui.demo.cloud.models import DemoBucket, DemoOwnership, DemoStore
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD
from tui.demo.world_build import (
    INDEX_HTML,
    README,
    SUBTITLES,
    before,
    make_bucket,
    media,
    poster,
    put,
    put_odd_names,
    sidecar,
    text,
)
from tui.demo.world_people import DELIVER, allow, policy

KIBIBYTE: Final = 1024
MASTER_KEY: Final = "video/2026/raw/master-2026.mov"
MASTER_BYTES: Final = 200 * MEBIBYTE
MASTER_SEED: Final = 2026
# Computed once from the content (a test repeats it): hashing 200 MiB takes a third of the start-up time.
MASTER_ETAG: Final = "9d1cf4da3c95c34655a066fd34d79280-25"
MASTER_CRC32: Final = "zVxPHQ=="
OFFICE_NETWORK: Final = "203.0.113.0/24"


def make_media(store: DemoStore) -> None:
    _assets(store)
    _private(store)
    _archive(store)
    _office(store)
    _preferred(store)


def _arn(bucket: DemoBucket, keys: str = "") -> str:
    return f"arn:aws:s3:::{bucket.name}{keys}"


def _assets(store: DemoStore) -> None:
    """The bucket policy lets analytics read, and write under incoming/; it then owns its objects."""
    bucket = make_bucket(store, MEDIA_PROD, "media-prod-assets", 1480)
    bucket.ownership = DemoOwnership.OBJECT_WRITER
    bucket.parsed_policy = policy(
        allow(
            "PartnerMayList",
            ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            _arn(bucket),
            to=ANALYTICS,
        ),
        allow("PartnerMayRead", ["s3:GetObject", "s3:GetObjectTagging"], _arn(bucket, "/*"), to=ANALYTICS),
        allow("PartnerMayDeliver", DELIVER, _arn(bucket, "/incoming/*"), to=ANALYTICS),
    )
    _site(bucket)
    _videos(bucket)
    _incoming(bucket)
    put_odd_names(bucket)


def _site(bucket: DemoBucket) -> None:
    put(
        bucket,
        "video.mp4",
        media(1, 12 * MEBIBYTE + 345_678),
        before(minutes=12),
        headers={
            "cache-control": "public, max-age=86400",
            "x-amz-meta-title": "Launch film",
            "x-amz-meta-camera": "FX6",
            "x-amz-meta-frame-rate": "23.976",
        },
        tags={"project": "launch-2026", "rights": "cleared"},
    )
    put(bucket, "poster.png", poster(), before(days=4, hours=2))
    put(
        bucket,
        "index.html",
        text(INDEX_HTML),
        before(days=4, hours=1),
        headers={"cache-control": "no-cache", "content-language": "en"},
    )
    put(bucket, "README.md", text(README), before(days=200))
    for number in range(1, 61):
        size = (40 + number * 37 % 90) * KIBIBYTE + number * 13
        put(
            bucket,
            f"images/2026-11/frame-{number:04}.jpg",
            media(100 + number, size),
            before(days=number * 0.37 + 1),
            storage_class="STANDARD_IA" if number % 7 == 0 else "STANDARD",
        )


def _videos(bucket: DemoBucket) -> None:
    folder = "video/2026/"
    clips = {"intro.mp4": (2, 9 * MEBIBYTE), "trailer.mp4": (3, 14 * MEBIBYTE + 77_001)}
    for name, (seed, size) in clips.items():
        moment = before(days=seed, minutes=41)
        put(bucket, folder + name, media(seed, size), moment, tags={"cut": "final"})
    for language, lines in SUBTITLES.items():
        key = f"{folder}subtitles/intro.{language}.vtt"
        put(bucket, key, text(lines), before(days=3, hours=5))
    put(
        bucket,
        MASTER_KEY,
        media(MASTER_SEED, MASTER_BYTES),
        before(days=9),
        headers={"x-amz-meta-codec": "ProRes 422 HQ"},
        tags={"project": "launch-2026"},
        etag=MASTER_ETAG,
        crc32=MASTER_CRC32,
    )
    put(bucket, folder + "raw/master-2026.xml", text(sidecar()), before(days=9))
    for take in range(1, 9):
        size = (300 + take * 53) * KIBIBYTE
        key = f"{folder}raw/take-{take:02}.mov"
        put(bucket, key, media(300 + take, size), before(days=12, hours=take))


def _incoming(bucket: DemoBucket) -> None:
    """Deliveries of analytics. It owns all of them except the one it handed over."""
    for number in range(1, 8):
        put(
            bucket,
            f"incoming/2026-11-{10 + number}/audience-{number:02}.csv",
            text("minute,viewers\n" + "".join(f"{m},{m * number * 17 % 991}\n" for m in range(90))),
            before(days=14 - number),
            owner=ANALYTICS,
        )
    put(bucket, "incoming/heatmap.png", poster(), before(days=2), owner=ANALYTICS)
    put(
        bucket,
        "incoming/handed-over.csv",
        text("minute,viewers\n0,1200\n1,1187\n"),
        before(days=1),
        owner=ANALYTICS,
        acl="bucket-owner-full-control",
    )


def _private(store: DemoStore) -> None:
    """Only the role lets analytics in."""
    bucket = make_bucket(store, MEDIA_PROD, "media-prod-private", 1460)
    put(
        bucket,
        "unreleased/teaser.mp4",
        media(41, 6 * MEBIBYTE + 1_234),
        before(hours=7),
        headers={"x-amz-meta-embargo": "2026-12-01"},
        tags={"embargo": "yes"},
    )
    put(bucket, "unreleased/cover.png", poster(), before(hours=8))
    for year in (2024, 2025, 2026):
        content = text(f"Agreement between media-prod and analytics, {year}.\n" * 40)
        put(bucket, f"contracts/{year}/partner.txt", content, before(days=(2027 - year) * 340))


def _archive(store: DemoStore) -> None:
    """ACLs are disabled; many objects are in archive storage classes."""
    bucket = make_bucket(store, MEDIA_PROD, "media-prod-archive", 1100)
    classes = ("GLACIER", "DEEP_ARCHIVE", "STANDARD_IA", "GLACIER_IR")
    for index, year in enumerate(range(2015, 2026)):
        for reel in range(1, 4):
            put(
                bucket,
                f"reels/{year}/reel-{reel}.mov",
                media(500 + index * 3 + reel, (200 + reel * 111 + index * 7) * KIBIBYTE),
                before(days=(2026 - year) * 365 - reel * 30),
                storage_class=classes[(index + reel) % len(classes)],
            )
    put(bucket, "INVENTORY.txt", text("Reels by year, three each.\n"), before(days=30))


def _office(store: DemoStore) -> None:
    """The bucket policy lets analytics in from the office's addresses only."""
    bucket = make_bucket(store, MEDIA_PROD, "media-prod-office", 700)
    bucket.parsed_policy = policy(
        allow(
            "PartnerFromTheOffice",
            ["s3:ListBucket", "s3:GetObject"],
            [_arn(bucket), _arn(bucket, "/*")],
            to=ANALYTICS,
            Condition={"IpAddress": {"aws:SourceIp": OFFICE_NETWORK}},
        )
    )
    for month in range(1, 11):
        content = text(f"Minutes of month {month}.\n" * 12)
        put(bucket, f"minutes/2026-{month:02}.txt", content, before(days=330 - month * 30))


def _preferred(store: DemoStore) -> None:
    """Objects that analytics writes with bucket-owner-full-control become media-prod's; it owns the others itself."""
    bucket = make_bucket(store, MEDIA_PROD, "media-prod-preferred", 500)
    bucket.ownership = DemoOwnership.PREFERRED
    bucket.parsed_policy = policy(
        allow(
            "PartnerMayWrite",
            ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:AbortMultipartUpload"],
            _arn(bucket, "/*"),
            to=ANALYTICS,
        ),
        allow(
            "PartnerMayList",
            ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            _arn(bucket),
            to=ANALYTICS,
        ),
    )
    put(bucket, "briefing.txt", text("Deliver here, with an ACL.\n"), before(days=60))
    put(bucket, "delivered-without-acl.txt", text("media-prod cannot read this.\n"), before(days=5), owner=ANALYTICS)
