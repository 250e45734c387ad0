"""``xs3-tui config``: the effective settings, and where each came from; a settings file that documents every key."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import click
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields

from tui.cli.command_identity import identity
from tui.cli.exits import Refused, say_json
from tui.cli.json_output import json_option
from tui.cli.parameter_types import PROFILE
from tui.cli.running import run_command
from tui.core.identity import IdentitySpec
from tui.core.problem import Exit, ProblemError
from tui.link.session import EngineAccess
from tui.messages.identity_requests import Connect, ListProfiles
from tui.settings import settings_file
from tui.settings.on_disk import read_text, said, unusable
from tui.settings.parsing import Mistake, dotted, in_order, parse
from tui.settings.schema import Settings
from tui.settings.toml_lines import KeyPath, key_lines, line_of
from tui.text.format import visible

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")

_SHOWN_NAMES = """
    AWS_CA_BUNDLE AWS_CONFIG_FILE AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION AWS_PROFILE AWS_REGION AWS_ROLE_ARN
    AWS_SHARED_CREDENTIALS_FILE XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR XDG_STATE_HOME
"""

SHOWN = frozenset(_SHOWN_NAMES.split())
"""Variables that never contain a secret; of others only the name is printed."""


class SettingLine(Struct, frozen=True):
    """One setting, and where it comes from."""

    key: str
    value: Any
    source: str


class KeysJson(Struct, frozen=True):
    """A command of the screen, and its keys."""

    command: str
    keys: tuple[str, ...]
    source: Literal["settings", "default"]
    help: str


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
@json_option(SettingLine, KeysJson, help="Print one JSON object per line, one for each key.")
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
        if as_json:
            say_json(KeysJson(line.name, line.keys, "settings" if line.chosen else "default", line.help))
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
        say_json(line)
    else:
        click.echo(visible(f"{line.key} = {toml(line.value)}  # {line.source}"))


WIDTH = 100
"""Columns of the file."""

TYPES = {
    str: "text",
    bool | str: "true, false or text",
    int | str: "number or text",
    bool: "true or false",
    int: "number",
    int | None: "number",
    float: "number",
    list: "list of strings",
}

ARRAY = "[]"


def documented_file() -> str:
    """The file, with all keys commented out; one that is empty by default has an example."""
    lines = ["# The settings of xs3-tui. To set a key, remove the # before it and before its [table]."]
    return "\n".join([*lines, "", *_table(Settings, ())]) + "\n"


def _table(kind: type[Struct], path: tuple[str, ...]) -> Iterator[str]:
    """The keys of a table, then the tables below it."""
    hints = get_type_hints(kind, include_extras=True)
    below: list[str] = []
    for field in fields(kind):
        plain, meta = _unwrapped(hints[field.name])
        table, key = _inner(plain)
        if get_origin(plain) is dict and not table:
            below += _pairs(field.name, plain, meta)
        elif table:
            below += _headed(table, (*path, field.name), key, meta)
        elif meta:
            kind_word = TYPES[get_origin(plain) if get_origin(plain) is list else plain]
            default = f"; default {toml(field.default)}" if field.default not in (NODEFAULT, None, "") else ""
            yield from _comment(f"{meta.description} ({kind_word}{default})")
            yield f"#{field.name} = {toml(meta.examples[0] if meta.examples else field.default)}"
    yield from below


def _headed(table: type[Struct], path: tuple[str, ...], key: str, meta: Meta | None) -> Iterator[str]:
    whole = path if key in ("", ARRAY) else (*path, key)
    header = ".".join(whole)
    meaning = [meta.description] if meta and meta.description else []
    yield ""
    yield from _comment(" ".join([*meaning, (table.__doc__ or "").partition("\n")[0]]))
    yield f"#[[{header}]]" if key == ARRAY else f"#[{header}]"
    yield from _table(table, whole)


def _pairs(name: str, plain: Any, meta: Meta | None) -> Iterator[str]:
    """A table with keys that the user names and plain values."""
    (_, key), (_, value) = (_unwrapped(hint) for hint in get_args(plain))
    yield ""
    yield from _comment(" ".join(each.description for each in (meta, key, value) if each and each.description))
    yield f"#[{name}]"
    yield f"#{_example(key)} = {toml(_example(value))}"


def _example(meta: Meta | None) -> Any:
    return meta.examples[0] if meta and meta.examples else ""


def _inner(plain: Any) -> tuple[type[Struct] | None, str]:
    """The table of a type, and its key: an example for a dict, `ARRAY` for a list, else empty."""
    inner = get_args(plain)
    if get_origin(plain) is dict:
        _, meta = _unwrapped(inner[0])
        return (inner[1], _example(meta)) if _is_table(inner[1]) else (None, "")
    if get_origin(plain) is list and _is_table(inner[0]):
        return inner[0], ARRAY
    return (plain, "") if _is_table(plain) else (None, "")


def _is_table(plain: Any) -> bool:
    return isinstance(plain, type) and issubclass(plain, Struct)


def _unwrapped(hint: Any) -> tuple[Any, Meta | None]:
    if get_origin(hint) is not Annotated:
        return hint, None
    plain, *notes = get_args(hint)
    return plain, next(note for note in notes if isinstance(note, Meta))


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One key with its value; `line` is where it was set, None for a default."""

    path: KeyPath
    value: object
    line: int | None

    @property
    def key(self) -> str:
        """The key with its tables, as it is written."""
        return dotted(self.path)


def values(settings: Settings, lines: Mapping[KeyPath, int]) -> list[ShownSetting]:
    """Every key, the defaults, too; `lines` as `key_lines` gives them."""
    return list(_values(settings, lines, ()))


def toml(value: object) -> str:
    """A value as TOML writes it; None, which TOML does not have, as an empty text."""
    if value is None:
        return '""'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _values(struct: Struct, lines: Mapping[KeyPath, int], path: KeyPath) -> Iterator[ShownSetting]:
    for name in struct.__struct_fields__:
        here, value = (*path, name), getattr(struct, name)
        tables = _tables(value)
        if tables is None:
            yield ShownSetting(here, value, lines.get(here))
        for key, each in tables or ():
            if isinstance(each, Struct):
                yield from _values(each, lines, (*here, *key))
            else:
                yield ShownSetting((*here, *key), each, lines.get((*here, *key)))


def _tables(value: object) -> list[tuple[KeyPath, object]] | None:
    """The content of a table, each with its path; None for a value that is no table."""
    if isinstance(value, Struct):
        return [((), value)]
    if isinstance(value, dict):
        return [((key,), each) for key, each in value.items()]
    if isinstance(value, list) and value and isinstance(value[0], Struct):
        return [((index,), each) for index, each in enumerate(value)]
    return None
