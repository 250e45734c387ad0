"""What is searched for and measured, and what was found."""

from __future__ import annotations

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
"""The least size that some classes bill, and from which on Intelligent-Tiering monitors objects."""

AGES = ((30 * DAY, "< 30 days"), (90 * DAY, "30-90 days"), (365 * DAY, "90-365 days"), (inf, "> 1 year"))
"""Seconds since the last write up to which an object is of this age, and its words."""


class StorageUse(StrEnum):
    """What takes the space."""

    CURRENT = "current"
    """Objects as listings show them."""
    NONCURRENT = "noncurrent"
    """Versions that were replaced or deleted, and delete markers."""
    UPLOADS = "uploads"
    """Parts of incomplete multipart uploads."""


class Share(NamedTuple):
    """By what amounts are kept apart. `owner` is a canonical id, empty if it is not known; `age` an index of `AGES`."""

    stored: StorageUse
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
    report: InventoryReport | None = None
    complete: bool = False
    current: int = 0
    """Of a measurement of noncurrent versions: how many it looked at that are current, and did not count."""


class SizesFound(Struct, frozen=True):
    """More of what is stored, and the progress."""

    parts: list[SizePart]
    progress: SizeProgress


class InventoryReport(Struct, frozen=True):
    """An S3 Inventory report that is read in place of a listing."""

    manifest: str
    """The URI of its ``manifest.json``."""
    created: float = 0.0
    """Seconds since the epoch; what has changed since is not in it."""
    scope: str = ""
    """The prefix that it is about; empty: the whole bucket."""
    file_format: str = ""


class FindProgress(Struct, frozen=True):
    """How far a search has come."""

    looked_at: int = 0
    """Keys that were listed, or read from a report."""
    found: int = 0
    seconds: float = 0.0
    tag_requests: int = 0
    """GetObjectTagging requests that the search takes; 0: none, or not yet known."""
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
    """Objects that were found, as a page of a listing (None: no more since the last one), and the progress."""

    progress: FindProgress
    page: Page | None = None


MOST_TAG_REQUESTS = 10_000
"""How many GetObjectTagging requests a search sends if nobody has allowed more."""

GLOB_CHARACTERS = frozenset("*?[")
"""A text with one of these is a pattern, any other a part of a name."""


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
    """Canonical ids, or labels or account numbers of the address book."""
    foreign: bool = False
    """Only objects of another owner than the bucket's."""
    tags: list[tuple[str, str]] = []
    """Each of these must be on the object; a value of ``*`` means any."""
    markers: bool = True
    """Whether objects whose key ends in ``/``, which consoles make for empty folders, are found, too."""


class Search(Struct, frozen=True):
    """A search as it was ordered."""

    criteria: Criteria
    inventory: str = ""
    """Read this S3 Inventory report in place of a listing: ``auto``, or the URI of its ``manifest.json``."""
    tag_requests: int = MOST_TAG_REQUESTS
    """The most GetObjectTagging requests that may be sent."""


# Regular expressions for names, by RE2: its time grows with the length of a name only, whatever the expression.
#
# Python's own `re` can take years for one name (``(a+)+$``), and nothing can stop it.

LONGEST = 1024
"""Characters of an expression; no name is longer."""
MEMORY = 8 << 20
"""Bytes that RE2 may take for one expression."""

INSTALL = "regular expressions need the package google-re2: pip install 'xs3-tui[regex]'"


class RegexError(ValueError):
    """What was typed is no regular expression; the message says what is wrong."""


class RegexMissingError(RegexError):
    """RE2 is not installed; the message says how to install it."""


def compile_regex(text: str) -> Callable[[str], bool]:
    """A test for names that contain what `text` describes; raise `RegexError`.

    The syntax is that of RE2: as Python's, without backreferences and without looking ahead or behind. Upper and lower
    case differ; ``(?i)`` in front ignores case.
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
        pattern = re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise RegexError(f"{text!r} is no regular expression: {_reason(error)}") from error

    def contains(name: str) -> bool:
        return pattern.search(name.encode(errors="replace").decode()) is not None

    return contains


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    if reason.startswith(("invalid perl operator", "invalid escape sequence")):
        reason += " (there are no backreferences, and nothing looks ahead or behind)"
    return reason
