"""A bucket is deleted only when its name was typed, in sight of the question."""

from __future__ import annotations

import pytest

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.pressing import press
from tests.waiting import until
from tui.ui.orders.delete_bucket import DeleteBucketScreen


def host() -> Host:
    return Host(dialog=DeleteBucketScreen("media-old", "media-prod"))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_its_name_deletes(size: tuple[int, int]) -> None:
    app = host()
    async with app.run_test(size=size) as pilot:
        await until(lambda: "This cannot be undone" in screen_text(app), "the question is shown")
        assert "as media-prod" in screen_text(app)
        await press(pilot, "enter", *"media-ol", "enter")
        await until(lambda: "'media-ol' is not the bucket name" in screen_text(app), "another name is refused")
        assert app.answers == []
        await press(pilot, "d", "enter")
        await until(lambda: app.answers == [True], "its name was typed")


async def test_esc_deletes_nothing() -> None:
    app = host()
    async with app.run_test() as pilot:
        await until(lambda: "This cannot be undone" in screen_text(app), "the question is shown")
        await press(pilot, "escape")
        await until(lambda: app.answers == [None], "it was left")
