"""The access assistant on the demo: nothing is written before Enter, what was applied is tested and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.access.assistant import apply, panel, planned, said, screen, undo
from tests.ui.access.wire import watched
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.waiting import until
from tui.model.access.grants import Allow
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.ui.access.access_screen import AccessScreen
from tui.ui.inspector.problem import ProblemScreen

OTHERS = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
    "Action": "s3:GetObject",
}


def give_policy(buckets: BucketPair, sid: str = "Staff") -> str:
    """A policy of somebody else's on A's bucket; returns its text."""
    statement = {**OTHERS, "Sid": sid, "Resource": f"arn:aws:s3:::{buckets.a}/staff/*"}
    text = json.dumps({"Version": "2012-10-17", "Id": "kept", "Statement": [statement]})
    buckets.server.client(buckets.server.a).put_bucket_policy(Bucket=buckets.a, Policy=text)
    return text


def policy(buckets: BucketPair) -> str:
    """The policy of A's bucket as it is."""
    return str(buckets.server.client(buckets.server.a).get_bucket_policy(Bucket=buckets.a)["Policy"])


def sids(document: str) -> list[str]:
    """The names of the statements of a policy."""
    return [each["Sid"] for each in json.loads(document)["Statement"]]


async def asked(browser: Browser, buckets: BucketPair, prefix: str = "sub/") -> None:
    """Open the assistant on a prefix of A's bucket."""
    await browser.move_to(browser.left, Location(buckets.a, prefix))
    await browser.press("A")
    await planned(browser, 2)


@pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])
async def test_what_was_in_sight_is_applied_tested_and_taken_back(
    engine: EngineSession, buckets: BucketPair, size: tuple[int, int]
) -> None:
    before = give_policy(buckets)
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=size) as browser:
        await asked(browser, buckets)
        assert f"Give analytics access to s3://{buckets.a}/sub/" in browser.text
        assert "media-prod applies: bucket policy of" in browser.text
        assert not panel(browser).all_seen
        await apply(browser)
        await browser.until_text("tested as analytics: 9 requests, all as granted")
        assert sids(policy(buckets))[0] == "Staff"
        assert len(sids(policy(buckets))) == 4
        await undo(browser)
        assert policy(buckets) == before
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "it is left")


async def test_a_grant_made_before_is_taken_back_where_it_was_made(engine: EngineSession, buckets: BucketPair) -> None:
    before = give_policy(buckets)
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await asked(browser, buckets)
        assert "Undo  u" not in browser.text
        await apply(browser)
        await browser.until_text("all as granted")
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "it is left")
        await asked(browser, buckets, "three.bin")
        assert "Undo  u" not in browser.text, "what was granted was another place"
        await browser.press("escape")
        await asked(browser, buckets)
        await browser.until_text("Undo  u")
        await undo(browser)
        assert policy(buckets) == before
        await until(lambda: "Undo  u" not in browser.text, "nothing is left to undo")


async def test_nothing_is_written_before_enter(engine: EngineSession, buckets: BucketPair) -> None:
    async with watched(buckets.server.endpoint) as (endpoint, wire):
        specs = IdentitySpec("media-prod", endpoint=endpoint), IdentitySpec("analytics", endpoint=endpoint)
        async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", specs=specs) as browser:
            await asked(browser, buckets)
            await browser.press("a")
            await planned(browser, 2)
            await browser.press("w", "w", "w")
            await planned(browser, 2)
            await browser.press("o", *"vpce-1", "enter")
            await planned(browser, 2)
            assert '"aws:SourceVpce":"vpce-1"' in str(panel(browser).plan)
            await browser.press("o", *["backspace"] * 6, "enter")
            await planned(browser, 2)
            await browser.press("x", "escape", "p", "y", "down", "pagedown", "s", "escape", "t")
            assert wire.writes == []
            await apply(browser)
            await browser.until_text("all as granted")
            assert wire.writes[0] == f"PUT /{buckets.a}?policy"
            assert [each for each in wire.writes if "policy" in each] == [f"PUT /{buckets.a}?policy"]


async def test_a_read_only_pane_is_refused_before_anything_is_asked(engine: EngineSession, buckets: BucketPair) -> None:
    read_only = frozenset({"left"})
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", read_only=read_only) as browser:
        await browser.press("A")
        await browser.until_told("the left pane is read-only")
        assert browser.app.screen is browser.screen


async def test_a_read_only_identity_lets_nobody_in_when_swapped(engine: EngineSession, buckets: BucketPair) -> None:
    read_only = frozenset({"right"})
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", read_only=read_only) as browser:
        await asked(browser, buckets)
        await browser.press("ctrl+u")
        await until(lambda: "analytics is read-only" in said(browser), "it says why")
        assert screen(browser).order.owner != screen(browser).order.other
        assert "Give analytics access" in browser.text


