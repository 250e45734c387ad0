"""A settings file with every key, its type, its default and what it means."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields

from tui.settings.parsing import dotted
from tui.settings.schema import Settings
from tui.settings.toml_lines import KeyPath

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
