"""The objects of a selection, page by page: never all of them at once, and none of them twice."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER, Location
from tui.core.naming import counted
from tui.core.orders import Filters, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.wildcards import compile_glob, last_segment, matching
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ARCHIVES
from tui.transfers.local_disk import LINK, link_to
from tui.transfers.shown_list import NamedKeys, NewNames, ShownList, ShownObject

KEYS_PER_PAGE = 1000
PAGES_AHEAD = 16
"""Pages of a listing that are read ahead of what is done with their objects, which takes longer; 100 kB each."""

UNFIT = "skipped: {}"
"""The note for something that is no object (`SelectedObject.unfit`)."""

CHANGED = "it has changed since it was listed"


class SelectedObject(Struct, frozen=True, array_like=True):
    """One object to be copied: `size` in bytes and `modified` since the epoch as listed, None for a marked key.

    ETag and storage class are those of the listing, as far as the server lists them.
    `unfit`: what it is instead of an object (``a socket``); it is then skipped with a note. `archived`: it must be
    restored before it is copied, as far as that was seen. `beside`: the row of the target's listing at the key that it
    gets, without a size where nothing is there; None where the target was not listed. `owner`: the canonical id of its
    owner, where that was asked for.
    """

    key: str
    size: int | None = None
    modified: float = 0.0
    unfit: str = ""
    archived: bool = False
    etag: str = ""
    storage_class: str = "STANDARD"
    beside: SelectedObject | None = None
    owner: str = ""


def outermost(prefixes: list[str]) -> list[str]:
    """The prefixes without those that lie below another one, in S3's order."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


def lone_keys(selection: Selection) -> list[str]:
    """The marked keys that lie below no marked prefix, each once, in S3's order; with patterns, all marked keys."""
    prefixes = () if selection.match else tuple(selection.prefixes)
    return [key for key in sorted(set(selection.keys)) if not key.startswith(prefixes)]


class SectionPage(Struct, frozen=True, array_like=True):
    """A page of one section of a selection: section 0 are the marked keys, the others its prefixes in S3's order."""

    section: int
    picked: list[SelectedObject]


def section_count(selection: Selection) -> int:
    return 1 + len(outermost(selection.prefixes))


async def section_pages(
    store: Store, selection: Selection, section: int, after: str = "", *, ordered: bool = True, owners: bool = False
) -> AsyncGenerator[SectionPage]:
    """Everything selected in a section, whatever its filters say, or only what lies `after` a key.

    In key order, so that it can be resumed after any page, unless it need not be `ordered`. Raises `ProblemError` as
    `Store.pages` does. A key that is listed while the copy writes is copied, too: callers refuse targets inside a
    selected prefix.
    """
    if section == 0 and not selection.listed:
        keys = [key for key in lone_keys(selection) if key > after]
        for start in range(0, len(keys), KEYS_PER_PAGE):
            yield SectionPage(0, [SelectedObject(key) for key in keys[start : start + KEYS_PER_PAGE]])
        return
    if names := _list_of(selection):
        while rows := await names.behind(after or None):
            yield SectionPage(section, [_of_list(selection, row) for row in rows])
            after = rows[-1].name
        return
    prefix = outermost(selection.prefixes)[section - 1]
    if link := await link_to(store, selection, prefix):
        if link > after:
            yield SectionPage(section, [SelectedObject(link, 0, unfit=LINK)])
        return
    wanted = matched(selection)
    where = selection.base.bucket, prefix
    pages = every_page(store, *where, start_after=after, ordered=ordered, ahead=PAGES_AHEAD)
    async with aclosing(pages):
        async for page in pages:
            picked = _with_owners(page, picked_of(page)) if owners else picked_of(page)
            yield SectionPage(section, [each for each in picked if wanted(each.key)] if selection.match else picked)


def matched(selection: Selection) -> Callable[[str], bool]:
    """Whether a key below the prefixes is selected: patterns leave marked keys to their own section."""
    fits, marked = matching(selection.match), frozenset(selection.keys if selection.match else ())
    return lambda key: key not in marked and fits(key)


def _list_of(selection: Selection) -> ShownList | None:
    if selection.renamed:
        return NewNames(Path(selection.renamed))
    return NamedKeys(Path(selection.listed)) if selection.listed else None


