"""Which objects of a page are looked for: matched by column, so that only hits are ever made into objects."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from math import inf

from tui.core.identity import AddressBook
from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER, Location
from tui.core.orders import Filters, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.searching import Criteria, RegexError, RegexMissingError, compile_regex
from tui.transfers.selection import ObjectFilter, compile_glob, last_segment

DEFAULT_CLASS = "STANDARD"

Rows = Sequence[int]


class Matcher:
    """The criteria of one search, ready for many pages."""

    def __init__(
        self, criteria: Criteria, location: Location, book: AddressBook | None = None, bucket_owner: str = ""
    ) -> None:
        """`bucket_owner` is the canonical id, needed for foreign-owned objects. Raises `ProblemError` (INVALID)."""
        base = location if location.is_prefix else location.parent
        self._criteria, self._base = criteria, len(base.key)
        self._filter = ObjectFilter(Selection("", base, filters=criteria.filters))
        self._by_name = bool(criteria.filters.include or criteria.filters.exclude)
        self._names = [_name_test(glob) for glob in criteria.names]
        self._contains = criteria.contains.casefold()
        self._regex = _regex_test(criteria.regex, location) if criteria.regex else None
        self._classes = frozenset(name.upper() for name in criteria.classes)
        self._owners = _owner_ids(criteria.owners, book or AddressBook())
        self._bucket_owner = bucket_owner
        if criteria.foreign and not bucket_owner:
            raise _unknown_owner(location)

    def rows(self, page: Page) -> Rows:
        """The indices of the objects that match, as far as a listing tells; the tags are not looked at."""
        rows: Rows = range(len(page.names))
        rows = self._by_bounds(page, rows, self._criteria.filters)
        if self._classes:
            classes = [name or DEFAULT_CLASS for name in page.classes]
            rows = _by_index(page.class_index, rows, classes, self._classes.__contains__, DEFAULT_CLASS)
        if self._owners:
            rows = _by_index(page.owner_index, rows, [each.id for each in page.owners], self._owners.__contains__, "")
        if self._criteria.foreign:
            ids = [each.id for each in page.owners]
            rows = _by_index(page.owner_index, rows, ids, lambda each: each not in ("", self._bucket_owner), "")
        return self._by_names(page, rows) if rows else rows

    @staticmethod
    def _by_bounds(page: Page, rows: Rows, filters: Filters) -> Rows:
        if filters.min_size is not None or filters.max_size is not None:
            least, most = filters.min_size or 0, inf if filters.max_size is None else filters.max_size
            sizes = array("q", page.sizes)
            rows = [row for row in rows if least <= sizes[row] <= most]
        if filters.newer_than is not None or filters.older_than is not None:
            first = -inf if filters.newer_than is None else int(filters.newer_than)
            last = inf if filters.older_than is None else filters.older_than
            modified = array("q", page.modified)
            rows = [row for row in rows if first <= modified[row] <= last]
        return rows

    def _by_names(self, page: Page, rows: Rows) -> Rows:
        lead, names = page.prefix[self._base :], page.names
        if not self._criteria.markers:
            rows = [row for row in rows if not names[row].endswith(DELIMITER)]
        if self._contains:
            if self._contains not in (lead + f"\n{lead}".join(names)).casefold():
                return []  # the usual page has none of it, and this is the quickest way to see it
            rows = [row for row in rows if self._contains in (lead + names[row]).casefold()]
        if self._names:
            rows = [row for row in rows if any(test(lead + names[row]) for test in self._names)]
        if self._regex:
            rows = [row for row in rows if self._regex(lead + names[row])]
        if self._by_name:
            rows = [row for row in rows if self._filter.takes_name(page.prefix + names[row])]
        return rows


def _regex_test(regex: str, location: Location) -> Callable[[str], bool]:
    try:
        return compile_regex(regex)
    except RegexError as error:
        missing = isinstance(error, RegexMissingError)
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title="regular expressions cannot be used" if missing else "this is no regular expression",
                cause="the package google-re2 is not installed" if missing else str(error),
                remedy="pip install 'xs3-tui[regex]'" if missing else "docs/find.md shows what can be written",
                resource=location.uri,
            )
        ) from None


def _name_test(glob: str) -> Callable[[str], object]:
    """A test for whole names; a glob without ``/`` also means last segments."""
    exact = compile_glob(glob)
    pattern = re.compile(exact.pattern, exact.flags | re.IGNORECASE).fullmatch
    if DELIMITER in glob or glob.startswith("*"):  # a star in front takes the other segments
        return pattern
    return lambda name: pattern(name) or pattern(last_segment(name))


def _by_index(index: bytes, rows: Rows, values: Sequence[str], test: Callable[[str], bool], absent: str) -> Rows:
    """Rows by a column that is an index into few values."""
    wanted = {number for number, value in enumerate(values) if test(value)}
    if test(absent):
        wanted.add(UNKNOWN_INDEX)
    if not wanted:
        return []
    column = array("H", index)
    return [row for row in rows if column[row] in wanted]


def _owner_ids(owners: Sequence[str], book: AddressBook) -> frozenset[str]:
    """The canonical ids of owners; what is neither a label nor a number of the address book is an id itself."""
    ids = set[str]()
    for owner in owners:
        known = [
            each.canonical_id
            for each in book.entries.values()
            if owner.casefold() in (each.label.casefold(), each.account, each.canonical_id)
        ]
        ids.update(known or [owner])
    return frozenset(ids)


def _unknown_owner(location: Location) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"the owner of {location.bucket} is not known",
            cause="foreign-owned objects are those of another owner than the bucket's",
            remedy="search as an identity that may read the bucket's ACL, or name the owner to look for",
            resource=location.uri,
        )
    )
