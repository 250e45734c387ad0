"""What a job would do to each object, and what comes with it; nothing is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.core.naming import GIB, MAX_SINGLE_COPY
from tui.core.orders import BatchOrder, ManifestSource
from tui.core.transfer import PlannedAction, PlannedObject
from tui.features.batch.job_objects import Chooser, ChosenObjects, uris
from tui.features.batch.job_sources import usable_report
from tui.features.batch.manifest_keys import target_prefix
from tui.stores.base import Store
from tui.transfers.selection import SelectedObject

BY_JOB = "by the job"
OVER = "an object that exists there is overwritten"
BY_US = f"above {MAX_SINGLE_COPY // GIB} GiB: by this machine, after the job"


async def dry_run_job(order: BatchOrder, source: Store, target: Store, store: Store) -> AsyncGenerator[PlannedObject]:
    """Each object of the selection, as a listing or the report says that is the job's list; `store` is the job's own.

    Raises `ProblemError` as they do.
    """
    listing = None
    if order.options.manifest is ManifestSource.INVENTORY:
        listing = (await usable_report(order, source, store)).listing(order)
    chooser = Chooser("", order, source, target, listing, forecast=True)
    prefix = target_prefix(copy) if (copy := order.copy) else ""
    async with aclosing(chooser.pages()) as pages:
        async for chosen in pages:
            for planned in _planned(order, prefix, chosen):
                yield planned


def _planned(order: BatchOrder, prefix: str, chosen: ChosenObjects) -> list[PlannedObject]:
    found = [_one(order, prefix, each, BY_JOB) for each in chosen.objects]
    found += [_one(order, prefix, each, BY_US) for each in chosen.large]
    return found + [
        PlannedObject(result.source, result.target, PlannedAction.SKIP, result.notes[0], result.size)
        for _, result in chosen.skipped
    ]


def _one(order: BatchOrder, prefix: str, picked: SelectedObject, why: str) -> PlannedObject:
    there, target = uris(order, prefix, picked.key)
    if order.copy is None:
        return PlannedObject(there, target, PlannedAction.CHANGE, why, picked.size)
    if picked.beside is None:
        why = f"{why}; {OVER}"
    replaces = picked.beside is not None and picked.beside.size is not None
    action = PlannedAction.OVERWRITE if replaces else PlannedAction.COPY
    return PlannedObject(there, target, action, why, picked.size)
