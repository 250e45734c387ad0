"""The buttons of the access dialogs are whole in 80 columns, whatever can be done."""

from __future__ import annotations

from msgspec.structs import replace as changed
from textual.widgets import Button

from tests.ui.access.test_snapshots import OTHERS, OWNERS, PLAN, host, shown
from tests.ui.browser.world import WHO_A, WHO_B
from tui.ui.access.access_foot import AccessFoot, GrantState
from tui.ui.access.plan_lines import PlanView

BOTH = changed(PLAN, changes=[OWNERS, changed(OTHERS, unread=None)])


async def test_each_button_is_as_wide_as_its_words_and_none_is_cut() -> None:
    app = host(PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        foot = app.screen.query_one(AccessFoot)
        view = PlanView({"a": WHO_A, "b": WHO_B})
        for seen in (True, False, True):
            foot.show(GrantState(BOTH, view, seen, can_undo=True))
            await pilot.pause()
            label = str(foot.query_one("#apply", Button).label)
            assert label == ("Apply 2 parts  enter" if seen else "More below  enter")
            for button in foot.query(Button):
                if button.display:
                    assert button.content_size.width >= len(str(button.label)), button.label
                    assert button.region.right <= 78, button.label
