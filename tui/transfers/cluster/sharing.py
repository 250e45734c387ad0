"""The limits of a transfer, shared out among the workers that take part in it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.cluster import WorkerState
from tui.model.transfer import Limits
from tui.transfers.cluster.contact import Contact


def share_out(limits: Limits, contacts: Sequence[Contact], *, waiting: bool) -> None:
    """Give each worker its part of the limits. `waiting`: there are ranges that nobody has.

    Those that have ranges come first. A worker that is lost keeps its part until it has certainly stopped; one that
    has nothing to do, and will have nothing, leaves its part to the others.
    """
    taking = [
        each
        for each in contacts
        if each.assigned or (waiting and each.state not in (WorkerState.LOST, WorkerState.REFUSED))
    ]
    parts = shares(limits, [each.address for each in sorted(taking, key=lambda each: not each.assigned)])
    for each in contacts:
        each.share = parts.get(each.address)


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
