"""Documents saved to a directory of the user's choice, for somebody else to apply."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories, replace_private


def save_documents(directory: Path, files: Mapping[str, str]) -> list[Path]:
    """Write `files`, texts by name, each readable by this user only; returns their paths. Raises `ProblemError`."""
    try:
        make_directories(directory)
        paths = [directory / name for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            replace_private(path, text.encode())
    except OSError as error:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"the documents cannot be saved in {directory}",
                cause=error.strerror or str(error),
                remedy="choose another directory",
            )
        ) from error
    return paths
