"""``xs3-tui config``: the effective settings, and where each came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from tui.cli.command_identity import identity
from tui.cli.exits import Refused, say_json
from tui.cli.parameter_types import PROFILE
from tui.cli.running import run_command
from tui.core.identity import IdentitySpec
from tui.core.problem import Exit, ProblemError
from tui.link.session import EngineAccess
from tui.messages.identity_requests import Connect, ListProfiles
from tui.settings import settings_file
from tui.settings.on_disk import read_text, said, unusable
from tui.settings.parsing import Mistake, dotted, in_order, parse
from tui.settings.shown import documented_file, toml, values
from tui.settings.toml_lines import key_lines, line_of
from tui.text.format import visible

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")

_SHOWN_NAMES = """
    AWS_CA_BUNDLE AWS_CONFIG_FILE AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION AWS_PROFILE AWS_REGION AWS_ROLE_ARN
    AWS_SHARED_CREDENTIALS_FILE XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR XDG_STATE_HOME
"""

SHOWN = frozenset(_SHOWN_NAMES.split())
"""Variables that never contain a secret; of others only the name is printed."""


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting, and where it comes from."""

    key: str
    value: object
    source: str


@click.command()
@click.option("--path", "what", flag_value="path", help="Print only the path of the settings file.")
@click.option("--check", "what", flag_value="check", help="Report every mistake in the file, with its line number.")
@click.option(
    "--schema", "what", flag_value="schema", help="Print a settings file with every key, its meaning and its default."
)
@click.option("--keys", "what", flag_value="keys", help="List the commands of the screen with their keys.")
@click.option(
    "--profile", type=PROFILE, help="Also print this identity's endpoint and region, and where each comes from."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each key.")
def config(what: str | None, profile: str | None, as_json: bool) -> None:
    """Print the effective settings and their sources.

    The source is a line of the settings file, or the default. The environment variables that matter follow; with
    --profile, the values from the AWS config files too.
    """
    path = settings_file()
    try:
        match what:
            case "path":
                click.echo(visible(str(path)))
            case "schema":
                click.echo(documented_file(), nl=False)
            case "keys":
                _say_keys(path, as_json)
            case "check":
                sys.exit(_check(path))
            case _:
                _say_settings(path, as_json)
    except ProblemError as error:
        raise Refused(error.problem) from error
    if profile and not what:
        run_command(partial(_aws, spec=identity(profile), as_json=as_json), as_json=as_json)


def _check(path: Path) -> Exit:
    from tui.browser.keys import mistakes_in_keys

    text = read_text(path)
    settings, mistakes = parse(text)
    if settings.keys:
        lines = key_lines(text)
        in_keys = [Mistake(line_of(at, lines), dotted(at), words) for at, words in mistakes_in_keys(settings)]
        mistakes = in_order([*mistakes, *in_keys])
    for mistake in mistakes:
        click.echo(visible(said(path, mistake)), err=True)
    if not mistakes:
        click.echo(visible(f"{path}: {'no mistakes' if path.exists() else 'no such file'}"))
    return Exit.USAGE if mistakes else Exit.DONE


def _say_settings(path: Path, as_json: bool) -> None:
    text = read_text(path)
    settings, mistakes = parse(text)
    if mistakes:
        raise unusable(path, mistakes)
    if not as_json:
        click.echo(visible(f"# {path}{'' if path.exists() else ' (no such file)'}"))
    for value in values(settings, key_lines(text)):
        source = f"{path.name}:{value.line}" if value.line else "default"
        _say(SettingLine(value.key, value.value, source), as_json)
    for line in _environment():
        _say(line, as_json)


def _say_keys(path: Path, as_json: bool) -> None:
    from tui.browser.keys import chosen_keys
    from tui.browser.keys import key_lines as command_lines

    settings, mistakes = parse(read_text(path))
    if mistakes:
        raise unusable(path, mistakes)
    chosen_keys(settings)
    for line in command_lines(settings):
        source = "settings" if line.chosen else "default"
        if as_json:
            say_json({"command": line.name, "keys": list(line.keys), "source": source, "help": line.help})
        else:
            click.echo(visible(f"{line.name} = {toml(line.keys)}  # {line.help}{' (settings)' if line.chosen else ''}"))


def _environment() -> Iterator[SettingLine]:
    for name, value in sorted(os.environ.items()):
        if value and (name in SHOWN or name.startswith("AWS_") or name.upper() in PROXIES):
            yield SettingLine(f"environment.{name}", value if name in SHOWN else "(set)", "environment variable")


async def _aws(engine: EngineAccess, *, spec: IdentitySpec, as_json: bool) -> Exit:
    async with aclosing(engine.follow(Connect(spec))) as stages:
        found = await anext(stages)  # what is configured: no server has been asked yet
    files = await engine.ask(ListProfiles())
    for line in (
        SettingLine("aws.files", files.files, "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or their defaults"),
        SettingLine("aws.identity", found.label, "--profile"),
        SettingLine("aws.method", found.method.value, found.detail or "AWS config files"),
        SettingLine("aws.region", found.region, "settings" if spec.region else "AWS config files or environment"),
        SettingLine("aws.endpoint", found.endpoint, "settings" if spec.endpoint else found.endpoint_source.value),
    ):
        _say(line, as_json)
    return Exit.DONE


def _say(line: SettingLine, as_json: bool) -> None:
    if as_json:
        say_json({"key": line.key, "value": line.value, "source": line.source})
    else:
        click.echo(visible(f"{line.key} = {toml(line.value)}  # {line.source}"))
