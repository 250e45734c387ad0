"""Pictures of what is asked of the user, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.dialogs.host import Host
from tests.ui.dialogs.needs.test_needs import CODE, DENIED, KEYS, SIGN_IN, STEP, WRONG, host
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.pressing import press
from tui.protocol.messages.identities import GiveCode, SignIn

SIZES = [(80, 24), (200, 50)]

DIALOGS: dict[str, tuple[Callable[[], Host], tuple[str, ...]]] = {
    "code": (lambda: host(ScriptedEngine(), CODE), tuple("1234")),
    "refused code": (lambda: host(ScriptedEngine({GiveCode: WRONG}), CODE), (*"123456", "enter")),
    "secret": (lambda: host(ScriptedEngine(), KEYS), (*"s3cret", "tab")),
    "sign-in": (lambda: host(ScriptedEngine(feeds={SignIn: [STEP, HOLD]}), SIGN_IN), ()),
    "denied sign-in": (lambda: host(ScriptedEngine(feeds={SignIn: [STEP, DENIED]}), SIGN_IN), ()),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", DIALOGS)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    make, keys = DIALOGS[name]

    async def arrange(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await press(pilot, *keys)
        await pilot.pause()

    assert snap_compare(make(), terminal_size=size, run_before=arrange)
