"""What is in the demo: users and roles, the buckets of media-prod (account A) and of analytics (account B)."""

import json
from typing import Any, Final

from tui.demo.cloud.content_bytes import MEBIBYTE
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import Policy
from tui.demo.cloud.models import DemoBucket, DemoOwnership, DemoStore
from tui.demo.demo_profiles import ACCOUNTS, ANALYTICS, MEDIA_PROD, ROLE_ARN, DemoAccount
from tui.demo.world_build import (
    INDEX_HTML,
    README,
    SUBTITLES,
    before,
    events,
    make_bucket,
    media,
    poster,
    put,
    put_marker,
    put_odd_names,
    sidecar,
    text,
)

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


EXTERNAL_ID: Final = "xs3-demo-audit"
AUDIT_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-audit"
"""Its trust policy requires `EXTERNAL_ID`."""
OPERATOR_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/partner-operator"
"""Its trust policy requires MFA."""
ARCHIVE_ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/archive-read"
"""Only sessions of the operator role may assume it."""

_READABLE: Final = ("media-prod-assets", "media-prod-private")


def make_identities() -> DemoIdentities:
    """Both users, each an administrator of its account, and media-prod's roles for analytics."""
    return DemoIdentities([_user(account) for account in ACCOUNTS], _roles())


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2))


def root(account: DemoAccount) -> dict[str, str]:
    """The principal of a whole account."""
    return {"AWS": f"arn:aws:iam::{account.number}:root"}


def allow(
    sid: str, actions: str | list[str], resource: str | list[str], *, to: DemoAccount | None = None, **more: Any
) -> dict[str, Any]:
    """An Allow statement: for an account, or in an identity policy."""
    principal = {"Principal": root(to)} if to else {}
    return {"Sid": sid, "Effect": "Allow", **principal, "Action": actions, "Resource": resource, **more}


DELIVER: Final = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]


def _user(account: DemoAccount) -> DemoIdentity:
    return DemoIdentity(
        account=account.number,
        arn=account.user_arn,
        user_id=f"AIDADEMO{account.number}",
        access_key_id=account.access_key_id,
        secret_access_key=account.secret_access_key,
        mfa_serial=account.mfa_serial,
        mfa_secret=account.secret_access_key.encode(),
    )


def _roles() -> list[Role]:
    trust = {"Effect": "Allow", "Principal": root(ANALYTICS), "Action": "sts:AssumeRole"}
    by_device = {**trust, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    chained = {**trust, "Principal": {"AWS": OPERATOR_ROLE_ARN}}
    guarded = {**trust, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    reading = policy(
        allow("SeeBuckets", "s3:ListAllMyBuckets", "*"),
        allow("List", ["s3:ListBucket", "s3:GetBucketLocation"], [f"arn:aws:s3:::{name}" for name in _READABLE]),
        allow("Read", ["s3:GetObject", "s3:GetObjectTagging"], [f"arn:aws:s3:::{name}/*" for name in _READABLE]),
    )
    auditing = policy(
        allow("SeeSettings", ["s3:GetBucket*", "s3:GetEncryptionConfiguration"], "arn:aws:s3:::media-prod-*")
    )
    operating = policy(allow("BecomeOther", "sts:AssumeRole", ARCHIVE_ROLE_ARN))
    archive = policy(allow("ReadArchive", ["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"], ["*"]))
    return [
        Role(ROLE_ARN, policy(trust), {"Read": reading}),
        Role(AUDIT_ROLE_ARN, policy(guarded), {"Audit": auditing}),
        Role(OPERATOR_ROLE_ARN, policy(by_device), {"Read": reading, "Operate": operating}),
        Role(ARCHIVE_ROLE_ARN, policy(chained), {"Archive": archive}),
    ]


EVENT_KEYS: Final = 5000


def make_analytics(store: DemoStore) -> None:
    _landing(store)
    _dropbox(store)
    _reports(store)


def _landing(store: DemoStore) -> None:
    """Gives media-prod no access."""
    bucket = make_bucket(store, ANALYTICS, "analytics-landing", 900)
    hours = [events(hour, 20 + hour * 11) for hour in range(24)]
    for number in range(EVENT_KEYS):
        put(
            bucket,
            f"events/events-{number:05}.jsonl.gz",
            hours[number % 24],
            before(hours=1 + (EVENT_KEYS - number) * 0.2),
        )
    for day in range(1, 24):
        for region in ("eu", "jp", "us"):
            rows = "".join(f"{hour:02}:00,{day * hour * 31 % 4001}\n" for hour in range(24))
            put(
                bucket,
                f"in/daily/2026-11-{day:02}/{region}.csv",
                text("hour,plays\n" + rows),
                before(days=24 - day, hours=3),
            )
    put(bucket, "in/README.md", text("Copies of other accounts land here.\n"), before(days=300))


def _dropbox(store: DemoStore) -> None:
    """media-prod may write here. It owns its objects unless it grants the bucket owner full control."""
    bucket = make_bucket(store, ANALYTICS, "analytics-dropbox", 640)
    bucket.ownership = DemoOwnership.OBJECT_WRITER
    bucket.parsed_policy = policy(
        allow("PartnerMayDeliver", DELIVER, f"arn:aws:s3:::{bucket.name}/*", to=MEDIA_PROD),
        allow(
            "PartnerMayLook",
            ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"],
            f"arn:aws:s3:::{bucket.name}",
            to=MEDIA_PROD,
        ),
    )
    put(bucket, "README.md", text("Put deliveries for analytics here.\n"), before(days=600))


def _reports(store: DemoStore) -> None:
    """ACLs are disabled and versioning is on: the latest report was corrected twice, a draft was deleted."""
    bucket = make_bucket(store, ANALYTICS, "analytics-reports", 410, region="eu-central-1")
    bucket.versioning_status = "Enabled"
    for correction in (2, 1):
        rows = "".join(
            f"week {week},{11 * week * 1009 % 90001 + 50 * correction}\n" for week in range(1, 6 - correction)
        )
        put(
            bucket,
            "2026/11/summary.csv",
            text("week,plays\n" + rows),
            before(days=2 + 3 * correction),
            tags={"quarter": "q4"},
        )
    put(bucket, "2026/11/draft.csv", text("week,plays\nweek 1,?\n"), before(days=12))
    put_marker(bucket, "2026/11/draft.csv", before(days=6))
    for month in range(1, 12):
        rows = "".join(f"week {week},{month * week * 1009 % 90001}\n" for week in range(1, 6))
        put(
            bucket,
            f"2026/{month:02}/summary.csv",
            text("week,plays\n" + rows),
            before(days=(11 - month) * 30 + 2),
            tags={"quarter": f"q{(month + 2) // 3}"},
        )
