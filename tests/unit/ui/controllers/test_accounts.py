"""Which identity a pane gets: as the start says, else as chosen; a pair is chosen once for both."""

from __future__ import annotations

from msgspec import structs

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.model.identity import IdentitySpec
from tui.model.location import Location, parse_location
from tui.settings import PaneStart, Start
from tui.ui.accounts.accounts_screen import AccountsScreen, Chosen
from tui.ui.browser.controllers.accounts import AccountChoice, start_of

A, B = IdentitySpec("a"), IdentitySpec("b")


def browser(start: Start | None = None) -> tuple[Browser, AccountChoice]:
    made = Browser(start=start)
    return made, AccountChoice(made.context, made.panes)


async def test_the_panes_begin_where_the_start_says() -> None:
    start = Start(PaneStart(A, parse_location("s3://one/sub/key")), PaneStart(B))
    made, accounts = browser(start)
    async with mounted(made) as pilot:
        accounts.begin()
        assert [pane.spec for pane in made.panes] == [A, B]
        assert [pane.location for pane in made.panes] == [parse_location("s3://one/sub/"), Location()]
        assert made.left.branches.listings.remembered == ["one"]
        assert made.host.dialogs == []
        await pilot.pause()


async def test_a_pair_is_chosen_once_single_identities_one_after_the_other() -> None:
    made, accounts = browser()
    async with mounted(made) as pilot:
        accounts.begin()
        made.host.expect(AccountsScreen)
        made.host.answer(Chosen(A, B))
        assert made.host.dialogs == []
        assert [pane.spec for pane in made.panes] == [A, B]
        await pilot.pause()
    made, accounts = browser()
    async with mounted(made) as pilot:
        accounts.begin()
        made.host.answer(Chosen(A))
        made.host.answer(None)
        assert [pane.spec for pane in made.panes] == [A, None]
        assert made.host.dialogs == []
        await pilot.pause()


async def test_another_identity_begins_at_its_buckets_unless_the_one_before_saw_nothing() -> None:
    made, accounts = browser()
    async with mounted(made) as pilot:
        show(made.left, "s3://one/", who=identity("a"))
        accounts.action_accounts()
        made.host.answer(Chosen(B))
        assert (made.left.spec, made.left.location) == (B, Location())
        await pilot.pause()
        made.left.navigation.go(parse_location("s3://one/"))
        made.left.identity = None
        accounts.action_accounts()
        made.host.answer(Chosen(A))
        assert (made.left.spec, made.left.location) == (A, parse_location("s3://one/"))
        await pilot.pause()


def test_what_is_saved_on_the_accounts_screen_is_known_to_all() -> None:
    made, accounts = browser()
    accounts.action_accounts()
    settings = structs.replace(made.context.settings, left_accent="red")
    made.host.expect(AccountsScreen)
    accounts._take_settings(settings)
    assert made.context.settings is settings


def test_the_disk_begins_in_the_working_directory() -> None:
    assert start_of(IdentitySpec("a")) == Location()
    assert start_of(IdentitySpec(local=True)).is_local
