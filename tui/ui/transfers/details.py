"""One transfer in full, as lines of text: what stands above its results, and each result. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.core.identity import AddressBook
from tui.core.location import readable
from tui.core.naming import noun_for
from tui.core.transfer import Limits, ObjectResult, Outcome, Transfer, TransferState, Verification
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, WARNING, hanging, outside, wrapped
from tui.text.format import counted, duration, eta, number, time_ago, visible
from tui.text.listing_lines import owner_name
from tui.text.order_lines import NOT_REPORTED, done_of_all, object_size, progress, share, speed, worker_lines
from tui.ui.transfers.lines import BAR_NARROW, Accents, bar, place
from tui.ui.transfers.result_log import ResultLog
from tui.ui.transfers.words import STATE_MARKS, kind_and_route, limits_words, reason

LABELS = 7
"""Cells of the labels at the left."""

OUTCOME_MARKS = {
    Outcome.COPIED: ("✓", GOOD),
    Outcome.MOVED: ("✓", GOOD),
    Outcome.DELETED: ("✓", GOOD),
    Outcome.REPAIRED: ("✓", GOOD),
    Outcome.GRANTED: ("✓", GOOD),
    Outcome.UNDELETED: ("✓", GOOD),
    Outcome.UNDONE: ("✓", GOOD),
    Outcome.WRITTEN: ("✓", GOOD),
    Outcome.REQUESTED: ("…", GOOD),
    Outcome.CHANGED: ("✓", GOOD),
    Outcome.COMPUTED: ("✓", GOOD),
    Outcome.UNDECIDED: ("?", WARNING),
    Outcome.SKIPPED: ("–", MUTED),
    Outcome.FAILED: ("✗", BAD),
    Outcome.CANCELLED: ("–", MUTED),
}

VERIFICATION_TONES = {Verification.SAME: GOOD, Verification.DIFFERS: BAD, Verification.UNKNOWN: MUTED}


def detail_lines(transfer: Transfer, width: int, accents: Accents, now: float) -> list[Content]:
    """State and measure, both ends with their identities, times and limits, what it waits for, errors, notes."""
    lines = [_state(transfer).truncate(width, ellipsis=True)]
    lines += _end("from" if transfer.target else "of", transfer.source, transfer.source_identity, accents, width)
    if transfer.target:
        lines += _end("to", transfer.target, transfer.target_identity, accents, width)
    elif transfer.target_identity:
        who = Content.styled(visible(transfer.target_identity), accents.get(transfer.target_identity, MUTED))
        lines += hanging(Content.styled("with", MUTED), [who], LABELS, width)
    lines += hanging(Content.styled("times", MUTED), [_times(transfer, now)], LABELS, width)
    if transfer.elsewhere:
        lines += hanging(Content.styled("there", MUTED), [outside(transfer.elsewhere)], LABELS, width)
    for text, tone in _words(transfer):
        lines += wrapped(outside(text, tone), width)
    return lines


def _state(transfer: Transfer) -> Content:
    mark, tone = STATE_MARKS[transfer.state]
    objects = f"{number(transfer.objects_done)} of {number(transfer.objects_total)}"
    objects += f"{'…' if transfer.counting else ''} {noun_for(transfer.objects_total, 'object')}"
    skipped = transfer.objects_skipped - transfer.objects_undecided
    objects += f", {number(skipped)} skipped" if skipped else ""
    objects += f", {number(transfer.objects_undecided)} undecided" if transfer.objects_undecided else ""
    parts = [
        Content.styled(f"{mark} {transfer.state.value}", tone),
        Content.assemble((bar(*progress(transfer), BAR_NARROW), tone), (share(transfer), STRONG)),
        Content(objects),
        Content(done_of_all(transfer)),
    ]
    if transfer.state is TransferState.RUNNING:
        parts += [Content(fast)] if (fast := speed(transfer)) else []
        parts += [Content(f"{eta(transfer.eta)} left")] if transfer.eta is not None else []
    return Content("  ").join(parts)


def _end(word: str, uri: str, identity: str, accents: Accents, width: int) -> list[Content]:
    who = Content.styled(f"  as {visible(identity)}", accents.get(identity, MUTED)) if identity else Content("")
    shown = place(visible(readable(uri)), uri, identity, accents)
    return hanging(Content.styled(word, MUTED), [Content.assemble(shown, who)], LABELS, width)


def _times(transfer: Transfer, now: float) -> Content:
    """When it was submitted and ended, what was done again, what bounds it."""
    parts = [f"submitted {time_ago(transfer.submitted, now)}"] if transfer.submitted else []
    if transfer.ended and transfer.state.ended:
        parts.append(f"ended {time_ago(transfer.ended, now)}, after {duration(transfer.ended - transfer.submitted)}")
    parts.append(counted(transfer.retries, "retry") if transfer.retries else "no retries")
    parts.append(limits_words(transfer.limits) if transfer.limits != Limits() else "no limits")
    return Content(" · ".join(parts))


def _words(transfer: Transfer) -> list[tuple[str, str]]:
    """All sentences about it, with their tones."""
    why = reason(transfer, "n")
    said = [(f"… {why}", WARNING)] if why else []
    if why and transfer.waits_for and transfer.waits_for.remedy and transfer.waits_for.cause:
        said.append((f"  {transfer.waits_for.cause}", MUTED))
    said += [(f"✗ {transfer.problem.sentence()}", BAD)] if transfer.problem else []
    said += [(line, MUTED) for line in worker_lines(transfer.workers)]
    return said + [(f"· {note}", MUTED) for note in transfer.notes]


def title(transfer: Transfer) -> Content:
    """``copy relay ─ 8,415 objects``."""
    return Content(f"{kind_and_route(transfer)} ─ {counted(transfer.objects_total, 'object')}")


def filter_line(log: ResultLog, shown: Outcome | None) -> Content:
    """How many ended how; what is shown of them stands out."""
    counts = [("all", None, log.counts.total()), *((one.value, one, log.counts[one]) for one in log.outcomes())]
    parts = [
        Content.styled(f"{word} {number(count)}", f"{STRONG} reverse" if outcome is shown else MUTED)
        for word, outcome, count in counts
    ]
    return Content.assemble(("f", KEY), (" filter  ", MUTED), Content("  ").join(parts))


def result_line(result: ObjectResult, transfer: Transfer, book: AddressBook) -> Content:
    """One object: outcome, name, size, how it compares with its source, owner, retries, notes or problem."""
    parts = [Content.assemble(OUTCOME_MARKS[result.outcome], " ", outside(object_name(result, transfer)))]
    if result.outcome in (Outcome.SKIPPED, Outcome.UNDECIDED, Outcome.CANCELLED, Outcome.DELETED):
        parts.append(Content.styled(result.outcome.value, MUTED))
    elif result.size or result.outcome is not Outcome.FAILED:  # one that failed before it was looked at has no size
        parts.append(Content.styled(object_size(result.size), MUTED))
    if result.size is None and result.outcome is Outcome.COPIED:
        parts[-1] = outside(f"{NOT_REPORTED} ({result.evidence})", MUTED)
    elif result.outcome in (Outcome.COPIED, Outcome.MOVED, Outcome.REPAIRED):
        tone = VERIFICATION_TONES[result.verification]
        parts.append(Content.assemble((result.verification.value, tone), outside(f" ({result.evidence})", MUTED)))
        if result.owner:
            inferred = " (inferred)" if result.owner_inferred else ""
            parts.append(outside(f"owner {owner_name(result.owner, book)}{inferred}", MUTED))
    if result.retries:
        parts.append(Content.styled(f"↻ {number(result.retries)}", MUTED))
    if result.problem:
        request = f" [request {result.problem.request_id}]" if result.problem.request_id else ""
        parts.append(outside(result.problem.sentence() + request, BAD))
    parts += [outside(note, WARNING) for note in result.notes]
    return Content("  ").join(parts)


def object_name(result: ObjectResult, transfer: Transfer) -> str:
    """Its name below the transfer's target; of what was deleted, below its source."""
    uri, base = (result.target, transfer.target) if result.target else (result.source, transfer.source)
    return readable(uri).removeprefix(readable(base)) or readable(uri)
