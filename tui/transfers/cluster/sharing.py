"""The limits of a transfer, shared out among the workers that take part in it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.transfer import Limits


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
