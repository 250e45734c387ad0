"""Paths that are typed, and the file URIs of local locations."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import LOCAL_BUCKET, Location, LocationError, parse_location
from tui.model.paths import location_of_path, names_a_path, typed_location

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


@given(KEYS)
def test_a_file_uri_reads_back_exactly(key: str) -> None:
    location = Location(LOCAL_BUCKET, key)
    assert parse_location(location.uri) == location
    assert location.uri.startswith("file:///")
    assert not any(mark in location.uri for mark in "\n?#\x1b")


def test_a_name_that_is_too_long_for_the_disk_is_no_directory(tmp_path: Path) -> None:
    assert typed_location(f"{tmp_path}/{'a' * 300}").path == f"{tmp_path}/{'a' * 300}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("file:///home/x/", "home/x/"),
        ("file:///a%20b", "a b"),
        ("file://localhost/a", "a"),
        ("file:///100%25", "100%"),
        ("file:///%C3%BC", "ü"),
        ("file:///", ""),
        ("File:///A", "A"),
        ("file:///" + "a/" * 2000, "a/" * 2000),
    ],
)
def test_file_uris_are_read_as_others_write_them(text: str, key: str) -> None:
    assert parse_location(text) == Location(LOCAL_BUCKET, key)
    assert names_a_path(text)


@pytest.mark.parametrize("text", ["file://server/share", "file://", "file:///%FF"])
def test_what_is_no_path_of_this_machine_is_refused(text: str) -> None:
    with pytest.raises(LocationError):
        parse_location(text)


def test_the_uri_of_a_local_location() -> None:
    assert Location(LOCAL_BUCKET, "home/x/").uri == "file:///home/x/"
    assert Location(LOCAL_BUCKET, "a b/ü 50%").uri == "file:///a b/ü 50%25"
    assert Location(LOCAL_BUCKET, "home/x/").path == "/home/x/"


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        (".", True),
        ("..", True),
        ("./a", True),
        ("../a", True),
        ("/a", True),
        ("~", True),
        ("~/a", True),
        ("file:///a", True),
        (".hidden", False),
        ("bucket/key", False),
        ("s3://bucket/./key", False),
    ],
)
def test_what_is_taken_for_a_path(text: str, is_path: bool) -> None:
    assert names_a_path(text) is is_path


def test_paths_are_taken_as_a_shell_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"{tmp_path}/".removeprefix("/")
    (tmp_path / "dir/deep").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("dir/deep")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "dir"))
    keys = {
        ".": here,
        "./": here,
        "./dir": here + "dir/",
        "./dir/../file": here + "file",
        "./link/../deep": here + "dir/deep/",  # ".." leads to where the link leads
        "./link": here + "link/",
        "./new": here + "new",
        "./new/": here + "new/",
        "././/file": here + "file",
        "~": here + "dir/",
        "~/x": here + "dir/x",
        "/": "",
        "//": "",
        f"//{here}file": here + "file",
        (tmp_path / "file").as_uri(): here + "file",
        (tmp_path / "dir").as_uri(): here + "dir/",
    }
    assert {text: typed_location(text).key for text in keys} == keys
    assert typed_location("bucket/key") == Location("bucket", "key")


def test_a_name_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(LocationError, match="not UTF-8"):
        location_of_path(os.fsdecode(b"/caf\xe9"))


def test_a_directory_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(LocationError, match="current directory"):
        location_of_path("./a")
    assert location_of_path("/a") == Location(LOCAL_BUCKET, "a")
