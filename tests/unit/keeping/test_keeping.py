"""What is remembered: kept for this user only, and never an obstacle."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.last_session import MOST_PAIRS, LastSession, Pair, read_last, write_last
from tui.model.identity import IdentitySpec, RoleSpec, Safety
from tui.model.location import Location
from tui.model.problem import ProblemError
from tui.settings import PaneStart

SPEC = IdentitySpec("prod", roles=(RoleSpec("arn:aws:iam::123456789012:role/x", mfa_serial="m"),), name="deploy")
DRESSED = IdentitySpec(
    "prod", roles=SPEC.roles, name="deploy", safety=Safety(patterns=("*",)), requester_pays=("theirs",)
)
LEFT, RIGHT = PaneStart(SPEC, Location("bucket", "a/b\x1b/")), PaneStart(IdentitySpec(local=True), Location("/", "x/"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "xs3-tui" / "kept.json"


def test_bookmarks_are_restored_as_plain_specs_in_order(path: Path) -> None:
    bookmarks = Bookmarks(path)
    assert bookmarks.read() == []
    bookmarks.add(Bookmark("one", PaneStart(DRESSED, LEFT.location), RIGHT))
    bookmarks.add(Bookmark("two"))
    assert bookmarks.read() == [Bookmark("one", LEFT, RIGHT), Bookmark("two")]
    assert "safety" not in path.read_text()


def test_a_bookmark_replaces_that_of_the_same_name_where_it_stood(path: Path) -> None:
    bookmarks = Bookmarks(path)
    for bookmark in (Bookmark("one"), Bookmark("two"), Bookmark("one", LEFT)):
        bookmarks.add(bookmark)
    assert bookmarks.read() == [Bookmark("one", LEFT), Bookmark("two")]
    bookmarks.remove("one")
    bookmarks.remove("never there")
    assert bookmarks.read() == [Bookmark("two")]


def test_the_file_and_its_directory_are_the_users_alone(path: Path) -> None:
    Bookmarks(path).add(Bookmark("one"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"bookmarks": [{"nam', b"\xff", b'{"bookmarks": 7}', b"[]"])
def test_a_broken_file_is_set_aside_and_is_empty(path: Path, broken: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(broken)
    assert Bookmarks(path).read() == []
    assert not path.exists()
    assert path.with_name("kept.json.broken").read_bytes() == broken


def test_a_file_that_cannot_be_read_is_empty_and_stays(path: Path) -> None:
    path.mkdir(parents=True)
    assert read_last(path) == LastSession()
    assert path.is_dir()


def test_what_cannot_be_read_is_not_replaced(path: Path) -> None:
    """Such as a pipe in its place, which also is not waited for."""
    Bookmarks(path).add(Bookmark("every day"))
    aside = path.rename(path.with_name("aside"))
    os.mkfifo(path)
    with pytest.raises(ProblemError, match="cannot be written"):
        Bookmarks(path).add(Bookmark("new"))
    with pytest.raises(ProblemError, match="cannot be written"):
        Bookmarks(path).remove("every day")
    aside.replace(path)
    assert [each.name for each in Bookmarks(path).read()] == ["every day"]


def test_fields_of_another_version_are_ignored(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"bookmarks": [{"name": "one", "tint": "red"}], "of": "tomorrow"}')
    assert Bookmarks(path).read() == [Bookmark("one")]


def test_what_cannot_be_written_is_named_and_leaves_what_was(path: Path) -> None:
    write_last(path, LEFT, RIGHT)
    before = path.read_bytes()
    with pytest.raises(ProblemError, match="UTF-8"):
        write_last(path, PaneStart(SPEC, Location("/", "\udcff")), RIGHT)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(ProblemError, match="cannot be written"):
        write_last(path / "below a file", LEFT, RIGHT)


def test_the_last_session_comes_back_with_the_newest_pair_first(path: Path) -> None:
    assert read_last(path) == LastSession()
    for number in range(MOST_PAIRS + 2):
        write_last(path, PaneStart(IdentitySpec(f"p{number}")), RIGHT)
    write_last(path, PaneStart(IdentitySpec("p5")), RIGHT)
    write_last(path, PaneStart(DRESSED, LEFT.location), RIGHT)
    last = read_last(path)
    assert (last.left, last.right) == (LEFT, RIGHT)
    assert len(last.pairs) == MOST_PAIRS
    assert last.pairs[0] == Pair(SPEC, IdentitySpec(local=True))
    assert [pair.left.profile for pair in last.pairs[1:4]] == ["p5", "p9", "p8"]


def test_a_pane_without_an_identity_makes_no_pair(path: Path) -> None:
    write_last(path, LEFT, PaneStart())
    assert read_last(path) == LastSession(LEFT, PaneStart(), [])
