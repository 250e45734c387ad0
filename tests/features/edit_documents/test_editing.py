"""One row: its documents edited with F9, links that a plain client uses, the properties of a bucket, a restore."""

import json
import urllib.request
from typing import Any

import pytest
from textual.widgets import Button, OptionList, TextArea

from tests.browser.browser import SMALL, A, Browser, done, opened, state, until_screen
from tests.browser.host import text_of
from tests.browser.passing import Buckets, Holding
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.policy import PolicyEdit, PolicyKind
from tui.core.transfer import TransferState
from tui.features.copy.screen import RouteCardScreen
from tui.features.edit_documents.many_screen import ConfirmMany
from tui.features.edit_documents.screen import BucketScreen, ChooseDocument, ConfirmUndo, EditDocument
from tui.features.links.screen import PresignScreen, QrScreen
from tui.features.links.values import Presign
from tui.features.versions.screen import UndoScreen
from tui.kit.change_screens import ConfirmChange
from tui.kit.lines import Lines
from tui.link.session import EngineSession
from tui.messages.document_requests import ApplyChange, ListChanges, PlanChange

pytestmark = pytest.mark.thorough

KEY = "one.txt"


def tags(buckets: Buckets, key: str = KEY) -> dict[str, str]:
    client = buckets.mine
    try:
        read = (
            client.get_object_tagging(Bucket=buckets.a, Key=key) if key else client.get_bucket_tagging(Bucket=buckets.a)
        )
    except client.exceptions.ClientError:
        return {}
    return {each["Key"]: each["Value"] for each in read["TagSet"]}


def policy(buckets: Buckets, principal: Any) -> str:
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{buckets.a}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def has_policy(buckets: Buckets) -> bool:
    try:
        return bool(buckets.mine.get_bucket_policy(Bucket=buckets.a))
    except buckets.mine.exceptions.ClientError:
        return False


async def choose(browser: Browser) -> None:
    await browser.press("f9", front=ChooseDocument)


async def editor(browser: Browser, buckets: Buckets, letter: str) -> TextArea:
    await browser.move_to(browser.left, Location(buckets.a, KEY))
    await choose(browser)
    return await chosen(browser, letter)


ROWS = {"t": 1, "h": 3, "p": 5, "e": 10}
"""Where the tags of the object, the bucket policy and the encryption stand."""


async def chosen(browser: Browser, letter: str, *, many: bool = False) -> TextArea:
    """The contents of `many` objects are not edited together: the list begins with the tags."""
    await browser.press(*["down"] * (ROWS[letter] - many), "enter", front=EditDocument)
    area = browser.app.screen.query_one(TextArea)
    await until(lambda: not area.disabled, "the document was read")
    return area


async def confirmed(browser: Browser, said: str) -> None:
    """Press Enter once a button takes it, and wait for what came of it."""
    await until(lambda: not browser.app.screen.query("Button.-active"), "a button takes Enter")
    await browser.press("enter", then=f"✓ {said}")


async def reviewed(browser: Browser) -> ConfirmChange:
    await browser.press("ctrl+s")
    return await until_screen(browser, ConfirmChange)


async def test_the_inspector_shows_a_changed_policy_while_its_dialog_is_open(buckets: Buckets) -> None:
    """A repair is applied; an edited policy is applied, taken back there, and taken back from the list."""
    friend = {"AWS": buckets.server.b.principal}
    statement = {**json.loads(policy(buckets, friend))["Statement"][0], "Sid": "Repaired"}
    account = buckets.server.a.principal.split(":")[4]
    async with opened(buckets.engine, buckets.here.uri, size=(200, 50)) as browser:
        inspecting = browser.screen.inspecting
        inspecting.open()
        lines = inspecting.inspector.query_one(Lines)
        await until(lambda: "policy" in text_of(lines), "the inspector has the bucket's facts", 20)

        async def apply(said: str, sid: str, *, shown: bool) -> None:
            await confirmed(browser, f"{said} · Z undoes it")
            await until(lambda: (f"Allow {sid}" in text_of(lines)) is shown, f"the inspector shows it {said}", 20)
            assert isinstance(browser.app.screen, ConfirmChange)

        edit = PolicyEdit(PolicyKind.BUCKET_POLICY, account, buckets.a, json.dumps(statement))
        inspecting.amending.amend(browser.left, [edit])
        await until_screen(browser, ConfirmChange)
        await apply("applied", "Repaired", shown=True)
        await browser.press("escape")
        (await editor(browser, buckets, "p")).load_text(policy(buckets, friend).replace('"Read"', '"Edited"'))
        await reviewed(browser)
        await apply("applied", "Edited", shown=True)
        await browser.press("Z")
        await apply("undone", "Edited", shown=False)
        await browser.press("Z")
        await apply("undone", "Edited", shown=True)
        await browser.press("escape", told="was undone")
        await browser.press("Z", front=UndoScreen, then="change bucket policy")
        await browser.press("enter", front=ConfirmChange)
        await apply("undone", "Edited", shown=False)


