"""Which of the selected objects a job gets: filters, conflicts and the limit of CopyObject decide, page by page."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from msgspec import structs

from tui.core.listing import ObjectSummary
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import ARCHIVE_CLASSES, TIERING, BatchCopy, BatchOrder, BatchRestore, ConflictPolicy, Filters
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.core.versions import NULL_VERSION
from tui.features.batch.manifest_keys import target_of, target_prefix
from tui.stores.base import Store
from tui.stores.operations import version_pages
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.decision import EXISTS, NOT_NEWER, THE_SAME, looks_at_target
from tui.transfers.counting import KeysBeside
from tui.transfers.selection import (
    UNFIT,
    ObjectFilter,
    SectionPage,
    SelectedObject,
    outermost,
    section_count,
    section_pages,
)
from tui.transfers.target_keys import cannot_see, look_for
from tui.transfers.tasks import in_batches


@dataclass(frozen=True, slots=True)
class ChosenObjects:
    """Some objects of one section: those of the job, those too large for it, results of those that stay as they are.

    `versions` are the ids of the first ones where the manifest names versions.
    """

    section: int
    objects: list[SelectedObject] = field(default_factory=list)
    large: list[SelectedObject] = field(default_factory=list)
    skipped: list[tuple[str, ObjectResult]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    again: bool = False
    """They have failed before."""


ListedSection = tuple[SectionPage, dict[str, str]]
"""Objects, and their versions where the manifest names versions."""

ListSections = Callable[[int], AsyncGenerator[ListedSection]]
"""The objects of a section, in place of a listing."""


class Chooser:
    """Goes through a selection once. `target` is the store that sees what is at the keys of copies."""

    def __init__(
        self,
        transfer: str,
        order: BatchOrder,
        source: Store,
        target: Store,
        listing: ListSections | None = None,
        *,
        forecast: bool = False,
    ) -> None:
        """`forecast`: the target is looked at, too, where that decides nothing, as far as it can be seen.

        Raises `ProblemError` for filters that are none, and a target that copies cannot go to.
        """
        self._transfer, self._order, self._source, self._target = transfer, order, source, target
        self._filter = None if order.selection.filters == Filters() else ObjectFilter(order.selection)
        self._prefix = target_prefix(copy) if (copy := order.copy) else ""
        self._conflict = copy.options.conflict if copy else ConflictPolicy.OVERWRITE
        self._beside: KeysBeside | None = None
        self._listing = listing
        self._forecast = forecast and bool(copy) and listing is None  # the rows of a report are in no order

    @property
    def looks_at_target(self) -> bool:
        """Whether the target is listed beside the source."""
        return self._forecast or looks_at_target(self._conflict)

    async def pages(self) -> AsyncGenerator[ChosenObjects]:
        """Everything that is selected. Raises `ProblemError` as listings do, and where the target cannot be seen."""
        for section in range(section_count(self._order.selection)):
            try:
                async with aclosing(self._listed(section)) as listed:
                    async for page, versions in listed:
                        yield await self._choose(page, versions)
            finally:
                if self._beside:
                    await self._beside.close()
                self._beside = None

    async def again(self, chunks: AsyncGenerator[list[tuple[int, str]]]) -> AsyncGenerator[ChosenObjects]:
        """The objects of these sections and keys, whose sizes are looked up."""
        async for chunk in chunks:
            for section in sorted({section for section, _ in chunk}):
                keys = [key for each, key in chunk if each == section]
                looked = await in_batches(self._look_again, keys)
                page = SectionPage(section, [picked for picked, _ in looked])
                yield replace(self._sorted_out(page, self._versions(looked)), again=True)

    async def _look_again(self, key: str) -> tuple[SelectedObject, str]:
        try:
            return await self._look(key)
        except ProblemError:
            return SelectedObject(key), ""  # the job says what is wrong with it

    async def _look(self, key: str) -> tuple[SelectedObject, str]:
        """What HeadObject says of a key, with its version."""
        selection = self._order.selection
        head = await self._source.head(selection.base.bucket, key, selection.version)
        return SelectedObject(
            key, head.size, head.modified, etag=head.etag, storage_class=head.storage_class
        ), head.version

    def _versions(self, looked: Sequence[tuple[SelectedObject, str]]) -> dict[str, str]:
        """Those of keys that were looked at, where the manifest names versions.

        All lines of a manifest have one, or none has: an object that was written before there were versions has the
        version "null".
        """
        selection = self._order.selection
        if not (self._order.options.versions or selection.version):
            return {}
        return {picked.key: version or NULL_VERSION for picked, version in looked}

    async def _listed(self, section: int) -> AsyncGenerator[ListedSection]:
        if section and (self._listing or self._order.options.versions):
            async with aclosing((self._listing or self._with_versions)(section)) as pages:
                async for page in pages:
                    yield page
            return
        listing = section_pages(self._source, self._order.selection, section, ordered=self.looks_at_target)
        async with aclosing(listing) as pages_of_section:
            async for listed in pages_of_section:
                if section:
                    yield listed, {}
                else:
                    yield await self._looked_at(listed)

    async def _looked_at(self, page: SectionPage) -> ListedSection:
        """Marked keys with what is known of them by HeadObject, and their versions."""
        looked = await in_batches(self._look, [picked.key for picked in page.picked])
        return SectionPage(0, [picked for picked, _ in looked]), self._versions(looked)

    async def _with_versions(self, section: int) -> AsyncGenerator[ListedSection]:
        selection = self._order.selection
        prefix = outermost(selection.prefixes)[section - 1]
        async with aclosing(version_pages(self._source, selection.base.bucket, prefix, recursive=True)) as pages:
            async for page in pages:
                current = [each for each in page.versions if each.latest and not each.marker]
                picked = [
                    SelectedObject(each.key, each.size, each.modified, etag=each.etag, storage_class=each.storage_class)
                    for each in current
                ]
                yield SectionPage(section, picked), {each.key: each.version for each in current}

    async def _choose(self, page: SectionPage, versions: dict[str, str]) -> ChosenObjects:
        wanted = page.picked
        if filters := self._filter:
            wanted = [each for each in wanted if filters.takes(each.key, each.size, each.modified)]
        if self.looks_at_target and page.section == 0:
            wanted = await in_batches(partial(self._looked_beside, 0), wanted)
        elif self.looks_at_target:
            wanted = [await self._looked_beside(page.section, each) for each in wanted]
        chosen = self._sorted_out(SectionPage(page.section, wanted), versions)
        return await self._looked_up(chosen) if self._listing and chosen.large else chosen

    async def _looked_up(self, chosen: ChosenObjects) -> ChosenObjects:
        """What a report says is too large, as it is now: this machine copies what a listing says is too large."""
        looked = await in_batches(self._look_again, [picked.key for picked in chosen.large])
        now = self._sorted_out(SectionPage(chosen.section, [picked for picked, _ in looked]), {})
        versions = {**chosen.versions, **self._versions(looked)}
        return replace(chosen, objects=[*chosen.objects, *now.objects], large=now.large, versions=versions)

    def _sorted_out(self, page: SectionPage, versions: dict[str, str]) -> ChosenObjects:
        chosen = ChosenObjects(page.section, versions=versions)
        most = MAX_SINGLE_COPY if self._order.copy else math.inf
        for picked in page.picked:
            if why := self._why_left(picked):
                chosen.skipped.append((picked.key, self._left(picked, why)))
            elif picked.size and picked.size > most:
                chosen.large.append(picked)
            else:
                chosen.objects.append(picked)
        return chosen

    def _why_left(self, picked: SelectedObject) -> str:
        """Why it stays as it is; empty: it does not."""
        if picked.unfit:
            return UNFIT.format(picked.unfit)
        if isinstance(operation := self._order.operation, BatchRestore):
            return why_not_restored(operation, picked)
        there = picked.beside
        if there is None or there.size is None:
            return ""
        match self._conflict:
            case ConflictPolicy.SKIP:
                return EXISTS
            case ConflictPolicy.NEWER:
                return NOT_NEWER if int(picked.modified) <= int(there.modified) else ""
            case ConflictPolicy.DIFFERENT:
                same = (picked.size, picked.etag) == (there.size, there.etag) and bool(picked.etag)
                return THE_SAME.format("size and ETag, as listed") if same else ""
            case _:
                return ""

    async def _looked_beside(self, section: int, picked: SelectedObject) -> SelectedObject:
        """With what is at its target; without it where a forecast cannot see that."""
        if not self.looks_at_target:
            return picked
        try:
            return await self._with_beside(section, picked)
        except ProblemError:
            if looks_at_target(self._conflict):
                raise
            self._forecast = False
            return picked

    async def _with_beside(self, section: int, picked: SelectedObject) -> SelectedObject:
        bucket, key = self._target_of(picked.key)
        if section == 0:
            found = await look_for([self._target], bucket, key)
            if found.unseen:
                raise ProblemError(cannot_see(found.unseen))
            return structs.replace(picked, beside=_row(key, found.head))
        if self._beside is None:
            _, below = self._target_of(outermost(self._order.selection.prefixes)[section - 1])
            self._beside = KeysBeside(self._target, bucket, below, etags=True)
        try:
            listed = await self._beside.at(key)
        except ProblemError as error:
            raise ProblemError(cannot_see(error.problem)) from error
        return structs.replace(picked, beside=_row(key, listed))

    def _target_of(self, key: str) -> tuple[str, str]:
        assert isinstance(self._order.operation, BatchCopy)
        return target_of(self._order.operation, self._prefix, key)

    def _left(self, picked: SelectedObject, why: str) -> ObjectResult:
        source, target = uris(self._order, self._prefix, picked.key)
        now = time.time()
        return ObjectResult(
            transfer=self._transfer,
            source=source,
            target=target,
            outcome=Outcome.SKIPPED,
            size=picked.size,
            notes=[why],
            began=now,
            ended=now,
        )


def uris(order: BatchOrder, prefix: str, key: str) -> tuple[str, str]:
    """Source and target of an object; what is no copy has no target."""
    source = f"s3://{order.selection.base.bucket}/{key}"
    if not isinstance(order.operation, BatchCopy):
        return source, ""
    bucket, there = target_of(order.operation, prefix, key)
    return source, f"s3://{bucket}/{there}"


def section_of(order: BatchOrder) -> Callable[[str], int]:
    """The function that returns the section of a key: 0 for a marked key, else the number of its prefix."""
    prefixes = outermost(order.selection.prefixes)
    return lambda key: next((number for number, each in enumerate(prefixes, 1) if key.startswith(each)), 0)


def _row(key: str, found: ObjectHead | ObjectSummary | None) -> SelectedObject:
    """The row of the target's listing at a key, without a size where nothing is there."""
    return SelectedObject(key, found.size, found.modified, etag=found.etag) if found else SelectedObject(key)


# Which of the listed objects a job that restores leaves out. Pure.
#
# Amazon S3 API reference, S3InitiateRestoreObjectOperation: a job restores either GLACIER and DEEP_ARCHIVE, or the
# archive tiers of INTELLIGENT_TIERING. It may not send days for the latter.

NOT_ARCHIVED = "not archived"


def why_not_restored(operation: BatchRestore, picked: SelectedObject) -> str:
    """Why it is left out, by its class as listed; empty: it is not, or nothing is known of it."""
    if picked.size is None or picked.storage_class in operation.classes:
        return ""
    if picked.storage_class == TIERING:
        return f"{TIERING}: another job restores it (--intelligent-tiering)"
    if picked.storage_class in ARCHIVE_CLASSES:
        return f"{picked.storage_class}: another job restores it (without --intelligent-tiering)"
    return NOT_ARCHIVED
