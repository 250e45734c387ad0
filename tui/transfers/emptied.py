"""Directories that a deletion or a move has emptied: on a disk they stay, where prefixes of S3 would be gone."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from tui.model.location import DELIMITER
from tui.model.plan import Filters, Selection
from tui.model.problem import ProblemError
from tui.stores.base import Store
from tui.transfers.disk import is_disk


async def remove_emptied(store: Store, selection: Selection, gone: Iterable[str]) -> None:
    """Remove the directories that held the keys which are `gone`, as far as they lie in a selected prefix.

    Those that still hold something stay. With filters all stay: then files were meant, not the directories.
    """
    if not is_disk(store) or selection.filters != Filters():
        return
    for directory in sorted(directories_of(selection.prefixes, gone), key=len, reverse=True):
        with suppress(ProblemError):  # not empty, or already gone
            await store.delete(selection.base.bucket, directory)


def directories_of(prefixes: Iterable[str], keys: Iterable[str]) -> set[str]:
    """The directories that the keys lie in, each up to the selected prefix and including it."""
    chosen = tuple(prefixes)
    found: set[str] = set()
    for key in keys:
        directory = _above(key)
        while directory.startswith(chosen) and directory not in found:
            found.add(directory)
            directory = _above(directory)
    return found


def _above(key: str) -> str:
    return key[: key.rfind(DELIMITER, 0, len(key) - 1) + 1]
