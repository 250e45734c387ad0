"""Restores one object after another, each looked at first: what is restored, or being restored, is left alone."""

from __future__ import annotations

import re
from enum import Enum, auto

from msgspec import Struct

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import MOST_DAYS, TIERING, RestoreTier, header_date
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, ObjectHead
from tui.transfers.order.archived import tier_refusal
from tui.transfers.order.selection import Picked

_UNTIL = re.compile(r'expiry-date="([^"]*)"')
_RESTORED = 'ongoing-request="false"'


class ArchiveState(Enum):
    """Where an object stands."""

    READABLE = auto()
    """It is in no archive."""
    ARCHIVED = auto()
    RESTORING = auto()
    RESTORED = auto()


class Seen(Struct, frozen=True):
    """What a look at an object says: where it stands, in which archive, and until when a restored copy is kept."""

    state: ArchiveState
    archive: str = ""
    until: str = ""
    size: int = 0


def seen(head: ObjectHead) -> Seen:
    """What a head says."""
    if head.archived:
        return Seen(ArchiveState.RESTORING if head.restoring else ArchiveState.ARCHIVED, head.archived, size=head.size)
    if _RESTORED in head.restore:
        until = _UNTIL.search(head.restore)
        return Seen(ArchiveState.RESTORED, head.storage_class, header_date(until[1]) if until else "", head.size)
    return Seen(ArchiveState.READABLE, size=head.size)


def may_be_archived(picked: Picked) -> bool:
    """Whether a restore may concern it, as far as it was listed: of a key that was only named, nothing is known."""
    return picked.size is None or picked.storage_class in ARCHIVES or picked.storage_class == TIERING


class Restorer:
    """Restores objects of one bucket by one tier."""

    def __init__(self, store: Store, bucket: str, tier: RestoreTier, days: int) -> None:
        self._store, self._bucket, self._tier, self._days = store, bucket, tier, days

    async def look(self, key: str, version: str = "") -> Seen:
        """How an object stands; raises `ProblemError`."""
        return seen(await self._store.head(self._bucket, key, version))

    async def request(self, key: str, version: str = "") -> tuple[Seen, bool]:
        """Ask for the restore of an object that is archived: how it stood, and whether it was asked for now."""
        looked = await self.look(key, version)
        if looked.state is not ArchiveState.ARCHIVED:
            return looked, False
        if refused := self.refusal(looked.archive, Location(self._bucket, key).uri):
            raise ProblemError(refused)
        days = self._days if looked.archive in ARCHIVES else None
        try:
            await self._store.restore(self._bucket, key, version, tier=self._tier.value, days=days)
        except ProblemError as error:
            if error.problem.code == "RestoreAlreadyInProgress":
                return Seen(ArchiveState.RESTORING, looked.archive, size=looked.size), False
            if error.problem.code == "ObjectAlreadyInActiveTierError":
                return Seen(ArchiveState.READABLE, size=looked.size), False
            raise
        return looked, True

    def refusal(self, archive: str, uri: str) -> Problem | None:
        """Why an archive has no restore by this tier; None: it has."""
        return tier_refusal(self._tier, archive, uri)


def refuse_days(days: int) -> None:
    """Raise `ProblemError` for a number of days that no restored copy can be kept."""
    if not 1 <= days <= MOST_DAYS:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"{counted(days, 'day')}: a restored copy is kept for at least 1 day",
                remedy="choose a number of days from 1 on",
            )
        )
