"""F9, then u: changes that were made together are taken back together, and once."""

from __future__ import annotations

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.editing.test_editing import KEY, tags
from tests.ui.dialogs.host import screen_text
from tests.waiting import until
from tui.model.change import AppliedChange, DocumentKind, DocumentRef
from tui.model.location import Location
from tui.protocol.messages.changes import ApplyChange, ListChanges, PlanChange
from tui.protocol.session import EngineSession
from tui.ui.changes.choose_document import ChooseDocument
from tui.ui.changes.confirm_undo import ConfirmUndo


def bucket_tags(buckets: BucketPair) -> dict[str, str]:
    client = buckets.server.client(buckets.server.a)
    try:
        return {each["Key"]: each["Value"] for each in client.get_bucket_tagging(Bucket=buckets.a)["TagSet"]}
    except client.exceptions.ClientError:
        return {}


async def made_together(engine: EngineSession, browser: Browser, buckets: BucketPair) -> list[AppliedChange]:
    assert browser.left.identity
    connection, unit, made = browser.left.identity.connection, "", []
    for kind, key in ((DocumentKind.OBJECT_TAGS, KEY), (DocumentKind.BUCKET_TAGS, "")):
        ref = DocumentRef(kind, Location(buckets.a, key), connection=connection)
        change = await engine.ask(PlanChange(ref, '{"team": "video"}'))
        made.append(await engine.ask(ApplyChange(change, group=unit)))
        unit = unit or made[0].unit
    return made


async def choose(browser: Browser) -> None:
    await browser.press("f9")
    await until(lambda: isinstance(browser.app.screen, ChooseDocument), "the list of documents")


async def test_both_are_shown_and_taken_back(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, size=SMALL) as browser:
        await made_together(engine, browser, buckets)
        await browser.move_to(browser.left, Location(buckets.a, KEY))
        await choose(browser)
        await browser.until_text("and 1 document changed together with it")
        await browser.press("u")
        await until(lambda: isinstance(browser.app.screen, ConfirmUndo), "both differences")
        await browser.until_text("Undo 2 changes that were made together")
        assert screen_text(browser.app).count('-   "team": "video"') == 2
        assert (tags(buckets), bucket_tags(buckets)) == ({"team": "video"}, {"team": "video"})
        await browser.press("enter")
        await browser.until_text("✓ all 2 taken back")
        assert (tags(buckets), bucket_tags(buckets)) == ({}, {})
        await browser.press("escape")
        await until(lambda: browser.screen.in_front, "the panes are in front")
        await choose(browser)
        await browser.press("u")
        assert isinstance(browser.app.screen, ChooseDocument), "what is undone is not undone again"
    changes = (await engine.ask(ListChanges())).changes
    assert [bool(each.undoes) for each in changes] == [True, True, False, False]
    assert changes[0].unit == changes[1].unit


async def test_a_part_that_cannot_be_taken_back_is_named(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, size=SMALL) as browser:
        await made_together(engine, browser, buckets)
        client = buckets.server.client(buckets.server.a)
        client.put_bucket_tagging(Bucket=buckets.a, Tagging={"TagSet": [{"Key": "others", "Value": "1"}]})
        await browser.move_to(browser.left, Location(buckets.a, KEY))
        await choose(browser)
        await browser.until_text("and 1 document changed together with it")
        await browser.press("u")
        await browser.until_text(f"✗ stays: bucket tags of {buckets.a}")
        await browser.press("enter")
        await until(lambda: tags(buckets) == {}, "the other part is taken back")
        await browser.until_text("Close")
        assert f"✗ stays: bucket tags of {buckets.a}" in screen_text(browser.app)
        assert bucket_tags(buckets) == {"others": "1"}
