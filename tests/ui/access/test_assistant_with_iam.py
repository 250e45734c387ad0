"""The access assistant on MiniStack, which has IAM: every part is applied from the two panes, and taken back."""

from __future__ import annotations

import pytest

from tests.access.world import World
from tests.ui.access.assistant import apply, panel, planned, undo
from tests.ui.access.conftest import OWN
from tests.ui.browser.browser import Browser, opened
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.ui.kit.choice import Choice

pytestmark = pytest.mark.server

SPECS = IdentitySpec("alice"), IdentitySpec("outside")


def policies(world: World) -> list[str]:
    """The names of the inline policies of the users of B that may not do everything."""
    iam = world.server.client(world.server.b, "iam")
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    found = [iam.list_user_policies(UserName=name)["PolicyNames"] for name in names]
    return sorted(policy for each in found if OWN in each for policy in each)


def roles(world: World) -> list[str]:
    """The roles of A that are about the bucket."""
    iam = world.server.client(world.server.a, "iam")
    return [role["RoleName"] for role in iam.list_roles()["Roles"] if world.bucket in role["RoleName"]]


async def start(browser: Browser, world: World) -> None:
    await browser.move_to(browser.left, Location(world.bucket, "video/"))
    await browser.press("A")
    await planned(browser, 2)


async def test_a_role_is_made_tested_and_removed(iam_engine: EngineSession, world: World) -> None:
    async with opened(iam_engine, f"s3://{world.bucket}/", "s3://", specs=SPECS) as browser:
        await start(browser, world)
        await browser.press("w")
        await planned(browser, 3)
        assert "[profile" in (panel(browser).plan or "").profile_lines  # type: ignore[union-attr]  # a plan is shown
        await apply(browser)
        await browser.until_text("all as granted", 60)
        assert panel(browser).view.applied == {0, 1, 2}
        assert roles(world)
        assert policies(world) == [OWN, f"xs3-tui-{world.bucket}"]
        await undo(browser)
        assert roles(world) == []
        assert policies(world) == [OWN]


async def test_both_accounts_apply_their_part_of_the_way_by_policy(iam_engine: EngineSession, world: World) -> None:
    async with opened(iam_engine, f"s3://{world.bucket}/", "s3://", specs=SPECS) as browser:
        await start(browser, world)
        await browser.press("o")
        browser.app.screen.query_one("#whole_account", Choice).focus()  # MiniStack knows only the account of a caller
        await browser.press("space", "escape")
        await until(lambda: ":root" in str(panel(browser).plan), "the account is named", 30)
        await planned(browser, 2)
        await apply(browser)
        await browser.until_text("all as granted", 60)
        assert panel(browser).view.applied == {0, 1}
        assert ":root" in (world.policy() or "")
        await undo(browser)
        assert world.policy() is None
        assert policies(world) == [OWN]
