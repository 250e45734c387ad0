"""Transfers as lines of text: bar, measure, route and state of one; the sum of all. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.model.transfer import Transfer, TransferList, TransferState
from tui.ui.format import counted, cut_middle, eta, number, percent, rate, size, visible
from tui.ui.tones import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, outside
from tui.ui.widgets.lines import right_aligned

EIGHTHS = " ▏▎▍▌▋▊▉█"

WIDE = 120
"""From this width on a transfer takes one line; below it two."""

BAR_WIDE, BAR_NARROW = 22, 14

STATE_MARKS = {
    TransferState.QUEUED: ("·", MUTED),
    TransferState.RUNNING: ("▸", ACCENT),
    TransferState.ASKING: ("?", WARNING),
    TransferState.WAITING: ("…", WARNING),
    TransferState.PAUSED: ("‖", WARNING),
    TransferState.DONE: ("✓", GOOD),
    TransferState.FAILED: ("✗", BAD),
    TransferState.CANCELLED: ("–", MUTED),
}


def bar(done: int, total: int, width: int) -> str:
    """A bar of `width` cells in eighths of a cell, never full before all is done."""
    share = 1.0 if done >= total else done / total
    steps = int(share * width * 8)
    full, rest = divmod(min(steps, width * 8 - (done < total)), 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width, "░")[:width]


def transfer_lines(transfer: Transfer, width: int) -> list[Content]:
    """One transfer, with its error or its notes below it."""
    head = _wide(transfer, width) if width >= WIDE else _narrow(transfer, width)
    return [*head, *remarks(transfer, width)]


def remarks(transfer: Transfer, width: int) -> list[Content]:
    """The first error and what the user should know, each in one line."""
    texts = [outside(transfer.problem.sentence(), BAD)] if transfer.problem else []
    texts += [outside(note, MUTED) for note in transfer.notes]
    return [Content("    ") + text.truncate(max(8, width - 4), ellipsis=True) for text in texts]


def _wide(transfer: Transfer, width: int) -> list[Content]:
    tail = Content.assemble(_bar(transfer, BAR_WIDE), "  ", _measure(transfer, objects=24, speed=12, left=12))
    room = width - tail.cell_length - 12
    line = Content.assemble(_start(transfer), _way(transfer, room))
    return [right_aligned(line, tail, width) or line]


def _narrow(transfer: Transfer, width: int) -> list[Content]:
    top = Content.assemble(_start(transfer), _way(transfer, width - 12))
    below = Content.assemble("    ", _bar(transfer, BAR_NARROW), " ", _measure(transfer, objects=0, speed=0, left=0))
    return [top, below.truncate(width, ellipsis=True)]


def _start(transfer: Transfer) -> Content:
    route = transfer.route.value if transfer.route else "…"
    return Content.assemble(STATE_MARKS[transfer.state], f" {route:<6} ")


def _way(transfer: Transfer, room: int) -> Content:
    source, target = visible(transfer.source), visible(transfer.target)
    space = max(8, room - 3)
    left = max(space // 2, space - len(target))
    shown = cut_middle(source, left)
    return Content.assemble(shown, (" → ", MUTED), cut_middle(target, space - min(left, len(shown))))


def _bar(transfer: Transfer, width: int) -> Content:
    _, tone = STATE_MARKS[transfer.state]
    done, total = _progress(transfer)
    return Content.styled(bar(done, total, width), tone)


def _progress(transfer: Transfer) -> tuple[int, int]:
    """Bytes where there are any, else objects; an ended count of nothing is done."""
    if transfer.bytes_total:
        return transfer.bytes_done, transfer.bytes_total
    settled = transfer.objects_done + transfer.objects_skipped
    return settled, transfer.objects_total or int(transfer.state is not TransferState.DONE)


def _measure(transfer: Transfer, *, objects: int, speed: int, left: int) -> Content:
    """Percentage, objects, and what is most telling now; widths of columns, 0 for running text."""
    done, total = _progress(transfer)
    settled = transfer.objects_done + transfer.objects_skipped
    of = f"{number(settled)} of {number(transfer.objects_total)}{'…' if transfer.counting else ''}"
    fast, when = _speed(transfer)
    gap = "  "
    return Content(gap).join(
        part
        for part in (
            Content.styled(percent(done, total), STRONG),
            Content(f"{of + ' obj':>{objects}}" if objects else of),
            Content(f"{fast:>{speed}}" if speed else fast),
            Content.styled(f"{when:>{left}}" if left else when, MUTED),
        )
        if part.plain
    )


def _speed(transfer: Transfer) -> tuple[str, str]:
    """Rate and time left of a running one; amount and state of any other."""
    if transfer.state is TransferState.RUNNING:
        return rate(transfer.rate), eta(transfer.eta)
    failed = f"{number(transfer.objects_failed)} failed" if transfer.objects_failed else transfer.state.value
    return size(transfer.bytes_done), failed


def summary(transfers: TransferList) -> Content:
    """All transfers in a line: ``3 running · 1 asking · 812 MiB/s · 4 min left``."""
    counts = {state: sum(transfer.state is state for transfer in transfers.transfers) for state in (*STATE_MARKS,)}
    parts = [Content.styled(f"{number(count)} {state.value}", _loud(state)) for state, count in counts.items() if count]
    if transfers.rate:
        parts.append(Content(rate(transfers.rate)))
    left = [transfer.eta for transfer in transfers.transfers if not transfer.state.ended]
    known = [seconds for seconds in left if seconds is not None]
    if left and len(known) == len(left):
        parts.append(Content(f"{eta(max(known))} left"))
    return Content.styled(" · ", MUTED).join(parts)


def _loud(state: TransferState) -> str:
    return {TransferState.FAILED: BAD, TransferState.ASKING: WARNING}.get(state, "")


def _to_move(transfer: Transfer) -> int:
    """All bytes of one; what an ended one has left will never come."""
    return transfer.bytes_done if transfer.state.ended else transfer.bytes_total


def total_line(transfers: TransferList, width: int) -> Content:
    """The sum of all: bar, percentage, bytes, and the summary."""
    done = sum(transfer.bytes_done for transfer in transfers.transfers)
    total = sum(_to_move(transfer) for transfer in transfers.transfers)
    running = any(not transfer.state.ended for transfer in transfers.transfers)
    amounts = f"{percent(done, total if total or not running else 1)}  {size(done)} of {size(total)}"
    shown = Content.assemble(("total    ", MUTED), bar(done, max(total, 1), BAR_NARROW), " ", (amounts, STRONG))
    objects = sum(transfer.objects_done + transfer.objects_skipped for transfer in transfers.transfers)
    tail = Content.assemble(counted(objects, "object"), (" · ", MUTED), summary(transfers))
    return right_aligned(shown, tail, width) or shown.truncate(width, ellipsis=True)
