"""What of a tree could not be listed, gathered while the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec.structs import replace

from tui.model.location import LOCAL_BUCKET, Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.local.failures import disk_problem, system_problem

NAMED = 5
"""So many further places are named; more are counted."""


class Troubles:
    """The problems of one listing; the first is told in full."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._first: Problem | None = None
        self._others: list[str] = []
        self._count = 0

    def noting(self, directory: str, scan: Callable[[], list[str]]) -> list[str] | None:
        """What `scan` finds in a directory; None for one that is gone meanwhile, or may not be read (noted)."""
        try:
            return scan()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._note(system_problem(error, self._operation, directory), Location(LOCAL_BUCKET, directory).path)
            return None

    def is_text(self, directory: str, name: str) -> bool:
        """Whether a name is UTF-8, as every key is; one that is not is noted, its bytes shown as ``\\xE9``."""
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(name).decode(errors="backslashreplace")
            path = Location(LOCAL_BUCKET, directory).path + shown
            self._note(
                disk_problem(
                    ProblemKind.INVALID,
                    f"{path} is left out: its name is not UTF-8",
                    "a key is UTF-8, this name cannot be one",
                    "rename the file (convmv does it for whole trees)",
                    self._operation,
                    directory,
                ),
                path,
            )
            return False
        return True

    def raise_any(self) -> None:
        """Raise `ProblemError` if anything was noted."""
        if self._first is None:
            return
        problem = self._first
        if self._count > 1:
            more = self._count - 1 - len(self._others)
            also = ", ".join(self._others) + (f" and {more:,} more" if more else "")
            problem = replace(problem, cause=f"{problem.cause}; also left out: {also}")
        raise ProblemError(problem)

    def _note(self, problem: Problem, path: str) -> None:
        self._count += 1
        if self._first is None:
            self._first = problem
        elif len(self._others) < NAMED:
            self._others.append(path)
