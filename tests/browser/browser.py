"""The app under test, on a real engine or a scripted one that tells of two accounts, a bucket of each, odd cases."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.browser.host import press, screen_text, text_of
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.browser.world import BOOK, NOW, UPDATES
from tests.waiting import until
from tui.app.app import XS3App
from tui.app.browser_screen import BrowserScreen
from tui.core.identity import AuthMethod, EndpointSource, Identity, IdentitySpec, Owner
from tui.core.listing import Bucket, BucketList, ObjectSummary, make_page
from tui.core.location import Location, parse_location
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import TransferList, TransferState
from tui.features.copy.screen import RouteCardScreen
from tui.kit.command_base import CommandScope
from tui.kit.commands import COMMANDS
from tui.kit.footer import node_with
from tui.link.request import Feed
from tui.link.session import EngineAccess
from tui.messages.identity_requests import Connect, ListProfiles, Profiles, WatchAddresses, WatchIdentity
from tui.messages.inspect_requests import Inspect
from tui.messages.listing_requests import ListBuckets, ListObjects
from tui.messages.order_requests import WaitingConflicts, WatchConflicts, WatchTransfers
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow
from tui.saved.last_session import Keeping
from tui.settings import AppStart, PaneStart, Settings

Dialog = TypeVar("Dialog", bound=Screen[Any])

WIDE, SMALL = (160, 45), (80, 24)

A, B = IdentitySpec("media-prod"), IdentitySpec("analytics")


@dataclass(frozen=True, slots=True)
class Browser:
    app: XS3App
    pilot: Pilot[None]

    @property
    def screen(self) -> BrowserScreen:
        return self.app.browser

    @property
    def left(self) -> Pane:
        return self.screen.panes.left

    @property
    def right(self) -> Pane:
        return self.screen.panes.right

    @property
    def text(self) -> str:
        return screen_text(self.app)

    def front(self, kind: type[Dialog]) -> Dialog:
        screen = self.app.screen
        assert isinstance(screen, kind), screen
        return screen

    async def press(
        self,
        *keys: str,
        then: str | tuple[str, ...] = (),
        told: str = "",
        front: type[Screen[Any]] | None = None,
        lists: Location | None = None,
        ended: bool = False,
    ) -> None:
        """And wait for what follows: words on the screen, words in a toast, a dialog or the panes in front.

        `lists` is a place that the active pane lists then; `ended` waits for the end of the transfer.
        """
        await press(self.pilot, *keys)
        await self.until_text(*((then,) if isinstance(then, str) else then))
        if told:
            await self.until_told(told)
        if front:
            await until_screen(self, front)
        if lists is not None:
            await self.until_listed(self.screen.panes.active, lists)
        if ended:
            await done(self)

    async def run(self, command: str, **follows: Any) -> None:
        """Run a command as the palette does, for what has no key, and wait for what follows."""
        one = next(one for one in COMMANDS if one.id == command)
        front = self.screen.transfers.panel if one.scope is CommandScope.TRANSFERS else self.screen.panes.active.table
        node = node_with(one, [*front.ancestors_with_self])
        assert node, command
        await self.app.run_action(command, node)
        await self.press(**follows)

    async def until_text(self, *texts: str, timeout: float = 20.0) -> None:  # noqa: ASYNC109  # passed on
        for text in texts:
            await until(partial(self._shows, text), f"the screen shows {text!r}", timeout)

    def _shows(self, text: str) -> bool:
        return text in self.text

    async def until_told(self, text: str) -> None:
        """A toast says so; on screen its words are wrapped."""
        told = self.app._notifications
        await until(lambda: any(text in notice.message for notice in told), f"a toast says {text!r}", 20.0)

    async def until_listed(self, pane: Pane, location: Location) -> None:
        def listed() -> bool:
            return pane.location == location and not pane.contents.loading and pane.identity is not None

        await until(listed, f"the {pane.side} pane lists {location.uri}", 20.0)
        await self.pilot.pause()

    async def move_to(self, pane: Pane, location: Location) -> None:
        number = pane.contents.row_of(location)
        assert number is not None, f"{location.uri} is not among the rows"
        self.screen.panes.activate(pane)
        pane.table.move(number)
        await self.pilot.pause()

    async def press_on(self, pane: Pane, location: Location, *keys: str, **follows: Any) -> None:
        await self.move_to(pane, location)
        await self.press(*keys, **follows)

    def point(self, pane: Pane, location: Location, x: int = 6) -> tuple[int, int]:
        """The cell of the screen at which a row is shown."""
        number = pane.contents.row_of(location)
        assert number is not None, f"{location.uri} is not among the rows"
        region = pane.table.region
        return region.x + x, region.y + number - pane.table.scroll_offset.y

    async def drag(self, start: tuple[int, int], end: tuple[int, int], *, drop: bool = True) -> None:
        await self.pilot.mouse_down(offset=start)
        await self.pilot.hover(offset=(start[0] + 3, start[1]))
        await self.pilot.hover(offset=end)
        if drop:
            await self.pilot.mouse_up(offset=end)

    def row(self, pane: Pane) -> PaneRow:
        assert pane.cursor_row
        return pane.cursor_row

    def who(self, pane: Pane) -> Identity:
        assert pane.identity
        return pane.identity

    def names(self, pane: Pane) -> list[str]:
        return [row.name for row in pane.contents.entries()]


@asynccontextmanager
async def opened(
    engine: EngineAccess,
    left: str = "s3://",
    right: str = "s3://",
    *,
    size: tuple[int, int] = WIDE,
    specs: tuple[IdentitySpec | None, IdentitySpec | None] = (A, B),
    listed: bool = True,
    outlives: bool = True,
    keeping: Keeping | None = None,
    clock: Callable[[], float] = time.time,
    read_only: frozenset[str] = frozenset(),
    **settings: Any,
) -> AsyncIterator[Browser]:
    places = parse_location(left), parse_location(right)
    start = AppStart(PaneStart(specs[0], places[0]), PaneStart(specs[1], places[1]), read_only=read_only)
    app = XS3App(start, Settings(**settings), lambda: engine, clock, outlives=outlives, keeping=keeping)
    async with app.run_test(size=size, notifications=True) as pilot:
        browser = Browser(app, pilot)
        for pane, place, spec in zip(browser.screen.panes, places, specs, strict=True):
            if spec and listed:
                await browser.until_listed(pane, place if place.is_prefix else place.parent)
        try:
            yield browser
        finally:
            app.exit()


def state(browser: Browser) -> TransferState | None:
    transfers = browser.screen.transfers.latest.transfers
    return transfers[-1].state if transfers else None


async def done(browser: Browser) -> None:
    await until(lambda: state(browser) is TransferState.DONE, "the transfer has ended", 40)


async def until_screen(browser: Browser, kind: type[Dialog]) -> Dialog:
    await until(lambda: isinstance(browser.app.screen, kind), f"{kind.__name__} is in front", 30)
    await browser.pilot.pause()
    return browser.front(kind)


async def confirm(browser: Browser) -> None:
    await until_screen(browser, RouteCardScreen)
    await browser.until_text("keeps")
    browser.app.screen.query_one("#copy").focus()  # of a move that cannot be undone, Cancel has it
    await browser.press("enter")
    await until(lambda: not isinstance(browser.app.screen, RouteCardScreen), "the route card is gone")


def line(widget: Widget) -> str:
    return text_of(widget).split("\n")[0].strip()


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

    def __init__(self, transfers: TransferList | None = None, who: tuple[Identity, Identity] = (WHO_A, WHO_B)) -> None:
        super().__init__(
            feeds={
                WatchTransfers: [transfers or TransferList(), HOLD],
                WatchConflicts: [WaitingConflicts([]), HOLD],
                WatchAddresses: [BOOK, HOLD],
                Inspect: [*UPDATES, HOLD],
                WatchIdentity: [HOLD],
            }
        )
        self._who = who

    async def ask(self, request: Any) -> Any:
        if isinstance(request, ListProfiles):
            return Profiles([], [])
        assert isinstance(request, ListBuckets), request
        return BUCKETS[request.connection]

    async def follow(self, feed: Feed[Answer]) -> AsyncGenerator[Answer, None]:
        if isinstance(feed, Connect):
            self._feeds = {**self._feeds, Connect: [self._who[feed.spec.profile != A.profile]]}
        elif isinstance(feed, ListObjects):
            self._feeds = {**self._feeds, ListObjects: PAGES.get(feed.location, [make_page(feed.location.key, [], [])])}
        async for answer in super().follow(feed):
            yield answer


POSTER = VIDEO.child("poster.png")


def pictured_app(
    left: Location = VIDEO,
    *,
    engine: PicturedEngine | None = None,
    clock: Callable[[], float] = lambda: NOW,
    keeping: Keeping | None = None,
    **settings: Any,
) -> XS3App:
    start, engine = AppStart(PaneStart(A, left), PaneStart(B, LANDING)), engine or PicturedEngine()
    return XS3App(start, Settings(**settings), lambda: engine, clock, keeping=keeping)


async def listed(browser: Browser) -> None:
    """Both panes have their rows or the reason why there are none, and all that marks them: nothing is to come."""

    def told(pane: Pane) -> bool:
        rows, own = pane.contents.root, pane.branches.listings.own_buckets
        return bool((rows.total or rows.problem) and pane.identity and own and pane.bucket_owners)

    def ready() -> bool:
        return bool(browser.screen.context.book.entries) and all(told(pane) for pane in browser.screen.panes)

    await until(ready, "both panes have what the script tells")
    await settled(browser)


async def settled(browser: Browser) -> None:
    """The screen has stayed as it is for as long as all that was waiting took to be done."""
    before: list[object] = []

    async def same() -> bool:
        await browser.pilot.pause()
        before.append(browser.app.screen._compositor.render_strips())
        return len(before) > 2 and before[-1] == before[-2] == before[-3]

    await until(same, "the screen stays as it is")


@asynccontextmanager
async def pictured(
    left: Location = VIDEO, *, size: tuple[int, int] = SMALL, app: XS3App | None = None, **settings: Any
) -> AsyncIterator[Browser]:
    """The app with both panes listed, the cursor on the first row of the left one."""
    app = app or pictured_app(left, **settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        browser = Browser(app, pilot)
        await listed(browser)
        yield browser
