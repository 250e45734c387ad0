"""What a search looks for."""

from __future__ import annotations

from msgspec import Struct

from tui.model.orders import Filters

MOST_TAG_REQUESTS = 10_000
"""How many GetObjectTagging requests a search sends if nobody has allowed more."""

GLOB_CHARACTERS = frozenset("*?[")
"""A text with one of these is a pattern, any other a part of a name."""


class Criteria(Struct, frozen=True):
    """Which objects are found; all conditions must be met, and one of each list.

    Names are those below the location that is searched. `names` are globs as in `Filters`, and `contains` is a part of
    the name; both ignore case, the globs of `filters` do not. `regex` (see `tui.model.finding.regex`) does not, either.
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
