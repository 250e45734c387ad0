"""The effective settings: every key with its value, and the line on which it was set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import Struct

from tui.settings.lines import KeyPath
from tui.settings.parsing import dotted
from tui.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Value:
    """One key with its value; `line` is where it was set, None for a default."""

    path: KeyPath
    value: object
    line: int | None

    @property
    def key(self) -> str:
        """The key with its tables, as it is written."""
        return dotted(self.path)


def values(settings: Settings, lines: Mapping[KeyPath, int]) -> list[Value]:
    """Every key, the defaults, too; `lines` as `key_lines` gives them."""
    return list(_values(settings, lines, ()))


def toml(value: object) -> str:
    """A value as TOML writes it; None, which TOML does not have, as an empty text."""
    if value is None:
        return '""'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _values(struct: Struct, lines: Mapping[KeyPath, int], path: KeyPath) -> Iterator[Value]:
    for name in struct.__struct_fields__:
        here, value = (*path, name), getattr(struct, name)
        tables = _tables(value)
        if tables is None:
            yield Value(here, value, lines.get(here))
        for key, each in tables or ():
            if isinstance(each, Struct):
                yield from _values(each, lines, (*here, *key))
            else:
                yield Value((*here, *key), each, lines.get((*here, *key)))


def _tables(value: object) -> list[tuple[KeyPath, object]] | None:
    """What a table contains, with what its keys add; None for a value that is no table."""
    if isinstance(value, Struct):
        return [((), value)]
    if isinstance(value, dict):
        return [((key,), each) for key, each in value.items()]
    if isinstance(value, list) and value and isinstance(value[0], Struct):
        return [((index,), each) for index, each in enumerate(value)]
    return None
