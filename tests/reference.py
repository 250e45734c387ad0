"""Writes the reference pages from click, the table of keys and the settings schema: ``python -m tests.reference``."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from tui.app.config import documented_file
from tui.app.main import cli
from tui.cli.json_schema import JSON_VERSION, SchemaOption, all_lines, schema
from tui.core.key_names import key_name
from tui.kit.command_base import Command, CommandGroup, CommandScope
from tui.kit.commands import GROUPS as COMMAND_GROUPS
from tui.kit.letters import LETTERS

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

GROUPS = {
    "Panes": {"open": "move-around.md"},
    "List and search": {
        **{"ls": "", "find": "find.md", "du": "find.md#measure-in-a-pane"},
        **{"inspect": "explain-denied-access.md#look-at-an-objects-owner-grants-and-policies"},
        "versions": "versions-and-deleted-objects.md",
    },
    "Content": {
        **dict.fromkeys(("cat", "head"), "view-and-edit.md#as-commands"),
        **{"edit": "view-and-edit.md#editing", "presign": "share-a-link.md", "restore": "restore-from-glacier.md"},
    },
    "Copy and compare": {
        **dict.fromkeys(("cp", "mv"), "copy-to-another-account.md"),
        "rename": "rename.md",
        **{"diff": "compare.md", "sync": "sync.md", "verify": "verify.md"},
    },
    "Delete and undo": {
        **{"rm": "data-safety.md#deletions", "undelete": "versions-and-deleted-objects.md#undelete"},
        "undo": "versions-and-deleted-objects.md#undo",
    },
    "Buckets": dict.fromkeys(("mb", "rb"), "buckets.md"),
    "Access and ownership": {
        **{"explain": "explain-denied-access.md#ask-about-any-request", "endpoint": "endpoints.md"},
        "access": "give-access.md",
        **dict.fromkeys(("policy", "acl", "tags"), "edit-settings-and-policies.md#as-commands"),
        **dict.fromkeys(("owners", "repair-ownership"), "take-over-objects.md"),
        "object-ownership": "take-over-objects.md#prevent-it",
    },
    "Transfers and jobs": {
        **{"transfers": "transfers.md", "uploads": "transfers.md#abort-incomplete-uploads"},
        **{"run": "scripts.md#many-commands", "batch": "batch.md", "workers": "cluster.md"},
    },
    "Setup": {
        **{"login": "scripts.md#sign-in-beforehand", "config": "settings.md"},
        **{"engine": "transfers.md#the-engine", "completion": "command-line.md#completion", "demo": "demo.md"},
    },
}
"""Every command with the page about it."""

SHARED = {
    "Identity options": ("ls", "--profile", "--duration"),
    "Options of two identities": ("cp", "--profile", "--to-endpoint"),
    "Filters": ("cp", "--include", "--max-size"),
    "Copy options": ("cp", "--content-type", "--restore-days"),
    "Options of a grant": ("access grant", "--way", "--kms-key"),
    "Options of the role of a job": ("access batch grant", "--operation", "--report-key"),
    "Options of a job": ("cp", "--batch-role", "--batch-failed-only"),
    "Options of a Dask cluster": ("cp", "--worker-credentials", "--insecure-cluster"),
}
"""Options that several commands have, explained once: a command that has them, the first and the last."""

KEY_PAGES = {
    CommandGroup.MOVE: "[Move around](../move-around.md)",
    CommandGroup.MARK: "[Move around](../move-around.md)",
    CommandGroup.COPY: "[Copy](../copy-to-another-account.md), [Upload and download](../upload-and-download.md)",
    CommandGroup.TRANSFERS: "[Transfers](../transfers.md)",
    CommandGroup.VIEW: "[View and edit](../view-and-edit.md), [Versions](../versions-and-deleted-objects.md)",
    CommandGroup.FIND: "[Find and measure](../find.md), [Compare](../compare.md)",
    CommandGroup.LOOK: "[Why access is denied](../explain-denied-access.md), [Give access](../give-access.md)",
    CommandGroup.APP: "[Connect your accounts](../connect.md), [Terminals](../terminals.md)",
}

PLACES = {
    CommandScope.APP: "everywhere",
    CommandScope.BROWSER: "panes",
    CommandScope.PANE: "panes",
    CommandScope.TABS: "panes",
    CommandScope.TRANSFERS: "list of transfers",
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    found = {"commands.md": _commands(), "keys.md": _keys(), "settings.md": _settings(documented_file())}
    found["json.md"] = _json()
    return {name: "\n".join(lines) + "\n" for name, lines in found.items()}


Option = tuple[str, str]
"""The option as you type it, and its help."""


def _commands() -> Iterator[str]:
    yield from _head(
        "Command reference", "`xs3-tui COMMAND --help` prints the same; of `cp`, `mv` and `sync` it is `--help-all`."
    )
    yield "[Use the command line](../command-line.md) has examples."
    yield "[Exit codes](../exit-codes.md) are the same for all commands. A command with `--json` has `--json-schema`,"
    yield "too, which prints the schema of what it prints ([JSON reference](json.md))."
    context = click.Context(cli, info_name="xs3-tui")
    found = dict(commands_below(cli, context))
    overview = [
        (
            title if at == 0 else "",
            f"[`{name}`](#{name})",
            _prose((found[name].command.help or "").partition("\n\n")[0]),
        )
        for title, group in GROUPS.items()
        for at, name in enumerate(group)
    ]
    yield from ["", *_rows(("", "command", "does"), overview)]
    shared = {
        title: list(_between(_options(found[command]), first, last)) for title, (command, first, last) in SHARED.items()
    }
    for title, group in GROUPS.items():
        yield from ["", f"## {title}"]
        for name, page in group.items():
            for path, below in found.items():
                if path == name or path.startswith(f"{name} "):
                    yield from _command(path, below, page if path == name else "", shared)
    yield from ["", "## Options that many commands have"]
    for title, options in shared.items():
        yield from ["", f"### {title}", "", *_table(options)]


def commands_below(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Context]]:
    """The context of each command and each group below it, by its words."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        below = click.Context(command, parent=context, info_name=name)
        yield below.command_path.removeprefix("xs3-tui "), below
        if isinstance(command, click.Group):
            yield from commands_below(command, below)


