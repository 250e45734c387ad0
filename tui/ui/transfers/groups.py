"""Which transfers the panel shows, in which group and order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.core.transfer import Transfer, TransferState


class Group(StrEnum):
    """The groups, from top to bottom."""

    ACTIVE = "active"
    WAITING = "waiting"
    """Waiting for something outside, or paused."""
    ENDED = "ended"


GROUPS = {
    TransferState.RUNNING: Group.ACTIVE,
    TransferState.ASKING: Group.ACTIVE,
    TransferState.QUEUED: Group.ACTIVE,
    TransferState.WAITING: Group.WAITING,
    TransferState.PAUSED: Group.WAITING,
    TransferState.DONE: Group.ENDED,
    TransferState.FAILED: Group.ENDED,
    TransferState.CANCELLED: Group.ENDED,
}


class Shown(StrEnum):
    """What the panel is filtered by."""

    ALL = "all"
    ACTIVE = "active"
    WAITING = "waiting"
    FAILED = "failed"
    """What can be tried again: the cancelled ones, too."""
    DONE = "done"

    def takes(self, transfer: Transfer) -> bool:
        """Whether it is shown."""
        state = transfer.state
        return {
            Shown.ALL: True,
            Shown.ACTIVE: GROUPS[state] is Group.ACTIVE,
            Shown.WAITING: GROUPS[state] is Group.WAITING,
            Shown.FAILED: state in (TransferState.FAILED, TransferState.CANCELLED),
            Shown.DONE: state is TransferState.DONE,
        }[self]

    def next(self) -> Shown:
        """The one that the next press of the key brings."""
        all_of_them = list(Shown)
        return all_of_them[(all_of_them.index(self) + 1) % len(all_of_them)]


@dataclass(frozen=True, slots=True)
class Grouped:
    """One group with what is shown of it, in order."""

    group: Group
    transfers: list[Transfer]


def grouped(transfers: Sequence[Transfer], shown: Shown = Shown.ALL) -> list[Grouped]:
    """The groups that are not empty. What has not ended stands in the order of the queue, the latest end first."""
    chosen = [transfer for transfer in transfers if shown.takes(transfer)]
    groups = [Grouped(group, [one for one in chosen if GROUPS[one.state] is group]) for group in Group]
    for each in groups:
        if each.group is Group.ENDED:
            each.transfers.reverse()
            each.transfers.sort(key=lambda transfer: transfer.ended or 0.0, reverse=True)
    return [each for each in groups if each.transfers]


def moved_before(queue: Sequence[str], transfer: str, by: int) -> str | None:
    """Before which one `transfer` comes when it is moved by one place; empty: at the end. None: there is no such place.

    `queue` has the ids of its group in order, `by` is -1 (up) or 1 (down).
    """
    at = queue.index(transfer)
    if not 0 <= at + by < len(queue):
        return None
    before = at - 1 if by < 0 else at + 2
    return queue[before] if before < len(queue) else ""
