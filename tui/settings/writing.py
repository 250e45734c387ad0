"""Changes to the settings file that leave the user's own words, comments and order as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from msgspec import Struct
from tomlkit import TOMLDocument
from tomlkit.items import InlineTable

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.places import replace_private, unwritable
from tui.settings.parsing import parse
from tui.settings.reading import read_text, unusable
from tui.settings.schema import AccountSettings, BucketSettings, IdentitySettings, Settings


class SettingsFile:
    """The settings file at `path`, made when it is missing. Every change gives the settings as they are from then on.

    Each raises `ProblemError`: for a file that cannot be used or written, and for a value that is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep_identity(self, name: str, identity: IdentitySettings) -> Settings:
        """Keep an identity, in place of that of the same name."""
        return self._set("identities", name, identity)

    def forget_identity(self, name: str) -> Settings:
        """Keep an identity no longer; one that is not there is forgotten already."""
        return self._set("identities", name, None)

    def set_account(self, number: str, account: AccountSettings) -> Settings:
        """How an account is shown, and whether it is read-only."""
        return self._set("accounts", number, account)

    def set_bucket(self, name: str, *, requester_pays: bool) -> Settings:
        """Whether requests to a bucket say that they are paid for."""
        return self._set("buckets", name, BucketSettings(requester_pays) if requester_pays else None)

    def _set(self, table: str, name: str, value: Struct | None) -> Settings:
        text = read_text(self._path)
        _, mistakes = parse(text)
        if mistakes:
            raise unusable(self._path, mistakes)
        document = tomlkit.parse(text)
        _replace(document, table, name, value)
        changed = tomlkit.dumps(document)
        settings, mistakes = parse(changed)
        if mistakes:
            raise ProblemError(
                Problem(
                    kind=ProblemKind.INVALID,
                    title=f"{name} cannot be kept in the settings",
                    cause=str(mistakes[0]),
                    remedy="change it; xs3-tui config --schema shows what is expected",
                )
            )
        if changed != text:
            self._write(changed)
        return settings

    def _write(self, text: str) -> None:
        try:
            replace_private(self._path, text.encode())
        except OSError as error:
            raise unwritable(self._path, error) from error


def _replace(document: TOMLDocument, table: str, name: str, value: Struct | None) -> None:
    """Put `value` below `table`; what stays the same, and the comments beside it, is left alone."""
    if value is None:
        if name in document.get(table, {}):
            del document[table][name]
        return
    if table not in document:
        document[table] = tomlkit.table(is_super_table=True)
    tables: Any = document[table]
    if name not in tables:
        tables[name] = tomlkit.inline_table() if isinstance(tables, InlineTable) else tomlkit.table()
    kept, new = tables[name], msgspec.to_builtins(value)
    for key in [key for key in kept if key not in new]:
        del kept[key]
    for key, each in new.items():
        if key not in kept or kept[key] != each:
            kept[key] = each
