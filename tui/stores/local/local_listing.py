"""Directories as listings: in the order of S3, page by page, no more in memory than the directories on the way.

Symbolic links to files are listed as the files they lead to. Those to directories are listed as directories, but a
recursive listing does not go into them: they may lead in circles. It tells them, devices, pipes, sockets and links that
lead nowhere as what is no object, and so files of ours that are not finished. An empty directory below the
prefix is listed recursively as an empty object whose key ends in ``/``, as tools for S3 keep one.
"""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import ProblemError
from tui.stores.local.disk_errors import ListingErrors, system_problem, to_the_end
from tui.stores.local.disk_names import DiskEntryKind, steps_of, what_is
from tui.stores.local.files import directory_pin, pin_of

LIST = "list"
ROWS = 1000
"""Entries of a page, as S3 sends them."""

NO_CLASS = "-"
"""What stands in the column of storage classes."""


async def list_pages(
    bucket: str, prefix: str, *, recursive: bool, start_after: str, etags: bool
) -> AsyncGenerator[Page, None]:
    """The pages of a prefix; see `Store.pages`.

    What could not be listed of what lies below (no right to read it, no UTF-8) is raised as a problem when all else
    is listed, so that one odd name takes nothing else away and is not lost.
    """
    listing = _DirectoryListing(prefix, recursive, start_after)
    pages = listing.pages(bucket, etags=etags)

    def following() -> Page | None:
        return next(pages, None)

    while (page := await to_the_end(following)) is not None:
        yield page


@dataclass(slots=True)
class _Columns:
    """A page being filled."""

    prefix: str
    prefixes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    modified: array[int] = field(default_factory=lambda: array("q"))
    etags: list[str] = field(default_factory=list)
    unfit: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.prefixes) + len(self.names) + len(self.unfit) >= ROWS

    def add(self, key: str, status: os.stat_result) -> None:
        is_directory = stat.S_ISDIR(status.st_mode)
        self.names.append(key[len(self.prefix) :])
        self.sizes.append(0 if is_directory else status.st_size)
        self.modified.append(int(status.st_mtime))
        self.etags.append(directory_pin(status) if is_directory else pin_of(status))

    def page(self, *, etags: bool, last: bool) -> Page:
        rows = len(self.names)
        return Page(
            prefix=self.prefix,
            prefixes=self.prefixes,
            names=self.names,
            sizes=self.sizes.tobytes(),
            modified=self.modified.tobytes(),
            classes=[NO_CLASS],
            class_index=array("H", bytes(2 * rows)).tobytes(),
            owners=[],
            owner_index=array("H", [UNKNOWN_INDEX] * rows).tobytes(),
            etags=self.etags if etags else [],
            last=last,
            unfit=self.unfit,
        )


