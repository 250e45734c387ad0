"""Pictures of the accounts screen and its forms, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.dialogs.accounts.world import LARGE, NOBODY, ROLE_ARN, SMALL, Accounts
from tests.ui.dialogs.world import B
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.settings import Settings
from tui.ui.accounts.write_profile import WriteProfileScreen

Steps = Callable[[Accounts, Pilot[None]], Awaitable[None]]


async def listed(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.listed(pilot)


async def found(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.listed(pilot)
    await press(pilot, *"role anal")


async def keys(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.open(pilot, "access keys")
    await accounts.fill(pilot, "minio", "hush hush", "token", "http://s3.lab.org:9000")
    await press(pilot, "enter")


async def role(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.open(pilot, "role…")
    await accounts.fill(pilot, ROLE_ARN, "partner-7", "ann", "90m")


async def endpoint(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.open(pilot, "S3-compatible")


async def bases(accounts: Accounts, pilot: Pilot[None]) -> None:
    await accounts.open(pilot, "role…")
    await press(pilot, "shift+tab", "enter")


async def keep(accounts: Accounts, pilot: Pilot[None]) -> None:
    await role(accounts, pilot)
    await press(pilot, "ctrl+s", *"archive")


async def preview(accounts: Accounts, pilot: Pilot[None]) -> None:
    await keep(accounts, pilot)
    await press(pilot, "ctrl+o")
    await until(lambda: isinstance(accounts.app.screen, WriteProfileScreen), "the preview")


@dataclass(frozen=True)
class Picture:
    steps: Steps
    make: Callable[[], Accounts] = lambda: Accounts(current=IdentitySpec(B))


PICTURES = {
    "list": Picture(listed),
    "found": Picture(found),
    "nobody": Picture(listed, lambda: Accounts(NOBODY, Settings(), [])),
    "keys": Picture(keys),
    "role": Picture(role),
    "bases": Picture(bases),
    "endpoint": Picture(endpoint),
    "keep": Picture(keep),
    "preview": Picture(preview),
}


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    picture = PICTURES[name]
    accounts = picture.make()

    async def settle(pilot: Pilot[None]) -> None:
        await picture.steps(accounts, pilot)
        await pilot.pause()
        for line in accounts.app.screen.query(Input):
            line.cursor_blink = False
        await pilot.pause()

    assert snap_compare(accounts.app, terminal_size=size, run_before=settle)
