"""An engine of another version is said plainly, can be waited for, and can be left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.engine.other import other_engine
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Problem
from tui.protocol.messages.greeting import Welcome
from tui.protocol.session import OtherVersionError
from tui.ui.browser.other_engine import OtherEngineScreen


def problem() -> Problem:
    return OtherVersionError(Welcome(version=1, pid=7, program="0.9[b]", unfinished=3)).problem


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_it_says_what_the_other_one_does(size: tuple[int, int]) -> None:
    app = Host(dialog=OtherEngineScreen(ScriptedEngine(), problem()))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        assert "an engine of xs3-tui 0.9[b] is running" in shown
        assert "3 unfinished transfers" in shown


async def test_waiting_ends_when_the_other_engine_has_ended() -> None:
    engine = ScriptedEngine()
    app = Host(dialog=OtherEngineScreen(engine, problem()))
    async with app.run_test() as pilot:
        await press(pilot, "w")
        await until(lambda: "waiting until it ends" in screen_text(app), "it says that it waits")
        assert app.answers == []
        engine.other_ends.set()
        await until(lambda: app.answers == [True], "it has ended")


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_it_can_be_left(key: str) -> None:
    app = Host(dialog=OtherEngineScreen(ScriptedEngine(), problem()))
    async with app.run_test() as pilot:
        await press(pilot, key)
        await until(lambda: app.answers == [False], "it was left")


async def test_the_app_waits_and_then_continues_automatically(surroundings: Path) -> None:
    async with other_engine(dict(os.environ), unfinished=1) as other:
        with Terminal(["--left", "x", "--right", "x"], dict(os.environ), 120, 30) as terminal:

            async def shown(text: str) -> None:
                def look() -> bool:
                    terminal.read(0.01)
                    return text in terminal.text

                await until(look, f"{text!r} is shown", 30)

            await shown("Wait until it ends")  # a pane says "is running", too
            terminal.send("w")
            await shown("waiting until it ends")
            other.unfinished = 0
            other.idle.set()
            await shown("no profile")
