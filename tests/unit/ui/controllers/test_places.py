"""Named places: the other pane follows, a path is shown as the local disk, S3 needs an identity."""

from __future__ import annotations

from msgspec import structs

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.model.identity import IdentitySpec
from tui.model.location import parse_location
from tui.ui.accounts.accounts_screen import AccountsScreen, Chosen
from tui.ui.browser.controllers.accounts import AccountChoice
from tui.ui.browser.controllers.places import Places
from tui.ui.kit.messages import Side
from tui.ui.moving.open_location import OpenLocationScreen


async def test_the_other_pane_comes_to_where_this_one_is() -> None:
    made = Browser()
    places = Places(made.context, made.panes, AccountChoice(made.context, made.panes))
    async with mounted(made):
        show(made.left, "s3://one/in/", who=identity("a"))
        show(made.right, "s3://two/", who=identity("b"))
        places.action_mirror()
        assert made.right.location == parse_location("s3://one/in/")
        assert made.right.branches.listings.remembered == ["one"]


async def test_what_was_typed_is_shown_in_the_pane_that_was_active_then() -> None:
    made = Browser()
    places = Places(made.context, made.panes, AccountChoice(made.context, made.panes))
    async with mounted(made):
        show(made.left, "s3://one/", who=identity("a"))
        places.action_open_location()
        made.host.expect(OpenLocationScreen)
        made.panes.active_side = Side.RIGHT
        made.host.answer(parse_location("s3://three/sub/key"))
        assert made.left.location == parse_location("s3://three/sub/")


async def test_a_path_is_the_local_disk_and_from_there_into_s3_an_identity_is_chosen_first() -> None:
    made = Browser()
    places = Places(made.context, made.panes, AccountChoice(made.context, made.panes))
    async with mounted(made):
        show(made.left, "s3://one/", who=identity("a"))
        places.show_in(made.left, parse_location("file:///tmp/"))
        assert made.left.spec == IdentitySpec(local=True)
        assert made.left.location == parse_location("file:///tmp/")
        made.left.identity = structs.replace(identity("disk"), spec=IdentitySpec(local=True))
        places.show_in(made.left, parse_location("s3://one/sub/"))
        assert made.left.location == parse_location("file:///tmp/")
        made.host.expect(AccountsScreen)
        made.host.answer(Chosen(IdentitySpec("b")))
        assert (made.left.spec, made.left.location) == (IdentitySpec("b"), parse_location("s3://one/sub/"))
    assert made.words == []


async def test_who_chooses_no_identity_or_the_disk_stays_there() -> None:
    for chosen in (None, Chosen(IdentitySpec(local=True))):
        made = Browser()
        places = Places(made.context, made.panes, AccountChoice(made.context, made.panes))
        async with mounted(made):
            places.show_in(made.left, parse_location("file:///tmp/"))
            places.show_in(made.left, parse_location("s3://one/"))
            made.host.answer(chosen)
            assert (made.left.spec, made.left.location.is_local) == (IdentitySpec(local=True), True)
