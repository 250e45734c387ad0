"""The accounts screen over the browser: recent pairs set both panes, the settings hold for whoever is chosen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from tests.ui.browser.browser import A, B, opened
from tests.waiting import until
from tui.keeping.last_session import last_file, write_last
from tui.keeping.remembered import users_keeping
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.base import Feed
from tui.protocol.messages.identities import Connect, GiveKeys, ListProfiles, Secret
from tui.protocol.session import EngineSession
from tui.settings import IdentitySettings, PaneStart, SafetySettings

DISK = IdentitySpec(local=True)


async def test_a_recent_pair_is_chosen_once_for_both_panes(engine: EngineSession) -> None:
    write_last(last_file(), PaneStart(A), PaneStart(B))
    async with opened(engine, specs=(None, None), keeping=users_keeping(), restore=False) as browser:
        await browser.until_text("media-prod │ analytics")
        await browser.press("enter")
        for pane, spec in ((browser.left, A), (browser.right, B)):
            await browser.until_listed(pane, Location())
            assert pane.spec == spec
        assert "Choose an identity" not in browser.text


async def test_a_pair_leaves_a_pane_alone_that_acts_so_already(engine: EngineSession) -> None:
    write_last(last_file(), PaneStart(DISK), PaneStart(B))
    async with opened(engine, right="s3://analytics-landing/", keeping=users_keeping()) as browser:
        await browser.press("a")
        await browser.until_text("local disk │ analytics")
        await browser.press(*"local disk analytics", "enter")
        await until(lambda: browser.left.spec == DISK, "the left pane shows the local disk")
        assert browser.right.location == Location("analytics-landing")
        assert browser.right.spec == B


async def test_a_chosen_identity_gets_what_the_settings_add(engine: EngineSession) -> None:
    kept = {"landing": IdentitySettings(profile="analytics", read_only=True)}
    async with opened(engine, identities=kept, safety=SafetySettings(read_only=["*prod*"])) as browser:
        await browser.press("a")
        await browser.until_text("landing")
        await browser.press(*"landing", "enter")
        await until(lambda: bool(browser.left.identity and browser.left.identity.read_only), "it is read-only")
        assert browser.left.identity
        spec = browser.left.identity.spec
        assert (spec.name, spec.safety.read_only, spec.safety.patterns) == ("landing", True, ("*prod*",))


async def test_who_is_chosen_after_one_that_was_refused_looks_at_the_same_place(engine: EngineSession) -> None:
    endpoint = await endpoint_of(engine)
    await engine.ask(GiveKeys("AKIASTRANGER00000001", Secret("wrong"), endpoint=endpoint))
    refused = IdentitySpec(endpoint=endpoint, access_key="AKIASTRANGER00000001")
    where = Location("media-prod-assets", "images/")
    async with opened(engine, where.uri, specs=(refused, B)) as browser:
        await browser.until_text("rejected")
        await browser.press("a")
        await browser.until_text("analytics-as-media-reader")
        await browser.press(*"media-prod", "enter")
        await browser.until_listed(browser.left, where)


class SlowCallerIdentity:
    """An engine that sends what the configuration says of an identity, and nothing that comes after it."""

    def __init__(self, engine: EngineSession) -> None:
        self._engine = engine
        self.ask, self.other_has_ended = engine.ask, engine.other_has_ended

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        async with aclosing(self._engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer
                if isinstance(feed, Connect):
                    await asyncio.Event().wait()


async def test_the_place_is_kept_where_the_list_was_refused_before_the_caller_identity_is_known(
    engine: EngineSession,
) -> None:
    endpoint = await endpoint_of(engine)
    await engine.ask(GiveKeys("AKIASTRANGER00000001", Secret("wrong"), endpoint=endpoint))
    refused = IdentitySpec(endpoint=endpoint, access_key="AKIASTRANGER00000001")
    where = Location("media-prod-assets", "images/")
    async with opened(SlowCallerIdentity(engine), where.uri, specs=(refused, B), listed=False) as browser:
        await browser.until_text("rejected")
        assert browser.left.identity
        assert browser.left.identity.problem is None
        await browser.press("a")
        await browser.until_text("analytics-as-media-reader")
        await browser.press(*"media-prod", "enter")
        await browser.until_listed(browser.left, where)


async def endpoint_of(engine: EngineSession) -> str:
    """The demo's, as its profiles have it."""
    return next(profile.endpoint for profile in (await engine.ask(ListProfiles())).profiles)
