"""Who a command acts as: what is typed, what the settings make of it, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.cli.places import write_settings
from tui.cli.command_identity import identity, identity_at
from tui.cli.commands.cp import CopyCommand
from tui.cli.commands.open import demo_settings, demo_start
from tui.cli.main import cli
from tui.cli.options.ends import end_identities, end_options
from tui.cli.options.identity import identity_options, typed_identity
from tui.model.identity import IdentitySpec, RoleSpec, Safety
from tui.model.location import Location
from tui.settings import AccountSettings, PaneStart, SafetySettings, Settings, Start

ROLE = "arn:aws:iam::123456789012:role/deploy"
DEPLOY = f"""
[safety]
read_only = ["*prod*"]
[accounts.111111111111]
read_only = true
[buckets.theirs]
requester_pays = true
[identities.deploy]
profile = "me"
region = "eu-west-1"
[[identities.deploy.roles]]
arn = "{ROLE}"
"""


def typed(*arguments: str) -> IdentitySpec:
    """What the options of a command with one identity make."""
    found: list[IdentitySpec] = []

    @click.command()
    @identity_options
    def command(**options: Any) -> None:
        found.append(typed_identity(Location("bucket"), options))  # type: ignore[arg-type]  # as click gives them

    command.main(list(arguments), standalone_mode=False)
    return found[0]


def typed_ends(source: Location, target: Location, *arguments: str) -> tuple[str | None, str | None]:
    """The profiles that the options of a command with two places make, each with ``@`` and its endpoint, if any."""
    found: list[str | None] = []

    @click.command()
    @end_options
    def command(**options: Any) -> None:
        ends = end_identities(source, target, options)  # type: ignore[arg-type]  # click fills it in
        found.extend(f"{spec.profile}@{spec.endpoint}" if spec.endpoint else spec.profile for spec in ends)

    command.main(list(arguments), standalone_mode=False)
    return found[0], found[1]


HERE, THERE, DISK = Location("a", "x"), Location("b", "x"), Location("/", "tmp/x")
URL = "http://127.0.0.1:1"


def test_one_profile_serves_both_places_and_a_disk_has_none() -> None:
    assert typed_ends(HERE, THERE, "--profile", "me") == ("me", "me")
    assert typed_ends(HERE, DISK, "--profile", "me") == ("me", None)
    assert typed_ends(DISK, THERE, "--profile", "me", "--to-endpoint", URL) == (None, f"me@{URL}")
    assert typed_ends(HERE, THERE, "--from", "me", "--to", "you", "--endpoint", URL) == (f"me@{URL}", f"you@{URL}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--profile", "me", "--from", "you"], "--profile is for both places: leave out --from, or --profile"),
        (["--profile", "me", "--from", "a", "--to", "b"], "leave out --from and --to, or --profile"),
        (["--endpoint", URL, "--to-endpoint", URL], "--endpoint is for both places: leave out --to-endpoint"),
    ],
)
def test_an_identity_for_both_places_and_one_for_one_is_a_usage_error(arguments: list[str], says: str) -> None:
    with pytest.raises(click.UsageError, match=says):
        typed_ends(HERE, THERE, *arguments)


def test_a_profile_for_two_local_paths_is_a_usage_error() -> None:
    with pytest.raises(click.UsageError, match="both places are local paths"):
        typed_ends(DISK, DISK, "--profile", "me")


def test_without_settings_a_profile_is_a_profile() -> None:
    assert identity("me", "http://127.0.0.1:1") == IdentitySpec("me", "http://127.0.0.1:1")


def test_the_environment_names_the_profile_where_nothing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ambient")
    assert identity(None) == IdentitySpec("ambient")


def test_an_identity_of_the_settings_comes_first_and_can_have_another_endpoint() -> None:
    write_settings(DEPLOY)
    safety = Safety(patterns=("*prod*", "111111111111"))
    whole = IdentitySpec(
        "me", None, "eu-west-1", roles=(RoleSpec(ROLE),), name="deploy", safety=safety, requester_pays=("theirs",)
    )
    assert identity("deploy") == whole
    elsewhere = identity("deploy", "http://127.0.0.1:1", "us-east-1")
    assert (elsewhere.endpoint, elsewhere.region, elsewhere.name) == ("http://127.0.0.1:1", "us-east-1", "deploy")
    assert identity("other").safety == safety


@pytest.mark.parametrize("name", ["cp", "mv"])
def test_copies_are_cut_by_the_settings_unless_it_is_typed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings('[transfers]\nmultipart_threshold = "64M"\npart_size = "16M"\n')
    made: list[CopyCommand] = []
    monkeypatch.setattr("tui.cli.commands.cp._run", made.append)
    for typed in ([], ["--part-size", "32M"]):
        CliRunner().invoke(cli, [name, "s3://a/k", "s3://b/k", *typed], catch_exceptions=False)
    assert [each.options.part_size for each in made] == [16 << 20, 32 << 20]
    assert [each.options.multipart_threshold for each in made] == [64 << 20] * 2


def test_read_only_holds_for_disks_too() -> None:
    assert identity("me", read_only=True).safety.read_only
    assert identity_at(Location("/", "tmp/"), None, read_only=True).safety.read_only


def test_a_role_is_assumed_by_the_named_identity() -> None:
    write_settings(DEPLOY)
    more = "arn:aws:iam::210987654321:role/more"
    options = ("--external-id", "xy", "--mfa-serial", "arn:m", "--role-session-name", "me", "--duration", "15m")
    assert typed("--profile", "deploy", "--role-arn", more, *options).roles == (
        RoleSpec(ROLE),
        RoleSpec(more, "xy", "me", 900, "arn:m"),
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--role-arn", "arn:aws:iam::1:user/x"], "is not a role"),
        (["--role-arn", ROLE, "--duration", "5"], "15m to 12h"),
        (["--role-arn", ROLE, "--duration", "soon"], "write 1h, 90m or 3600"),
        (["--role-arn", ROLE, "--external-id", "a b"], "is not an external ID"),
        (["--external-id", "xy"], "name the role"),
        (["--endpoint", "s3.example.com"], "is not an endpoint: write https://host"),
        (["--region", "https://s3.example.com"], "is not a region"),
        (["--role-arn", ROLE, "--anonymous"], "cannot assume a role"),
    ],
)
def test_what_is_no_role_is_a_usage_error(arguments: list[str], says: str) -> None:
    with pytest.raises(click.UsageError, match=says):
        typed(*arguments)


@pytest.mark.parametrize("command", [["ls"], ["mb", "s3://new"], ["cp", "s3://a/b", "s3://c/"], ["login"]])
def test_settings_that_cannot_be_used_end_every_command(command: list[str]) -> None:
    write_settings("\ntheme = 1\n")
    ended = CliRunner().invoke(cli, command)
    assert ended.exit_code == 2
    assert "cause: config.toml:2: theme: Expected `str`, got `int`" in ended.stderr


def test_settings_that_cannot_be_used_are_said_as_json_where_that_is_wanted() -> None:
    write_settings("theme = 1\n")
    problem = json.loads(CliRunner().invoke(cli, ["ls", "--json"]).stdout)["problem"]
    assert problem["cause"].startswith("config.toml:1: theme")


def test_the_demo_knows_nothing_of_the_users_accounts() -> None:
    write_settings(DEPLOY)
    start = demo_start(Start(PaneStart(identity("media-prod")), demo=True), "media-prod", "analytics")
    assert start.left.spec == IdentitySpec("media-prod")
    known = Settings(theme="nord", safety=SafetySettings(["*prod*"]), accounts={"1": AccountSettings("a")})
    assert demo_settings(known) == Settings(theme="nord")
