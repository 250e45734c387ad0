"""The objects of a selection, page by page: never all of them at once, and none of them twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from tui.model.plan import Selection
from tui.stores.base import Store
from tui.transfers.filters import ObjectFilter

KEYS_PER_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Picked:
    """One object to be copied: `size` in bytes and `modified` since the epoch as listed, None for a marked key.

    `unfit`: what it is instead of an object (``a socket``); it is then left out, which is to be said.
    """

    key: str
    size: int | None = None
    modified: float = 0.0
    unfit: str = ""


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


@dataclass(frozen=True, slots=True)
class SectionPage:
    """A page of one section of a selection: section 0 are the marked keys, the others its prefixes in S3's order."""

    section: int
    picked: list[Picked]


def section_count(selection: Selection) -> int:
    """How many sections a selection has."""
    return 1 + len(outermost(selection.prefixes))


async def section_pages(
    store: Store, selection: Selection, section: int, after: str = ""
) -> AsyncGenerator[SectionPage]:
    """Everything selected in a section, whatever its filters say, or only what lies `after` a key.

    Raises `ProblemError` as `Store.pages` does. A key that is listed while the copy writes is copied, too: callers
    refuse targets inside a selected prefix.
    """
    if section == 0:
        keys = [key for key in lone_keys(selection) if key > after]
        for start in range(0, len(keys), KEYS_PER_PAGE):
            yield SectionPage(0, [Picked(key) for key in keys[start : start + KEYS_PER_PAGE]])
        return
    prefix = outermost(selection.prefixes)[section - 1]
    async with aclosing(store.pages(selection.base.bucket, prefix, recursive=True, start_after=after)) as pages:
        async for page in pages:
            objects = [Picked(entry.key, entry.size, entry.modified) for entry in page.objects()]
            if page.unfit:
                objects += [Picked(page.prefix + name, 0, 0.0, what) for name, what in page.unfit]
                objects.sort(key=lambda each: each.key)
            yield SectionPage(section, objects)


async def listed_pages(store: Store, selection: Selection) -> AsyncGenerator[list[Picked]]:
    """Everything selected, whatever its filters say: first the marked keys, then what the prefixes hold.

    Raises `ProblemError` as `Store.pages` does.
    """
    for section in range(section_count(selection)):
        async with aclosing(section_pages(store, selection, section)) as pages:
            async for page in pages:
                yield page.picked


async def picked_pages(store: Store, selection: Selection) -> AsyncGenerator[list[Picked]]:
    """What its filters let through of everything selected; pages may be empty.

    Of a marked key only the name is known here: its size and time are for those who look at it. Raises `ProblemError`
    as `listed_pages` does, and for filters that are none.
    """
    wanted = ObjectFilter(selection)
    async with aclosing(listed_pages(store, selection)) as pages:
        async for page in pages:
            yield [each for each in page if wanted.takes(each.key, each.size, each.modified)]


async def look_at(store: Store, selection: Selection, key: str) -> Picked:
    """A marked key with its size and time, by HeadObject; raises `ProblemError`."""
    head = await store.head(selection.base.bucket, key, selection.version)
    return Picked(key, head.size, head.modified)


async def first_picked(store: Store, selection: Selection) -> Picked | None:
    """The first object of the selection; None if there is none. Raises `ProblemError`."""
    async with aclosing(picked_pages(store, selection)) as pages:
        async for page in pages:
            if first := next((each for each in page if not each.unfit), None):
                return first
    return None
