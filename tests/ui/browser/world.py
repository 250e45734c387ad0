"""What the scripted engine of the browser's pictures tells: two accounts, a bucket of each, and the odd cases."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from tests.ui.browser.browser import A, B
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import ALL
from tests.ui.dialogs.world import BOOK, NOW, UPDATES
from tui.model.identity import AuthMethod, EndpointSource, Identity, Owner
from tui.model.listing import Bucket, BucketList, ObjectSummary, Page, make_page
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import TransferList
from tui.protocol.messages.base import Feed
from tui.protocol.messages.identities import Connect, ListProfiles, Profiles, WatchAddresses, WatchIdentity
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.places import ListBuckets, ListObjects
from tui.protocol.messages.transfers import WaitingConflicts, WatchConflicts, WatchTransfers

Answer = TypeVar("Answer")

MEDIA, VIDEO = Location("media-prod-assets"), Location("media-prod-assets", "video/")
LANDING, ARCHIVE = Location("analytics-landing", "in/"), Location("finance-archive")
MINE, THEIRS = Owner("aaa"), Owner("bbb")
MINUTE, DAY = 60, 86_400

WHO_A = Identity(
    "a", "media-prod", AuthMethod.SSO, A, "ap-northeast-1", account="111111111111",
    arn="arn:aws:sts::111111111111:assumed-role/deploy/me", canonical_id="aaa", expires=NOW + 41 * MINUTE,
)  # fmt: skip
WHO_B = Identity(
    "b", "analytics", AuthMethod.KEYS, B, "us-east-1", "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com",
    EndpointSource.PROFILE, "222222222222", "arn:aws:iam::222222222222:user/bob", "bbb",
)  # fmt: skip


def _object(key: str, size: int, age: float, owner: Owner = MINE, storage_class: str = "STANDARD") -> ObjectSummary:
    return ObjectSummary(key, size, int(NOW - age), storage_class, owner)


PAGES: dict[Location, list[Any]] = {
    VIDEO: [
        make_page(
            "video/",
            ["video/2026/", "video/[markup]/"],
            [
                _object("video/a name that is far too long to be shown in full, end.mp4", 7, 3 * DAY),
                _object("video/emoji-🎬-名前.mp4", 840 * 2**10, 40 * MINUTE),
                _object("video/escape-\x1b[31m.mp4", 0, 400 * DAY),
                _object("video/intro.mp4", 1_524_713_390, 12 * MINUTE),
                _object("video/poster.png", 1_153_433, 4 * DAY, THEIRS, "STANDARD_IA"),
                _object("video/trailer.mp4", 222_298_112, 4 * DAY),
            ],
        )
    ],
    VIDEO.child("2026/"): [
        make_page("video/2026/", ["video/2026/raw/"], [_object("video/2026/cut.mp4", 9 * 2**30, 30 * DAY)])
    ],
    LANDING: [
        make_page(
            "in/",
            ["in/daily/"],
            [_object(f"in/events-{at:04}.json.gz", 12 * 2**20 + at, 2 * DAY, THEIRS) for at in range(1, 1000)],
            last=False,
        ),
        HOLD,
    ],
    ARCHIVE: [
        Problem(
            ProblemKind.DENIED,
            "access denied",
            identity="role/deploy",
            operation="ListObjectsV2",
            permission="s3:ListBucket",
        )
    ],
}

BUCKETS = {
    "a": BucketList([Bucket("media-prod-archive", NOW - 900 * DAY), Bucket(MEDIA.bucket, NOW - 700 * DAY)], MINE),
    "b": BucketList([Bucket(LANDING.bucket, NOW - 100 * DAY)], THEIRS),
}


class PicturedEngine(ScriptedEngine):
    """Answers by place and identity."""

    def __init__(self, transfers: TransferList | None = None) -> None:
        super().__init__(
            feeds={
                WatchTransfers: [transfers or TransferList(), HOLD],
                WatchConflicts: [WaitingConflicts([]), HOLD],
                WatchAddresses: [BOOK, HOLD],
                Inspect: [*UPDATES, HOLD],
                WatchIdentity: [HOLD],
            }
        )

    async def ask(self, request: Any) -> Any:
        if isinstance(request, ListProfiles):
            return Profiles([], [])
        assert isinstance(request, ListBuckets), request
        return BUCKETS[request.connection]

    async def follow(self, feed: Feed[Answer]) -> AsyncGenerator[Answer, None]:
        if isinstance(feed, Connect):
            self._feeds = {**self._feeds, Connect: [WHO_A if feed.spec == A else WHO_B]}
        elif isinstance(feed, ListObjects):
            self._feeds = {**self._feeds, ListObjects: PAGES.get(feed.location, [make_page(feed.location.key, [], [])])}
        async for answer in super().follow(feed):
            yield answer


__all__ = ["ALL", "ARCHIVE", "LANDING", "MEDIA", "NOW", "VIDEO", "Page", "PicturedEngine"]