class _DirectoryListing:
    """One listing under way."""

    def __init__(self, prefix: str, recursive: bool, start_after: str) -> None:
        self._prefix, self._recursive, self._start_after = prefix, recursive, start_after
        self._errors = ListingErrors(LIST)
        self._unfit: dict[str, str] = {}
        """What is no object, by the keys that are still to come."""

    def pages(self, bucket: str, *, etags: bool) -> Iterator[Page]:
        """All pages, then the problem of what was left out, if anything was."""
        directory = self._prefix[: self._prefix.rfind(DELIMITER) + 1]
        steps_of(bucket, directory, LIST)
        columns = _Columns(self._prefix)
        for key in self._keys(directory):
            if columns.is_full:
                yield columns.page(etags=etags, last=False)
                columns = _Columns(self._prefix)
            if what := self._unfit.pop(key, ""):
                columns.unfit.append((key[len(self._prefix) :], what))
            elif key.endswith(DELIMITER) and not self._recursive:
                columns.prefixes.append(key[len(self._prefix) :])
            elif status := _status(key):
                columns.add(key, status)
        yield columns.page(etags=etags, last=True)
        self._errors.raise_any()

    def _keys(self, directory: str) -> Iterator[str]:
        """Files and (of one level) directories; with `recursive` files and empty directories. In S3's order."""
        levels = [iter(self._top(directory))]
        while levels:
            key = next(levels[-1], None)
            if key is None:
                levels.pop()
            elif self._recursive and key.endswith(DELIMITER):
                below = self._inside(key) if self._may_follow(key) else None
                if below:
                    levels.append(iter(below))
                if below is not None and self._is_empty(below) and key > self._start_after:
                    yield key
            elif key > self._start_after or (key.endswith(DELIMITER) and self._may_follow(key)):
                yield key
            else:
                self._unfit.pop(key, None)

    def _is_empty(self, keys: list[str]) -> bool:
        """Whether these keys of a directory contain no object: it is then one itself."""
        return all(key in self._unfit for key in keys)

    def _may_follow(self, directory: str) -> bool:
        """Whether keys below a directory may come after `start_after`."""
        return directory > self._start_after or self._start_after.startswith(directory)

    def _top(self, directory: str) -> list[str]:
        """What the prefix begins with. In a recursive listing a directory that is not there is an empty prefix."""
        try:
            keys = scan(directory, self._errors, self._unfit if self._recursive else None)
        except OSError as error:
            if self._recursive and isinstance(error, (FileNotFoundError, NotADirectoryError)):
                return []
            raise ProblemError(system_problem(error, LIST, directory)) from error
        if self._recursive and self._is_empty(keys) and directory == self._prefix and directory > self._start_after:
            return [directory, *keys] if directory else keys
        return [key for key in keys if key.startswith(self._prefix)]

    def _inside(self, directory: str) -> list[str] | None:
        """The names in a directory; None for one that is gone, cannot be read, or is the listed one itself."""
        if directory == self._prefix:
            return []
        return self._errors.tried(directory, lambda: scan(directory, self._errors, self._unfit))


def scan(directory: str, errors: ListingErrors, unfit: dict[str, str] | None) -> list[str]:
    """The keys in a directory, those of directories with their ``/``, in S3's order. Raises `OSError`.

    What is no object is among the keys, too, and put into `unfit` with what it is; None: it is left out, links to
    directories are directories, and files that are not finished are files. Names that are no UTF-8 become errors.
    """
    keys = []
    with os.scandir(Location(LOCAL_BUCKET, directory).path) as entries:
        for entry in entries:
            if not errors.is_text(directory, entry.name):
                continue
            key = directory + entry.name
            what = what_is(entry)
            if what is DiskEntryKind.DIRECTORY or (what is DiskEntryKind.LINK_TO_DIRECTORY and unfit is None):
                keys.append(key + DELIMITER)
            elif what is DiskEntryKind.FILE or (what is DiskEntryKind.UNFINISHED and unfit is None):
                keys.append(key)
            elif unfit is not None:
                keys.append(key)
                unfit[key] = what.value
    keys.sort()  # as texts are compared, which is the order of their UTF-8
    return keys


def _status(key: str) -> os.stat_result | None:
    """None for what is gone by now."""
    try:
        return os.stat(Location(LOCAL_BUCKET, key).path)
    except OSError:
        return None


def partial_files_below(bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """UnfinishedUpload files, as directory and name, in all directories that may hold keys which begin with `prefix`.

    Directories that cannot be read are passed over: nothing of ours can be finished there.
    """
    directory = prefix[: prefix.rfind(DELIMITER) + 1]
    steps_of(bucket, directory, LIST)
    waiting = [directory]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(Location(bucket, here).path) as entries:
                for entry in entries:
                    inner = here + entry.name + DELIMITER
                    if what_is(entry) is DiskEntryKind.UNFINISHED:
                        yield here, entry.name
                    elif entry.is_dir(follow_symlinks=False) and (inner.startswith(prefix) or prefix.startswith(inner)):
                        waiting.append(inner)
        except OSError:
            continue
