"""Orders in words: amounts, conflicts, workers, what is handed over, what can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.engines import EngineKind, Worker, WorkerState, read_engine
from tui.core.estimates import Estimate, HandOver
from tui.core.location import Location
from tui.core.price_table import Cost
from tui.core.transfer import Conflict, Transfer, TransferKind, TransferState, VerificationOutcome
from tui.core.versions import BucketVersioning, UndoForecast
from tui.text.format import counted, duration, number, percent, rate, size
from tui.text.size_lines import money

UNKNOWN = "size unknown"
NOT_REPORTED = "size and checksum unknown"
"""For a copy in a completion report."""


DONE = {
    TransferKind.COPY: "copied",
    TransferKind.MOVE: "moved",
    TransferKind.DELETE: "deleted",
    TransferKind.REPAIR: "repaired",
    TransferKind.UNDELETE: "undeleted",
    TransferKind.REVERT: "undone",
    TransferKind.RESTORE: "requested",
    TransferKind.REMOVE: "deleted",
    TransferKind.SYNC: "copied",
    TransferKind.WRITE: "written",
    TransferKind.TAG: "tagged",
    TransferKind.ACL: "changed",
    TransferKind.CHECKSUM: "computed",
}
"""The state of an object after its transfer; a sync also deletes, see `done_word`."""


def done_word(kind: TransferKind) -> str:
    return "copied or deleted" if kind is TransferKind.SYNC else DONE[kind]


def object_size(octets: int | None) -> str:
    """``1.42 GiB``, or that it is unknown."""
    return UNKNOWN if octets is None else size(octets)


def done_size(transfer: Transfer, unknown: str = UNKNOWN) -> str:
    """Bytes done. Of a Batch job only this machine's copies are known; if there are none: `unknown`."""
    if not reported(transfer):
        return size(transfer.bytes_done)
    return f"over {size(transfer.bytes_done)}" if transfer.bytes_done else unknown


def done_of_all(transfer: Transfer) -> str:
    """``1.42 GiB of 2 GiB``, as far as it is known."""
    if reported(transfer):
        return done_size(transfer)
    return f"{size(transfer.bytes_done)} of {size(transfer.bytes_total)}"


def speed(transfer: Transfer) -> str:
    """The rate of a running transfer; empty for a Batch job, which reports no bytes."""
    return "" if reported(transfer) and not transfer.rate else rate(transfer.rate)


def progress(transfer: Transfer) -> tuple[int, int]:
    """Done and total: bytes as far as some are left, else objects; a transfer that found nothing is done."""
    if transfer.bytes_total > transfer.bytes_done and not reported(transfer):
        return transfer.bytes_done, transfer.bytes_total
    settled = transfer.objects_done + transfer.objects_skipped
    return settled, transfer.objects_total or int(transfer.state is not TransferState.DONE)


def share(transfer: Transfer) -> str:
    """The percentage done, in five cells; empty if it ended with nothing to do."""
    if transfer.state.ended and not (transfer.bytes_total or transfer.objects_total):
        return ""
    return percent(*progress(transfer))


def found_nothing(transfer: Transfer) -> bool:
    """Whether it ended without an object to copy or delete, though it looked for some."""
    finds = transfer.kind in (TransferKind.COPY, TransferKind.MOVE, TransferKind.DELETE, TransferKind.UNDELETE)
    empty = not transfer.objects_total and not transfer.objects_filtered
    return finds and empty and transfer.state is TransferState.DONE


def reported(transfer: Transfer) -> bool:
    """Whether its objects come from a completion report, which has no sizes."""
    return bool(transfer.objects_total) and read_engine(transfer.engine).kind is EngineKind.BATCH


MOST = 32
"""Workers that are listed; the others are summed."""


def worker_lines(workers: Sequence[Worker]) -> list[str]:
    """A line per worker; if there are too many, those with a problem first."""
    shown = list(workers)
    if len(shown) > MOST:
        shown = sorted(workers, key=lambda each: each.problem is None)[:MOST]
    lines = [worker_line(each) for each in shown]
    if left := len(workers) - len(shown):
        others = [each for each in workers if each not in shown]
        lines.append(f"{counted(left, 'other worker')}  {rate(sum(each.rate for each in others))}")
    return lines


def worker_line(worker: Worker) -> str:
    """``worker 10.0.0.7:40001  working  1,234 objects  20 MiB  5 MiB/s``, and its latest error."""
    name = worker.name if worker.name in worker.address else f"{worker.name} {worker.address}"
    words = [
        f"worker {name.replace('tls://', '').replace('tcp://', '')}",
        worker.state.value,
        counted(worker.objects, "object"),
        size(worker.bytes) if worker.bytes else "",
        rate(worker.rate) if worker.state is WorkerState.WORKING else "",
        f"{number(worker.failed)} failed" if worker.failed else "",
        worker.problem.sentence() if worker.problem else "",
    ]
    return "  ".join(word for word in words if word)


