"""How far a transfer has come, and what became of its objects, in a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote

from msgspec.structs import replace

from tui.core.location import readable
from tui.core.naming import noun_for
from tui.core.problem import Problem
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferKind
from tui.text.format import counted, eta, number, visible
from tui.text.order_lines import NOT_REPORTED, done_of_all, done_size, object_size, share, speed

NOTHING_LEFT = "nothing is left to undo"

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
"""What becomes of objects where all goes well."""

_ALSO = {
    TransferKind.MOVE: Outcome.COPIED,
    TransferKind.REPAIR: Outcome.GRANTED,
    TransferKind.SYNC: Outcome.DELETED,
}
"""What else may become of them."""


_LASTING = frozenset(
    {
        "source",
        "target",
        "route",
        "submitted",
        "ended",
        "notes",
        "problem",
        "kind",
        "waits_for",
        "limits",
        "source_identity",
        "target_identity",
        "engine",
        "elsewhere",
        "workers",
    }
)
"""Fields of a transfer that mostly stay as they are, and some of which are long."""


def none_found(place: str, *, undelete: bool = False) -> str:
    """There is nothing at a place to work on; with `undelete` nothing that was deleted."""
    return f"{'no deleted objects' if undelete else 'nothing'} found at {readable(place)}"


def progress_fields(transfer: Transfer, before: Transfer | None) -> dict[str, object]:
    """A transfer for a JSON line of progress: its id, state and numbers, and what changed since the line `before`."""
    return {
        name: getattr(transfer, name)
        for name in Transfer.__struct_fields__
        if before is None or name not in _LASTING or getattr(transfer, name) != getattr(before, name)
    }


LEFT_ALONE = (Outcome.SKIPPED, Outcome.UNDECIDED)
"""Outcomes of objects that nothing was done to: their notes say why, and are the only news of it."""


def result_words(result: ObjectResult) -> str:
    """The line of one object; notes and problem are lines of their own."""
    words = [
        result.outcome.value,
        readable(result.source),
        *(["→", readable(result.target)] if result.target else []),
    ]
    if result.outcome in (Outcome.COPIED, Outcome.MOVED):
        words.append(f"({copy_words(result)})")
    elif result.outcome is Outcome.REPAIRED:
        words.append(f"({object_size(result.size)}, {result.verification}: {result.evidence})")
    elif result.outcome in LEFT_ALONE and result.notes:
        words.append(f"({'; '.join(note.removeprefix('skipped: ') for note in result.notes)})")
    return " ".join(words)


def total_words(transfer: Transfer, outcomes: Mapping[Outcome, int]) -> str:
    """The line of a transfer that has ended; `outcomes` of its objects."""
    settled = transfer.objects_done + transfer.objects_skipped + transfer.objects_failed
    if transfer.problem and not settled:
        return f"{transfer.state}: nothing was done: {visible(transfer.problem.title)}"
    words = [
        f"{transfer.state}: {_done_words(transfer, outcomes)} ({done_size(transfer)})",
        f"{number(transfer.objects_skipped - transfer.objects_undecided)} skipped",
        *([f"{number(transfer.objects_undecided)} undecided"] if transfer.objects_undecided else []),
        f"{number(transfer.objects_failed)} failed",
    ]
    return ", ".join(words)


def _done_words(transfer: Transfer, outcomes: Mapping[Outcome, int]) -> str:
    """``68 copied, 2 deleted``: only what there is; of nothing the first word."""
    also = _ALSO.get(transfer.kind)
    others = outcomes.get(also, 0) if also else 0
    first = transfer.objects_done - others
    words = [f"{number(first)} {DONE[transfer.kind]}"] if first or not others else []
    return ", ".join([*words, *([f"{number(others)} {also}"] if others else [])])


def progress_words(transfer: Transfer) -> str:
    """How far it has come, in a line. Of restores only the requests are known: when S3 has the bytes is not."""
    of = number(transfer.objects_total) + ("…" if transfer.counting else "")
    if transfer.kind is TransferKind.RESTORE:
        skipped = f"  {number(transfer.objects_skipped)} skipped" if transfer.objects_skipped else ""
        return (
            f"{number(transfer.objects_done)} of {of} {noun_for(transfer.objects_total, 'restore')} requested{skipped}"
        )
    words = [
        share(transfer),
        f"{number(transfer.objects_done)} of {of} {noun_for(transfer.objects_total, 'object')}",
        done_of_all(transfer),
        speed(transfer),
        eta(transfer.eta),
        transfer.route or "",
    ]
    return "  ".join(word for word in words if word)


def copy_words(result: ObjectResult) -> str:
    """How one object was copied: size, route (jobs of S3 have none), verification, and a note on its owner."""
    if result.size is None:
        return ", ".join(filter(None, (f"{NOT_REPORTED}: {result.evidence}", result.owner_note)))
    verified = f"{result.verification}: {result.evidence}"
    return ", ".join(filter(None, (object_size(result.size), result.route, verified, result.owner_note)))


MOST_PROBLEMS = 1000
"""Different problems that are remembered; each further one is printed whole."""


class SaidProblems:
    """Problems of objects that were printed whole: of further objects with an equal one the title is enough."""

    def __init__(self) -> None:
        self._more = Counter[Problem]()
        """How many further objects have each."""

    def repeats(self, result: ObjectResult) -> bool:
        """Whether an object's problem was printed already, but for the object's name and the ids of its request."""
        if result.problem is None:
            return False
        alike = _without_object(result.problem, result)
        known = alike in self._more
        if known or len(self._more) < MOST_PROBLEMS:
            self._more[alike] += known
        return known

    def lines(self) -> list[str]:
        """How many further objects had each: ``the same for 3 more objects: access denied``."""
        counts = self._more.items()
        return [f"the same for {counted(count, 'more object')}: {each.title}" for each, count in counts if count]


def _without_object(problem: Problem, result: ObjectResult) -> Problem:
    """What is the same of every object with this problem."""
    texts = {name: getattr(problem, name) for name in ("title", "cause", "remedy")}
    for place in filter(None, (result.target, result.source)):
        for name in sorted(_names(place), key=len, reverse=True):
            texts = {field: text.replace(name, "…") for field, text in texts.items()}
    texts = {field: _REQUEST_IDS.sub(r"\1…", text) for field, text in texts.items()}
    return replace(problem, **texts, resource="", request_id="", authorization_id="")


_REQUEST_IDS = re.compile(r"(Request ID: )[^;)\s]+", re.IGNORECASE)
"""As the messages in completion reports of S3 Batch Operations have them, extended ones too."""


def _names(place: str) -> set[str]:
    """How S3's texts name an object: ``s3://bucket/key`` and ``bucket/key`` of an ARN, as written or encoded."""
    readable = place.removeprefix("s3://")
    return {place, readable, quote(readable), quote(readable, safe="/~")} if place.startswith("s3://") else {place}
