"""Changes to the settings file: what the user wrote stays, what cannot be kept is refused, nothing is half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui.model.identity import IdentitySpec, RoleSpec, Safety
from tui.model.problem import ProblemError
from tui.settings import (
    AccountSettings,
    BucketSettings,
    IdentitySettings,
    RoleSettings,
    Settings,
    forget_identity,
    keep_identity,
    read_settings,
    set_account,
    set_bucket,
)

ROLES = [
    RoleSettings("arn:aws:iam::123456789012:role/one", external_id="of:us", duration=900),
    RoleSettings("arn:aws:iam::210987654321:role/two", policy='{"Statement": []}'),
]
DEPLOY = IdentitySettings(profile="me", region="us-east-2", roles=ROLES)
SPEC = DEPLOY.spec("deploy")

WRITTEN = """# my colours
theme = "nord"   # dark

[identities.old] # from long ago
profile = "me" # that is me
region = "eu-west-1"

[transfers]
part_size = "16M" # as large as a cup
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "xs3-tui" / "config.toml"


def test_a_missing_file_is_made_for_the_user_alone(path: Path) -> None:
    settings = keep_identity(path, "de ploy", SPEC)
    assert settings == read_settings(path) == Settings(identities={"de ploy": DEPLOY})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_comments_and_order_stay(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    keep_identity(path, "old", IdentitySpec("me", safety=Safety(read_only=True)))
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    set_account(path, "123456789012", AccountSettings("prod", "red", read_only=True))
    text = path.read_text()
    assert [line for line in WRITTEN.splitlines() if line and line not in text] == ['region = "eu-west-1"']
    settings = read_settings(path)
    assert settings.identities == {"old": IdentitySettings(profile="me", read_only=True), "deploy": DEPLOY}
    assert settings.buckets == {"theirs": BucketSettings(requester_pays=True)}
    assert settings.accounts["123456789012"].label == "prod"
    assert settings.transfers.part_size == 16 << 20


def test_what_is_forgotten_takes_nothing_else_with_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    forget_identity(path, "deploy")
    forget_identity(path, "never there")
    assert set_bucket(path, "theirs", requester_pays=False).identities.keys() == {"old"}
    assert path.read_text().startswith(WRITTEN)


@pytest.mark.parametrize(
    "tables",
    ["identities = {}", 'identities.old.profile = "me"', '[identities]\nold = { profile = "me" }', "[identities]"],
)
def test_tables_of_every_form_take_one_more(path: Path, tables: str) -> None:
    path.parent.mkdir()
    path.write_text(tables + "\n")
    before = read_settings(path).identities
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    assert read_settings(path).identities == {**before, "deploy": DEPLOY}


def test_a_link_to_a_file_kept_elsewhere_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    elsewhere = tmp_path / "dotfiles.toml"
    path.symlink_to(elsewhere)
    set_bucket(path, "theirs", requester_pays=True)
    assert path.is_symlink()
    assert "theirs" in elsewhere.read_text()


def test_what_is_no_identity_is_refused_and_the_file_stays(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    with pytest.raises(ProblemError) as caught:
        keep_identity(path, "x", IdentitySpec(roles=(RoleSpec("arn:aws:iam::1:user/x"),)))
    assert caught.value.problem.cause.startswith("identities.x.roles[0].arn: 'arn:aws:iam::1:user/x' is not a role")
    assert path.read_text() == WRITTEN


def test_a_file_that_cannot_be_used_is_not_written_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("theme = 1\n")
    with pytest.raises(ProblemError, match="cannot be used"):
        set_bucket(path, "theirs", requester_pays=True)
    assert path.read_text() == "theme = 1\n"
