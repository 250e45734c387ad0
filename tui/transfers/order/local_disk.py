"""Copies from and to a local disk: their route, what is kept, and the words for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import Enum

from msgspec.structs import replace

from tui.core.identity import LOCAL_LABEL
from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.orders import CopyOrder, Filters, Selection
from tui.core.problem import Problem, ProblemError
from tui.stores.base import Store
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
    """Which way a copy between the two goes."""
    if is_disk(source):
        return Direction.ON_DISK if is_disk(target) else Direction.UPLOAD
    return Direction.DOWNLOAD if is_disk(target) else Direction.BETWEEN_BUCKETS


def way_in_words(direction: Direction, reader: str, writer: str) -> str:
    """The route's one clause: reader and writer."""
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
    """What it leaves behind."""
    match direction:
        case Direction.UPLOAD:
            return ["mode and owner of the files", "modification time (S3 sets its own)"]
        case Direction.DOWNLOAD:
            return [
                "type and headers",
                "metadata",
                "tags",
                "annotations",
                "ACL",
                "class (not stored on a local disk)",
            ]
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
