"""Changes the settings file: creates it if it is missing, for this user only, and writes it whole or not at all.

Each function returns the new settings. Each raises `ProblemError` for a file that cannot be used or written, and for an
invalid value.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tui.core.identity import IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import unwritable
from tui.link.private_files import replace_private
from tui.settings.reading import read_text, unusable
from tui.settings.schema import AccountSettings, BucketSettings, ColumnSettings, IdentitySettings, Settings


def keep_identity(path: Path, name: str, spec: IdentitySpec) -> Settings:
    """Keep an identity, in place of that of the same name."""
    return _set(path, "identities", name, IdentitySettings.of(spec))


def forget_identity(path: Path, name: str) -> Settings:
    return _set(path, "identities", name, None)


def set_account(path: Path, number: str, account: AccountSettings) -> Settings:
    return _set(path, "accounts", number, account)


def set_bucket(path: Path, name: str, *, requester_pays: bool) -> Settings:
    return _set(path, "buckets", name, BucketSettings(requester_pays) if requester_pays else None)


def set_columns(path: Path, shown: list[str]) -> Settings:
    """Which columns the panes show; empty: those that there is room for."""
    return _set(path, "panes", "columns", ColumnSettings(shown) if shown else None)


def set_theme(path: Path, name: str) -> Settings:
    from tui.settings.editing import edited_key

    return _changed(path, name, lambda text: edited_key(text, "theme", name))


def _set(path: Path, table: str, name: str, value: Struct | None) -> Settings:
    from tui.settings.editing import edited  # these take their time, and most starts change nothing

    return _changed(path, name, lambda text: edited(text, table, name, value))


def _changed(path: Path, name: str, change: Callable[[str], str]) -> Settings:
    from tui.settings.parsing import parse

    text = read_text(path)
    _, mistakes = parse(text)
    if mistakes:
        raise unusable(path, mistakes)
    changed = change(text)
    settings, mistakes = parse(changed)
    if mistakes:
        title = f"{name} cannot be saved in the settings"
        remedy = "correct it; xs3-tui config --schema shows what is expected"
        raise ProblemError(Problem(ProblemKind.INVALID, title, str(mistakes[0]), remedy))
    if changed != text:
        try:
            replace_private(path, changed.encode())
        except OSError as error:
            raise unwritable(path, error) from error
    return settings
