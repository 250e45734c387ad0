"""The limits of a transfer, shared out among the workers that take part in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.core.engines import WorkerState
from tui.core.transfer import Limits
from tui.transfers.cluster.contact import Contact


def share_out(limits: Limits, contacts: Sequence[Contact], *, waiting: bool) -> None:
    """Give each worker its part of the limits. `waiting`: there are ranges that nobody has.

    Those that have ranges come first, then those that are ready: one that never gets ready keeps nothing from others.
    A worker that is lost keeps its part until it has certainly stopped; one that has nothing to do, and will have
    nothing, leaves its part to the others; so does one that is stalled, as long as another one is not.

    A smaller part counts at once, a larger one only as far as the others have given theirs up: they may have more
    under way than they shall begin now. So all together never have more than the limits.
    """
    usable = [each for each in contacts if each.state not in (WorkerState.LOST, WorkerState.REFUSED)]
    able = any(each.ready and not each.stalled for each in usable)
    taking = [
        each
        for each in contacts
        if (each.assigned or (each in usable and (waiting or each.taking)))
        and not (able and each in usable and each.stalled)
    ]
    first = sorted(taking, key=lambda each: (not (each.assigned or each.taking), not each.ready))
    parts = shares(limits, [each.address for each in first])
    for each in contacts:
        if each.address not in parts:
            each.share = None
    rates = _for_now(
        limits.rate,
        {address: part.rate for address, part in parts.items()},
        {each.address: each.used_rate for each in contacts},
    )
    objects = _for_now(
        limits.objects,
        {address: part.objects for address, part in parts.items()},
        {each.address: each.used_objects for each in contacts},
    )
    for each in contacts:
        if each.address in parts:
            rate, most = rates[each.address], objects[each.address]
            each.share = None if 0 in (rate, most) else Limits(rate, most)


def _for_now(limit: int | None, parts: Mapping[str, int | None], used: Mapping[str, float]) -> Mapping[str, int | None]:
    """As much of each part as the limit leaves beside what all workers use."""
    if limit is None:
        return parts
    free = limit - sum(used.values())
    given = dict[str, int | None]()
    for address, part in parts.items():
        wanted = limit if part is None else part
        kept = min(wanted, used[address])
        more = max(0, min(wanted - kept, free))
        free -= more
        given[address] = int(kept + more)
    return given


def tighter(one: Limits, other: Limits) -> Limits:
    """The bounds that keep both."""
    return Limits(_least(one.rate, other.rate), _least(one.objects, other.objects))


def shares(limits: Limits, workers: Sequence[str]) -> dict[str, Limits]:
    """Each worker's part: together no more than the limits. A worker that is not named gets nothing to do.

    With fewer objects than workers only so many workers take part.
    """
    most = len(workers) if limits.objects is None else min(len(workers), limits.objects)
    taking = workers[:most]
    return {
        worker: Limits(_part(limits.rate, at, most), _part(limits.objects, at, most))
        for at, worker in enumerate(taking)
    }


def _part(whole: int | None, at: int, parts: int) -> int | None:
    if whole is None:
        return None
    return max(1, whole // parts + (at < whole % parts))


def _least(one: int | None, other: int | None) -> int | None:
    bounds = [each for each in (one, other) if each is not None]
    return min(bounds, default=None)