def _of_list(selection: Selection, row: ShownObject) -> SelectedObject:
    """An object as a list has it: one of named keys has no time, which filters may need, so that it is looked at."""
    filters = selection.filters
    timed = selection.listed and (filters.newer_than, filters.older_than) != (None, None)
    return SelectedObject(row.name, None if timed or row.size < 0 else row.size, row.modified, etag=row.etag)


def is_listed(selection: Selection, key: str) -> bool:
    """Whether the selection's list of keys has a key."""
    return bool(selection.listed) and NamedKeys(Path(selection.listed)).has(key)


async def selected_again(selection: Selection, keys: Sequence[str]) -> list[SelectedObject]:
    """Objects of a selection for another try; what a list of names says of them counts again."""
    if not selection.listed:
        return [SelectedObject(key) for key in keys]
    rows = [await NamedKeys(Path(selection.listed)).find(key) for key in keys]
    return [_of_list(selection, row) for row in rows if row]


def change_since(selection: Selection, picked: SelectedObject, etag: str) -> Problem | None:
    """The problem of an object that now has another ETag than the list of keys says."""
    if not (selection.listed and picked.etag) or picked.etag.strip('"') == etag.strip('"'):
        return None
    uri, words = Location(selection.base.bucket, picked.key).uri, f"ETag {etag}, listed was {picked.etag}"
    return Problem(ProblemKind.CHANGED, CHANGED, words, "list it again", resource=uri)


def picked_of(page: Page) -> list[SelectedObject]:
    archived = [each in ARCHIVES for each in page.classes]
    rows = zip(page.names, array("q", page.sizes), array("q", page.modified), array("H", page.class_index), strict=True)
    etags = page.etags or [""] * len(page.names)
    objects = [
        SelectedObject(page.prefix + name, size, modified, "", archived[kind], etag, page.classes[kind])
        if kind != UNKNOWN_INDEX
        else SelectedObject(page.prefix + name, size, modified, etag=etag)
        for (name, size, modified, kind), etag in zip(rows, etags, strict=True)
    ]
    if page.unfit:
        objects += [SelectedObject(page.prefix + name, 0, 0.0, what) for name, what in page.unfit]
        objects.sort(key=lambda each: each.key)
    return objects


def _with_owners(page: Page, picked: list[SelectedObject]) -> list[SelectedObject]:
    """The same with the owners that the page lists; only what a bucket has is listed with owners, so none is unfit."""
    ids = [owner.id for owner in page.owners]
    return [
        replace(each, owner=ids[index]) if index != UNKNOWN_INDEX else each
        for each, index in zip(picked, array("H", page.owner_index), strict=True)
    ]


async def listed_pages(store: Store, selection: Selection, *, ordered: bool = True) -> AsyncGenerator[SectionPage]:
    """Everything selected, whatever its filters say: first the marked keys, then what is below the prefixes.

    Raises `ProblemError` as `Store.pages` does.
    """
    for section in range(section_count(selection)):
        async with aclosing(section_pages(store, selection, section, ordered=ordered)) as pages:
            async for page in pages:
                yield page


async def picked_pages(store: Store, selection: Selection) -> AsyncGenerator[list[SelectedObject]]:
    """The selected objects that the filters let through; pages may be empty.

    Of a marked key only the name is known here: its size and time need a request. Raises `ProblemError`
    as `listed_pages` does, and for filters that are none.
    """
    wanted = ObjectFilter(selection)
    async with aclosing(listed_pages(store, selection)) as pages:
        async for page in pages:
            yield [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]


async def look_at(store: Store, selection: Selection, key: str) -> SelectedObject:
    head = await store.head(selection.base.bucket, key, selection.version)
    return SelectedObject(key, head.size, head.modified, archived=bool(head.archived), etag=head.etag)


async def first_picked(store: Store, selection: Selection) -> SelectedObject | None:
    """The first object of the selection; None if there is none. Raises `ProblemError`."""
    async with aclosing(picked_pages(store, selection)) as pages:
        async for page in pages:
            if first := next((each for each in page if not each.unfit), None):
                return first
    return None


