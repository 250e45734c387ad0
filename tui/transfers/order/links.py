"""Symbolic links among what is selected on a local disk.

The place itself, and the way to it, may be links: they were named, or entered. Between the place and what is marked in
it none is followed to a directory. A deletion removes a marked link itself, never through it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui.core.location import DELIMITER, Location
from tui.core.orders import Selection
from tui.stores.base import Store
from tui.stores.local.disk_names import Kind
from tui.transfers.order.local_disk import is_disk

LINK = Kind.LINK_TO_DIRECTORY.value
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
    """Whether a key is a link, wherever it leads."""
    return is_disk(store) and await asyncio.to_thread(Path(Location(bucket, key).path).is_symlink)
