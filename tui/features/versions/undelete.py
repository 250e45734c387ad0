"""Deleted objects brought back: the delete markers on top of their versions are removed, by version id.

Where markers may not be removed (s3:DeleteObjectVersion, MFA delete), the version below them is copied over them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import UndeleteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import PlannedAction, PlannedObject, Tally
from tui.core.versions import ObjectVersion, VersionMarker
from tui.features.versions.history import versions_of
from tui.stores.base import Store
from tui.stores.operations import version_pages
from tui.stores.store_values import CopySource, ObjectAttributes
from tui.transfers.counting import Keep
from tui.transfers.selection import (
    KEYS_PER_PAGE,
    ObjectFilter,
    SectionPage,
    SelectedObject,
    lone_keys,
    outermost,
    section_count,
)
from tui.transfers.tasks import AT_ONCE, in_batches

NOT_DELETED = "it is not deleted"
NO_VERSION = "it has only delete markers, no version"
NEVER = "it has no version: it was never written, or the bucket kept no versions"
COPIED_OVER = "the delete marker stays ({}): the latest version was copied on top of it"
REMOVES = "removes its delete marker"


@dataclass(frozen=True, slots=True)
class MarkerStack:
    """What stands on top of a key: delete markers, and the version below them."""

    markers: list[ObjectVersion] = field(default_factory=list)
    below: ObjectVersion | None = None

    @property
    def left_out(self) -> str:
        """Why there is nothing to bring back, as a clause; empty: there is."""
        if not self.markers:
            return NOT_DELETED
        return "" if self.below else NO_VERSION


class Undeleter:
    """Brings back the objects of one order."""

    def __init__(self, order: UndeleteOrder, store: Store) -> None:
        """Raises `ProblemError` for filters that are none, and for a local disk."""
        if not (kind := order.selection.base.kind).has_versions:
            raise ProblemError(Problem(ProblemKind.UNSUPPORTED, kind.keeps_none, remedy="choose an S3 bucket"))
        self._selection, self._store = order.selection, store
        self._bucket = order.selection.base.bucket
        self._filter = ObjectFilter(order.selection)

    def uri(self, key: str) -> str:
        return Location(self._bucket, key).uri

    async def look(self, key: str) -> MarkerStack:
        """The versions of a key from the newest to the first that is no marker.

        Raises `ProblemError`, also (NO_SUCH_KEY) if there is none.
        """
        markers: list[ObjectVersion] = []
        async with aclosing(versions_of(self._store, Location(self._bucket, key))) as pages:
            async for page in pages:
                for version in page.versions:
                    if not version.marker:
                        return MarkerStack(markers, version)
                    markers.append(version)
        if not markers:
            title = f"nothing to undelete at {self.uri(key)}"
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, title, NEVER, "check the key", resource=self.uri(key)))
        return MarkerStack(markers)

    def left_out(self, picked: SelectedObject, history: MarkerStack) -> str:
        """Why an object is left as it is; empty: it is to be brought back."""
        if why := history.left_out:
            return why
        deleted, below = history.markers[0], history.below
        if picked.size is None and below and (why := self._filter.why_not(below.size, deleted.modified)):
            return f"skipped by the filters: {why}"
        return ""

    async def bring_back(self, key: str, history: MarkerStack) -> str:
        """Remove the markers; returns a note. Raises `ProblemError`."""
        try:
            for marker in history.markers:
                await self._store.delete(self._bucket, key, marker.version)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.DENIED or history.below is None:
                raise
            await self._copy_over(key, history.below)
            return COPIED_OVER.format(error.problem.title)
        return ""

    async def _copy_over(self, key: str, version: ObjectVersion) -> None:
        head = await self._store.head(self._bucket, key, version.version)
        if head.size > MAX_SINGLE_COPY:
            title = f"{self.uri(key)} is too large to copy over its delete marker in one request"
            remedy = f"copy it with --version-id {version.version}, or allow s3:DeleteObjectVersion"
            raise ProblemError(Problem(ProblemKind.UNSUPPORTED, title, remedy=remedy))
        as_source = self._store.capabilities.copies_as_is
        tags = [] if as_source or not head.tag_count else await self._store.tags(self._bucket, key, version.version)
        attributes = ObjectAttributes(
            headers=head.headers,
            metadata=head.metadata,
            tags=tags or None,
            storage_class=head.storage_class,
            encryption=head.encryption,
            kms_key=head.kms_key,
            as_source=as_source,
        )
        await self._store.copy(CopySource(self._bucket, key, head.etag, version.version), self._bucket, key, attributes)

    async def pages(self, section: int, after: str = "") -> AsyncGenerator[SectionPage]:
        """The deleted keys of a section behind a key: with the time of deletion, and the size of what lies below.

        Of marked keys (section 0) only the names are known. Raises `ProblemError` as listings do.
        """
        if section == 0:
            keys = [key for key in lone_keys(self._selection) if key > after]
            for start in range(0, len(keys), KEYS_PER_PAGE):
                yield SectionPage(0, [SelectedObject(key) for key in keys[start : start + KEYS_PER_PAGE]])
            return
        prefix = outermost(self._selection.prefixes)[section - 1]
        gathering = _Gathering(after)
        listing = version_pages(self._store, self._bucket, prefix, recursive=True, after=VersionMarker(after))
        async with aclosing(listing) as pages:
            async for page in pages:
                for version in page.versions:
                    gathering.add(version)
                if found := gathering.take(last=page.next is None):
                    yield SectionPage(section, found)

    async def count(self, keep: Keep | None = None) -> AsyncGenerator[Tally]:
        """How many deleted objects the order is about, and the bytes below their markers, growing."""
        tally = Tally()
        for section in range(section_count(self._selection)):
            async with aclosing(self.pages(section)) as pages:
                async for page in pages:
                    if keep and section:
                        keep(page)
                    meant = [each for each in page.picked if self._filter.takes(each.key, each.size, each.modified)]
                    tally = replace(
                        tally,
                        objects=tally.objects + len(meant),
                        bytes=tally.bytes + sum(each.size or 0 for each in meant),
                    )
                    yield tally
        yield replace(tally, complete=True)

    async def dry_run(self) -> AsyncGenerator[PlannedObject]:
        if forbidden := await self._store.write_refusal(self._bucket):
            raise ProblemError(forbidden)
        for section in range(section_count(self._selection)):
            async with aclosing(self.pages(section)) as pages:
                async for page in pages:
                    meant = [each for each in page.picked if self._filter.takes(each.key, each.size, each.modified)]
                    for start in range(0, len(meant), AT_ONCE):
                        for planned in await in_batches(self._planned, meant[start : start + AT_ONCE]):
                            yield planned

    async def _planned(self, picked: SelectedObject) -> PlannedObject:
        if picked.size is not None:  # as it was listed
            return PlannedObject(self.uri(picked.key), "", PlannedAction.UNDELETE, REMOVES, picked.size)
        try:
            history = await self.look(picked.key)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY and self._selection.keys == [picked.key]:
                raise
            return PlannedObject(self.uri(picked.key), "", PlannedAction.REFUSE, error.problem.sentence())
        why = self.left_out(picked, history)
        action = PlannedAction.SKIP if why else PlannedAction.UNDELETE
        size = history.below.size if history.below else None
        return PlannedObject(self.uri(picked.key), "", action, why or REMOVES, size)


class _Gathering:
    """Deleted keys from a listing of versions, in which a key may reach over the end of a page."""

    def __init__(self, after: str) -> None:
        self._after = after
        self._done: list[SelectedObject] = []
        self._open: SelectedObject | None = None

    def add(self, version: ObjectVersion) -> None:
        if self._open and self._open.key == version.key:
            if self._open.size is None and not version.marker:
                self._open = replace(self._open, size=version.size)
            return
        self._take_open()
        if version.marker and version.latest and version.key > self._after:
            self._open = SelectedObject(version.key, None, version.modified)

    def take(self, *, last: bool) -> list[SelectedObject]:
        """Those that are complete; markers without any version below are left out."""
        if last:
            self._take_open()
        done, self._done = self._done, []
        return done

    def _take_open(self) -> None:
        if self._open and self._open.size is not None:
            self._done.append(self._open)
        self._open = None
