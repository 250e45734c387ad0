"""What the settings make of an identity."""

from __future__ import annotations

import msgspec

from tui.model.identity import Address, AddressBook, IdentitySpec, RoleSpec, Safety
from tui.settings import (
    AccountSettings,
    BucketSettings,
    IdentitySettings,
    RoleSettings,
    SafetySettings,
    Settings,
)
from tui.settings.schema import without_settings

SETTINGS = Settings(
    safety=SafetySettings(["*prod*"], ["111111111111"]),
    accounts={"222222222222": AccountSettings("b", read_only=True), "333333333333": AccountSettings("c")},
    buckets={"theirs": BucketSettings(requester_pays=True), "mine": BucketSettings()},
    identities={
        "deploy": IdentitySettings(profile="me", region="eu-west-1", roles=[RoleSettings("arn", external_id="xy")]),
        "looking": IdentitySettings(profile="me", read_only=True),
    },
)


def test_every_spec_gets_its_read_only_rules_and_requester_pays() -> None:
    applied = SETTINGS.apply(IdentitySpec("p"))
    assert applied.safety == Safety(patterns=("*prod*", "222222222222"), accounts=("111111111111",))
    assert applied.requester_pays == ("theirs",)
    assert SETTINGS.apply(applied) == applied
    assert without_settings(applied) == IdentitySpec("p")


def test_a_pattern_means_the_labels_of_accounts_in_the_settings() -> None:
    settings = Settings(
        safety=SafetySettings(["*prod*"]),
        accounts={"222222222222": AccountSettings("PRODUCTION"), "333333333333": AccountSettings("tests")},
    )
    assert settings.apply(IdentitySpec("p")).safety.patterns == ("*prod*", "222222222222")


def test_the_local_disk_has_no_rules() -> None:
    local = IdentitySpec(local=True)
    assert SETTINGS.apply(local) == local


def test_read_only_is_kept_and_an_identity_of_the_settings_can_be_read_only() -> None:
    assert SETTINGS.apply(IdentitySpec("p", safety=Safety(read_only=True))).safety.read_only
    looking = SETTINGS.identity("looking")
    assert looking is not None
    assert not looking.safety.read_only
    assert SETTINGS.apply(looking).safety.read_only


def test_an_identity_of_the_settings_has_its_name_and_no_added_rules() -> None:
    role = RoleSpec("arn", external_id="xy")
    assert SETTINGS.identity("deploy") == IdentitySpec("me", region="eu-west-1", roles=(role,), name="deploy")
    assert SETTINGS.identity("me") is None


def test_without_settings_the_dress_is_empty() -> None:
    spec = IdentitySpec("p")
    assert msgspec.json.encode(Settings().apply(spec)) == msgspec.json.encode(spec)


def test_labels_of_accounts_are_stronger_than_what_the_address_book_says() -> None:
    ours, other = Address("aaa", "222222222222", "profile"), Address("bbb", "444444444444", "other")
    book = SETTINGS.name_accounts(AddressBook({"aaa": ours, "bbb": other}, {"444444444444": "other"}))
    assert (book.name("aaa"), book.name("bbb")) == ("b", "other")
    assert (book.account_label("333333333333"), book.account_label("444444444444")) == ("c", "other")
