"""Whom a name is given to: the owner of the row, else the pane's own account; why not is told."""

from __future__ import annotations

from tests.unit.ui.controllers.host import Browser, identity, show
from tui.model.identity import Address, AddressBook, Owner
from tui.model.listing import ObjectSummary, make_page
from tui.settings import AccountSettings, Settings, settings_file
from tui.ui.accounts.name_account import NameAccountScreen
from tui.ui.browser.controllers.naming import AccountNaming

NUMBER = "111111111111"


def test_the_owner_of_the_row_is_named() -> None:
    made = Browser()
    naming = AccountNaming(made.context, made.panes)
    show(made.left, "s3://bucket/", who=identity("a", account=NUMBER))
    made.left.contents.root.begin()
    made.left.contents.root.take(make_page("", [], [ObjectSummary("key", 1, 0, owner=Owner("f" * 64))], last=True))
    made.left.contents.changed()
    made.context.book = AddressBook({"f" * 64: Address("f" * 64, "222222222222")})
    naming.action_name_account()
    made.host.expect(NameAccountScreen)
    made.host.answer("Partner")
    assert made.words == ["222222222222 is now named Partner"]


def test_without_an_owner_it_is_the_account_of_the_pane() -> None:
    made = Browser()
    show(made.left, "s3://bucket/", "sub/", who=identity("a", account=NUMBER))
    AccountNaming(made.context, made.panes).action_name_account()
    made.host.expect(NameAccountScreen)
    made.host.answer("")
    assert made.words == [f"{NUMBER} no longer has a custom name"]


def test_nobody_and_an_account_that_the_settings_name_are_not_named() -> None:
    made = Browser(settings=Settings(accounts={NUMBER: AccountSettings(label="Ours")}))
    naming = AccountNaming(made.context, made.panes)
    naming.action_name_account()
    show(made.left, "s3://bucket/", who=identity("a", account=NUMBER))
    naming.action_name_account()
    assert made.host.dialogs == []
    assert made.words[0].startswith("move the cursor to an object with an owner")
    assert made.words[1] == f'{NUMBER} is named Ours: label of accounts."{NUMBER}" in {settings_file()}'
