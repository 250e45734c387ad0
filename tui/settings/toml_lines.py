"""Finds the line of each key in a TOML file; tomllib reads it, one statement at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

KeyPath = tuple[str | int, ...]
"""Keys from the top, and positions in arrays of tables, from 0."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, on which each key and table of a valid TOML text begins."""
    lines: dict[KeyPath, int] = {}
    tables: dict[KeyPath, int] = {}
    below: KeyPath = ()
    for number, statement, parsed in _statements(text):
        if statement.startswith("["):
            below = _table(parsed, tables)
            found = [below]
        else:
            found = [(*below, *path) for path in _paths(parsed)]
        for path in found:
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """The line of a key, or of its innermost table that exists; 0 if none does."""
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), 0)


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Each statement with its first line: the fewest lines that are valid TOML."""
    import tomllib  # most users have no such file

    begun, first = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        begun, first = begun + line, first or number
        try:
            parsed = tomllib.loads(begun)
        except tomllib.TOMLDecodeError:
            continue  # a text or an array continues on the next line
        if parsed:
            yield first, begun.lstrip(), parsed
        begun, first = "", 0


def _table(parsed: Mapping[str, object], tables: dict[KeyPath, int]) -> KeyPath:
    """The path of a ``[table]``, or of a ``[[table]]``, which `tables` counts."""
    path: KeyPath = ()
    level: object = parsed
    while isinstance(level, dict) and level:
        ((key, level),) = level.items()
        path = (*path, key)
        if isinstance(level, list):
            level = level[0]
            tables[path] = tables.get(path, -1) + 1
            path = (*path, tables[path])
        elif path in tables:
            path = (*path, tables[path])
    return path


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key of a statement, those of inline tables, too."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*path, key))
