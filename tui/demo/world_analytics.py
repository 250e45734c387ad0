"""The buckets of analytics (account B)."""

from typing import Final

from tui.demo.cloud.models import DemoOwnership, DemoStore
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD
from tui.demo.world_build import before, events, make_bucket, put, put_marker, text
from tui.demo.world_people import DELIVER, allow, policy

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
