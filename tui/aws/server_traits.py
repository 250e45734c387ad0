"""What the answers of an object store have shown of it, kept for later engines: no name of an object, no secret."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from tui.link.private_files import read_private, replace_private

COUNTS_TAGS = "{} counts tags"
"""A head that this operation gets has the number of the object's tags, where there are some."""
KEEPS = "CopyObject keeps {}"
"""Of its source, by itself: a header, ``metadata`` or ``tags``."""
PARTS_PROVEN = "UploadPart proves what it took"
"""By the checksum that was sent, or an ETag that is an MD5."""
ALL_KEPT = tuple(KEEPS.format(each) for each in ("ContentType", "metadata", "tags"))
"""What must have been seen to be kept before all is taken to be."""

FORGOTTEN_AFTER = 7 * 24 * 3600.0
MOST_SERVERS = 100


class LearnedTraits(Struct, eq=False):
    """Traits of one object store. One that was refuted stays so, until all are forgotten."""

    shown: dict[str, bool] = {}
    """By trait: whether it holds."""
    servers: dict[str, str] = {}
    """The ``Server`` header of its answers, by their kind: moto's lists have another one than its objects."""
    since: float = 0.0
    """When the first was shown, in seconds since the epoch."""

    def show(self, trait: str, *, holds: bool) -> None:
        """An object has shown that a trait holds, or does not."""
        self.since = self.since or time.time()
        self.shown[trait] = holds and self.shown.get(trait, True)

    def holds(self, trait: str) -> bool | None:
        """None: no object has shown it."""
        return self.shown.get(trait)

    @property
    def keeps_all(self) -> bool | None:
        """Whether CopyObject is known to keep all of its source; None: nothing speaks against it."""
        seen = {name: holds for name, holds in self.shown.items() if name.startswith(KEEPS.format(""))}
        if not all(seen.values()):
            return False
        return True if all(each in seen for each in ALL_KEPT) else None

    def answered(self, server: str, kind: str) -> None:
        """An answer has this ``Server`` header: another one may be another server, and a week is long enough."""
        too_old = self.since and time.time() - self.since > FORGOTTEN_AFTER
        if too_old or self.servers.get(kind, server) != server:
            self.shown, self.since, self.servers = {}, 0.0, {}
        self.servers[kind] = server


class Learner(Protocol):
    """What traits are learned of."""

    learned: LearnedTraits


class TraitsFile:
    """Keeps the traits of all object stores in a file, in which several engines of a user write; the last one wins.

    A file that cannot be read or written is as good as none: then they are learned again.
    """

    def __init__(self, path: Path, stores: Mapping[str, Learner]) -> None:
        """`stores`: by service; one that is missing is made when it is asked for."""
        self._path, self._stores = path, stores
        self._written: dict[str, dict[str, bool]] = {}

    async def start(self) -> None:
        for service, saved in (await asyncio.to_thread(self._read)).items():
            self._stores[service].learned = saved
        self._written = self._shown()

    async def save(self) -> None:
        """Write what was learned since."""
        if (shown := self._shown()) == self._written:
            return
        self._written = shown
        ours = {service: copy(self._stores[service].learned) for service in shown}
        await asyncio.to_thread(self._write, ours)

    def _shown(self) -> dict[str, dict[str, bool]]:
        """Not of a service whose URL may have a password."""
        return {
            service: dict(each.learned.shown)
            for service, each in self._stores.items()
            if each.learned.servers and "@" not in service
        }

    def _write(self, ours: dict[str, LearnedTraits]) -> None:
        merged = {service: each for service, each in (self._read() | ours).items() if each.shown}
        latest = sorted(merged, key=lambda service: merged[service].since)[-MOST_SERVERS:]
        with suppress(OSError):
            replace_private(self._path, msgspec.json.format(msgspec.json.encode({one: merged[one] for one in latest})))

    def _read(self) -> dict[str, LearnedTraits]:
        try:
            saved = msgspec.json.decode(read_private(self._path), type=dict[str, LearnedTraits])
        except (OSError, msgspec.MsgspecError, RecursionError):
            return {}
        return {service: each for service, each in saved.items() if 0 <= time.time() - each.since <= FORGOTTEN_AFTER}
