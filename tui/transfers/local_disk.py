"""Copies from and to a local disk: their route, what is kept, and the words for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path

from msgspec.structs import replace

from tui.core.engines import LOCAL, ClusterOptions, Engine, EngineKind, read_engine
from tui.core.identity import LOCAL_LABEL
from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.orders import ConflictPolicy, CopyOrder, Filters, Selection, SyncOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import BucketVersioning, UndoForecast
from tui.stores.base import Store
from tui.stores.local.disk_names import DiskEntryKind
from tui.stores.store_values import ObjectHead

NOT_KEPT = "without {}: {} cannot store them"

NO_OWNER = "your user on this machine: files have no AWS owner"

_OPERATIONS = {"HeadObject": "stat", "CreateMultipartUpload": "write"}
"""What the probes are called on a local disk."""


class Direction(Enum):
    """Which of the two sides is a local disk."""

    BETWEEN_BUCKETS = "between buckets"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    ON_DISK = "copy on this disk"


def is_disk(store: Store) -> bool:
    """Whether a store is a file system: prefixes are directories there."""
    return store.capabilities.directories


def direction_of(source: Store, target: Store) -> Direction:
    if is_disk(source):
        return Direction.ON_DISK if is_disk(target) else Direction.UPLOAD
    return Direction.DOWNLOAD if is_disk(target) else Direction.BETWEEN_BUCKETS


def way_in_words(direction: Direction, reader: str, writer: str) -> str:
    match direction:
        case Direction.UPLOAD:
            return f"upload: local disk to S3, {writer} writes"
        case Direction.DOWNLOAD:
            return f"download: S3 to local disk, {reader} reads"
        case Direction.ON_DISK:
            return "copy on the local disk"
        case Direction.BETWEEN_BUCKETS:
            return f"{reader} reads, {writer} writes, streamed through this machine"


def kept(direction: Direction) -> list[str]:
    """What a copy from or to a disk takes along besides the content, for the route card."""
    return ["type (guessed from the name)"] if direction is Direction.UPLOAD else ["modification time"]


def dropped(direction: Direction) -> list[str]:
    match direction:
        case Direction.UPLOAD:
            return ["mode and owner of the files", "modification time (S3 sets its own)"]
        case Direction.DOWNLOAD:
            return ["type and headers", "metadata", "tags", "annotations", "ACL", "class (not stored on a local disk)"]
        case _:
            return ["owner of the files"]


def not_kept(target: Store, head: ObjectHead, tags: Sequence[tuple[str, str]] | None) -> str:
    """The note on an object that loses something at the target; empty if it has nothing to lose."""
    capabilities = target.capabilities
    lost = [] if capabilities.metadata or not head.metadata else ["metadata"]
    lost += [] if capabilities.tags or not (tags or head.tag_count) else ["tags"]
    return NOT_KEPT.format(" and ".join(lost), "a local disk" if is_disk(target) else "its server") if lost else ""


def led_by_links(order: CopyOrder) -> CopyOrder:
    """The order with the paths that symbolic links lead to: a copy into itself may hide behind one."""
    selection, destination = order.selection, order.destination
    base = _real(selection.base.key)
    selection = replace(
        selection,
        base=Location(LOCAL_BUCKET, base),
        keys=[base + key[len(selection.base.key) :] for key in selection.keys],
        prefixes=[base + prefix[len(selection.base.key) :] for prefix in selection.prefixes],
    )
    location = Location(LOCAL_BUCKET, _real(destination.location.key))
    name = location.key + destination.name[len(destination.location.key) :] if destination.name else ""
    return replace(order, selection=selection, destination=replace(destination, location=location, name=name))


def _real(directory: str) -> str:
    path = os.path.realpath(Location(LOCAL_BUCKET, directory).path).removeprefix(DELIMITER)
    return path + DELIMITER if path else ""


def operation_on(store: Store, operation: str) -> str:
    """The name of an operation of S3 where the store is a disk."""
    return _OPERATIONS.get(operation, operation) if is_disk(store) else operation


def needed_permission(problem: Problem, subject: str) -> str:
    """Which permission the denied identity needs, as a sentence."""
    if problem.identity == LOCAL_LABEL:
        return problem.sentence()
    needed = problem.permission or problem.operation
    return f"{problem.identity} needs {needed} on {problem.resource or subject}"


async def remove_empty_directories(store: Store, selection: Selection, gone: Iterable[str]) -> None:
    """Remove the directories of the keys which are `gone`, as far as they lie in a selected prefix.

    Those that are not empty stay. With filters all stay: then files were meant, not the directories.
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


BOTH = "its name needs a directory where the file {} is written"
FILE_THERE = "its name needs a directory where the file {} is: move or delete that file first"
DIRECTORY_THERE = "a directory is where the file is to be written: move or delete it first"
WITH_CONTENT = "its key ends in “/” and it is not empty: a directory has no content"