def sameness(conflict: Conflict) -> str:
    """Whether source and target have the same content, and the evidence."""
    if conflict.source_size != conflict.target_size:
        return "they differ in size"
    match conflict.verification:
        case VerificationOutcome.SAME:
            return f"the same content ({conflict.evidence})"
        case VerificationOutcome.DIFFERS:
            return f"same size, but they differ ({conflict.evidence})"
        case VerificationOutcome.UNKNOWN:
            return "same size; the content may differ"


NO_PAUSE = "no pause"
TRUSTED = "which get session credentials of both identities for this copy"
LARGE = "{} above 5 GiB by this machine"


def usd(amount: float) -> str:
    """Estimated dollars: ``$5.40``, ``$1,234``, ``<$0.01``, ``$0``."""
    return money(Cost(amount))


def estimate_words(estimate: Estimate) -> str:
    """``about 6 h, $5.40``, ``2 min to 35 min, $6.65``; ``from``: nothing was measured here, it may be slower."""
    least, most = duration(estimate.least), None if estimate.most is None else duration(estimate.most)
    if most is None:
        span = f"{least} or more"
    elif least == most:
        span = f"about {least}"
    else:
        span = f"{least} to {most}"
    return f"{span}, {usd(estimate.usd)}"


def engine_words(estimate: Estimate, plan: HandOver) -> str:
    """Time and cost of an engine, and its limits."""
    words = [estimate_words(estimate)]
    if estimate.engine is EngineKind.BATCH:
        words += [LARGE.format(counted(plan.large, "object"))] if plan.large else []
        words.append(NO_PAUSE)
    elif estimate.engine is EngineKind.DASK:
        words.append(f"{counted(estimate.workers, 'worker')}, {TRUSTED}")
    elif not estimate.measured:
        words.append("nothing measured here yet")
    return "; ".join(words)


def terms_words(plan: HandOver) -> str:
    """The prices that count, and costs that come on top."""
    more = [(plan.between_regions, "between regions"), (plan.out, "out of AWS")]
    return "; ".join([plan.prices, *(f"{usd(amount)} more {where}" for amount, where in more if amount >= 0.01)])


def hand_over_lines(plan: HandOver) -> list[tuple[EngineKind, bool, str]]:
    """A line per engine, the local one first: whether it is available, and its words."""
    lines = [(each.engine, True, engine_words(each, plan)) for each in plan.estimates]
    refused = [(engine, False, why) for engine, why in plan.refused.items()]
    return sorted([*lines, *refused], key=lambda line: list(EngineKind).index(line[0]))


def overwrites(forecast: UndoForecast) -> str:
    """Whether overwrites can be undone."""
    match forecast.versioning:
        case BucketVersioning.ENABLED:
            return "you can undo overwrites: the bucket keeps versions"
        case BucketVersioning.SUSPENDED:
            return "overwritten objects may be lost: versioning is suspended"
        case BucketVersioning.NEVER:
            return "overwritten objects are lost: the bucket has no versioning"
        case BucketVersioning.UNKNOWN:
            return f"overwritten objects may be lost: {forecast.why}"


def moves(*ends: tuple[Location, UndoForecast | None]) -> str:
    """Whether a move can be undone: source and target must keep versions. None: no place of this kind has any."""
    named = list(zip(("source", "target"), ends, strict=True))
    for end, (place, forecast) in named:
        if forecast is None:
            return f"this cannot be undone: {place.kind.keeps_none}"
        if forecast.versioning is BucketVersioning.NEVER:
            return f"this cannot be undone: the {end} bucket has no versioning"
        if forecast.versioning is BucketVersioning.SUSPENDED:
            return f"this cannot be undone: versioning of the {end} bucket is suspended"
    for end, (_, forecast) in named:
        if forecast and forecast.versioning is BucketVersioning.UNKNOWN:
            return f"this cannot be undone, unless the {end} bucket has versioning: {forecast.why}"
    return "you can undo the move: both buckets keep versions"


def can_undo_move(source: UndoForecast | None, target: UndoForecast | None) -> bool:
    return all(each is not None and each.versioning is BucketVersioning.ENABLED for each in (source, target))


HANDFUL = 5
"""Up to so many objects are deleted or undone by a button or a y; for more, their number is typed."""


def deletions(forecast: UndoForecast) -> str:
    """Whether deletions can be undone."""
    match forecast.versioning:
        case BucketVersioning.ENABLED:
            return "you can undo the deletion: the bucket keeps versions"
        case BucketVersioning.SUSPENDED:
            return "they may be lost: versioning is suspended"
        case BucketVersioning.NEVER:
            return "this cannot be undone: the bucket has no versioning"
        case BucketVersioning.UNKNOWN:
            return f"this cannot be undone, unless the bucket has versioning: {forecast.why}"
