"""The JSON Schema of what ``--json`` prints, made from the types that are printed."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import click
from msgspec.inspect import Field, StructType, Type, multi_type_info
from msgspec.json import schema_components
from msgspec.structs import astuple

from tui.core.json_text import encode_json

JSON_VERSION = "1.0.0"
"""Of all that ``--json`` prints. Major: something is removed, renamed or means something else; minor: something is
added, also a value of an enumeration; patch: only descriptions have changed."""


Lines = tuple[type, ...]
"""What a command prints, one of these a line."""


class SchemaOption(click.Option):
    """``--json-schema`` of a command that prints `lines`; of the whole program without them."""

    def __init__(self, words: Sequence[str], lines: Lines = (), **more: Any) -> None:
        super().__init__(words, is_flag=True, is_eager=True, expose_value=False, callback=_say, **more)
        self.lines = lines


def _say(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        for path, lines in all_lines(context):
            click.echo(encode_json(schema(path, lines)))
        context.exit()


def all_lines(context: click.Context) -> Iterator[tuple[str, Lines]]:
    """The words of each command with ``--json``, the context's and those below it, and what it prints."""
    command = context.command
    for option in command.params:
        if isinstance(option, SchemaOption) and option.lines:
            yield context.command_path, option.lines
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from all_lines(click.Context(below, context, name))


def schema(path: str, lines: Lines) -> dict[str, Any]:
    """The JSON Schema of each line of a command."""
    some, named = schema_components(lines, ref_template="#/$defs/{name}")
    kinds = dict[str, type]()
    _find_kinds(multi_type_info(lines), kinds)
    for name, one in named.items():
        _complete(one, kinds.get(name))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:xs3-tui:{path.removeprefix('xs3-tui ').replace(' ', ':')}:{JSON_VERSION}",
        "version": JSON_VERSION,
        "title": f"A line of {path} --json",
        "oneOf": list(some),
        "$defs": named,
    }


def _find_kinds(part: object, kinds: dict[str, type]) -> None:
    """The structs in a description of types."""
    if isinstance(part, tuple):
        for each in part:
            _find_kinds(each, kinds)
    elif isinstance(part, Type | Field):
        if isinstance(part, StructType):
            if part.cls.__name__ in kinds:
                return
            kinds[part.cls.__name__] = part.cls
        _find_kinds(astuple(part), kinds)


def _complete(one: dict[str, Any], kind: type | None) -> None:
    """What is written is complete: fields with a default, too. Says what docstrings say."""
    for name, field in one.get("properties", {}).items():
        if "default" in field:
            del field["default"]
            one["required"].append(name)
        for base in kind.__mro__ if kind else ():
            if said := _said(base.__module__).get((base.__name__, name)):
                field["description"] = said
    if "properties" in one:
        one["additionalProperties"] = False
    if "description" in one:
        one["description"] = _in_json(one["description"])


def _in_json(docstring: str) -> str:
    """A docstring on one line, for those who read JSON."""
    return re.sub(r"\bNone\b", "null", " ".join(docstring.split())).replace("``", "`")


@cache
def _said(module: str) -> dict[tuple[str, str], str]:
    """The docstrings below fields, by class and field; empty without the source."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    return {
        (kind.name, field.target.id): _in_json(text.value.value)
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
        for field, text in pairwise(kind.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
