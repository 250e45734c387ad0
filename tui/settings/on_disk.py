"""The settings file on the disk: read and changed; created if it is missing, for this user only; written whole or not.

Each function that changes it returns the new settings. Each raises `ProblemError` for a file that cannot be used or
written, and for an invalid value.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from msgspec import Struct

from tui.core.identity import IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import APP_NAME, unwritable
from tui.link.private_files import read_private, replace_private
from tui.settings.schema import AccountSettings, BucketSettings, ColumnSettings, IdentitySettings, Settings

if TYPE_CHECKING:
    from tui.settings.parsing import Mistake


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


def settings_file() -> Path:
    """Where the settings are looked for; it need not exist."""
    return Path(platformdirs.user_config_path(APP_NAME)) / "config.toml"


def read_settings(path: Path) -> Settings:
    """The settings in `path`, or the defaults without it; raise `ProblemError` that names the file, line and key."""
    text = read_text(path)
    if not text:
        return Settings()

    from tui.settings.parsing import parse  # most users have no such file

    settings, mistakes = parse(text)
    if mistakes:
        raise unusable(path, mistakes)
    return settings


def read_text(path: Path) -> str:
    """The text of the file; empty without one. Raise `ProblemError` when it cannot be read."""
    try:
        return read_private(path).decode()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _problem(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _problem(path, f"not TOML: {error}") from error


def unusable(path: Path, mistakes: list[Mistake]) -> ProblemError:
    """The error for a file with these mistakes; shows the first in full."""
    first, *more = mistakes
    rest = f" (and {len(more)} more: xs3-tui config --check)" if more else ""
    return _problem(path, said(path, first) + rest)


def said(path: Path, mistake: Mistake) -> str:
    """A mistake with file and line, as compilers say it."""
    return f"{path.name}:{mistake.line}: {mistake}" if mistake.line else f"{path.name}: {mistake}"


def _problem(path: Path, cause: str) -> ProblemError:
    remedy = "correct or remove the file; xs3-tui config --schema shows every key"
    return ProblemError(Problem(ProblemKind.INVALID, f"the settings in {path} cannot be used", cause, remedy))
