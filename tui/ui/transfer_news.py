"""What the user is told of transfers without having asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui.model.transfer import Transfer, TransferList, TransferState
from tui.ui.format import counted, number
from tui.ui.widgets.transfer_words import DONE_WORDS, ends, reason


class Gravity(StrEnum):
    """How loud a piece of news is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class News:
    """One notice. Both texts may hold names from outside."""

    title: str
    text: str
    gravity: Gravity


AT_ONCE = 2
"""Notices of transfers that stand on the screen at once: each takes three lines and more."""


class Telling:
    """Lets through so many notices that the screen stays readable. What comes meanwhile is summed up afterwards."""

    def __init__(self, seconds: float) -> None:
        """A notice stands for so many `seconds`. All times are of one clock."""
        self._seconds = seconds
        self._standing: list[float] = []
        """When each of those that were told goes."""
        self._held: list[News] = []

    def tell(self, pieces: Iterable[News], now: float) -> list[News]:
        """What is to be told now, of these and of what was held back."""
        self._held += pieces
        self._standing = [until for until in self._standing if until > now]
        room = AT_ONCE - len(self._standing)
        if not room:
            return []
        held, self._held = self._held, []
        told = held if len(held) <= room else [*held[: room - 1], _summed_up(held[room - 1 :])]
        self._standing += [now + self._seconds] * len(told)
        return told

    def wait(self, now: float) -> float | None:
        """Seconds until `tell` has room for what is held back; None if nothing is."""
        return max(0.0, min(self._standing) - now) if self._held else None


def _summed_up(pieces: list[News]) -> News:
    failed = sum(piece.gravity is Gravity.ERROR for piece in pieces)
    parts = [f"{number(failed)} failed" if failed else "", "others do not go on" if failed < len(pieces) else ""]
    text = " · ".join(part for part in (*parts, "t: all of them") if part)
    gravity = Gravity.ERROR if failed else Gravity.WARNING
    return News(f"{counted(len(pieces), 'more notice')} of transfers", text, gravity)


def found(transfers: TransferList) -> str:
    """What was under way before this screen was there: ``2 transfers are under way, 1 is paused: t``; or nothing."""
    states = [transfer.state for transfer in transfers.transfers if not transfer.state.ended]
    paused, waiting = states.count(TransferState.PAUSED), states.count(TransferState.WAITING)
    counts = ((len(states) - paused - waiting, "under way"), (waiting, "waiting"), (paused, "paused"))
    parts = [f"{number(count)} {'is' if count == 1 else 'are'} {word}" for count, word in counts if count]
    if not parts:
        return ""
    first, *others = parts
    count, rest = first.split(" ", 1)
    return ", ".join([f"{count} {'transfer' if count == '1' else 'transfers'} {rest}", *others]) + ": t"


def news(before: TransferList, after: TransferList) -> list[News]:
    """What came to a standstill or failed between two snapshots; many for the same reason are one piece."""
    known = {transfer.id: transfer for transfer in before.transfers}
    changed = [one for one in after.transfers if one.id not in known or known[one.id].state is not one.state]
    standing = [one for one in changed if not one.state.ended and one.waits_for is not None]
    return [*_standing(standing), *(_failed(one) for one in changed if one.state is TransferState.FAILED)]


def _standing(transfers: Iterable[Transfer]) -> list[News]:
    by_reason: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        if why := reason(transfer, "t, then enter"):
            by_reason.setdefault(why, []).append(transfer)
    return [News(_standing_title(each), why, Gravity.WARNING) for why, each in by_reason.items()]


def _standing_title(transfers: list[Transfer]) -> str:
    word = "waits" if transfers[0].state is TransferState.WAITING else "is paused"
    if len(transfers) == 1:
        return f"{ends(transfers[0])} {word}"
    plural = "wait" if transfers[0].state is TransferState.WAITING else "are paused"
    return f"{counted(len(transfers), 'transfer')} {plural}"


def _failed(transfer: Transfer) -> News:
    count = f"{counted(transfer.objects_failed, 'object')} not {DONE_WORDS[transfer.kind]}"
    parts = [count if transfer.objects_failed else "", transfer.problem.title if transfer.problem else ""]
    text = " · ".join(part for part in (*parts, "t, then enter: details") if part)
    return News(ends(transfer), text, Gravity.ERROR)
