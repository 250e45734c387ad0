"""New buckets, prefixes and names: what is wrong is said before anything is asked of a server."""

from __future__ import annotations

from typing import Any

import pytest
from textual.screen import Screen

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.pressing import press
from tui.model.location import Location
from tui.ui.orders.new_place import NewBucket, NewBucketScreen, NewPrefixScreen, RenameScreen

LEVEL = Location("media", "video/")


async def told(dialog: Screen[Any], *keys: str) -> tuple[list[Any], str]:
    """What a dialog answers to some keys, and what it shows before it closes or instead of closing."""
    app = Host(dialog=dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await press(pilot, *keys)
        await pilot.pause()
        return app.answers, screen_text(app)


async def test_a_prefix_gets_its_delimiter() -> None:
    answers, _ = await told(NewPrefixScreen(LEVEL), *"a/[b]", "enter")
    assert answers == [Location("media", "video/a/[b]/")]


async def test_a_bucket_is_named_and_its_region_may_be_left_out() -> None:
    answers, _ = await told(NewBucketScreen("eu-west-1", "media-prod"), *"new-one", "enter")
    assert answers == [NewBucket("new-one", "")]
    answers, _ = await told(NewBucketScreen("", "media-prod"), *"new-one", "tab", *"eu-west-3", "enter")
    assert answers == [NewBucket("new-one", "eu-west-3")]


@pytest.mark.parametrize(
    ("dialog", "keys", "said"),
    [
        (lambda: NewBucketScreen("", "x"), (*"Media", "enter"), "lowercase"),
        (lambda: NewBucketScreen("", "x"), ("enter",), "3 to 63"),
        (lambda: NewPrefixScreen(LEVEL), ("enter",), "type a name"),
        (lambda: NewPrefixScreen(LEVEL), (*"a//b", "enter"), "an empty level"),
        (lambda: RenameScreen(LEVEL.child("x.mp4")), ("enter",), "already has this name"),
        (lambda: RenameScreen(LEVEL.child("raw/")), ("end", *"/old", "enter"), "into itself"),
        (lambda: RenameScreen(LEVEL.child("x.mp4")), (*"y/", "enter"), "is a prefix"),
    ],
)
async def test_what_cannot_be_is_said_and_asked_again(dialog: Any, keys: tuple[str, ...], said: str) -> None:
    answers, shown = await told(dialog(), *keys)
    assert answers == []
    assert said in shown


async def test_a_name_is_changed_from_the_old_one() -> None:
    answers, _ = await told(RenameScreen(LEVEL.child("x.mp4")), "end", *["backspace"] * 4, *".mov", "enter")
    assert answers == [Location("media", "video/x.mov")]
    answers, _ = await told(RenameScreen(LEVEL.child("raw/")), "end", *"2", "enter")
    assert answers == [Location("media", "video/raw2/")]


async def test_control_characters_of_the_old_name_are_shown_and_kept() -> None:
    answers, shown = await told(RenameScreen(LEVEL.child("x\x1b[2J\u202e.mp4")))
    assert answers == []
    assert "x␛[2J�.mp4" in shown
    assert "already" not in shown
    answers, _ = await told(RenameScreen(LEVEL.child("x\x1b[2J")), "end", "y", "enter")
    assert answers == [Location("media", "video/x\x1b[2Jy")]


async def test_a_rename_says_that_marks_mean_nothing_to_it() -> None:
    _, shown = await told(RenameScreen(LEVEL.child("x.mp4"), 3))
    assert "Renames x.mp4 only; 3 are marked." in shown
    _, shown = await told(RenameScreen(LEVEL.child("x.mp4")))
    assert "marked" not in shown