async def test_a_denial_leads_to_the_assistant(engine: EngineSession, buckets: BucketPair) -> None:
    place = f"s3://{buckets.a}/"
    async with opened(engine, place, place, listed=False) as browser:
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.until_listed(browser.left, Location(buckets.a))
        await browser.press("tab", "e")
        await until(lambda: isinstance(browser.app.screen, ProblemScreen), "the denial is explained")
        await browser.press("A")
        await planned(browser, 2)
        assert "Give analytics access to" in browser.text
        assert screen(browser).order.allow is Allow.LIST
        await apply(browser)
        await browser.until_text("all as granted")
        await browser.press("escape")
        await until(lambda: "sub/" in browser.names(browser.right), "the pane lists it now", 30)


async def test_in_a_pane_that_is_denied_the_other_identity_lets_in(engine: EngineSession, buckets: BucketPair) -> None:
    place = f"s3://{buckets.a}/"
    async with opened(engine, place, place, listed=False) as browser:
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.until_listed(browser.left, Location(buckets.a))
        await browser.press("tab", "A")
        await planned(browser, 2)
        order, left = screen(browser).order, browser.left.identity
        assert left
        assert (order.owner, order.allow, order.location) == (left.connection, Allow.LIST, Location(buckets.a))


async def test_swapped_the_other_identity_lets_in(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await asked(browser, buckets)
        before = screen(browser).order
        await browser.press("ctrl+u")
        await until(lambda: "Give media-prod access to" in browser.text, "they are swapped")
        order = screen(browser).order
        assert (order.owner, order.other) == (before.other, before.owner)


async def test_a_policy_that_has_changed_is_shown_again(engine: EngineSession, buckets: BucketPair) -> None:
    give_policy(buckets)
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=(120, 160)) as browser:
        await asked(browser, buckets)
        await until(lambda: panel(browser).all_seen, "all is in sight")
        give_policy(buckets, "Others")
        await browser.press("enter")
        await until(lambda: "has changed since it was shown" in said(browser), "it says so", 30)
        await planned(browser, 2)
        assert sids(policy(buckets)) == ["Others"]
        assert "Others" in str(panel(browser).plan)
        await apply(browser)
        assert sids(policy(buckets))[0] == "Others"
        assert len(sids(policy(buckets))) == 4


async def test_parts_are_copied_saved_and_shown_as_scripts(
    engine: EngineSession, buckets: BucketPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await asked(browser, buckets)
        await browser.press("y")
        assert "Principal" in json.loads(browser.app.clipboard)["Statement"][0]
        await browser.press("p", "y")
        assert "Principal" not in json.loads(browser.app.clipboard)["Statement"][0]
        await browser.press("x")
        await browser.until_text("aws s3api put-bucket-policy")
        await browser.press("x")
        await browser.until_text("import boto3")
        await browser.press("x")
        await browser.until_text("aws_s3_bucket_policy")
        await browser.press("escape", "s")
        await browser.until_text("1-bucket-policy")
        assert "␊" not in browser.text, "each file has its line"
        await browser.press("enter")
        saved = tmp_path / f"xs3-access-{buckets.a}"
        await until(lambda: len(list(saved.glob("*.json"))) == 2, "both documents are saved")
        assert {each.stat().st_mode & 0o777 for each in saved.iterdir()} == {0o600}
        assert "Statement" in json.loads(next(saved.glob("1-*")).read_text())


async def test_what_cannot_be_meant_is_said_and_not_planned(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await asked(browser, buckets)
        await browser.press("o", *"subnet-1")
        await browser.until_text("it begins with vpce-")
        assert panel(browser).plan is None
        await browser.press("escape")
        await browser.until_text("▸ ✗ 'subnet-1' is no id")
        await browser.press("enter", "enter")
        assert isinstance(browser.app.screen, AccessScreen)


async def test_a_way_that_does_not_fit_is_explained(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await asked(browser, buckets)
        await browser.press("w", "w")
        await browser.until_text("analytics is not of the bucket's account")
        assert panel(browser).plan is None


async def test_two_panes_of_one_identity_are_refused(engine: EngineSession, buckets: BucketPair) -> None:
    place, same = f"s3://{buckets.a}/", IdentitySpec("media-prod")
    async with opened(engine, place, place, specs=(same, same)) as browser:
        await browser.press("A")
        await browser.until_told("both panes have the same identity")


async def test_a_disk_has_no_policy(engine: EngineSession, buckets: BucketPair, tmp_path: Path) -> None:
    specs = IdentitySpec(local=True), IdentitySpec("analytics")
    async with opened(engine, tmp_path.as_uri() + "/", f"s3://{buckets.b}/", specs=specs) as browser:
        await browser.press("A")
        await browser.until_told("open a bucket")
