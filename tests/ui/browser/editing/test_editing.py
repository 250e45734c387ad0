"""F9: which documents a row has, the editor, the difference, and nothing written before that was confirmed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from textual.widgets import Button, OptionList, TextArea

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.dialogs.host import text_of
from tests.waiting import until
from tui.model.access.policy_edit import PolicyEdit, PolicyKind
from tui.model.location import Location
from tui.protocol.messages.changes import ListChanges
from tui.protocol.session import EngineSession
from tui.ui.changes.choose_document import ChooseDocument
from tui.ui.changes.confirm_change import ConfirmChange
from tui.ui.changes.edit_document import EditDocument
from tui.ui.kit.lines import Lines

SIZES = pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])
KEY = "one.txt"


def tags(buckets: BucketPair) -> dict[str, str]:
    client = buckets.server.client(buckets.server.a)
    return {each["Key"]: each["Value"] for each in client.get_object_tagging(Bucket=buckets.a, Key=KEY)["TagSet"]}


def policy(buckets: BucketPair, principal: Any) -> str:
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{buckets.a}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def has_policy(buckets: BucketPair) -> bool:
    client = buckets.server.client(buckets.server.a)
    try:
        client.get_bucket_policy(Bucket=buckets.a)
    except client.exceptions.ClientError:
        return False
    return True


async def editor(browser: Browser, buckets: BucketPair, letter: str, key: str = "f9") -> TextArea:
    """The editor of a document of the object, once it was read."""
    await browser.move_to(browser.left, Location(buckets.a, KEY))
    await browser.press(key)
    await until(lambda: isinstance(browser.app.screen, ChooseDocument), "the list of documents")
    await browser.press(letter)
    await until(lambda: isinstance(browser.app.screen, EditDocument), "the editor")
    area = browser.app.screen.query_one(TextArea)
    await until(lambda: not area.disabled, "the document was read")
    return area


async def typed(browser: Browser, text: str) -> None:
    await browser.press(*({"\n": "enter"}.get(each, each) for each in text))


async def reviewed(browser: Browser) -> ConfirmChange:
    await browser.press("ctrl+s")
    await until(lambda: isinstance(browser.app.screen, ConfirmChange), "the difference")
    screen = browser.app.screen
    assert isinstance(screen, ConfirmChange)
    return screen


@SIZES
async def test_tags_are_typed_shown_applied_and_taken_back(
    engine: EngineSession, buckets: BucketPair, size: tuple[int, int]
) -> None:
    async with opened(engine, Location(buckets.a).uri, size=size) as browser:
        area = await editor(browser, buckets, "t")
        assert area.text == "{}"
        await browser.press("right")
        await typed(browser, '"team": "video"')
        await reviewed(browser)
        await browser.until_text('+   "team": "video"')
        assert tags(buckets) == {}
        await browser.press("enter")
        await browser.until_text("✓ applied · u undoes it")
        assert tags(buckets) == {"team": "video"}
        await browser.press("u")
        await browser.until_text('-   "team": "video"')
        assert tags(buckets) == {"team": "video"}
        await until(lambda: not browser.app.screen.query("Button.-active"), "a button takes Enter again")
        await browser.press("enter")
        await browser.until_text("✓ taken back")
        assert tags(buckets) == {}
        await browser.press("escape")
        await browser.until_told("were taken back")
        await until(lambda: browser.screen.in_front, "the panes are in front")


async def test_the_inspector_shows_a_repair_while_its_dialog_is_open(
    engine: EngineSession, buckets: BucketPair
) -> None:
    statement = json.loads(policy(buckets, {"AWS": buckets.server.b.principal}))["Statement"][0]
    edit = PolicyEdit(
        PolicyKind.BUCKET_POLICY,
        buckets.server.a.principal.split(":")[4],
        buckets.a,
        json.dumps({**statement, "Sid": "Repaired"}),
    )
    async with opened(engine, Location(buckets.a).uri, size=(200, 50)) as browser:
        inspecting = browser.screen.inspecting
        inspecting.open()
        lines = inspecting.inspector.query_one(Lines)
        await until(lambda: "policy" in text_of(lines), "the inspector has the bucket's facts", 20)
        inspecting.amending.amend(browser.left, [edit])
        await until(lambda: isinstance(browser.app.screen, ConfirmChange), "the difference")
        await browser.press("enter")
        await browser.until_text("✓ applied · u undoes it")
        await until(lambda: "Allow Repaired" in text_of(lines), "the inspector has the new policy", 20)
        assert isinstance(browser.app.screen, ConfirmChange)


async def test_the_inspector_shows_an_edited_policy_while_its_dialog_is_open(
    engine: EngineSession, buckets: BucketPair
) -> None:
    """Applied, taken back there, and taken back from the list."""
    async with opened(engine, Location(buckets.a).uri, size=(200, 50)) as browser:
        inspecting = browser.screen.inspecting
        inspecting.open()
        lines = inspecting.inspector.query_one(Lines)
        await until(lambda: "policy" in text_of(lines), "the inspector has the bucket's facts", 20)

        async def apply(said: str, *, shown: bool) -> None:
            await until(lambda: not browser.app.screen.query("Button.-active"), "a button takes Enter")
            await browser.press("enter")
            await browser.until_text(f"✓ {said} · u undoes it")
            await until(lambda: ("Allow Edited" in text_of(lines)) is shown, f"the inspector shows it {said}", 20)
            assert isinstance(browser.app.screen, ConfirmChange)

        area = await editor(browser, buckets, "p")
        area.load_text(policy(buckets, {"AWS": buckets.server.b.principal}).replace('"Read"', '"Edited"'))
        await reviewed(browser)
        await apply("applied", shown=True)
        await browser.press("u")
        await apply("taken back", shown=False)
        await browser.press("u")
        await apply("taken back", shown=True)
        await browser.press("escape")
        await browser.until_told("was taken back")
        await browser.press("f9", "u")
        await until(lambda: isinstance(browser.app.screen, ConfirmChange), "the difference")
        await apply("taken back", shown=False)


async def test_a_bucket_has_its_own_documents_an_object_both(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine) as browser:
        for where, count in (
            (Location(buckets.a), 7),
            (Location(buckets.a, KEY), 11),
            (Location(buckets.a, "sub/"), 7),
        ):
            if where.key and browser.left.location != Location(buckets.a):
                await browser.press("enter")
                await browser.until_listed(browser.left, Location(buckets.a))
            await browser.move_to(browser.left, where)
            await browser.press("E")
            await until(lambda: isinstance(browser.app.screen, ChooseDocument), "the list of documents")
            assert browser.app.screen.query_one(OptionList).option_count == count
            await browser.press("escape")


async def test_the_inspector_leads_to_the_editor(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await browser.move_to(browser.left, Location(buckets.a, KEY))
        await browser.press("I", "f9")
        await until(lambda: isinstance(browser.app.screen, ChooseDocument), "the list of documents")
        await browser.until_text(f"of s3://{buckets.a}/{KEY}")


async def test_the_last_change_is_taken_back_from_the_list(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await editor(browser, buckets, "t")
        await browser.press("right")
        await typed(browser, '"a": "1"')
        await reviewed(browser)
        await browser.press("enter")
        await browser.until_text("✓ applied")
        await browser.press("escape")
        await browser.until_told("F9, then u, undoes it")
        await browser.press("f9")
        await browser.until_text("undoes the last change: object tags")
        await browser.press("u")
        await browser.until_text('-   "a": "1"')
        await browser.press("enter")
        await browser.until_text("✓ taken back")
    assert tags(buckets) == {}
    changes = (await engine.ask(ListChanges())).changes
    assert [bool(each.undoes) for each in changes] == [True, False]


@SIZES
async def test_a_policy_for_everyone_is_stopped_with_words(
    engine: EngineSession, buckets: BucketPair, size: tuple[int, int]
) -> None:
    async with opened(engine, Location(buckets.a).uri, size=size) as browser:
        area = await editor(browser, buckets, "p")
        assert "arn:aws:iam::ACCOUNT:root" in area.text
        area.load_text(policy(buckets, "*"))
        screen = await reviewed(browser)
        assert screen.query_one("#apply", Button).disabled
        await browser.until_text("this is not applied")
        await browser.press("pagedown", "pagedown", "pagedown")
        await browser.until_text("✗ statement Read would let everyone in")
        await browser.press("enter")
        await until(lambda: isinstance(browser.app.screen, EditDocument), "back in the editor, with the text")
        assert json.loads(area.text)["Statement"][0]["Sid"] == "Read"
    assert not has_policy(buckets)


async def test_a_mistake_is_said_with_its_line(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        area = await editor(browser, buckets, "t")
        area.load_text('{\n"a" "1"\n}')
        await reviewed(browser)
        await browser.until_text("line 2, column 5")


async def test_what_was_changed_since_is_shown_again(engine: EngineSession, buckets: BucketPair) -> None:
    client = buckets.server.client(buckets.server.a)
    async with opened(engine, Location(buckets.a).uri) as browser:
        area = await editor(browser, buckets, "t")
        area.load_text('{"mine": "1"}')
        await reviewed(browser)
        theirs = {"TagSet": [{"Key": "theirs", "Value": "1"}]}
        client.put_object_tagging(Bucket=buckets.a, Key=KEY, Tagging=theirs)
        await browser.press("enter")
        await browser.until_text("it was changed since it was shown")
        await browser.until_text('-   "theirs": "1"')
        assert tags(buckets) == {"theirs": "1"}
        apply = browser.app.screen.query_one("#apply", Button)
        await until(lambda: not apply.has_class("-active"), "the button can be pressed again")
        await browser.press("enter")
        await browser.until_text("✓ applied")
        assert tags(buckets) == {"mine": "1"}


async def test_what_was_typed_is_not_lost_by_one_esc(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await editor(browser, buckets, "t")
        await browser.press("right")
        await typed(browser, '"a": "1"')
        await browser.press("escape")
        await browser.until_text("esc again discards")
        assert isinstance(browser.app.screen, EditDocument)
        await browser.press("escape")
        await until(lambda: browser.screen.in_front, "the panes are in front")
    assert tags(buckets) == {}


async def test_a_read_only_pane_has_no_editor(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, read_only=frozenset({"left"})) as browser:
        await browser.move_to(browser.left, Location(buckets.a, KEY))
        await browser.press("f9")
        await browser.until_told("read-only")
        assert browser.screen.in_front


async def test_there_is_nothing_to_edit_in_a_list_of_buckets_or_on_a_disk(
    engine: EngineSession, buckets: BucketPair
) -> None:
    async with opened(engine, right="file:///tmp/") as browser:
        await browser.press("tab", "f9")
        await browser.until_told("no settings of S3")
        assert browser.screen.in_front


async def test_a_document_that_may_not_be_read_is_not_edited(engine: EngineSession, buckets: BucketPair) -> None:
    """B sees its own object in A's bucket, and not A's policy."""
    async with opened(engine, Location(buckets.a).uri, Location(buckets.a).uri) as browser:
        await browser.press("tab", "f9")
        await until(lambda: isinstance(browser.app.screen, ChooseDocument), "the list of documents")
        await browser.press("p")
        await browser.until_text("s3:GetBucketPolicy")
        assert browser.app.screen.query_one(TextArea).disabled
        await browser.press("ctrl+s", "escape")
        await until(lambda: browser.screen.in_front, "the panes are in front")


async def test_what_the_server_refuses_is_said(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, size=SMALL) as browser:
        area = await editor(browser, buckets, "e")
        area.load_text('{"SSEAlgorithm": "aws:kms"}')
        await reviewed(browser)
        await browser.press("enter")
        await browser.until_text("✗ ")
        await browser.until_text("not support")
