"""Many transfers as lines of text: the sum of all, the heading of a group. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.core.transfer import Transfer, TransferList, TransferState
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, right_aligned
from tui.text.format import counted, eta, number, percent, rate, size
from tui.text.order_lines import progress, reported
from tui.ui.transfers.groups import Group, Grouped
from tui.ui.transfers.lines import BAR_NARROW, bar
from tui.ui.transfers.sparkline import sparkline
from tui.ui.transfers.words import STATE_MARKS

SPARK_CELLS = (60, 36, 24)
"""Widths of the sparkline, the widest that fits is taken."""

SPARK_FROM = 110
"""Columns; where there are fewer, the line is not there."""

LOUD = {
    TransferState.FAILED: BAD,
    TransferState.ASKING: WARNING,
    TransferState.WAITING: WARNING,
    TransferState.PAUSED: WARNING,
}


SETTLED = (TransferState.DONE, TransferState.CANCELLED)
"""States that need no action by the user."""


def summary(transfers: TransferList, *, brief: bool = False) -> Content:
    """All transfers in a line: ``3 running · 1 asking · 812 MiB/s · 4 min left``; `brief` without what is settled."""
    states = [state for state in BY_NEED if not (brief and state in SETTLED)]
    counts = {state: sum(transfer.state is state for transfer in transfers.transfers) for state in states}
    parts = [
        Content.styled(f"{number(count)} {state.value}", LOUD.get(state, ""))
        for state, count in counts.items()
        if count
    ]
    if transfers.rate:
        parts.append(Content(rate(transfers.rate)))
    if left := time_left(transfers.transfers):
        parts.append(Content(f"{left} left"))
    return Content.styled(" · ", MUTED).join(parts)


BY_NEED = (
    TransferState.RUNNING,
    TransferState.ASKING,
    TransferState.WAITING,
    TransferState.PAUSED,
    TransferState.QUEUED,
    TransferState.FAILED,
    *SETTLED,
)


def time_left(transfers: Sequence[Transfer]) -> str:
    """The time until the last active one ends; empty until all of them have an estimate."""
    idle = (TransferState.WAITING, TransferState.PAUSED)
    left = [transfer.eta for transfer in transfers if not transfer.state.ended and transfer.state not in idle]
    known = [seconds for seconds in left if seconds is not None]
    return eta(max(known)) if left and len(known) == len(left) else ""


def _to_move(transfer: Transfer) -> int:
    """All bytes of one; what an ended one has left will never come."""
    return transfer.bytes_done if transfer.state.ended else transfer.bytes_total


def amounts(transfers: Sequence[Transfer]) -> tuple[int, int]:
    """Bytes done, and bytes to do."""
    return sum(one.bytes_done for one in transfers), sum(_to_move(one) for one in transfers)


def by_objects(transfers: Sequence[Transfer]) -> bool:
    """Whether objects measure them: all are jobs of S3, and no byte of theirs is known."""
    return bool(transfers) and all(reported(one) for one in transfers) and not any(one.bytes_done for one in transfers)


def _objects(transfers: Sequence[Transfer]) -> tuple[int, int]:
    measured = [progress(one) for one in transfers]
    return sum(done for done, _ in measured), sum(total for _, total in measured)


def total_line(transfers: TransferList, width: int, rates: Sequence[float] = ()) -> Content:
    """The sum of active transfers: bar, percentage, bytes, `rates` as a sparkline where there is room, and the summary.

    If none is active, of all that have ended: with active ones they would make progress look further than it is.
    """
    left = [transfer for transfer in transfers.transfers if not transfer.state.ended]
    going_on = bool(left)
    meant = left or transfers.transfers
    if by_objects(meant):
        done, total = _objects(meant)
        amount = f"{number(done)} of {counted(total, 'object')}"
    else:
        done, total = amounts(meant)
        amount = f"{size(done)} of {size(total)}"
    share = f"{percent(done, total or 1)}  " if total or going_on else ""  # there is none of nothing
    words = share + amount
    shown = Content.assemble(("total    ", MUTED), bar(done, max(total, 1), BAR_NARROW), " ", (words, STRONG))
    objects = sum(transfer.objects_done + transfer.objects_skipped for transfer in meant)
    tail = summary(transfers)
    if not by_objects(meant):  # else they are counted at the left
        tail = Content.assemble(counted(objects, "object"), (" · ", MUTED), tail)
    if any(rates) and going_on and width >= SPARK_FROM:
        for cells in SPARK_CELLS:
            graph = Content.assemble(
                "   ", (sparkline(list(rates), cells).rstrip(), STATE_MARKS[TransferState.RUNNING][1])
            )
            if line := right_aligned(Content.assemble(shown, graph), tail, width):
                return line
    return right_aligned(shown, tail, width) or shown.truncate(width, ellipsis=True)


def heading(grouped: Grouped, width: int) -> Content:
    """The line above a group: its name, how many, bytes, rate and time left, or how many failed."""
    transfers = grouped.transfers
    ended, of_jobs = grouped.group is Group.ENDED, by_objects(transfers)
    done, total = _objects(transfers) if of_jobs else amounts(transfers)
    if of_jobs:
        facts = [counted(done, "object") if ended else f"{number(done)} of {counted(total, 'object')}"]
    else:
        facts = [size(done) if ended else f"{size(done)} of {size(total)}"]
    if grouped.group is Group.ACTIVE:
        facts += [] if of_jobs else [rate(sum(one.rate for one in transfers))]
        facts += [f"{left} left"] if (left := time_left(transfers)) else []
    failed = sum(one.state is TransferState.FAILED for one in transfers)
    parts = [Content.styled(fact, MUTED) for fact in facts if fact]
    parts += [Content.styled(f"{number(failed)} failed", BAD)] if failed else []
    text = Content.assemble(
        (f"{grouped.group.value} {number(len(transfers))}", STRONG), "  ", Content.styled(" · ", MUTED).join(parts), " "
    )
    rule = Content.styled("─" * max(0, width - text.cell_length), MUTED)
    return (text + rule).truncate(width, ellipsis=True)
