"""The difference that is confirmed: every line with its mark, long ones wrapped, nothing from outside as markup."""

import json

from tests.ui.dialogs.host import Host, text_of
from tui.model.change import Change, DocumentKind, DocumentRef
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.ui.changes.change_diff import ChangeDiff

REF = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media-prod"), account="111111111111", connection="profile:a")
BEFORE = json.dumps({"a": 1, "b": "[red]x\x1b"})
AFTER = json.dumps({"a": 2, "b": "[red]x\x1b", "c": "word " * 30})


async def shown(change: Change, width: int) -> list[str]:
    widget = ChangeDiff(change)
    async with Host(widgets=[widget]).run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        return text_of(widget).splitlines()


async def test_a_change_is_shown_line_by_line() -> None:
    lines = await shown(Change(REF, BEFORE, AFTER, stops=["it would be public"], notes=["ACLs are off"]), 80)
    assert lines[0] == "account 111111111111 applies: bucket policy of media-prod"
    assert lines[1:5] == ["    {", '  -   "a": 1,', '  +   "a": 2,', '      "b": "[red]x\\u001b",']
    assert lines[-2:] == ["  ✗ it would be public", "  ! ACLs are off"]


async def test_no_line_is_wider_than_its_room_and_nothing_is_cut() -> None:
    for width in (30, 80, 200):
        lines = await shown(Change(REF, BEFORE, AFTER), width)
        assert max(map(len, lines)) <= width
        assert "\n".join(lines).count("word") == 30


async def test_what_cannot_be_read_and_what_stays_is_said() -> None:
    problem = Problem(ProblemKind.DENIED, "access denied", "s3:GetBucketPolicy is missing")
    unread = await shown(Change(REF, None, AFTER, unread=problem), 80)
    assert unread[1].startswith("  ! cannot be read from here")
    assert (await shown(Change(REF, AFTER, AFTER), 80))[1] == "    stays as it is"
