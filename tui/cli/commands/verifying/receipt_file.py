"""The file that the results of a verification are written to: there whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from tui.core.json_text import encode_json
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.text.format import visible

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ResultFile:
    """Takes lines of JSON; the file, of mode 0600, gets its name at the end. Nothing is overwritten."""

    def __init__(self, path: str) -> None:
        """`path` is absolute; empty: nothing is written. Raises a usage error for a file that exists."""
        self._path = Path(path) if path else None
        self._whole = False
        if self._path is None:
            return
        if self._path.exists():
            raise click.UsageError(visible(f"{path} exists: choose another file for --receipt"))
        self._temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise click.UsageError(visible(f"{path} cannot be written: {error.strerror}")) from error
        self._file = os.fdopen(descriptor, "wb")

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def add(self, value: object) -> None:
        """One line. Raises `ProblemError`, as the end of the block does."""
        if self._path:
            with self._written():
                self._file.write(encode_json(value) + b"\n")

    def finish(self) -> None:
        """All is written: it gets its name."""
        self._whole = True

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Name it, or remove it."""
        if self._path is None:
            return
        try:
            with self._written() if self._whole else suppress(OSError):
                self._file.close()
                if self._whole:
                    os.link(self._temporary, self._path)  # fails where something has appeared since
        finally:
            with suppress(OSError):
                self._temporary.unlink()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ProblemError(
                Problem(
                    kind=ProblemKind.NO_SPACE if error.errno in FULL else ProblemKind.INVALID,
                    title=f"{self._path} cannot be written",
                    cause=error.strerror or str(error),
                    remedy="choose another file for --receipt, on a disk with space",
                )
            ) from error
