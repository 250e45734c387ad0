"""Read-only panes: by the start, by the user's switch, by the settings; why not is always told."""

from __future__ import annotations

from msgspec import structs

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.model.identity import IdentitySpec
from tui.settings import IdentitySettings, Settings, Start, settings_file
from tui.ui.kit.messages import Side


def test_a_pane_that_starts_read_only_connects_as_one_that_refuses_to_write() -> None:
    made = Browser(start=Start(read_only=frozenset({"right"})))
    assert (made.left.strip.locked, made.right.strip.locked) == (False, True)
    spec = IdentitySpec("b")
    applied = [pane.connection.apply_settings(spec) for pane in made.panes]
    assert [each.safety.read_only for each in applied] == [False, True]


async def test_the_switch_locks_and_unlocks_the_active_pane() -> None:
    made = Browser()
    show(made.left, "s3://bucket/", who=identity("a"))
    async with mounted(made) as pilot:
        made.guard.action_read_only()
        assert made.guard.locked == {Side.LEFT}
        assert not made.guard.may_write(made.left)
        await pilot.pause()
        made.guard.action_read_only()
        assert made.guard.locked == set()
        assert made.guard.may_write(made.left)
    assert made.words == [
        "the left pane is read-only; W allows writes",
        "Read-only: the left pane is read-only · W allows writes",
        "the left pane allows writes",
    ]


def test_no_key_lifts_what_a_setting_demands() -> None:
    for ours, where in ((True, "read_only of identities.a"), (False, "[safety] or [accounts]")):
        made = Browser(settings=Settings(identities={"a": IdentitySettings(read_only=ours)}))
        show(
            made.left,
            "s3://bucket/",
            who=structs.replace(identity("a", read_only="production"), spec=IdentitySpec(name="a")),
        )
        made.guard.action_read_only()
        assert made.guard.locked == set()
        assert made.words == [f"Read-only: a: production · {where} in {settings_file()} requires it"]


def test_a_pane_without_an_identity_has_no_switch() -> None:
    made = Browser()
    made.guard.action_read_only()
    assert made.host.toasts == [("choose an identity for this pane first (a)", "warning")]
    assert Side.LEFT not in made.guard.locked
