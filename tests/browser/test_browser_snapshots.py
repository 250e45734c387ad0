"""Pictures of the browser and of its dialogs; `pytest --snapshot-update` takes them again."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.browser.browser import (
    ARCHIVE,
    LANDING,
    SMALL,
    VIDEO,
    WHO_A,
    WHO_B,
    WIDE,
    A,
    B,
    Browser,
    PicturedEngine,
    listed,
    pictured,
    pictured_app,
    settled,
    until_screen,
)
from tests.browser.host import Host
from tests.browser.world import NOW
from tests.features.accounts.test_accounts_screen import SIGN_IN
from tests.features.transfer_list.world import ALL
from tests.waiting import until
from tui.browser.help import HelpScreen
from tui.browser.themes import ThemeScreen
from tui.core.identity import AuthMethod, EndpointSource, Identity
from tui.core.location import Location
from tui.core.problem import Problem, ProblemKind
from tui.features.transfer_list.screen import TransfersStrip
from tui.kit.command_base import Command
from tui.kit.footer import KeyFooter
from tui.kit.menu import ContextMenu
from tui.panes.news import PaneSide
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.saved.last_session import Keeping
from tui.settings import AccountSettings, PaneStart

Scene = Callable[[Browser], Awaitable[None]]

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


async def nothing(browser: Browser) -> None:
    """As it is."""


async def two_panes(browser: Browser) -> None:
    """Marks, a foreign owner, an unfolded prefix, a cursor, and pages still to come."""
    await browser.press_on(browser.left, VIDEO.child("2026/"), "right")
    await until(lambda: browser.left.contents.row_of(VIDEO.child("2026/cut.mp4")) is not None, "it is unfolded")
    await browser.press_on(browser.left, VIDEO.child("poster.png"), "space", "space", "up", "up", "up")


async def dragged(browser: Browser) -> None:
    start = browser.point(browser.left, VIDEO.child("trailer.mp4"))
    await browser.drag(start, browser.point(browser.right, LANDING.child("daily/"), x=3), drop=False)


async def inspected(browser: Browser) -> None:
    await browser.press_on(browser.left, VIDEO.child("poster.png"), "i", then="analytics owns this")


async def transferring(browser: Browser) -> None:
    await until(lambda: browser.screen.transfers.latest is ALL, "the transfers are known")
    await browser.press("t")


async def in_full(browser: Browser) -> None:
    await browser.press("e")


async def bookmarks(browser: Browser) -> None:
    assert browser.screen.context.keeping.bookmarks
    kept = Bookmarks(browser.screen.context.keeping.bookmarks)
    kept.add(Bookmark("daily landing", PaneStart(A, VIDEO), PaneStart(B, LANDING)))
    kept.add(Bookmark("a place of one pane\x1b", PaneStart(B, LANDING)))
    await browser.press("b")


async def opening(browser: Browser) -> None:
    await browser.press("o", *f"{VIDEO.uri}")
    offered = browser.app.screen.query_one(OptionList).options
    await until(lambda: any(f"{VIDEO.uri}intro.mp4" in str(each.prompt) for each in offered), "the level is offered")
    await browser.press("down")


async def tabs(browser: Browser) -> None:
    sides = browser.screen.panes.sides[PaneSide.LEFT]
    for count in (2, 3):
        await browser.run("new_tab")
        await until(lambda count=count: len(sides.tabs) == count, "there is one more tab")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        if count == 2:
            browser.left.navigation.go(Location(VIDEO.bucket))
    await browser.press("2")
    await until(lambda: sides.number == 1 and not browser.left.contents.loading, "the second one is listed")


async def themes(browser: Browser) -> None:
    await browser.app.run_action("theme", browser.app)
    await until_screen(browser, ThemeScreen)


async def help_searched(browser: Browser) -> None:
    await browser.press("f1", front=HelpScreen)
    await browser.press("slash", *"account's bucket", then="Three ways")


def told(left: Identity, right: Identity) -> dict[str, Any]:
    return {"engine": PicturedEngine(who=(left, right)), "accounts": ACCOUNTS}


PICTURES: dict[str, tuple[Scene, tuple[int, int], dict[str, Any]]] = {
    "two panes": (two_panes, SMALL, {}),
    "dragged": (dragged, WIDE, {}),
    "inspected": (inspected, WIDE, {}),
    "transferring": (transferring, SMALL, {"engine": PicturedEngine(ALL)}),
    "denied": (nothing, SMALL, {"left": ARCHIVE}),
    "production and ending": (nothing, (200, 50), told(PRODUCTION, ENDING)),
    "ended and unknown": (nothing, SMALL, told(ENDED, UNKNOWN)),
    "in full": (in_full, SMALL, told(PRODUCTION, ENDING)),
    "bookmarks": (bookmarks, SMALL, told(WHO_A, WHO_B)),
    "opening": (opening, SMALL, {}),
    "tabs": (tabs, SMALL, {}),
    "help": (help_searched, SMALL, {}),
    "themes": (themes, SMALL, {"theme": "nord"}),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_should(snap_compare: Any, tmp_path: Path, name: str) -> None:
    scene, size, given = PICTURES[name]
    app = pictured_app(keeping=Keeping(tmp_path / "bookmarks.json"), **given)

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(app, pilot)
        await listed(browser)
        await scene(browser)
        await settled(browser)

    assert snap_compare(app, terminal_size=size, run_before=arrange)


def test_the_context_menu_looks_as_it_should(snap_compare: Any) -> None:
    """With commands of its own: another command in the table changes no picture."""
    edit = Command("edit", ("f4", "E"), "properties", "Edit tags")
    named = Command("name", (), "name account", "Name the account")
    copy = Command("copy", ("f5", "c"), "copy", "Copy")
    menu = ContextMenu("poster of the film that comes next year.png", [[copy], [edit, named]], Offset(60, 20))
    assert snap_compare(Host(dialog=menu), terminal_size=SMALL)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [SMALL, WIDE, (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_nothing_is_cut_or_covered_at_any_size(size: tuple[int, int]) -> None:
    async with pictured(size=size, app=pictured_app(engine=PicturedEngine(ALL))) as browser:
        panel, inspector = browser.screen.transfers.panel, browser.screen.inspecting.inspector

        def parts() -> Sequence[Any]:
            lower = [browser.screen.query_one(kind) for kind in (TransfersStrip, KeyFooter)]
            shown = [*browser.screen.panes, inspector, panel, *lower]
            return [part.region for part in shown if part.region.area and part.display]

        for scene in (two_panes, inspected, in_turn, in_turn, transferring):
            await scene(browser)
            await settled(browser)
            assert all(browser.screen.region.contains_region(part) for part in parts()), scene
            assert not any(one.overlaps(other) for one, other in combinations(parts(), 2)), scene


async def in_turn(browser: Browser) -> None:
    await browser.press("i")
