"""What the log of changes says as a whole; and records that were written before changes had units."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tui.changes.saved import SavedChanges
from tui.model.access.change_log import ChangeLog
from tui.model.change import AppliedChange, DocumentKind, DocumentRef
from tui.model.location import Location
from tui.model.problem import ProblemError

REF = DocumentRef(DocumentKind.BUCKET_POLICY, Location("b"))


def made(name: str, *, undoes: str = "", group: str = "", unsure: bool = False) -> AppliedChange:
    return AppliedChange(name, 0.0, "someone", REF, None, "{}", undoes, group, unsure)


def ids(changes: list[AppliedChange]) -> list[str]:
    return [each.id for each in changes]


GRANT = [made("g2", group="g1"), made("g1"), made("old")]
UNDO = [made("u1", undoes="g1", group="u2"), made("u2", undoes="g2")]


@pytest.mark.parametrize(
    ("changes", "wanted", "taken_back"),
    [
        (GRANT, "", ["g2", "g1"]),
        (GRANT, "g1", ["g2", "g1"]),
        (GRANT, "g2", ["g2", "g1"]),
        (GRANT, "old", ["old"]),
        (UNDO + GRANT, "", ["old"]),
        (UNDO + GRANT, "u1", ["u1", "u2"]),
        ([made("u2", undoes="g2"), *GRANT], "", ["g1"]),
        ([made("u2", undoes="g2"), *GRANT], "g2", ["g1"]),
        ([made("u2", undoes="g2", unsure=True), *GRANT], "", ["g2", "g1"]),
        ([made("r", undoes="u1"), *UNDO, *GRANT], "", ["g1"]),
        ([made("s", undoes="r"), made("r", undoes="u1"), *UNDO, *GRANT], "", ["old"]),
    ],
    ids=["latest", "first", "part", "older", "undone", "undo", "half", "rest", "unsure", "redone", "again"],
)
def test_what_is_taken_back(changes: list[AppliedChange], wanted: str, taken_back: list[str]) -> None:
    assert ids(ChangeLog(changes).to_take_back(wanted)) == taken_back


@pytest.mark.parametrize(
    ("changes", "wanted", "says"),
    [
        ([], "", "nothing to take back"),
        ([made("u", undoes="a"), made("a")], "", "nothing to take back"),
        ([made("u", undoes="a"), made("a")], "a", "change a is undone already, by u"),
        ([made("a")], "b", "no change b"),
    ],
)
def test_what_cannot_be_taken_back_is_said(changes: list[AppliedChange], wanted: str, says: str) -> None:
    with pytest.raises(ProblemError, match=says):
        ChangeLog(changes).to_take_back(wanted)


async def test_a_record_without_a_unit_is_a_change_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    written = msgspec.to_builtins(made("a"))
    del written["group"], written["unsure"]
    file.write_bytes(msgspec.json.encode(written) + b"\n")
    [read] = await SavedChanges(file).all()
    assert (read.unit, read.unsure) == ("a", False)
    assert ids(ChangeLog([read]).to_take_back("")) == ["a"]
