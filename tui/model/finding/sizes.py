"""What is stored below a location: amounts by prefix, class, owner and age."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import NamedTuple

from msgspec import Struct

from tui.model.finding.found import Report
from tui.model.problem import Problem

KIB, GIB = 1024, 1024**3
DAY = 24 * 3600.0

SMALL_OBJECT = 128 * KIB
"""The least size that some classes bill, and from which on Intelligent-Tiering monitors objects."""

AGES = ((30 * DAY, "< 30 days"), (90 * DAY, "30-90 days"), (365 * DAY, "90-365 days"), (inf, "> 1 year"))
"""Seconds since the last write up to which an object is of this age, and its words."""


class Stored(StrEnum):
    """What takes the space."""

    CURRENT = "current"
    """Objects as listings show them."""
    NONCURRENT = "noncurrent"
    """Versions that were replaced or deleted, and delete markers."""
    UPLOADS = "uploads"
    """Parts of incomplete multipart uploads."""


class Share(NamedTuple):
    """By what amounts are kept apart. `owner` is a canonical id, empty if it is not known; `age` an index of `AGES`."""

    stored: Stored
    storage_class: str
    owner: str
    age: int


class Amount(Struct, array_like=True):
    """So much of one share. `missing`: the bytes that objects below 128 KiB have less than this."""

    objects: int = 0
    bytes: int = 0
    missing: int = 0
    monitored: int = 0
    """Objects of at least 128 KiB."""

    def add(self, other: Amount) -> None:
        """So much more."""
        self.objects += other.objects
        self.bytes += other.bytes
        self.missing += other.missing
        self.monitored += other.monitored


class SizePart(Struct, frozen=True, array_like=True):
    """What has been found since the last answer, of one share directly in one prefix below the location."""

    prefix: str
    share: Share
    amount: Amount


class SizeProgress(Struct, frozen=True):
    """How far a measurement has come."""

    looked_at: int = 0
    seconds: float = 0.0
    unreadable: int = 0
    """Uploads whose parts could not be listed."""
    why_unreadable: Problem | None = None
    report: Report | None = None
    complete: bool = False
    current: int = 0
    """Of a measurement of noncurrent versions: how many it looked at that are current, and did not count."""


class SizesFound(Struct, frozen=True):
    """More of what is stored, and the progress."""

    parts: list[SizePart]
    progress: SizeProgress
