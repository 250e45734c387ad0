"""The text of a settings file as `Settings`, and every mistake in it with its line and key."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from tui.settings.schema import CHECK, Settings
from tui.settings.toml_lines import KeyPath, key_lines, line_of

_NEAR = 0.6
"""Similarity (0 to 1) from which a key is suggested for another; difflib's default."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake, its line (from 1; 0: none) and its key (empty: none)."""

    line: int
    key: str
    sentence: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.key, self.sentence) if part)


def parse(text: str) -> tuple[Settings, list[Mistake]]:
    """The settings in `text`, and its mistakes in order. With mistakes, only valid key bindings are returned."""
    try:
        return _parsed(text)
    except RecursionError:
        return Settings(), [Mistake(0, "", "it is nested too deeply")]


def _parsed(text: str) -> tuple[Settings, list[Mistake]]:
    import tomllib  # most users have no such file

    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))  # else it is the end of the text
        return Settings(), [Mistake(int(place[1]) if place else len(text.splitlines()), "", f"not TOML: {error}")]
    except ValueError as error:  # a number of thousands of digits
        return Settings(), [Mistake(0, "", f"not TOML: {error}")]
    wrong: list[tuple[KeyPath, str]] = []
    settings: Settings = _Builder(wrong).struct(Settings, raw, ())
    if not wrong:
        wrong += _contradictions(settings)
    if not wrong:
        return settings, []
    lines = key_lines(text)
    mistakes = [Mistake(line_of(path, lines), dotted(path), sentence) for path, sentence in wrong]
    return Settings(keys=_right_keys(settings, wrong)), in_order(mistakes)


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.line)


def _right_keys(settings: Settings, wrong: list[tuple[KeyPath, str]]) -> dict[str, str | list[str]]:
    """The key bindings without mistakes."""
    places = {path[:2] for path, _ in wrong}
    if ("keys",) in places:  # it is no table
        return {}
    return {name: keys for name, keys in settings.keys.items() if ("keys", name) not in places}


def dotted(path: KeyPath) -> str:
    """A key as it is written: ``accounts."123456789012".colour``, ``identities.deploy.roles[0].arn``."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            plain = re.fullmatch(r"[A-Za-z_][\w-]*", part, re.ASCII)
            words += ("." if words else "") + (part if plain else json.dumps(part, ensure_ascii=False))
    return words


class _Builder:
    """Builds structs from TOML values; continues after a mistake, so that all are reported at once."""

    def __init__(self, wrong: list[tuple[KeyPath, str]]) -> None:
        self._wrong = wrong

    def struct(self, kind: type[Struct], raw: object, path: KeyPath) -> Any:
        """An instance of `kind`, or None with a mistake."""
        if not isinstance(raw, dict):
            self._wrong.append((path, "a table is expected here"))
            return None
        hints = get_type_hints(kind, include_extras=True)
        for key in raw.keys() - hints.keys():
            near = difflib.get_close_matches(key, list(hints), 1, _NEAR)
            known = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(hints)}"
            self._wrong.append(((*path, key), f"unknown key; {known}"))
        missing = [field.name for field in msgspec.structs.fields(kind) if field.required and field.name not in raw]
        self._wrong += [(path, f"{name} is missing") for name in missing]
        values = {key: self._value(hints[key], raw[key], (*path, key)) for key in raw if key in hints}
        return None if missing else kind(**values)

    def _value(self, kind: Any, raw: object, path: KeyPath) -> Any:
        check = None
        if get_origin(kind) is Annotated:
            kind, *notes = get_args(kind)
            check = next(((note.extra or {}).get(CHECK) for note in notes if isinstance(note, Meta)), None)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self.struct(kind, raw, path)
        if get_origin(kind) is dict and isinstance(raw, dict):
            of_keys, of_values = get_args(kind)
            return {
                self._value(of_keys, key, (*path, key)): self._value(of_values, raw[key], (*path, key)) for key in raw
            }
        if get_origin(kind) is list and isinstance(raw, list):
            return [self._value(get_args(kind)[0], each, (*path, index)) for index, each in enumerate(raw)]
        return self._leaf(kind, check, raw, path)

    def _leaf(self, kind: Any, check: Any, raw: object, path: KeyPath) -> Any:
        try:
            if check and kind == int | None:  # what has a unit is a text in the file
                return check(msgspec.convert(raw, int | str))
            value = msgspec.convert(raw, kind)
            return check(value) if check else value
        except msgspec.ValidationError as error:
            self._wrong.append((path, str(error)))
        except ValueError as error:
            self._wrong.append((path, str(error)))
        return raw


def _contradictions(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """Values that are valid alone, but not together."""
    labels = Counter(account.label for account in settings.accounts.values() if account.label)
    for number, account in settings.accounts.items():
        if labels[account.label] > 1:
            yield ("accounts", number, "label"), f"{account.label!r} is also the label of another account"
    for name, identity in settings.identities.items():
        sources = {"profile": identity.profile, "access_key": identity.access_key, "anonymous": identity.anonymous}
        named = [key for key, value in sources.items() if value]
        if len(named) > 1:
            yield ("identities", name, named[1]), f"an identity can have only one of {' and '.join(named)}"
        if identity.anonymous and identity.roles:
            yield (
                ("identities", name, "roles"),
                "an anonymous identity cannot assume a role: AssumeRole requests must be signed",
            )