def _command(path: str, context: click.Context, page: str, shared: dict[str, list[Option]]) -> Iterator[str]:
    help_text = re.sub(r"(?m)^ {4}", "", context.command.help or "")
    first, *rest = help_text.strip().split("\n\n")
    yield from ["", f"### {path}", "", _prose(first)]
    if not isinstance(context.command, click.Group):
        usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
        yield from ["", f"Usage: `{usage}`"]
    for paragraph in rest:
        yield from ["", *(_lines(paragraph) if "\b" in paragraph else [_prose(paragraph)])]
    options = list(_options(context))
    common = [title for title in shared if _has(options, shared[title])]
    own = [one for one in options if not any(one in shared[title] for title in common)]
    if page:
        yield from ["", f"More: [{_title(page)}](../{page})."]
    if own:
        yield from ["", *_table(own)]
    if common:
        *some, last = [f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(' ', '-')})" for title in common]
        named = f"{', '.join(some)} and {last}" if some else last
        yield from ["", f"{'It also has' if own else 'It has'} the {named}."]


def _title(page: str) -> str:
    return (FOLDER.parent / page.partition("#")[0]).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _has(options: list[Option], shared: list[Option]) -> bool:
    return set(shared) <= set(options)


def _options(context: click.Context) -> Iterator[Option]:
    for option in context.command.params:
        if isinstance(option, click.Option) and not (option.hidden or isinstance(option, SchemaOption)):
            names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
            choices = option.type.choices if isinstance(option.type, click.Choice) else ()
            if not option.is_flag and not choices:
                metavar = "N" if isinstance(option.type, click.IntRange) else option.make_metavar(context)
                names = f"{names[:-1]} {metavar}`"
            yield names, " ".join([_prose(option.help or ""), *_values(option, context, choices)])


def _values(option: click.Option, context: click.Context, choices: tuple[str, ...] | list[str]) -> Iterator[str]:
    """What it may be, and what it is if you leave it out."""
    if choices:
        yield f"One of {', '.join(f'`{choice}`' for choice in choices)}."
    extra = option.get_help_extra(context)
    if "range" in extra:
        yield (
            "At least {}.".format(extra["range"].removeprefix("x>="))
            if extra["range"].startswith("x>=")
            else ("From {} to {}.".format(*re.findall(r"\d+", extra["range"])))
        )
    if "default" in extra:
        default = extra["default"]
        yield f"Default: `{f'--{default}' if option.secondary_opts else default}`."


def _between(options: Iterator[Option], first: str, last: str) -> Iterator[Option]:
    inside = False
    for option in options:
        inside = inside or option[0].startswith(f"`{first}")
        if inside:
            yield option
        if inside and re.match(rf"`{last}\b", option[0]):
            return


LETTERS_MEAN = (
    "A letter means the same wherever it is a key. Small letters look, capitals act and open a card or a question\n"
    "first; F keys are their twins. Questions alone have letters of their own: `y`, `n`, or the first letters of the\n"
    "answers."
)


def _keys() -> Iterator[str]:
    yield from _head("Key reference", "Press `?` or F1 in the app for the keys of the screen in front.")
    yield "The name is that of `[keys]` in the [settings](../settings.md#keys), which gives a command other keys."
    yield "Ctrl-P runs a command by name, also one without a key; `.` is the menu of what can be done here."
    yield from ["", "## Letters", "", LETTERS_MEAN, ""]
    yield from _rows(("letter", "means"), [(f"`{key}`", one.means) for key, one in LETTERS.items()])
    for group, commands in COMMAND_GROUPS.items():
        yield from ["", f"## {group}", "", f"More: {KEY_PAGES[group]}.", ""]
        yield from _rows(("key", "does", "where", "name"), [_key(command) for command in commands])