class DiskNames:
    """The keys of one dry run at its target, in key order."""

    def __init__(self, target: Store, bucket: str) -> None:
        self._target, self._bucket = target, bucket
        self._parent, self._in_the_way = "", ""
        """The directory of the last key, and the file where it, or one above it, would have to be."""
        self._files: list[str] = []
        """Files to be written that the last key begins with: no others can be in the way of later keys."""

    async def why_not(self, key: str, size: int) -> str:
        """Why an object of `size` bytes cannot be written to the key, as a sentence; empty if it can be."""
        if not is_disk(self._target):
            return ""
        directory = key.endswith(DELIMITER)
        if directory and size:
            return WITH_CONTENT
        while self._files and not key.startswith(self._files[-1]):
            self._files.pop()
        if file := next((each for each in self._files if key.startswith(each + DELIMITER)), ""):
            return BOTH.format(file.rpartition(DELIMITER)[2])
        try:
            there = await self._is_there(key + "x" if directory else key)  # "x": a name in the directory
            if not there and (file := await self._file_above(key.removesuffix(DELIMITER))):
                return FILE_THERE.format(file)
            if not (there or directory) and await self._is_there(key + DELIMITER):
                return DIRECTORY_THERE
        except ProblemError as error:
            return error.problem.sentence()
        if not directory:
            self._files.append(key)
        return ""

    async def _file_above(self, key: str) -> str:
        """The path of a file that is where a directory of the key would have to be; empty if there is none."""
        parent = key.rpartition(DELIMITER)[0]
        if parent != self._parent:
            self._parent, self._in_the_way = parent, ""
            while parent and not await self._is_there(parent + DELIMITER):
                if await self._is_there(parent):
                    self._in_the_way = f"/{parent}"
                    break
                parent = parent.rpartition(DELIMITER)[0]
        return self._in_the_way

    async def _is_there(self, key: str) -> bool:
        try:
            await self._target.head(self._bucket, key)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            return False
        return True


_LOCALLY = "use the engine local"


def refuse_engine(order: CopyOrder, source: Store, target: Store) -> None:
    if order.options.engine == LOCAL:
        return
    try:
        engine = read_engine(order.options.engine)
    except ValueError as error:
        raise _refusal(str(error), "", _LOCALLY) from error
    if engine.kind is not EngineKind.DASK:
        raise _refusal(f"{order.options.engine} cannot carry this out", "", _LOCALLY)
    refuse_without_tls(engine, order.options.cluster or ClusterOptions())
    if refusal := by_workers(order, source, target):
        raise refusal


def refuse_without_tls(engine: Engine, options: ClusterOptions) -> None:
    """Raise `ProblemError` for a scheduler on another machine that is reached without TLS, unless that is wanted."""
    if engine.exposed and not options.insecure:
        raise _refusal(
            f"the Dask scheduler {engine.address} is on another machine, without TLS",
            "anyone who reaches it can run programs on its workers",
            "use tls:// with --cluster-ca, --cluster-cert and --cluster-key; --insecure-cluster does without",
        )


def by_workers(order: CopyOrder, source: Store, target: Store, *, near: bool = False) -> ProblemError | None:
    """Why workers cannot carry an order out. `near`: on this machine, where one may have to ask (see `LocalEngine`)."""
    options = order.options
    if is_disk(source) or is_disk(target):
        return _refusal("workers do not see this machine's disk", "each has a disk of its own", _LOCALLY)
    if isinstance(order, SyncOrder):
        return _refusal("workers do not synchronise", "the deletions depend on all copies", _LOCALLY)
    if options.move:
        return _refusal("workers do not move", "only this machine deletes sources", "copy, then delete")
    if options.restore:
        return _refusal("workers do not restore", "", "restore first (xs3-tui restore), then copy")
    if options.conflict is ConflictPolicy.ASK and not near:
        return _refusal("workers cannot ask", "no user answers there", "choose another conflict policy, such as skip")
    if options.conflict is ConflictPolicy.RENAME:
        return _refusal(
            "workers do not rename",
            "they do not see each other's names",
            "choose another conflict policy, such as skip",
        )
    return None


def _refusal(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))


# Symbolic links among what is selected on a local disk: the place itself, and the way to it, may be links. Below the
# place none is followed to a directory. A deletion removes a marked link itself, never through it.

LINK = DiskEntryKind.LINK_TO_DIRECTORY.value
"""What a link to a directory is, in place of an object."""

REMOVED = "the symbolic link itself, not what it leads to"
"""The note on a link that is deleted."""


async def link_to(store: Store, selection: Selection, prefix: str) -> str:
    """The key of the first link between the place of a selection and one of its prefixes; empty if there is none."""
    return await asyncio.to_thread(_first_link, selection.base, prefix) if is_disk(store) else ""


def _first_link(base: Location, prefix: str) -> str:
    key = base.key
    for step in prefix[len(base.key) :].split(DELIMITER)[:-1]:
        key += step
        if Path(Location(base.bucket, key).path).is_symlink():
            return key
        key += DELIMITER
    return ""


async def is_link(store: Store, bucket: str, key: str) -> bool:
    return is_disk(store) and await asyncio.to_thread(Path(Location(bucket, key).path).is_symlink)


async def undo_forecast(askers: Sequence[Store], bucket: str) -> UndoForecast:
    """GetBucketVersioning, by the first identity that may ask. Raises nothing."""
    refusals: list[Problem] = []
    for store in askers:
        try:
            found = await store.settings.versioning(bucket)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                return UndoForecast(BucketVersioning.NEVER)
            refusals.append(error.problem)
            continue
        if found is None:
            return UndoForecast(BucketVersioning.NEVER)
        return UndoForecast(BucketVersioning.ENABLED if found.status == "Enabled" else BucketVersioning.SUSPENDED)
    first = refusals[0]
    needs = f", needs {first.permission}" if first.permission else ""
    return UndoForecast(BucketVersioning.UNKNOWN, f"the versioning cannot be read by {first.identity}{needs}")
