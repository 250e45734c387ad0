"""`o` with its list, what is pasted onto a pane, and several URIs on the clipboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.ui.browser.browser import SMALL, B, Browser, opened
from tests.ui.browser.test_snapshots import app, listed
from tests.ui.browser.world import VIDEO
from tests.waiting import until
from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.history import add_to_history, read_history
from tui.keeping.remembered import Keeping
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.settings import PaneStart
from tui.ui.moving.offers import Known
from tui.ui.moving.open_location import OpenLocationScreen

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
SIGNED = "https://media-prod-assets.s3.amazonaws.com/video.mp4?X-Amz-Signature=0123"


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path / "bookmarks.json", tmp_path / "last.json", tmp_path / "history.json")


async def asked(browser: Browser) -> OpenLocationScreen:
    def there() -> bool:
        return isinstance(browser.app.screen, OpenLocationScreen)

    await until(there, "a location is asked for")
    await browser.pilot.pause()
    dialog = browser.app.screen
    assert isinstance(dialog, OpenLocationScreen)
    return dialog


def offered(dialog: OpenLocationScreen) -> list[str]:
    return [str(option.prompt).split()[0] for option in dialog.query_one(OptionList).options]


async def test_a_bucket_and_a_prefix_are_completed_and_noted(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await asked(browser)
        line = dialog.query_one(Input)
        await browser.press(*"media-prod-as", "tab")
        await until(lambda: line.value == ASSETS.uri, "the bucket is completed")
        await browser.press("i")
        await until(lambda: f"{ASSETS.uri}incoming/" in offered(dialog), "its entries are offered")
        assert offered(dialog)[:2] == [f"{ASSETS.uri}images/", f"{ASSETS.uri}incoming/"]
        await browser.press("down", "down", "enter")
        await browser.until_listed(browser.left, ASSETS.child("incoming/"))
        assert keeping.history
        assert read_history(keeping.history) == [ASSETS.child("incoming/")]


async def test_what_is_chosen_stays_chosen_when_more_is_offered(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        dialog = OpenLocationScreen(known=Known(history=[LANDING, ASSETS]))
        answers: list[object] = []
        browser.screen.open_dialog(dialog, answers.append)
        await asked(browser)
        await browser.press("down", "down")
        dialog.offer_also(Known(["more"], [LANDING, ASSETS]))
        await until(lambda: "s3://more/" in offered(dialog), "more is offered")
        await browser.press("enter")
        await until(lambda: bool(answers), "the dialog answers")
    assert answers == [ASSETS]


async def test_history_bookmarks_and_identities_are_opened_from_the_list(
    engine: EngineSession, keeping: Keeping
) -> None:
    assert keeping.history
    assert keeping.bookmarks
    add_to_history(keeping.history, ASSETS.child("video/"))
    Bookmarks(keeping.bookmarks).add(Bookmark("theirs", PaneStart(B, LANDING), PaneStart()))
    async with opened(engine, ASSETS.uri, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await asked(browser)
        await until(lambda: offered(dialog)[:1] == [f"{ASSETS.uri}video/"], "history comes first")
        await browser.press("down", "enter")
        await browser.until_listed(browser.left, ASSETS.child("video/"))
        await browser.press("o")
        dialog = await asked(browser)
        await browser.press(*"theirs")
        await until(lambda: offered(dialog) == [LANDING.uri], "the bookmark is offered")
        await browser.pilot.click(dialog.query_one(OptionList), offset=(4, 0))
        await browser.until_listed(browser.left, LANDING)
        assert browser.left.spec == B
        await browser.press("o")
        dialog = await asked(browser)
        await browser.press(*"media-prod")
        await until(lambda: "media-prod" in offered(dialog), "the identity is offered")
        await browser.press("pageup", *["down"] * (offered(dialog).index("media-prod") + 1), "enter")
        await until(lambda: browser.left.spec is not None and browser.left.spec.profile == "media-prod", "it is used")


async def test_where_the_pane_is_already_is_completed_once_it_is_typed(engine: EngineSession, keeping: Keeping) -> None:
    """Until then history is offered; then what lies below, and of history what contains it."""
    assert keeping.history
    for place in (LANDING.child("2026/"), ASSETS.child("video/raw/")):
        add_to_history(keeping.history, place)
    async with opened(engine, ASSETS.uri, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await asked(browser)
        await until(lambda: f"{LANDING.uri}2026/" in offered(dialog), "history is offered")
        await browser.press(*ASSETS.uri)
        assert dialog.query_one(Input).value == ASSETS.uri
        await until(lambda: f"{ASSETS.uri}images/" in offered(dialog), "its entries are offered")
        assert f"{ASSETS.uri}video/raw/" in offered(dialog)
        assert f"{LANDING.uri}2026/" not in offered(dialog)


async def test_what_is_pasted_is_opened_or_marked(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        table = browser.left.table
        table.post_message(Paste(SIGNED))
        await browser.until_listed(browser.left, ASSETS)
        await until(lambda: browser.left.subject == ASSETS.child("video.mp4"), "the cursor is on it")
        assert keeping.history
        assert "Amz" not in keeping.history.read_text(encoding="utf-8")
        uris = [ASSETS.child(f"video/{name}").uri for name in ("no-such", "clip-001.mp4")]
        rows = [ASSETS.child("poster.png"), ASSETS.child("images/")]
        table.post_message(Paste("\n".join(place.uri for place in rows)))
        await until(lambda: set(browser.left.contents.marks) == set(rows), "both are marked")
        browser.left.navigation.go(Location())
        await browser.until_listed(browser.left, Location())
        table.post_message(Paste("\n".join([rows[0].uri, f"{ASSETS.uri}gone", "hello"])))
        await browser.until_told("1 row marked, 1 not found")
        await browser.until_told("1 line without a location")
        assert list(browser.left.contents.marks) == [rows[0]]
        table.post_message(Paste("\n".join([*uris, LANDING.uri])))
        dialog = await asked(browser)
        assert offered(dialog) == [*uris, LANDING.uri]


async def test_links_to_the_server_of_the_identity_are_opened(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        identity = browser.left.identity
        assert identity
        host = identity.endpoint.removeprefix("http://")
        browser.left.table.post_message(Paste(f"{identity.endpoint}/{ASSETS.bucket}/video.mp4?X-Amz-Signature=0123"))
        await browser.until_listed(browser.left, ASSETS)
        await until(lambda: browser.left.subject == ASSETS.child("video.mp4"), "the cursor is on it")
        await browser.press("o")
        (await asked(browser)).query_one(Input).value = f"http://{ASSETS.bucket}.{host}/poster.png?X-Amz-Signature=0123"
        await browser.press("enter")
        await until(lambda: browser.left.subject == ASSETS.child("poster.png"), "it is opened by name")
        assert keeping.history
        assert read_history(keeping.history) == [ASSETS.child("poster.png"), ASSETS.child("video.mp4")]
        assert "Amz" not in keeping.history.read_text(encoding="utf-8")


async def test_the_uris_of_all_marked_rows_are_copied(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, size=SMALL) as browser:
        await browser.move_to(browser.left, ASSETS.child("README.md"))
        await browser.press("space", "space", "y")
        await browser.until_text("2 URIs copied to the clipboard")
        assert browser.app.clipboard == f"{ASSETS.uri}README.md\n{ASSETS.uri}index.html"


def test_the_list_looks_as_it_should(snap_compare: Any) -> None:
    shown = app(VIDEO, transfers=False)

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(shown, pilot)
        await listed(browser)
        await browser.press("o")
        dialog = await asked(browser)
        await browser.press(*f"{VIDEO.uri}")
        await until(lambda: f"{VIDEO.uri}intro.mp4" in offered(dialog), "the level is offered")
        await browser.press("down")

    assert snap_compare(shown, terminal_size=SMALL, run_before=arrange)
