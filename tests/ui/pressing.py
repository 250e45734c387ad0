"""Keys as a user presses them: in sight of the dialog that they answer."""

from __future__ import annotations

import math
from typing import Any

from textual.pilot import Pilot

from tests.waiting import until
from tui.ui.kit.dialog import Decision


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press one key after the other; a dialog that drops keys until it is painted is waited for first."""
    for key in keys:
        await until(lambda: painted(pilot), "the dialog on top is painted")
        await pilot.press(key)


def painted(pilot: Pilot[Any]) -> bool:
    """Whether the screen on top takes keys."""
    screen = pilot.app.screen
    return not isinstance(screen, Decision) or screen.painted < math.inf
