"""What must be typed before a deletion: nothing for a handful, the number for more, a word where nobody knows it."""

from __future__ import annotations

import pytest

from tui.model.facts import Absent, Denied, Fact, FactName, Known, Pairs, Text
from tui.model.location import Location
from tui.model.orders import Selection
from tui.model.plan import Tally
from tui.ui.orders.delete import has_version, lock_words
from tui.ui.orders.delete_lines import demand, granted, locked


@pytest.mark.parametrize(
    ("tally", "wanted"),
    [
        (Tally(1, 1, complete=True), ""),
        (Tally(5, 1, complete=True), ""),
        (Tally(6, 1, complete=True), "6"),
        (Tally(80_000, 1, complete=True), "80,000"),
        (Tally(3, 1), "everything"),
    ],
)
def test_what_is_demanded(tally: Tally, wanted: str) -> None:
    assert demand(tally) == wanted


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("80,000", True),
        ("80000", True),
        (" 80000 ", True),
        ("8000", False),
        ("", False),
        ("y", False),
        ("80.000", False),
    ],
)
def test_only_the_number_grants(typed: str, right: bool) -> None:
    assert granted(typed, Tally(80_000, 1, complete=True)) is right


def test_only_the_word_grants_what_was_not_counted() -> None:
    assert granted("everything", Tally(80_000, 1))
    assert not granted("80000", Tally(80_000, 1))


@pytest.mark.parametrize(
    ("state", "kept"),
    [(Known(Text("3sL4")), True), (Known(Text("null")), None), (Absent(), False), (Denied("s3:GetObject"), None)],
)
def test_a_version_tells_whether_they_are_kept(state: Known | Absent | Denied, kept: bool | None) -> None:
    assert has_version(Fact(FactName.VERSION, state, "HeadObject", "a")) is kept


@pytest.mark.parametrize(
    ("version", "words"),
    [("", "its version is kept"), ("3sL4", "the version cannot be deleted before the lock ends")],
)
def test_a_lock_is_warned_of(version: str, words: str) -> None:
    held = Fact(FactName.LOCK, Known(Pairs([("legal hold", "on"), ("retention", "GOVERNANCE")])), "HeadObject", "a")
    selection = Selection("a", Location("bucket", ""), ["k"], version=version)
    [line] = locked(selection, lock_words(held))
    assert line.plain == f"Locked (legal hold on, retention GOVERNANCE): {words}."
    assert locked(selection, lock_words(Fact(FactName.LOCK, Absent(), "HeadObject", "a"))) == []
