"""Restores of archived objects: tiers, what is asked for, what a selection has of them."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from msgspec import Struct

from tui.model.problem import Problem

USUAL_DAYS = 7
"""That a restored copy is kept, where nobody says how long."""

MOST_DAYS = 2_147_483_647
"""What the request has room for."""

TIERING = "INTELLIGENT_TIERING"
"""The class whose archive tiers no listing shows; what is restored of it stays, without an end."""

ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
DEEP = ("DEEP_ARCHIVE", "DEEP_ARCHIVE_ACCESS")
"""Class and archive tier that have no Expedited restore."""


def header_date(text: str) -> str:
    """``2026-12-21 00:00 UTC`` of the date in a header; one that cannot be read stays as it is."""
    try:
        return f"{parsedate_to_datetime(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text


class RestoreTier(StrEnum):
    """How fast a restore is, and how dear (Amazon S3 User Guide, "Understanding archive retrieval options")."""

    STANDARD = "Standard"
    BULK = "Bulk"
    EXPEDITED = "Expedited"


class ClassCount(Struct, frozen=True, array_like=True):
    """Objects of one storage class, and their bytes."""

    objects: int = 0
    bytes: int = 0


class RestorePlan(Struct, frozen=True):
    """What a selection has to restore, as listed, growing until it is `complete`."""

    archived: dict[str, ClassCount] = {}
    """By class; of INTELLIGENT_TIERING those that may be in an archive tier."""
    readable: int = 0
    """Objects of other classes."""
    restoring: int = 0
    """Of the selected keys (those below prefixes are not looked at): a restore is in progress."""
    restored: int = 0
    """Of the selected keys: a restored copy is there."""
    problem: Problem | None = None
    complete: bool = False

    @property
    def objects(self) -> int:
        """How many may have to be restored."""
        return sum(each.objects for each in self.archived.values())

    @property
    def empty(self) -> bool:
        """Whether nothing at all was found."""
        return self.complete and not (self.objects or self.readable or self.restoring or self.restored or self.problem)

    @property
    def bytes(self) -> int:
        """Their bytes."""
        return sum(each.bytes for each in self.archived.values())