async def refuse_missing_bucket(store: Store, selection: Selection, problem: Problem) -> None:
    """Raise `ProblemError` if a lone key is missing because its bucket is: the 404 of a HEAD does not say so."""
    if problem.kind is not ProblemKind.NO_SUCH_KEY or len(selection.keys) != 1 or selection.prefixes:
        return
    try:
        async with aclosing(store.pages(selection.base.bucket, selection.keys[0])) as pages:
            await anext(pages, None)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
            raise


class ObjectFilter:
    """The filters of one selection, ready for many objects."""

    def __init__(self, selection: Selection) -> None:
        """Raises `ProblemError` (INVALID) that names the pattern which is none, or the bounds that exclude all."""
        self._filters = selection.filters
        self._base = len(selection.base.key)
        rules = self._filters.rules
        rules = rules or [(True, each) for each in self._filters.include] + [
            (False, each) for each in self._filters.exclude
        ]
        self._last_first = [(takes, _Glob(pattern)) for takes, pattern in reversed(rules)]
        self._without_match = not (rules and rules[0][0])
        _refuse_impossible(self._filters)

    @property
    def asks_more(self) -> bool:
        """Whether an object's name is not enough: there are bounds on size or time."""
        return any(getattr(self._filters, bound) is not None for bound in _BOUNDS)

    def takes_name(self, key: str) -> bool:
        name = key[self._base :]
        return next((takes for takes, glob in self._last_first if glob.matched(name)), self._without_match)

    def rule(self, key: str) -> str:
        """Which pattern includes an object of this name, and which bounds it is within, as a clause; empty: none."""
        name, filters = key[self._base :], self._filters
        found = ((glob, takes and glob.matched(name)) for takes, glob in self._last_first)
        words = next((f"{what} matches {glob.pattern}" for glob, what in found if what), "")
        met = [f"--{each.replace('_', '-')}" for each in _BOUNDS if getattr(filters, each) is not None]
        bounds = f"within {' and '.join(met)}" if met else ""
        return "; ".join(filter(None, (words, bounds)))

    def why_out(self, key: str, size: int | None, modified: float) -> str:
        """Which rule leaves an object out, as a clause; empty if it is meant. See `takes`."""
        if self.takes_name(key):
            return "" if size is None else self.why_not(size, modified)
        name = key[self._base :]
        excluding = (glob.pattern for takes, glob in self._last_first if not takes and glob.matched(name))
        return next((f"--exclude {pattern}" for pattern in excluding), "no --include matches")

    def takes(self, key: str, size: int | None, modified: float) -> bool:
        """Whether an object is meant, as far as it is known: without a `size` (bytes) only its name is judged."""
        return self.takes_name(key) and (size is None or not self.why_not(size, modified))

    def why_not(self, size: int, modified: float) -> str:
        """Why an object of this size (bytes) and time (since the epoch) is left out, as a clause; empty if it is not.

        Times are compared as S3 keeps them, in whole seconds.
        """
        filters = self._filters
        if filters.min_size is not None and size < filters.min_size:
            return f"it is smaller than {counted(filters.min_size, 'byte')}"
        if filters.max_size is not None and size > filters.max_size:
            return f"it is larger than {counted(filters.max_size, 'byte')}"
        if filters.newer_than is not None and modified < int(filters.newer_than):
            return "it is too old"
        if filters.older_than is not None and int(modified) > filters.older_than:
            return "it is too new"
        return ""


_BOUNDS = ("newer_than", "older_than", "min_size", "max_size")


class _Glob:
    """One pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._regex = compile_glob(pattern)
        self._anywhere = DELIMITER not in pattern

    def matched(self, name: str) -> str:
        """What of the name matches: all of it, or its last part; empty: nothing."""
        if self._regex.fullmatch(name):
            return "its name"
        return "the last part of its name" if self._anywhere and self._regex.fullmatch(last_segment(name)) else ""


def _refuse_impossible(filters: Filters) -> None:
    for low, high, what in (
        (filters.min_size, filters.max_size, "size"),
        (filters.newer_than, filters.older_than, "time"),
    ):
        if low is not None and high is not None and low > high:
            raise _invalid("the filters match nothing", f"no {what} can match", "widen them")
    if min(filters.min_size or 0, filters.max_size or 0) < 0:
        raise _invalid("the filters match nothing", "a size cannot be negative", "write sizes in bytes")


def _invalid(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
