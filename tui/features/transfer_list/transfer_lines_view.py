"""Transfers as lines of text: one, a group, the sum of all. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len
from textual.content import Content

from tui.core.engines import BATCH, read_engine
from tui.core.engines import LOCAL as THIS_MACHINE
from tui.core.jobs import NAMES_JOB
from tui.core.location import kind_at, readable
from tui.core.naming import split_bucket
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits, Transfer, TransferKind, TransferList, TransferState
from tui.kit.commands import key_of
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, outside, right_aligned, wrapped
from tui.kit.need_dialogs import need_words
from tui.text.format import counted, cut_end, cut_middle, eta, number, percent, rate, size, visible
from tui.text.order_lines import done_size, found_nothing, progress, reported, share, speed

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


def amounts(transfers: Sequence[Transfer]) -> tuple[int, int]:
    """Bytes done and in all; an ended transfer will never do the rest."""
    totals = (one.bytes_done if one.state.ended else one.bytes_total for one in transfers)
    return sum(one.bytes_done for one in transfers), sum(totals)


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
    meant = left or transfers.transfers
    if by_objects(meant):
        done, total = _objects(meant)
        amount = f"{number(done)} of {counted(total, 'object')}"
    else:
        done, total = amounts(meant)
        amount = f"{size(done)} of {size(total)}"
    share = f"{percent(done, total or 1)}  " if total or left else ""  # there is none of nothing
    words = share + amount
    shown = Content.assemble(("total    ", MUTED), bar(done, max(total, 1), BAR_NARROW), " ", (words, STRONG))
    objects = sum(transfer.objects_done + transfer.objects_skipped for transfer in meant)
    tail = summary(transfers)
    if not by_objects(meant):  # else they are counted at the left
        tail = Content.assemble(counted(objects, "object"), (" · ", MUTED), tail)
    if any(rates) and left and width >= SPARK_FROM:
        for cells in SPARK_CELLS:
            graph = Content.styled(sparkline(list(rates), cells).rstrip(), STATE_MARKS[TransferState.RUNNING][1])
            if line := right_aligned(Content.assemble(shown, "   ", graph), tail, width):
                return line
    return right_aligned(shown, tail, width) or shown.truncate(width, ellipsis=True)


def heading(grouped: Grouped, width: int) -> Content:
    """The line above a group: its name, how many, bytes, rate and time left, or how many failed."""
    transfers = grouped.transfers
    ended, of_jobs = grouped.group is TransferGroup.ENDED, by_objects(transfers)
    done, total = _objects(transfers) if of_jobs else amounts(transfers)
    if of_jobs:
        facts = [counted(done, "object") if ended else f"{number(done)} of {counted(total, 'object')}"]
    else:
        facts = [size(done) if ended else f"{size(done)} of {size(total)}"]
    if grouped.group is TransferGroup.ACTIVE:
        facts += [] if of_jobs else [rate(sum(one.rate for one in transfers))]
        facts += [f"{left} left"] if (left := time_left(transfers)) else []
    failed = sum(one.state is TransferState.FAILED for one in transfers)
    parts = [Content.styled(fact, MUTED) for fact in facts if fact]
    parts += [Content.styled(f"{number(failed)} failed", BAD)] if failed else []
    name = f"{grouped.group.value} {number(len(transfers))}"
    text = Content.assemble((name, STRONG), "  ", Content.styled(" · ", MUTED).join(parts), " ")
    rule = Content.styled("─" * max(0, width - text.cell_length), MUTED)
    return (text + rule).truncate(width, ellipsis=True)


class TransferGroup(StrEnum):
    """The groups, from top to bottom."""

    ACTIVE = "active"
    WAITING = "waiting"
    """Waiting for something outside, or paused."""
    ENDED = "ended"


GROUPS = {
    TransferState.RUNNING: TransferGroup.ACTIVE,
    TransferState.ASKING: TransferGroup.ACTIVE,
    TransferState.QUEUED: TransferGroup.ACTIVE,
    TransferState.WAITING: TransferGroup.WAITING,
    TransferState.PAUSED: TransferGroup.WAITING,
    TransferState.DONE: TransferGroup.ENDED,
    TransferState.FAILED: TransferGroup.ENDED,
    TransferState.CANCELLED: TransferGroup.ENDED,
}


class TransferFilter(StrEnum):
    """What the panel is filtered by."""

    ALL = "all"
    ACTIVE = "active"
    WAITING = "waiting"
    FAILED = "failed"
    """What can be tried again: the cancelled ones, too."""
    DONE = "done"

    def takes(self, transfer: Transfer) -> bool:
        state = transfer.state
        return {
            TransferFilter.ALL: True,
            TransferFilter.ACTIVE: GROUPS[state] is TransferGroup.ACTIVE,
            TransferFilter.WAITING: GROUPS[state] is TransferGroup.WAITING,
            TransferFilter.FAILED: state in (TransferState.FAILED, TransferState.CANCELLED),
            TransferFilter.DONE: state is TransferState.DONE,
        }[self]

    def next(self) -> TransferFilter:
        all_of_them = list(TransferFilter)
        return all_of_them[(all_of_them.index(self) + 1) % len(all_of_them)]


@dataclass(frozen=True, slots=True)
class Grouped:
    """One group with what is shown of it, in order."""

    group: TransferGroup
    transfers: list[Transfer]


def grouped(transfers: Sequence[Transfer], shown: TransferFilter = TransferFilter.ALL) -> list[Grouped]:
    """The groups that are not empty. What has not ended stands in the order of the queue, the latest end first."""
    chosen = [transfer for transfer in transfers if shown.takes(transfer)]
    groups = [Grouped(group, [one for one in chosen if GROUPS[one.state] is group]) for group in TransferGroup]
    for each in groups:
        if each.group is TransferGroup.ENDED:
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
    lines = wrapped(outside(why, WARNING), room)[:REASON_ROWS] if (why := reason(transfer)) else []
    texts = [outside(transfer.elsewhere, MUTED)] if transfer.elsewhere else []
    texts += [outside(transfer.problem.sentence(), BAD)] if transfer.problem else []
    texts += [Content.styled(limits_words(transfer.limits), MUTED)] if transfer.limits != Limits() else []
    texts += [outside(note, MUTED) for note in transfer.notes]
    return [Content(INDENT) + text for text in [*lines, *(text.truncate(room, ellipsis=True) for text in texts)]]


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
    if label not in accents or not kind_at(uri).has_accounts:
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


_MOST_CELLS = 10
"""Of the column of the kind."""

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

NOTHING_FOUND = ("∅", WARNING)
"""In place of the mark of one that is done."""


def kind_word(transfer: Transfer) -> str:
    """``copy``, ``move``, ``delete``, ``repair``; a copy from or to the disk is an ``upload`` or a ``download``."""
    if transfer.kind is not TransferKind.COPY:
        return transfer.kind.value
    here, there = (not kind_at(uri).has_accounts for uri in (transfer.source, transfer.target))
    return {(True, False): "upload", (False, True): "download"}.get((here, there), "copy")


def kind_and_route(transfer: Transfer) -> str:
    """The kind, and the engine or route where there is a choice of one: ``copy batch``, ``copy pull``, ``upload``.

    At most `_MOST_CELLS`.
    """
    word = kind_word(transfer)
    if transfer.engine != THIS_MACHINE:
        both = f"{word} {read_engine(transfer.engine).kind}"
        return both if len(both) <= _MOST_CELLS else word
    in_s3 = kind_at(transfer.source).has_accounts and kind_at(transfer.target).has_accounts
    if transfer.kind not in (TransferKind.COPY, TransferKind.MOVE) or not in_s3:
        return word
    return f"{word} {transfer.route.value if transfer.route else '…'}"


def reason(transfer: Transfer, give: str = "enter") -> str:
    """Why it has stopped and how it resumes, in a sentence; empty if the user paused it.

    `give` are the keys that ask the user for it.
    """
    problem = transfer.waits_for
    if problem is None:
        return ""
    # the cause is for where there is room
    short = " · ".join(part.strip() for part in (problem.title, problem.remedy or problem.cause) if part.strip())
    if needed := need_of(transfer):
        return f"{needed.title} · {give}: {need_words(needed)}, then it resumes"
    if problem.kind is ProblemKind.CONFIRMATION:
        return short
    if transfer.state is TransferState.WAITING:
        return f"{short} · resumes automatically"
    if transfer.state is TransferState.PAUSED:
        return f"{short} · {key_of('pause')}: resume"
    return ""


def pause_word(transfer: Transfer) -> str:
    """What the key `pause` does to it now; empty for what has ended, and for a job of S3 that has begun."""
    if transfer.state.ended:
        return ""
    if transfer.waits_for and transfer.waits_for.kind is ProblemKind.CONFIRMATION:
        return "confirm"
    if transfer.state is TransferState.PAUSED:
        return "resume"
    in_job = transfer.engine == BATCH and transfer.elsewhere.startswith(NAMES_JOB)
    return "" if in_job else "pause"


def limits_word(transfer: Transfer) -> str:
    """What the key `limits` changes: of a job of S3 its priority; empty for what has ended."""
    if transfer.state.ended:
        return ""
    return "priority" if transfer.engine == BATCH else "limits"


def key_labels(transfer: Transfer) -> dict[str, str]:
    """What the keys of the list do to a transfer now, by the ids of commands; empty: nothing."""
    hidden = ["move_up", "move_down"] if transfer.state.ended else ["retry", "receipt"]
    hidden += ["retry"] if transfer.state is TransferState.DONE else []
    hidden += [] if transfer.objects_failed else ["export_failed"]
    words = {"pause": pause_word(transfer), "limits": limits_word(transfer)}
    words |= {"cancel_transfer": "remove"} if transfer.state.ended else {}
    return dict.fromkeys(hidden, "") | words


def need_of(transfer: Transfer) -> Problem | None:
    """What it waits for, where that is something that the user can give."""
    if transfer.state is TransferState.WAITING and transfer.waits_for and need_words(transfer.waits_for):
        return transfer.waits_for
    return None


def limits_words(limits: Limits) -> str:
    """``at most 10.0 MiB/s, 4 objects at once``; empty without limits."""
    parts = [rate(limits.rate)] if limits.rate else []
    parts += [f"{counted(limits.objects, 'object')} at once"] if limits.objects else []
    return f"at most {', '.join(parts)}" if parts else ""


def ends(transfer: Transfer) -> str:
    """Both ends in one text: ``s3://a/x/ → s3://b/y/``; a deletion has one."""
    source = readable(transfer.source)
    return f"{source} → {readable(transfer.target)}" if transfer.target else source


