"""The objects of a selection, page by page: never all of them at once, and none of them twice."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct
from msgspec.structs import replace

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ARCHIVES
from tui.transfers.order.filters import ObjectFilter
from tui.transfers.order.links import LINK, link_to

KEYS_PER_PAGE = 1000

UNFIT = "skipped: {}"
"""The note for something that is no object (`Picked.unfit`)."""


class Beside(Struct, frozen=True, array_like=True):
    """What the target's listing has at the key that an object gets; `size` None: nothing."""

    size: int | None
    modified: float = 0.0
    etag: str = ""


class Picked(Struct, frozen=True, array_like=True):
    """One object to be copied: `size` in bytes and `modified` since the epoch as listed, None for a marked key.

    ETag and storage class are those of the listing, as far as the server lists them.
    `unfit`: what it is instead of an object (``a socket``); it is then skipped with a note. `archived`: it
    must be restored before it is copied, as far as that was seen. `beside`: what was listed at its key at the target,
    None where that was not listed. `owner`: the canonical id of its owner, where that was asked for.
    """

    key: str
    size: int | None = None
    modified: float = 0.0
    unfit: str = ""
    archived: bool = False
    etag: str = ""
    storage_class: str = "STANDARD"
    beside: Beside | None = None
    owner: str = ""


def outermost(prefixes: list[str]) -> list[str]:
    """The prefixes without those that lie below another one, in S3's order."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


def lone_keys(selection: Selection) -> list[str]:
    """The marked keys that lie below no marked prefix, each once, in S3's order."""
    prefixes = tuple(selection.prefixes)
    return [key for key in sorted(set(selection.keys)) if not key.startswith(prefixes)]


class SectionPage(Struct, frozen=True, array_like=True):
    """A page of one section of a selection: section 0 are the marked keys, the others its prefixes in S3's order."""

    section: int
    picked: list[Picked]


def section_count(selection: Selection) -> int:
    """How many sections a selection has."""
    return 1 + len(outermost(selection.prefixes))


async def section_pages(
    store: Store, selection: Selection, section: int, after: str = "", *, ordered: bool = True, owners: bool = False
) -> AsyncGenerator[SectionPage]:
    """Everything selected in a section, whatever its filters say, or only what lies `after` a key.

    In key order, so that it can be resumed after any page, unless it need not be `ordered`. Raises `ProblemError` as
    `Store.pages` does. A key that is listed while the copy writes is copied, too: callers refuse targets inside a
    selected prefix.
    """
    if section == 0:
        keys = [key for key in lone_keys(selection) if key > after]
        for start in range(0, len(keys), KEYS_PER_PAGE):
            yield SectionPage(0, [Picked(key) for key in keys[start : start + KEYS_PER_PAGE]])
        return
    prefix = outermost(selection.prefixes)[section - 1]
    if link := await link_to(store, selection, prefix):
        if link > after:
            yield SectionPage(section, [Picked(link, 0, unfit=LINK)])
        return
    pages = every_page(store, selection.base.bucket, prefix, start_after=after, ordered=ordered)
    async with aclosing(pages):
        async for page in pages:
            yield SectionPage(section, _with_owners(page, picked_of(page)) if owners else picked_of(page))


def picked_of(page: Page) -> list[Picked]:
    """The objects of a page of a listing."""
    archived = [each in ARCHIVES for each in page.classes]
    rows = zip(page.names, array("q", page.sizes), array("q", page.modified), array("H", page.class_index), strict=True)
    etags = page.etags or [""] * len(page.names)
    objects = [
        Picked(page.prefix + name, size, modified, "", archived[kind], etag, page.classes[kind])
        if kind != UNKNOWN_INDEX
        else Picked(page.prefix + name, size, modified, etag=etag)
        for (name, size, modified, kind), etag in zip(rows, etags, strict=True)
    ]
    if page.unfit:
        objects += [Picked(page.prefix + name, 0, 0.0, what) for name, what in page.unfit]
        objects.sort(key=lambda each: each.key)
    return objects


def _with_owners(page: Page, picked: list[Picked]) -> list[Picked]:
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


async def picked_pages(store: Store, selection: Selection) -> AsyncGenerator[list[Picked]]:
    """What its filters let through of everything selected; pages may be empty.

    Of a marked key only the name is known here: its size and time need a request. Raises `ProblemError`
    as `listed_pages` does, and for filters that are none.
    """
    wanted = ObjectFilter(selection)
    async with aclosing(listed_pages(store, selection)) as pages:
        async for page in pages:
            yield [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]


async def look_at(store: Store, selection: Selection, key: str) -> Picked:
    """A marked key with its size and time, by HeadObject; raises `ProblemError`."""
    head = await store.head(selection.base.bucket, key, selection.version)
    return Picked(key, head.size, head.modified, archived=bool(head.archived))


async def first_picked(store: Store, selection: Selection) -> Picked | None:
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