async def test_a_bucket_has_its_own_documents_an_object_both(buckets: Buckets) -> None:
    async with opened(buckets.engine) as browser:
        for where, count in ((buckets.here, 7), (Location(buckets.a, KEY), 12), (Location(buckets.a, "sub/"), 7)):
            if where.key and browser.left.location != buckets.here:
                await browser.press("enter", lists=buckets.here)
            await browser.press_on(browser.left, where, "E", front=ChooseDocument)
            assert browser.app.screen.query_one(OptionList).option_count == count
            await browser.press("escape")


async def test_a_policy_for_everyone_is_stopped_with_words(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        area = await editor(browser, buckets, "p")
        assert "arn:aws:iam::ACCOUNT:root" in area.text
        area.load_text(policy(buckets, "*"))
        assert (await reviewed(browser)).query_one("#apply", Button).disabled
        await browser.until_text("this cannot be applied")
        await browser.press("pagedown", "pagedown", "pagedown", then="✗ statement Read would allow public access")
        await browser.press("enter", front=EditDocument)
        assert json.loads(area.text)["Statement"][0]["Sid"] == "Read"
    assert not has_policy(buckets)


async def test_what_was_changed_since_is_shown_again_and_what_is_refused_said(buckets: Buckets) -> None:
    client = buckets.mine
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        area = await editor(browser, buckets, "t")
        area.load_text('{"mine": "1"}')
        await reviewed(browser)
        client.put_object_tagging(Bucket=buckets.a, Key=KEY, Tagging={"TagSet": [{"Key": "theirs", "Value": "1"}]})
        await browser.press("enter", then=("it has changed in the meantime", '-   "theirs": "1"'))
        assert tags(buckets) == {"theirs": "1"}
        await confirmed(browser, "applied")
        assert tags(buckets) == {"mine": "1"}
        await browser.press("escape", told="Z undoes it", front=BrowserScreen)
        area = await editor(browser, buckets, "e")
        area.load_text('{"SSEAlgorithm": "aws:kms"}')
        await reviewed(browser)
        await browser.press("enter", then=("✗ ", "not support"))


async def test_what_was_typed_is_not_lost_by_a_mistake_or_one_esc(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await browser.press_on(browser.left, Location(buckets.a, KEY), "i")
        await choose(browser)
        await browser.until_text(f"of s3://{buckets.a}/{KEY}")
        (await chosen(browser, "t")).load_text('{\n"a" "1"\n}')
        await reviewed(browser)
        await browser.until_text("line 2, column 5")
        await browser.press("escape", "escape", told="your changes are kept", front=BrowserScreen)
        assert tags(buckets) == {}
        await choose(browser)
        area = await chosen(browser, "t")
        assert area.text == '{\n"a" "1"\n}'
        await browser.press("ctrl+r")
        await until(lambda: area.text == "{}", "what was typed is discarded")
        await browser.press("escape", front=BrowserScreen)


async def test_a_read_only_pane_and_a_disk_have_no_editor(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, "file:///tmp/", read_only=frozenset({"left"})) as browser:
        await browser.press_on(browser.left, Location(buckets.a, KEY), "O", told="read-only")
        browser.app.clear_notifications()
        await browser.press("f9", told="read-only")
        await browser.press("tab", "f9", told="no S3 settings")
        assert browser.screen.in_front


async def test_a_document_that_may_not_be_read_is_not_edited(buckets: Buckets) -> None:
    """B sees its own object in A's bucket, and not A's policy."""
    async with opened(buckets.engine, buckets.here.uri, buckets.here.uri) as browser:
        await browser.press("tab", "f9", front=ChooseDocument)
        await browser.press("enter", then="s3:GetBucketPolicy")
        assert browser.app.screen.query_one(TextArea).disabled
        await browser.press("ctrl+s", "escape", front=BrowserScreen)


async def made_together(browser: Browser, buckets: Buckets) -> list[AppliedChange]:
    connection, unit, made = browser.who(browser.left).connection, "", []
    for kind, key in ((DocumentKind.OBJECT_TAGS, KEY), (DocumentKind.BUCKET_TAGS, "")):
        ref = DocumentRef(kind, Location(buckets.a, key), connection=connection)
        change = await buckets.engine.ask(PlanChange(ref, '{"team": "video"}'))
        made.append(await buckets.engine.ask(ApplyChange(change, group=unit)))
        unit = unit or made[0].unit
    return made


async def test_both_are_shown_and_taken_back(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        await made_together(browser, buckets)
        await browser.move_to(browser.left, Location(buckets.a, KEY))
        await browser.press("Z", front=UndoScreen, then=("change bucket tags of", "2 documents"))
        await browser.press("right", then="object tags of")
        await browser.press("enter", front=ConfirmUndo, then="Undo 2 changes that were made together")
        assert browser.text.count('-   "team": "video"') == 2
        assert (tags(buckets), tags(buckets, "")) == ({"team": "video"}, {"team": "video"})
        await browser.press("enter", then="✓ all 2 undone")
        assert (tags(buckets), tags(buckets, "")) == ({}, {})
        await browser.press("escape", front=BrowserScreen)
        await browser.press("Z", front=UndoScreen)
        await until(lambda: "loading…" not in browser.text, "all is listed")
        assert "2 documents" not in browser.text, "what is undone is not undone again"
        await browser.press("escape", front=BrowserScreen)
        await made_together(browser, buckets)
        buckets.mine.put_bucket_tagging(Bucket=buckets.a, Tagging={"TagSet": [{"Key": "others", "Value": "1"}]})
        await browser.press("Z", front=UndoScreen, then="2 documents")
        await browser.press("enter", front=ConfirmUndo, then=f"✗ stays: bucket tags of {buckets.a}")
        await browser.press("enter")
        await until(lambda: tags(buckets) == {}, "the other part is taken back")
        await browser.until_text("Close")
        assert f"✗ stays: bucket tags of {buckets.a}" in browser.text
        assert tags(buckets, "") == {"others": "1"}
    changes = (await buckets.engine.ask(ListChanges())).changes
    assert [bool(each.undoes) for each in changes] == [True, False, False, True, True, False, False]
    assert changes[3].unit == changes[4].unit


def opened_by_urllib(url: str, content: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, content, method="GET" if content is None else "PUT")
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body


async def copied(browser: Browser, *, other_than: str = "") -> str:
    def signed() -> bool:
        screen = browser.app.screen
        return isinstance(screen, PresignScreen) and any(link.url != other_than for link in screen._links)

    await until(signed, "the link is signed")
    await browser.press("y")
    return browser.app.clipboard


async def test_a_row_is_linked_and_each_choice_signs_again(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, buckets.here.child("one.txt"))
        await browser.run("presign")
        url = await copied(browser)
        assert opened_by_urllib(url) == b"one.txt"
        await browser.until_text("signed by media-prod")
        await browser.press("tab", "left")
        assert "X-Amz-Expires=900" in (await copied(browser, other_than=url))
        assert not any("X-Amz" in notice.message for notice in browser.app._notifications)
        pytest.importorskip("segno")
        await browser.press("v", then="The code needs")
        assert isinstance(browser.app.screen, QrScreen), "it does not fit, and says how large it is"
        await browser.press("escape", "escape", front=BrowserScreen)


async def test_a_link_that_comes_late_is_not_shown_where_none_may_be_made(buckets: Buckets) -> None:
    place, slow = buckets.here, Holding(buckets.engine, Presign)
    async with opened(slow, place.uri, read_only=frozenset({"left"})) as browser:
        await browser.move_to(browser.left, place.child("one.txt"))
        await browser.run("presign")
        await until(lambda: bool(slow.asked), "a link to read is signed")
        await browser.press("right", then="this pane is read-only: no upload")
        slow.may_go_on.set()
        for _ in range(5):
            await browser.pilot.pause(0.05)
        assert not browser.front(PresignScreen)._links
        assert "this pane is read-only: no upload" in browser.text


async def test_marked_objects_have_a_link_each_and_a_prefix_one_for_the_name_that_is_typed(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await browser.move_to(browser.left, buckets.here.child("sub/"))
        await browser.run("presign", then="type a name")
        await browser.press(*"new", "enter")
        opened_by_urllib(await copied(browser), b"content")
        await browser.press("escape")
        for name in ("one.txt", "two.txt"):
            await browser.press_on(browser.left, buckets.here.child(name), "space")
        await browser.run("presign")
        assert [opened_by_urllib(link) for link in (await copied(browser)).splitlines()] == [b"one.txt", b"two.txt"]
    assert buckets.mine.get_object(Bucket=buckets.a, Key="sub/new")["Body"].read() == b"content"


@pytest.mark.parametrize(
    ("spec", "words"),
    [(IdentitySpec(local=True), "files have no links"), (IdentitySpec(anonymous=True), "cannot sign a link")],
)
async def test_who_cannot_sign_is_told_so(engine: EngineSession, spec: IdentitySpec, words: str) -> None:
    async with opened(engine, "file:///" if spec.local else "s3://", specs=(spec, A), listed=False) as browser:
        await until(lambda: browser.left.identity is not None, "it is connected")
        await browser.run("presign", told=words)


async def test_a_bucket_shows_its_properties_and_is_edited_from_there(buckets: Buckets) -> None:
    """From the list of buckets, and from inside it, where nothing tells when it was created."""
    buckets.mine.put_bucket_versioning(Bucket=buckets.a, VersioningConfiguration={"Status": "Enabled"})
    async with opened(buckets.engine, size=(160, 60)) as browser:
        await browser.move_to(browser.left, buckets.here)
        for created in (True, False):
            await browser.run("properties", then="versioning    Enabled")
            assert isinstance(browser.app.screen, BucketScreen)
            assert "S3 does not report its size: u in the pane measures it" in browser.text
            assert ("created 20" in browser.text) is created
            await browser.press("E", front=ChooseDocument)
            await browser.press("escape", front=BrowserScreen)
            if created:
                await browser.press("enter", lists=buckets.here)
                await browser.move_to(browser.left, buckets.here.child("one.txt"))


@pytest.fixture
def archive(buckets: Buckets) -> Location:
    for key, kind in (("old/film.mov", "DEEP_ARCHIVE"), ("old/take.mov", "GLACIER")):
        buckets.mine.put_object(Bucket=buckets.a, Key=key, Body=b"hello world", StorageClass=kind)
    return Location(buckets.a, "old/")


async def test_a_key_restores_a_prefix_and_waits(archive: Location, buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "sub/"))
        await browser.run("restore", then="nothing selected is archived")
        assert "Nothing to restore" in browser.text
        await until(lambda: "Expedited" not in browser.text, "there is nothing to choose")
        await browser.press("enter")
        await until(lambda: "Nothing to restore" not in browser.text, "the dialog is closed")
        await browser.move_to(browser.left, archive)
        await browser.run("restore", then="DEEP_ARCHIVE: 1 object, 11 B")
        await browser.until_text("GLACIER 3 to 5 hours")
        await browser.until_text("Restore 2 archived objects")
        await browser.press("down", "down", "right", "enter")
        await until(lambda: state(browser) is TransferState.WAITING, "it waits for the restore", 30)
        await done(browser)
    assert buckets.mine.get_object(Bucket=buckets.a, Key="old/take.mov")["Body"].read() == b"hello world"


async def test_an_archived_row_is_marked_and_its_copy_restores_first_where_that_is_chosen(
    archive: Location, buckets: Buckets
) -> None:
    async with opened(buckets.engine, archive.uri, f"s3://{buckets.b}/") as browser:
        assert "~ film.mov" in browser.text
        await browser.press_on(browser.left, archive.child("take.mov"), "f5", then="✗ archived: restore")
        assert "✓ media-prod reads" not in browser.text
        await browser.press("full_stop")
        card = browser.front(RouteCardScreen)
        card.query_one("#restore").focus()
        await browser.press("right", then="restore Standard")
        await until(lambda: card._card.complete and card._card.problem is None, "the copy is possible", 20)
        card.query_one("#copy").focus()
        await browser.press("enter", ended=True)
    copied = buckets.theirs.head_object(Bucket=buckets.b, Key="take.mov")
    assert (copied["ContentLength"], copied["StorageClass"]) == (11, "GLACIER")


async def test_marked_objects_get_the_same_change_and_undo_takes_all_of_it_back(buckets: Buckets) -> None:
    sets = {"one.txt": {"team": "b", "keep": "1"}, "two.txt": {"team": "a", "keep": "2"}, "three.bin": {"old": "x"}}
    for key, each in sets.items():
        pairs = [{"Key": name, "Value": value} for name, value in {**each, "all": "y"}.items()]
        buckets.mine.put_object_tagging(Bucket=buckets.a, Key=key, Tagging={"TagSet": pairs})
    before = {key: tags(buckets, key) for key in sets}
    async with opened(buckets.engine, buckets.here.uri) as browser:
        for key in sets:
            await browser.press_on(browser.left, buckets.here.child(key), "space")
        await choose(browser)
        assert "tags  of 3 objects" in browser.text
        assert "bucket" not in text_of(browser.app.screen.query_one(OptionList))
        area = await chosen(browser, "t", many=True)
        assert json.loads(area.text) == {"all": "y"}, "only what all have"
        area.load_text("[1]")
        await browser.press("ctrl+s", then="it is not a JSON object")
        area.load_text('{"team": "a"}')
        await browser.press("ctrl+s", front=ConfirmMany)
        await browser.until_text("- all on 3 objects", "+ team=a on 1 object, changed on 1; 1 already with it")
        buckets.mine.put_object_tagging(Bucket=buckets.a, Key="two.txt", Tagging={"TagSet": []})  # after it was shown
        await browser.press("enter", then="✗ 2 objects changed, 1 failed")
        await browser.until_text("two.txt: the object tags of")
        assert "have changed since they were shown" in " ".join(browser.text.replace("│", " ").split())
        assert tags(buckets, "one.txt") == {"team": "a", "keep": "1"}
        assert (tags(buckets, "three.bin"), tags(buckets, "two.txt")) == ({"old": "x", "team": "a"}, {})
        await browser.press("escape", told="undoes all of it together", front=BrowserScreen)
        await choose(browser)
        (await chosen(browser, "h", many=True)).load_text('{"headers": {"Cache-Control": "no-store"}}')
        await browser.press("ctrl+s", then="+ headers.Cache-Control=no-store on 3 objects")
        await browser.press("enter", then="✓ 3 objects changed")
        heads = [buckets.mine.head_object(Bucket=buckets.a, Key=key) for key in sets]
        assert {(head["CacheControl"], head["ContentType"]) for head in heads} == {("no-store", "binary/octet-stream")}
        for others in (2, 1):
            await browser.press("escape", front=BrowserScreen)
            await browser.press("Z", front=UndoScreen, then=f"{others + 1} documents")
            await browser.press("enter", front=ConfirmUndo)
            await browser.press("enter", then=f"✓ all {others + 1} undone")
        assert {key: tags(buckets, key) for key in sets} == before | {"two.txt": {}}
