"""What is found out about a problem while its dialog is being closed: no widget of it is there any more."""

from __future__ import annotations

import asyncio

from textual.widgets import Button

from tests.ui.dialogs.host import Host
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.ui.inspector.problem import ProblemScreen

DENIED = Problem(ProblemKind.DENIED, "access denied")

MOST_TURNS = 40
"""Turns of the event loop after the press, in one of which the dialog is half gone."""


async def test_an_explanation_may_come_while_the_dialog_is_closing() -> None:
    app = Host()
    async with app.run_test() as pilot:
        for turns in range(MOST_TURNS):
            may_explain = asyncio.Event()

            async def explain(may_explain: asyncio.Event = may_explain) -> None:
                await may_explain.wait()

            dialog = ProblemScreen(DENIED, explain)
            app.push_screen(dialog)
            await pilot.pause()
            dialog.query_one("#close", Button).press()
            for _ in range(turns):
                await asyncio.sleep(0)
            may_explain.set()
            await until(lambda dialog=dialog: not dialog.is_attached, "it is gone")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert app.is_running is False
