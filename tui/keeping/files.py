"""Small files of the user's own: read as a type, written whole or not at all."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import unwritable
from tui.link.private_files import read_private, replace_private

T = TypeVar("T", bound=Struct)

BROKEN = ".broken"
"""What a file that cannot be read is called from then on."""

log = logging.getLogger(__name__)


def read(path: Path, kind: type[T]) -> T:
    """The content of `path`; an empty `kind` without it, or when it cannot be read, or is broken, which sets it aside.

    Fields that `kind` does not have are ignored: another version may have written them.
    """
    try:
        return _content(path, kind)
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error)
        return kind()


def read_to_change(path: Path, kind: type[T]) -> T:
    """The same for who is going to replace it; raise `ProblemError` for what cannot be read: it would be lost."""
    try:
        return _content(path, kind)
    except OSError as error:
        raise unwritable(path, error) from error


def _content(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_private(path), type=kind)
    except FileNotFoundError:
        return kind()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        log.warning("%s is damaged and was renamed: %s", path, error)
        with suppress(OSError):
            path.replace(path.with_name(path.name + BROKEN))
    return kind()


def write(path: Path, value: Struct) -> None:
    """Replace `path` by `value`, for this user only; raise `ProblemError`."""
    try:
        replace_private(path, msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    except UnicodeEncodeError as error:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"{path} cannot store a name that is not UTF-8",
                remedy="go to another directory",
            )
        ) from error
    except OSError as error:
        raise unwritable(path, error) from error