STEPS = " ▁▂▃▄▅▆▇█"

STEP_SECONDS = 5.0
"""The time that one cell stands for."""

STEPS_KEPT = 60
"""Five minutes."""


class RateHistory:
    """The mean rate in bytes per second of each of the last `STEPS_KEPT` steps.

    Between two notes the rate is what the earlier one said: an engine says nothing while nothing changes.
    """

    def __init__(self) -> None:
        self._steps: deque[float] = deque(maxlen=STEPS_KEPT)
        self._begun = self._noted = 0.0
        self._rate = self._moved = 0.0

    def note(self, now: float, rate: float) -> None:
        """From `now` on (seconds since the epoch) it is `rate`."""
        if not self._noted or now < self._noted or now - self._noted > STEPS_KEPT * STEP_SECONDS:
            self._steps.clear()  # the first, a clock that was set, or nothing of it would be left
            self._begun, self._moved, self._noted = now, 0.0, now
        while now >= self._begun + STEP_SECONDS:  # close every step that has ended
            end = self._begun + STEP_SECONDS
            self._steps.append((self._moved + self._rate * (end - self._noted)) / STEP_SECONDS)
            self._begun = self._noted = end
            self._moved = 0.0
        self._moved += self._rate * (now - self._noted)
        self._noted, self._rate = now, rate

    @property
    def steps(self) -> list[float]:
        """The mean rates, oldest first; the last is that of the step that has not ended."""
        return [*self._steps, self._rate]


def sparkline(rates: list[float], width: int) -> str:
    """The last `width` rates as blocks, right-aligned; the highest of them is a full one, nothing at all a space."""
    shown = rates[-width:] if width > 0 else []
    top = max(shown, default=0.0)
    blocks = (STEPS[max(1, round(rate / top * (len(STEPS) - 1)))] if rate > 0 else STEPS[0] for rate in shown)
    return "".join(blocks).rjust(width)