def _key(command: Command) -> tuple[str, str, str, str]:
    keys = [key_name(key) for key in command.keys]
    printed = f"`{keys[0]}` … `{keys[-1]}`" if len(keys) > 4 else " ".join(f"`{key}`" for key in keys)
    return printed, command.help, PLACES[command.scope], f"`{command.id}`"


def _json() -> Iterator[str]:
    yield from _head("JSON reference", f"What commands print with `--json`: version {JSON_VERSION} of it.")
    yield "`xs3-tui COMMAND --json-schema` prints the JSON Schema of a line, `xs3-tui --json-schema` those of all"
    yield "commands ([what the version promises](../compatibility.md#json))."
    context = click.Context(cli, info_name="xs3-tui")
    schemas = {path.removeprefix("xs3-tui "): schema(path, lines) for path, lines in all_lines(context)}
    kinds = {name: kind for each in schemas.values() for name, kind in each["$defs"].items()}
    rows = [(f"`{name}`", _any_of(each["oneOf"][:-1], kinds, ", ")) for name, each in schemas.items()]
    yield from ["", "## Commands", "", "A command prints a [ProblemJson](#problemjson), too, when it fails.", ""]
    yield from _rows(("command", "each line is one of"), rows)
    yield from ["", "## Objects", "", "All fields are always there, unless it says *optional*."]
    for name, kind in sorted(kinds.items()):
        if "properties" in kind:
            values = [
                (
                    f"`{field}`",
                    _value(value, kinds) + ("" if field in kind["required"] else ", *optional*"),
                    value.get("description", "").replace("*", r"\*"),
                )
                for field, value in kind["properties"].items()
            ]
            yield from ["", f"### {name}", "", kind.get("description", "").replace("*", r"\*"), ""]
            yield from _rows(("field", "value", "meaning"), values)


Kinds = dict[str, Any]


def _any_of(some: Sequence[Any], kinds: Kinds, between: str = " or ") -> str:
    return between.join(_value(each, kinds) for each in some)


def _value(value: Any, kinds: Kinds) -> str:
    """What a part of a schema allows, in words."""
    match value:
        case {"$ref": place}:
            name = place.rpartition("/")[2]
            return _value(kinds[name], kinds) if "enum" in kinds[name] else f"[{name}](#{name.lower()})"
        case {"enum": values}:
            return ", ".join(f"`{each}`" for each in values)
        case {"anyOf": some}:
            return _any_of(some, kinds)
        case {"type": "array", "prefixItems": items}:
            return f"list of {_any_of(items, kinds, ', ')}"
        case {"type": "array", "items": items}:
            return f"list of {_value(items, kinds)}"
        case {"type": "object", "additionalProperties": values}:
            return f"object, each value {_value(values, kinds)}"
    return str(value.get("type", "any"))


def _settings(documented: str) -> Iterator[str]:
    """From the documented file: comments come before the table or the key that they are about."""
    yield from _head("Settings reference", "[Settings](../settings.md) says where the file is, and has an example.")
    yield "`xs3-tui config --schema` prints all of this as a settings file."
    said: list[str] = []
    rows: list[tuple[str, str, str]] = []
    for line in [*documented.splitlines()[2:], "#[end]"]:
        if line.startswith("# "):
            said.append(line[2:])
        elif line.startswith("#["):
            yield from ["", *_rows(("key", "meaning", "value, for example"), rows)] if rows else []
            rows = []
            if line != "#[end]":
                yield from ["", f"## `{line[1:]}`", "", " ".join(said)]
            said = []
        elif line:
            key, _, value = line[1:].partition(" = ")
            rows.append((f"`{key}`", " ".join(said) or "for example", "" if value == '""' else f"`{value}`"))
            said = []


def _head(title: str, about: str) -> list[str]:
    return [f"# {title}", "", "<!-- `make reference` writes this page. -->", "", about]


def _table(options: list[Option]) -> list[str]:
    return _rows(("option", "does"), options)


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return [line(head), f"|{'---|' * len(head)}", *map(line, rows)]


def _prose(text: str) -> str:
    """Help as Markdown: what is typed becomes code."""
    text = re.sub(r"(?<!\w)'([^']+)'(?!\w)", r"`\1`", " ".join(text.split()))
    return "".join(
        part if at % 2 else re.sub(r"(?<![\w-])(--[a-z][a-z-]*)", r"`\1`", part).replace("*", r"\*")
        for at, part in enumerate(re.split(r"(`[^`]*`)", text))
    )


def _lines(paragraph: str) -> list[str]:
    return [f"    {line}".rstrip() for line in paragraph.replace("\b\n", "").splitlines()]


if __name__ == "__main__":
    main()
