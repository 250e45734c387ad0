"""A settings file with every key, its type, its default and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields

from tui.settings.effective import toml
from tui.settings.schema import Settings

WIDTH = 100
"""Columns of the file."""

TYPES = {
    str: "text",
    bool | str: "true, false or text",
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
            yield from _comment(f"{meta.description} ({_type(plain)}{_default_of(field)})")
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
    """A table whose keys the user names, each with a value and not a table of its own."""
    (_, key), (_, value) = (_unwrapped(hint) for hint in get_args(plain))
    yield ""
    yield from _comment(" ".join(each.description for each in (meta, key, value) if each and each.description))
    yield f"#[{name}]"
    yield f"#{_example(key)} = {toml(_example(value))}"


def _example(meta: Meta | None) -> Any:
    return meta.examples[0] if meta and meta.examples else ""


def _inner(plain: Any) -> tuple[type[Struct] | None, str]:
    """The table behind a type, and the key by which it is found there: an example, or `ARRAY`; empty for itself."""
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


def _type(plain: Any) -> str:
    return TYPES[get_origin(plain) if get_origin(plain) is list else plain]


def _default_of(field: FieldInfo) -> str:
    return f"; default {toml(field.default)}" if field.default not in (NODEFAULT, None, "") else ""


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
