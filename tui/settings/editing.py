"""Changes the text of a settings file, and keeps the user's words, comments and order."""

from __future__ import annotations

from typing import Any

import msgspec
import tomlkit
from msgspec import Struct
from tomlkit import TOMLDocument
from tomlkit.items import InlineTable


def edited(text: str, table: str, name: str, value: Struct | None) -> str:
    """`text` with `value` below `table` under a name, in place of what is there; None takes that away."""
    document = tomlkit.parse(text)
    if value is not None:
        _put(document, table, name, value)
    elif name in document.get(table, {}):
        del document[table][name]
    return tomlkit.dumps(document)


def edited_key(text: str, key: str, value: str) -> str:
    """`text` with a key that is in no table."""
    document = tomlkit.parse(text)
    document[key] = value  # a new one goes before the first table
    return tomlkit.dumps(document)


def _put(document: TOMLDocument, table: str, name: str, value: Struct) -> None:
    if table not in document:
        document[table] = tomlkit.table(is_super_table=True)
    tables: Any = document[table]
    if name not in tables:
        tables[name] = tomlkit.inline_table() if isinstance(tables, InlineTable) else tomlkit.table()
    kept, new = tables[name], msgspec.to_builtins(value)
    for key in [key for key in kept if key not in new]:
        del kept[key]
    for key, each in new.items():
        if key not in kept or kept[key] != each:  # what stays the same keeps the comment beside it
            kept[key] = each
