"""Choosing an identity: from the demo's profiles, and on a machine that has none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from tests.ui.dialogs.host import Host, text_of
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages import ListProfiles
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineAccess, EngineSession
from tui.ui.screens.chooser import ChooserScreen


def host(engine: EngineAccess, current: IdentitySpec | None = None) -> Host:
    return Host(dialog=ChooserScreen(engine, "Left pane", current))


async def listed(pilot: Pilot[None]) -> OptionList:
    """The list, as soon as it has rows."""
    choices = pilot.app.screen.query_one(OptionList)
    await until(lambda: choices.option_count > 0, "the profiles are listed")
    await pilot.pause()
    return choices


@pytest.fixture
async def engine_without_files(surroundings: Path) -> AsyncIterator[EngineSession]:
    session = EngineSession(EngineProcess())
    yield session
    await session.close()


async def test_the_profiles_of_the_files_stand_with_method_and_region(engine: EngineSession) -> None:
    app = host(engine)
    async with app.run_test(size=(100, 30)) as pilot:
        choices = await listed(pilot)
        shown = text_of(choices)
        for words in ("media-prod", "analytics-as-media-reader", "assume role", "default chain", "anonymous"):
            assert words in shown
        assert "read: " in text_of(app.screen.query_one("#files"))


async def test_what_is_typed_finds_a_profile_and_enter_takes_it(engine: EngineSession) -> None:
    app = host(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        choices = await listed(pilot)
        await pilot.press(*"anreader")
        await until(lambda: choices.option_count == 1, "one profile matches")
        await pilot.press("enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [IdentitySpec("analytics-as-media-reader")]


async def test_overrides_go_with_the_profile(engine: EngineSession) -> None:
    app = host(engine, IdentitySpec("analytics"))
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        app.screen.query_one("#endpoint", Input).focus()
        await pilot.press(*"http://x:1", "tab", *"eu-west-1", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [IdentitySpec("analytics", "http://x:1", "eu-west-1")]


async def test_the_arrows_move_the_cursor_while_the_filter_has_the_focus(engine: EngineSession) -> None:
    app = host(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        choices = await listed(pilot)
        await pilot.press(*["down"] * (choices.option_count + 3), "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [IdentitySpec(local=True)]


async def test_a_click_moves_there_and_a_double_click_takes_it(engine: EngineSession) -> None:
    app = host(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        choices = await listed(pilot)
        await pilot.click(choices, offset=(3, 1))
        await pilot.pause()
        assert (choices.highlighted, app.answers) == (1, [])
        await pilot.click(choices, offset=(3, 0), times=2)
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [IdentitySpec("media-prod")]


async def test_escape_chooses_nobody(engine: EngineSession) -> None:
    app = host(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await pilot.press("escape")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [None]


async def test_without_a_profile_it_says_how_to_get_one(engine_without_files: EngineSession) -> None:
    app = host(engine_without_files)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        detail = text_of(app.screen.query_one("#detail", Static))
        assert "aws configure" in detail
        assert "xs3-tui --demo" in detail
        await pilot.press("down", "enter")
        await until(lambda: bool(app.answers), "anonymous can be chosen even so")
    assert app.answers == [IdentitySpec(anonymous=True)]


async def test_files_that_cannot_be_read_are_named() -> None:
    refusal = Problem(ProblemKind.INVALID, "cannot parse [x]/config\x1b[2J", remedy="mend line 3")
    app = host(ScriptedEngine({ListProfiles: refusal}))
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        assert "cannot parse [x]/config␛[2J · mend line 3" in text_of(app.screen.query_one("#files"))
