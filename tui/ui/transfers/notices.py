"""Notices of transfers that wait, are paused or have failed, shown without being asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui.core.transfer import Transfer, TransferList, TransferState
from tui.text.format import counted, number
from tui.ui.transfers.words import DONE_WORDS, ends, reason


class Gravity(StrEnum):
    """How severe a notice is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. Both texts may contain names from outside."""

    title: str
    text: str
    gravity: Gravity


AT_ONCE = 2
"""The most notices on screen at once: each takes three lines or more."""


class NoticeQueue:
    """Limits how many notices are on screen at once; the rest are summed up in one when there is room."""

    def __init__(self, seconds: float) -> None:
        """A notice stays on screen for `seconds`. All times are of one clock."""
        self._seconds = seconds
        self._shown_until: list[float] = []
        """When each notice on screen goes."""
        self._held: list[Notice] = []

    def show(self, pieces: Iterable[Notice], now: float) -> list[Notice]:
        """The notices to show now, of these and of those that had to wait."""
        self._held += pieces
        self._shown_until = [until for until in self._shown_until if until > now]
        room = AT_ONCE - len(self._shown_until)
        if not room:
            return []
        held, self._held = self._held, []
        told = held if len(held) <= room else [*held[: room - 1], _summed_up(held[room - 1 :])]
        self._shown_until += [now + self._seconds] * len(told)
        return told

    def wait(self, now: float) -> float | None:
        """Seconds until `show` has room for those that wait; None if there are none."""
        return max(0.0, min(self._shown_until) - now) if self._held else None


def _summed_up(pieces: list[Notice]) -> Notice:
    failed = sum(piece.gravity is Gravity.ERROR for piece in pieces)
    parts = [f"{number(failed)} failed" if failed else "", "others are not running" if failed < len(pieces) else ""]
    text = " · ".join(part for part in (*parts, "t: show all") if part)
    gravity = Gravity.ERROR if failed else Gravity.WARNING
    return Notice(f"{counted(len(pieces), 'more notice')} of transfers", text, gravity)


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


def notices(before: TransferList, after: TransferList) -> list[Notice]:
    """What began to wait, was paused or failed between two snapshots; many for the same reason are one notice."""
    known = {transfer.id: transfer for transfer in before.transfers}
    changed = [one for one in after.transfers if one.id not in known or known[one.id].state is not one.state]
    waiting = [one for one in changed if not one.state.ended and one.waits_for is not None]
    return [*_waiting(waiting), *(_failed(one) for one in changed if one.state is TransferState.FAILED)]


def _waiting(transfers: Iterable[Transfer]) -> list[Notice]:
    by_reason: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        if why := reason(transfer, "t, then enter"):
            by_reason.setdefault(why, []).append(transfer)
    return [Notice(_waiting_title(each), why, Gravity.WARNING) for why, each in by_reason.items()]


def _waiting_title(transfers: list[Transfer]) -> str:
    word = "waits" if transfers[0].state is TransferState.WAITING else "is paused"
    if len(transfers) == 1:
        return f"{ends(transfers[0])} {word}"
    plural = "wait" if transfers[0].state is TransferState.WAITING else "are paused"
    return f"{counted(len(transfers), 'transfer')} {plural}"


def _failed(transfer: Transfer) -> Notice:
    count = f"{counted(transfer.objects_failed, 'object')} not {DONE_WORDS[transfer.kind]}"
    parts = [count if transfer.objects_failed else "", transfer.problem.title if transfer.problem else ""]
    text = " · ".join(part for part in (*parts, "t, then enter: details") if part)
    return Notice(ends(transfer), text, Gravity.ERROR)
