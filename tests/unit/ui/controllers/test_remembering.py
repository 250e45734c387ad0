"""Going on from the last session: what is gone is left for the level above, and where the panes are is noted."""

from __future__ import annotations

from pathlib import Path

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.keeping.last_session import read_last
from tui.keeping.remembered import Keeping
from tui.model.identity import IdentitySpec
from tui.model.location import parse_location
from tui.model.problem import Problem, ProblemKind
from tui.settings import PaneStart
from tui.ui.accounts.accounts_screen import AccountsScreen
from tui.ui.browser.controllers.accounts import AccountChoice
from tui.ui.browser.controllers.remembering import NOTE_SECONDS, Remembering
from tui.ui.kit.messages import NotConnected, Side

HERE = PaneStart(IdentitySpec("a"), parse_location("s3://bucket/gone/"))


def browser(last: Path | None = None, restored: PaneStart | None = HERE) -> tuple[Browser, Remembering]:
    made = Browser(keeping=Keeping(last=last))
    accounts = AccountChoice(made.context, made.panes)
    return made, Remembering(made.context, made.panes, accounts, {Side.LEFT: restored} if restored else {})


def test_a_restored_pane_was_not_chosen_now_until_the_user_moves_on() -> None:
    made, remembering = browser()
    assert (remembering.chosen_now(Side.LEFT), remembering.chosen_now(Side.RIGHT)) == (False, True)
    show(made.left, "s3://bucket/gone/", who=identity("a"))
    made.left.contents.root.begin()
    remembering.go_on(made.left)
    assert not remembering.chosen_now(Side.LEFT), "it is still listed"
    show(made.left, "s3://other/")
    remembering.go_on(made.left)
    assert remembering.chosen_now(Side.LEFT)


async def test_a_prefix_that_is_gone_is_left_for_the_level_above_one_that_is_there_is_kept() -> None:
    made, remembering = browser()
    async with mounted(made):
        show(made.left, "s3://bucket/gone/", who=identity("a"))
        remembering.go_on(made.left)
        assert made.left.location == parse_location("s3://bucket/")
        assert made.words == ["Session not fully restored: s3://bucket/gone/ no longer exists: s3://bucket/"]
    made, remembering = browser()
    async with mounted(made):
        show(made.left, "s3://bucket/gone/", "key", who=identity("a"))
        remembering.go_on(made.left)
        assert made.left.location == HERE.location
        assert made.words == []


def test_a_deleted_profile_is_reported_and_another_asked_for() -> None:
    made, remembering = browser()
    made.host.in_front = False
    remembering.not_connected(NotConnected(Side.LEFT, Problem(ProblemKind.DENIED, "no")))
    assert made.host.toasts == []
    remembering.not_connected(NotConnected(Side.LEFT, Problem(ProblemKind.NO_PROFILE, "no such profile")))
    assert made.host.toasts == [("Session not fully restored: no such profile", "warning")]
    assert made.host.dialogs == []


async def test_it_is_asked_for_where_no_dialog_is_in_front() -> None:
    made, remembering = browser()
    async with mounted(made):
        remembering.not_connected(NotConnected(Side.LEFT, Problem(ProblemKind.NO_PROFILE, "no such profile")))
        made.host.expect(AccountsScreen)


def test_where_the_panes_are_is_noted_once_for_all_that_changes(tmp_path: Path) -> None:
    made, remembering = browser(tmp_path / "last.json", None)
    remembering.note_soon()
    remembering.note_soon()
    [(seconds, note)] = made.host.timers
    assert seconds == NOTE_SECONDS
    note()
    assert not (tmp_path / "last.json").exists(), "nobody was chosen"
    show(made.left, "s3://bucket/", who=identity("a"))
    remembering.note_soon()
    made.host.timers[1][1]()
    assert read_last(tmp_path / "last.json").left.location == parse_location("s3://bucket/")


def test_nothing_is_noted_before_every_chosen_identity_is_connected(tmp_path: Path) -> None:
    made, remembering = browser(tmp_path / "last.json", None)
    show(made.left, "s3://bucket/", who=identity("a"))
    made.right.connection.spec = IdentitySpec("b")
    remembering.note()
    assert not (tmp_path / "last.json").exists()
