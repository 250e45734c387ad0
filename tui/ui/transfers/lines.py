"""One transfer as lines of text: kind, both ends, bar, measure and state; what it waits for below. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content

from tui.core.location import FILE_SCHEME, readable
from tui.core.naming import split_bucket
from tui.core.transfer import Limits, Transfer, TransferState
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, outside, right_aligned, wrapped
from tui.text.format import cut_end, cut_middle, eta, number, visible
from tui.text.order_lines import done_size, found_nothing, progress, share, speed
from tui.ui.transfers.words import NOTHING_FOUND, STATE_MARKS, kind_and_route, limits_words, reason

EIGHTHS = " ▏▎▍▌▋▊▉█"

WIDE = 150
"""From this width on a transfer takes one line; below it two."""

LABEL = 14
"""Cells that the name of an identity takes at most."""

NO_SHARE = " " * 5
"""In place of the percentage of nothing, for the columns."""

BAR_WIDE, BAR_NARROW = 18, 14

INDENT = "    "

REASON_ROWS = 3
"""Rows that a reason takes at most: the way out stands in it."""

Accents = Mapping[str, str]
"""The tones of the identities that the two panes have, by label."""


def bar(done: int, total: int, width: int) -> str:
    """A bar of `width` cells in eighths of a cell, never full before all is done."""
    share = 1.0 if done >= total else done / total
    steps = int(share * width * 8)
    full, rest = divmod(min(steps, width * 8 - (done < total)), 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width, "░")[:width]


def transfer_lines(transfer: Transfer, width: int, accents: Accents | None = None) -> list[Content]:
    """One transfer, with what it waits for, its error or its notes below it."""
    known = accents or {}
    head = _wide(transfer, width, known) if width >= WIDE else _narrow(transfer, width, known)
    return [*head, *remarks(transfer, width)]


def remarks(transfer: Transfer, width: int) -> list[Content]:
    """Why it has stopped, in full; its limits, the first error and its notes in one line each."""
    room = max(8, width - len(INDENT))
    lines = reason_lines(transfer, room)[:REASON_ROWS]
    texts = [outside(transfer.elsewhere, MUTED)] if transfer.elsewhere else []
    texts += [outside(transfer.problem.sentence(), BAD)] if transfer.problem else []
    texts += [Content.styled(limits_words(transfer.limits), MUTED)] if transfer.limits != Limits() else []
    texts += [outside(note, MUTED) for note in transfer.notes]
    return [Content(INDENT) + text for text in [*lines, *(text.truncate(room, ellipsis=True) for text in texts)]]


def reason_lines(transfer: Transfer, width: int) -> list[Content]:
    """Why it has stopped, and how it resumes."""
    text = reason(transfer)
    return wrapped(outside(text, WARNING), width) if text else []


def _wide(transfer: Transfer, width: int, accents: Accents) -> list[Content]:
    tail = Content.assemble(_bar(transfer, BAR_WIDE), "  ", _measure(transfer, objects=20, speed=10, left=10))
    start = _start(transfer)
    room = width - tail.cell_length - start.cell_length - 2
    line = Content.assemble(start, _way(transfer, room, accents))
    return [right_aligned(line, tail, width) or line.truncate(width, ellipsis=True)]


def _narrow(transfer: Transfer, width: int, accents: Accents) -> list[Content]:
    start = _start(transfer)
    top = Content.assemble(start, _way(transfer, width - start.cell_length, accents))
    below = Content.assemble(INDENT, _bar(transfer, BAR_NARROW), " ", _measure(transfer, objects=0, speed=0, left=0))
    return [top.truncate(width, ellipsis=True), below.truncate(width, ellipsis=True)]


def _start(transfer: Transfer) -> Content:
    mark = NOTHING_FOUND if found_nothing(transfer) else STATE_MARKS[transfer.state]
    return Content.assemble(mark, f" {kind_and_route(transfer):<10} ")


def _way(transfer: Transfer, room: int, accents: Accents) -> Content:
    """Both ends, each with its identity's accent on the bucket, and with its name where nothing is cut for that."""
    source, target = visible(readable(transfer.source)), visible(readable(transfer.target))
    space = max(8, room - (3 if target else 0))
    who = [_who(label, accents) for label in identities(transfer)]
    names = sum(name.cell_length for name in who)
    if cell_len(source) + cell_len(target) + names <= space:
        space -= names
    else:
        who = [Content(""), Content("")]
    left = max(space // 2, space - cell_len(target))
    shown = place(cut_middle(source, left), transfer.source, transfer.source_identity, accents)
    if not target:
        return Content.assemble(who[0], shown)
    rest = cut_middle(target, space - min(left, shown.cell_length))
    there = place(rest, transfer.target, transfer.target_identity, accents)
    return Content.assemble(who[0], shown, (" → ", MUTED), who[1], there)


def identities(transfer: Transfer) -> tuple[str, str]:
    """The labels of both identities; a transfer without a target has one."""
    return transfer.source_identity, transfer.target_identity if transfer.target else ""


def _who(label: str, accents: Accents) -> Content:
    return Content.assemble((cut_end(visible(label), LABEL), accents.get(label, MUTED)), " ") if label else Content("")


def place(shown: str, uri: str, label: str, accents: Accents) -> Content:
    """An end as it is `shown`, its bucket in the accent of the identity that reads or writes it; a path has none."""
    if label not in accents or uri.startswith(FILE_SCHEME):
        return Content(shown)
    scheme, _, rest = visible(uri).partition("://")
    bucket = len(scheme) + 3 + len(split_bucket(rest)[0])
    cut = shown.find("…")
    length = min(bucket, len(shown)) if cut < 0 else min(bucket, cut)
    return Content.assemble((shown[:length], accents[label]), shown[length:])


def _bar(transfer: Transfer, width: int) -> Content:
    _, tone = STATE_MARKS[transfer.state]
    done, total = progress(transfer)
    return Content.styled(bar(done, total, width), tone)


def _measure(transfer: Transfer, *, objects: int, speed: int, left: int) -> Content:
    """Percentage, objects, and what matters most now; widths of columns, 0 for running text."""
    settled = transfer.objects_done + transfer.objects_skipped
    of = f"{number(settled)} of {number(transfer.objects_total)}{'…' if transfer.counting else ''}"
    fast, when, tone = _pace(transfer)
    again = f"↻ {number(transfer.retries)}" if transfer.retries else ""
    parts = (
        Content.styled(share(transfer) or NO_SHARE, STRONG),
        Content(f"{of + ' obj':>{objects}}" if objects else of),
        Content(f"{fast:>{speed}}" if speed else fast),
        Content.styled(f"{when:>{left}}" if left else when, tone),
        Content.styled(f"{again:>6}" if left else again, MUTED),
    )
    return Content("  ").join(part for part in parts if part.plain)


def _pace(transfer: Transfer) -> tuple[str, str, str]:
    """Rate and time left of a running one; amount and state of any other; the tone of the last."""
    if transfer.state is TransferState.RUNNING:
        return speed(transfer), eta(transfer.eta), MUTED
    if transfer.objects_failed and transfer.state.ended:
        return done_size(transfer, "unknown"), f"{number(transfer.objects_failed)} failed", BAD
    if transfer.objects_undecided and transfer.state.ended:
        return done_size(transfer, "unknown"), f"{number(transfer.objects_undecided)} undecided", WARNING
    if found_nothing(transfer):
        return "", "not found", WARNING
    loud = transfer.state in (TransferState.WAITING, TransferState.PAUSED, TransferState.ASKING)
    return done_size(transfer, "unknown"), transfer.state.value, WARNING if loud else MUTED
