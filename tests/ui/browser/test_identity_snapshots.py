"""Pictures of identities, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from tests.ui.browser.browser import SMALL, A, B, Browser
from tests.ui.browser.world import LANDING, NOW, VIDEO, WHO_A, WHO_B, PicturedEngine
from tests.ui.dialogs.needs.test_needs import SIGN_IN
from tests.ui.dialogs.scripted import HOLD
from tests.waiting import until
from tui.app import XS3App
from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.remembered import Keeping
from tui.model.identity import AuthMethod, EndpointSource, Identity
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.base import Feed
from tui.protocol.messages.identities import Connect, SignIn
from tui.settings import AccountSettings, PaneStart, Settings, Start
from tui.ui.needs.sign_in import SignInScreen

SIZES = [SMALL, (200, 50)]

PRODUCTION = msgspec.structs.replace(
    WHO_A, read_only="its account 111111111111 is read-only: the settings", detail="corp"
)
ENDING = msgspec.structs.replace(
    WHO_B, method=AuthMethod.ROLE, arn="arn:aws:sts::222222222222:assumed-role/batch/me", expires=NOW + 540,
    detail="arn:aws:iam::222222222222:role/batch from analytics",
)  # fmt: skip
ENDED = msgspec.structs.replace(WHO_A, expires=NOW - 3, problem=msgspec.structs.replace(SIGN_IN, identity="media-prod"))
UNKNOWN = msgspec.structs.replace(
    WHO_B, account="", arn="", canonical_id="", endpoint="http://storage.example.com:7480",
    endpoint_source=EndpointSource.SERVICES,
    problem=Problem(ProblemKind.UNSUPPORTED, "this server does not say who asks", "GetCallerIdentity: 405", status=405),
)  # fmt: skip

ACCOUNTS = {
    "111111111111": AccountSettings("Production", "#d70000", read_only=True),
    "222222222222": AccountSettings("Analytics", "#5f8700"),
}


class Told(PicturedEngine):
    """Says of the left and the right pane's identity what a picture needs."""

    def __init__(self, left: Sequence[Identity | Problem], right: Sequence[Identity | Problem]) -> None:
        super().__init__()
        self._sides = {"media-prod": left, "analytics": right}

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        self._feeds = {**self._feeds, SignIn: [HOLD]}
        if isinstance(feed, Connect):
            for said in self._sides[feed.spec.profile or ""]:
                yield self._said(said)
            return
        async for answer in super().follow(feed):
            yield answer


async def nothing(browser: Browser) -> None:
    """The strips as they are."""


async def in_full(browser: Browser) -> None:
    await browser.press("e")


async def put_off(browser: Browser) -> None:
    await until(lambda: isinstance(browser.app.screen, SignInScreen), "it asks by itself")
    await browser.press("escape")
    browser.app.clear_notifications()


async def locked(browser: Browser) -> None:
    browser.screen.panes.activate(browser.right)
    await browser.press("W")
    browser.app.clear_notifications()
    await until(lambda: bool(browser.right.identity), "it is connected again")


async def bookmarks(browser: Browser) -> None:
    assert browser.screen.context.keeping.bookmarks
    kept = Bookmarks(browser.screen.context.keeping.bookmarks)
    kept.add(Bookmark("daily landing", PaneStart(A, VIDEO), PaneStart(B, LANDING)))
    kept.add(Bookmark("a place of one pane\x1b", PaneStart(B, LANDING)))
    await browser.press("b")


PICTURES: dict[str, tuple[Sequence[Any], Sequence[Any], Callable[[Browser], Awaitable[None]]]] = {
    "production and ending": ([PRODUCTION], [ENDING], nothing),
    "ended and unknown": ([ENDED], [UNKNOWN], nothing),
    "in full": ([PRODUCTION], [ENDING], in_full),
    "sign-in put off": ([ENDED, SIGN_IN], [WHO_B], put_off),
    "locked": ([WHO_A], [WHO_B], locked),
    "bookmarks": ([WHO_A], [WHO_B], bookmarks),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_should(snap_compare: Any, tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    left, right, scene = PICTURES[name]
    start = Start(PaneStart(A, VIDEO), PaneStart(B, LANDING))
    keeping = Keeping(tmp_path / "bookmarks.json")
    app = XS3App(start, Settings(accounts=ACCOUNTS), lambda: Told(left, right), lambda: NOW, keeping=keeping)

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(app, pilot)

        def told() -> bool:
            roots = [pane.contents.root for pane in browser.screen.panes]
            return all(root.total or root.problem for root in roots)

        await until(told, "both panes have something to say")
        await scene(browser)
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=arrange)
