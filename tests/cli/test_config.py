"""``config``: what holds, where it came from, what is wrong, and a file that says what can be set."""

from __future__ import annotations

import json
import os
import re

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from tests.cli.conftest import Run
from tests.cli.places import write_settings
from tests.servers.server import S3Server
from tui.cli.main import cli
from tui.settings import (
    AccountSettings,
    BucketSettings,
    IdentitySettings,
    RoleSettings,
    SafetySettings,
    Settings,
    TransferSettings,
)
from tui.settings.parsing import parse


def config(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments])


def test_says_what_holds_and_on_which_line_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ambient")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cr3t@proxy")
    path = write_settings(
        'theme = "nord"\n\n[accounts.123456789012]\nlabel = "\\u0041"\n[transfers]\npart_size = "16M"\n'
    )
    lines = config().output.splitlines()
    assert lines[0] == f"# {path}"
    assert {
        'theme = "nord"  # config.toml:1',
        'left_accent = ""  # default',
        'accounts."123456789012".label = "A"  # config.toml:4',
        'accounts."123456789012".read_only = false  # default',
        "transfers.part_size = 16777216  # config.toml:6",
        'environment.AWS_PROFILE = "ambient"  # environment variable',
        'environment.AWS_SECRET_ACCESS_KEY = "(set)"  # environment variable',
    } <= set(lines)
    assert "s3cr3t" not in config().output


def test_says_it_as_json() -> None:
    write_settings("restore = false\n")
    found = {line["key"]: line for line in map(json.loads, config("--json").output.splitlines())}
    assert found["restore"] == {"key": "restore", "value": False, "source": "config.toml:1"}
    assert found["theme"] == {"key": "theme", "value": "textual-dark", "source": "default"}


def test_says_where_the_file_is_looked_for() -> None:
    assert config("--path").output == f"{os.environ['XDG_CONFIG_HOME']}/xs3-tui/config.toml\n"
    assert "no such file" in config().output
    assert "no such file" in config("--check").output


def test_check_says_every_mistake_with_its_line() -> None:
    write_settings("theme = 1\n[safety]\nreadonly = []\n")
    ended = config("--check")
    assert ended.exit_code == 2
    assert ended.stderr.splitlines() == [
        "config.toml:1: theme: Expected `str`, got `int`",
        "config.toml:3: safety.readonly: unknown key; did you mean read_only?",
    ]
    assert "(and 1 more: xs3-tui config --check)" in config().stderr
    write_settings("restore = true\n")
    assert config("--check").exit_code == 0


def test_check_says_what_is_wrong_with_the_keys_beside_other_mistakes() -> None:
    write_settings('mouse = 3\n[keys]\nbla = ["x"]\nmark = "f5"\nfilter = 3\n')
    assert [line.split(": ")[:2] for line in config("--check").stderr.splitlines()] == [
        ["config.toml:1", "mouse"],
        ["config.toml:3", "keys.bla"],
        ["config.toml:4", "keys.mark"],
        ["config.toml:5", "keys.filter"],
    ]
    write_settings("keys = 3\nmouse = 3\n")
    assert len(config("--check").stderr.splitlines()) == 2


def test_lists_the_keys_in_force_and_says_which_commands_cannot_have_theirs() -> None:
    write_settings('[keys]\nfilter = "Ctrl+F"\n')
    assert 'pane.filter = ["ctrl+f"]' in config("--keys").output
    found = {line["command"]: line for line in map(json.loads, config("--keys", "--json").output.splitlines())}
    assert (found["pane.filter"]["keys"], found["pane.filter"]["source"]) == (["ctrl+f"], "settings")
    assert found["browser.copy"]["keys"] == ["f5", "c"]
    write_settings('[keys]\nmark = "f5"\nfliter = "x"\n')
    assert config("--check").stderr.splitlines() == [
        "config.toml:2: keys.mark: f5 is also the key of browser.copy: give one of them another key",
        "config.toml:3: keys.fliter: no such command; did you mean filter?",
    ]
    write_settings('restore = true\n[keys]\nmark = "f5"\n')
    clash = "f5 is also the key of browser.copy: give one of them another key"
    assert config("--check").stderr.splitlines() == [f"config.toml:3: keys.mark: {clash}"]
    assert clash in config("--keys").stderr


def test_the_documented_file_has_every_key_and_is_valid() -> None:
    text = config("--schema").output
    assert parse(text) == (Settings(), [])
    settings, mistakes = parse(re.sub(r"(?m)^#(?=\S)", "", text))
    assert mistakes == []
    assert settings.accounts
    assert settings.buckets
    (identity,) = settings.identities.values()
    assert identity.roles
    tables = (
        Settings,
        TransferSettings,
        SafetySettings,
        AccountSettings,
        BucketSettings,
        IdentitySettings,
        RoleSettings,
    )
    for name in {field.name for table in tables for field in structs.fields(table)}:
        assert re.search(rf"(?m)^#({name} = |\[+([\w.-]+\.)?{name}\b)", text), name
    assert "#  (" not in text, "a key without its meaning"


def test_says_where_the_requests_of_an_identity_go(run: Run, demo_environment: S3Server) -> None:
    write_settings('[identities.theirs]\nprofile = "analytics"\nregion = "eu-west-3"\n')
    ended = run("config", "--profile", "theirs")
    assert ended.code == 0, ended
    assert 'aws.identity = "theirs"  # --profile' in ended.out
    assert 'aws.region = "eu-west-3"  # settings' in ended.out
    assert f'aws.endpoint = "{demo_environment.endpoint}"  # endpoint_url of the profile' in ended.out
