"""The plan of a repair, and its dry run: neither writes.

Owners are counted from listings. A few objects are then looked at, for versions and for locks.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial

from tui.core.facts import Half, OwnersSeen, RepairPlan, RepairStep
from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.core.transfer import PlannedAction, PlannedObject
from tui.features.repair.object_before import look, look_if_possible
from tui.features.repair.repair_forecast import Reckoning, TotalsByName, commands, owners_seen
from tui.features.repair.repair_parties import UNLISTED, Parties, all_pages
from tui.features.repair.repairer import left
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ObjectHead
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL
from tui.transfers.selection import ObjectFilter, SelectedObject
from tui.transfers.tasks import AT_ONCE, in_batches

GRANT = f"PutObjectAcl {BUCKET_OWNER_FULL_CONTROL}"
COPY = "copy in place, everything preserved"
SOMEBODY_ELSE = "whoever uploaded them"
BUCKET_OWNER = "the bucket's owner"
GRANTS_STAY = "grants to others stay; the uploader loses its own access through the ACL"
SAMPLED = "checked for locks: {}; the repair checks the others one by one"


async def plan_repair(parties: Parties) -> AsyncGenerator[RepairPlan]:
    """The growing plan, after each page, the last one complete. Raises `ProblemError` as listings do."""
    reckoning, wanted = Reckoning(parties), ObjectFilter(parties.order.selection)
    async with aclosing(all_pages(parties)) as pages:
        async for page in pages:
            known = page.picked
            if not page.section:  # marked keys: a failed look is a problem where only one is marked
                only = len(known) == 1 and not parties.order.selection.prefixes
                known = await in_batches(partial(look if only else look_if_possible, parties), known)
            reckoning.add(each for each in known if wanted.takes(each.key, each.size, each.modified))
            yield _plan(parties, reckoning)
    first = reckoning.first
    looked = zip(first, await in_batches(partial(_head, parties), first), strict=True)
    heads = [(picked, head) for picked, head in looked if head]
    for each, head in heads:
        if why := left(head) if parties.owner else "":
            reckoning.leave_out(each, why)
    versioned = next((head.version not in ("", "null") for _, head in heads), None)
    notes = [SAMPLED.format(counted(len(heads), "object"))] if versioned and len(heads) < reckoning.objects else []
    yield _plan(parties, reckoning, notes, versioned=versioned, complete=True)


async def _head(parties: Parties, picked: SelectedObject) -> ObjectHead | None:
    """As the first identity that may look sees it; None: the repair itself says what is wrong."""
    for store in filter(None, (parties.uploader, parties.owner)):
        with suppress(ProblemError):
            return await store.head(parties.name, picked.key)
    return None


def _plan(
    parties: Parties,
    reckoning: Reckoning,
    notes: list[str] | None = None,
    *,
    versioned: bool | None = None,
    complete: bool = False,
) -> RepairPlan:
    return RepairPlan(
        objects=reckoning.objects,
        bytes=reckoning.bytes,
        large=reckoning.large if parties.owner else 0,
        seen=reckoning.seen(complete=complete),
        left_out=reckoning.left_out,
        steps=[_step(Half.GRANT, parties, reckoning), _step(Half.COPY, parties, reckoning)],
        versioned=versioned,
        ownership=parties.bucket.ownership,
        ownership_known=parties.bucket.ownership_known,
        notes=[
            *(notes or []),
            *([GRANTS_STAY] if parties.owner and complete and reckoning.objects else []),
            *(each.removeprefix("the target bucket's ") for each in parties.bucket.unknown),
        ],
        complete=complete,
    )


def _step(half: Half, parties: Parties, reckoning: Reckoning) -> RepairStep:
    store = parties.uploader if half is Half.GRANT else parties.owner
    nobody = SOMEBODY_ELSE if half is Half.GRANT else BUCKET_OWNER
    return RepairStep(
        half,
        store.label if store else nobody,
        GRANT if half is Half.GRANT else COPY,
        reckoning.objects,
        ours=store is not None,
        commands=commands(half, parties, reckoning.first, reckoning.objects),
    )


async def dry_run_repair(parties: Parties) -> AsyncGenerator[PlannedObject]:
    """What the repair would do to each object of another account. Raises `ProblemError` as listings do."""
    wanted = ObjectFilter(parties.order.selection)
    async with aclosing(all_pages(parties)) as pages:
        async for page in pages:
            listed = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
            foreign = [each for each in listed if not parties.owns(each.owner)]
            for start in range(0, len(foreign), AT_ONCE):
                for planned in await in_batches(partial(_planned, parties), foreign[start : start + AT_ONCE]):
                    yield planned


async def _planned(parties: Parties, picked: SelectedObject) -> PlannedObject:
    try:
        known = picked if picked.owner else await look(parties, picked)
    except ProblemError as error:
        return PlannedObject(parties.uri(picked.key), "", PlannedAction.REFUSE, error.problem.sentence())
    why = parties.why_not(known)
    if not why and parties.owner and (head := await _head(parties, known)):
        why = left(head)
    action = PlannedAction.REFUSE if why == UNLISTED else PlannedAction.SKIP if why else PlannedAction.REPAIR
    return PlannedObject(parties.uri(known.key), "", action, why or _halves(parties), known.size)


def _halves(parties: Parties) -> str:
    grants = [f"{parties.uploader.label} grants" if parties.uploader else ""]
    copies = [f"{parties.owner.label} copies it in place" if parties.owner else ""]
    return ", ".join(filter(None, grants + copies))


async def count_owners(store: Store, location: Location, bucket_owner: Owner | None) -> AsyncGenerator[OwnersSeen]:
    """The owners below a location, growing with each page, the last one complete. Raises `ProblemError` as listings."""
    counts = TotalsByName()
    async with aclosing(every_page(store, location.bucket, location.key, ordered=False)) as pages:
        async for page in pages:
            indexes, amounts = array("H", page.owner_index), Counter[int]()
            for index, size in zip(indexes, array("q", page.sizes), strict=True):
                amounts[index] += size
            for index, number in Counter(indexes).items():
                counts.add(page.owners[index].id if index != UNKNOWN_INDEX else "", number, amounts[index])
            yield owners_seen(counts, bucket_owner, complete=False)
    yield owners_seen(counts, bucket_owner, complete=True)
