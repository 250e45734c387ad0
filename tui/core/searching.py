"""Searches and measurements: their criteria and their results."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from math import inf
from typing import NamedTuple

from msgspec import Struct

from tui.core.listing import Page
from tui.core.orders import Filters
from tui.core.problem import Problem

KIB, GIB = 1024, 1024**3
DAY = 24 * 3600.0

SMALL_OBJECT = 128 * KIB
"""The billing minimum of some classes, and the smallest object that Intelligent-Tiering monitors."""

AGES = ((30 * DAY, "< 30 days"), (90 * DAY, "30-90 days"), (365 * DAY, "90-365 days"), (inf, "> 1 year"))
"""Upper limit in seconds since the last write, and the label."""


class StorageUse(StrEnum):
    """The kinds of stored data."""

    CURRENT = "current"
    """Objects in a normal listing."""
    NONCURRENT = "noncurrent"
    """Replaced or deleted versions, and delete markers."""
    UPLOADS = "uploads"
    """Parts of incomplete multipart uploads."""


class Share(NamedTuple):
    """The key under which amounts are counted. `owner` is a canonical ID, empty if unknown; `age` indexes `AGES`."""

    stored: StorageUse
    storage_class: str
    owner: str
    age: int


class Amount(Struct, array_like=True):
    """The amount of one share. `missing`: bytes that objects under 128 KiB fall short of that minimum."""

    objects: int = 0
    bytes: int = 0
    missing: int = 0
    monitored: int = 0
    """Objects of at least 128 KiB."""

    def add(self, other: Amount) -> None:
        self.objects += other.objects
        self.bytes += other.bytes
        self.missing += other.missing
        self.monitored += other.monitored


class SizePart(Struct, frozen=True, array_like=True):
    """What was found since the last update: one share, directly in one prefix below the location."""

    prefix: str
    share: Share
    amount: Amount


class SizeProgress(Struct, frozen=True):
    """The progress of a measurement."""

    looked_at: int = 0
    seconds: float = 0.0
    unreadable: int = 0
    """Uploads whose parts could not be listed."""
    why_unreadable: Problem | None = None
    report: InventoryReport | None = None
    complete: bool = False
    current: int = 0
    """When measuring noncurrent versions: the current versions that it saw and did not count."""


class SizesFound(Struct, frozen=True):
    """More findings, and the progress."""

    parts: list[SizePart]
    progress: SizeProgress


class InventoryReport(Struct, frozen=True):
    """An S3 Inventory report that is read instead of a listing."""

    manifest: str
    """The URI of its ``manifest.json``."""
    created: float = 0.0
    """Seconds since the epoch; later changes are not in the report."""
    scope: str = ""
    """The report's prefix; empty for the whole bucket."""
    file_format: str = ""


class FindProgress(Struct, frozen=True):
    """The progress of a search."""

    looked_at: int = 0
    """Keys from the listing or the report."""
    found: int = 0
    seconds: float = 0.0
    tag_requests: int = 0
    """GetObjectTagging requests of the search; 0: none, or not yet known."""
    tags_read: int = 0
    unreadable: int = 0
    """Objects whose tags could not be read."""
    why_unreadable: Problem | None = None
    report: InventoryReport | None = None
    complete: bool = False

    @property
    def rate(self) -> float:
        return self.looked_at / self.seconds if self.seconds > 0 else 0.0


class SearchUpdate(Struct, frozen=True):
    """More objects, as a page of a listing (None: no more since the last update), and the progress."""

    progress: FindProgress
    page: Page | None = None


MOST_TAG_REQUESTS = 10_000
"""The most GetObjectTagging requests of a search unless the user allows more."""

GLOB_CHARACTERS = frozenset("*?[")
"""A text with one of these is a glob pattern; any other is part of a name."""


class Criteria(Struct, frozen=True):
    """Which objects are found; all conditions must be met, and one of each list.

    Names are those below the location that is searched. `names` are globs as in `Filters`, and `contains` is a part of
    the name; both ignore case, the globs of `filters` do not. `regex` (see `tui.core.searching`) does not, either.
    """

    filters: Filters = Filters()
    names: list[str] = []
    contains: str = ""
    regex: str = ""
    classes: list[str] = []
    """Storage classes."""
    owners: list[str] = []
    """Canonical IDs, or labels or account numbers from the address book."""
    foreign: bool = False
    """Only objects whose owner is not the bucket owner."""
    tags: list[tuple[str, str]] = []
    """An object must have all of these tags; the value ``*`` means any."""
    markers: bool = True
    """Whether to find objects whose key ends in ``/``, which consoles create for empty folders."""


class Search(Struct, frozen=True):
    """A search as ordered."""

    criteria: Criteria
    inventory: str = ""
    """An S3 Inventory report instead of a listing: ``auto``, or the URI of its ``manifest.json``."""
    tag_requests: int = MOST_TAG_REQUESTS
    """The most GetObjectTagging requests."""


# Regular expressions use RE2: its time grows only with the length of the name. Python's `re` can take years for one
# name (``(a+)+$``), and nothing can stop it.

LONGEST = 1024
"""Characters of an expression; no name is longer."""
MEMORY = 8 << 20
"""The most bytes that RE2 may use for one expression."""

INSTALL = "regular expressions need the package google-re2: pip install 'xs3-tui[regex]'"


class RegexError(ValueError):
    """The text is not a regular expression; the message says why."""


class RegexMissingError(RegexError):
    """RE2 is not installed; the message says how to install it."""


def compile_regex(text: str) -> Callable[[str], bool]:
    """A test whether a name contains a match for the regular expression `text`. Raises `RegexError`."""
    pattern = compiled_regex(text)
    return lambda name: pattern.search(name.encode(errors="replace").decode()) is not None


def compiled_regex(text: str) -> re.Pattern[str]:
    """The regular expression `text`, for names without lone surrogates. Raises `RegexError`.

    RE2's syntax: like Python's, without backreferences and look-around. It is case-sensitive; a leading ``(?i)``
    ignores case.
    """
    try:
        import re2  # an extra; the C++ library takes time to load
    except ImportError as error:
        raise RegexMissingError(INSTALL) from error
    if len(text) > LONGEST:
        raise RegexError(f"a regular expression may have {LONGEST:,} characters, this one has {len(text):,}")
    options = re2.Options()
    options.log_errors, options.max_mem = False, MEMORY
    try:
        pattern: re.Pattern[str] = re2.compile(text, options)  # RE2's patterns have the same methods
    except (re2.error, UnicodeEncodeError) as error:
        raise RegexError(f"{text!r} is not a regular expression: {_reason(error)}") from error
    return pattern


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    if reason.startswith(("invalid perl operator", "invalid escape sequence")):
        reason += " (there are no backreferences, and nothing looks ahead or behind)"
    return reason
