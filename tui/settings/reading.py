"""The settings file as it is on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import APP_NAME
from tui.link.private_files import read_private
from tui.settings.schema import Settings

if TYPE_CHECKING:
    from tui.settings.parsing import Mistake


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
