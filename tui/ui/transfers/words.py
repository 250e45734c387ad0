"""What a transfer is, why it has stopped and its limits, in words. Pure."""

from __future__ import annotations

from tui.core.engines import BATCH, read_engine
from tui.core.engines import LOCAL as THIS_MACHINE
from tui.core.jobs import NAMES_JOB
from tui.core.location import readable
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits, Transfer, TransferKind, TransferState
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, WARNING
from tui.kit.need_dialogs import need_words
from tui.text.format import counted, rate

LOCAL = "file://"

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

DONE_WORDS = {
    TransferKind.COPY: "copied",
    TransferKind.MOVE: "moved",
    TransferKind.DELETE: "deleted",
    TransferKind.REPAIR: "repaired",
    TransferKind.UNDELETE: "undeleted",
    TransferKind.REVERT: "undone",
    TransferKind.RESTORE: "restores requested",
    TransferKind.REMOVE: "deleted",
    TransferKind.SYNC: "copied or deleted",
    TransferKind.WRITE: "written",
    TransferKind.TAG: "tagged",
    TransferKind.ACL: "changed",
    TransferKind.CHECKSUM: "computed",
}


def kind_word(transfer: Transfer) -> str:
    """``copy``, ``move``, ``delete``, ``repair``; a copy from or to the disk is an ``upload`` or a ``download``."""
    if transfer.kind is not TransferKind.COPY:
        return transfer.kind.value
    here, there = transfer.source.startswith(LOCAL), transfer.target.startswith(LOCAL)
    return {(True, False): "upload", (False, True): "download"}.get((here, there), "copy")


def kind_and_route(transfer: Transfer) -> str:
    """The kind, and the engine or route where there is a choice of one: ``copy batch``, ``copy pull``, ``upload``.

    At most `_MOST_CELLS`.
    """
    word = kind_word(transfer)
    if transfer.engine != THIS_MACHINE:
        both = f"{word} {read_engine(transfer.engine).kind}"
        return both if len(both) <= _MOST_CELLS else word
    local = LOCAL in (transfer.source[: len(LOCAL)], transfer.target[: len(LOCAL)])
    if transfer.kind not in (TransferKind.COPY, TransferKind.MOVE) or local:
        return word
    return f"{word} {transfer.route.value if transfer.route else '…'}"


def reason(transfer: Transfer, give: str = "enter") -> str:
    """Why it has stopped and how it resumes, in a sentence; empty if the user paused it.

    `give` are the keys that ask for what it needs of him.
    """
    if transfer.waits_for is None:
        return ""
    if needed := need_of(transfer):
        return f"{needed.title} · {give}: {need_words(needed)}, then it resumes"
    if transfer.waits_for.kind is ProblemKind.CONFIRMATION:
        return short_sentence(transfer.waits_for)
    if transfer.state is TransferState.WAITING:
        return f"{short_sentence(transfer.waits_for)} · resumes automatically"
    if transfer.state is TransferState.PAUSED:
        return f"{short_sentence(transfer.waits_for)} · p: resume"
    return ""


def pause_word(transfer: Transfer) -> str:
    """What ``p`` does to it now; empty for what has ended, and for a job of S3 that has begun."""
    if transfer.state.ended:
        return ""
    if transfer.waits_for and transfer.waits_for.kind is ProblemKind.CONFIRMATION:
        return "confirm"
    if transfer.state is TransferState.PAUSED:
        return "resume"
    in_job = transfer.engine == BATCH and transfer.elsewhere.startswith(NAMES_JOB)
    return "" if in_job else "pause"


def limits_word(transfer: Transfer) -> str:
    """What ``l`` changes: of a job of S3 its priority; empty for what has ended."""
    if transfer.state.ended:
        return ""
    return "priority" if transfer.engine == BATCH else "limits"


def key_labels(transfer: Transfer) -> dict[str, str]:
    """What the keys of the list do to a transfer now, by the ids of commands; empty: nothing."""
    hidden = ["cancel_transfer", "move_up", "move_down"] if transfer.state.ended else ["retry", "receipt"]
    hidden += ["retry"] if transfer.state is TransferState.DONE else []
    hidden += [] if transfer.objects_failed else ["export_failed"]
    return dict.fromkeys(hidden, "") | {"pause": pause_word(transfer), "limits": limits_word(transfer)}


def need_of(transfer: Transfer) -> Problem | None:
    """What it waits for, where that is something that the user can give."""
    if transfer.state is TransferState.WAITING and transfer.waits_for and need_words(transfer.waits_for):
        return transfer.waits_for
    return None


def short_sentence(problem: Problem) -> str:
    """What went wrong and what to do about it; the cause is for where there is room."""
    return " · ".join(part.strip() for part in (problem.title, problem.remedy or problem.cause) if part.strip())


def limits_words(limits: Limits) -> str:
    """``at most 10.0 MiB/s, 4 objects at once``; empty without limits."""
    parts = [rate(limits.rate)] if limits.rate else []
    parts += [f"{counted(limits.objects, 'object')} at once"] if limits.objects else []
    return f"at most {', '.join(parts)}" if parts else ""


def ends(transfer: Transfer) -> str:
    """Both ends in one text: ``s3://a/x/ → s3://b/y/``; a deletion has one."""
    source = readable(transfer.source)
    return f"{source} → {readable(transfer.target)}" if transfer.target else source
