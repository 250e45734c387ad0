"""Continuing an unfinished upload: is it still the same object, and which of its parts are at the server?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead, Part, Source
from tui.transfers.copy.part_sizes import PartPlan, PartRange
from tui.transfers.copy.upload_records import kept_parts
from tui.transfers.journal import KeptPart, UploadRecord

CHANGED = "the source has changed since the copy began: copied again from the start"
MOVED = "the target key has changed since the copy began: copied again from the start"

Recognise = Callable[[PartRange, Part], Awaitable[str | None]]
"""Whether a part that only the server knows is what belongs there: its evidence (may be empty), None if it is not."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The server has no such upload: it was aborted, or completed without anybody hearing of it."""

    problem: Problem


def why_anew(record: UploadRecord, source: Source, head: ObjectHead, bucket: str, key: str) -> str:
    """Why the upload cannot be continued, as a note; empty if it can, as far as this machine knows."""
    if (record.etag, record.version, record.size) != (source.etag, source.version, head.size):
        return CHANGED
    if (record.bucket, record.key) != (bucket, key):
        return MOVED
    return ""


async def listed_parts(store: Store, record: UploadRecord) -> list[Part] | Gone:
    """ListParts by the writer. Raises `ProblemError`.

    Where that is denied, the journal counts: the server compares every ETag when the upload is completed.
    """
    try:
        return await store.parts(record.bucket, record.key, record.upload)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return Gone(error.problem)
        if error.problem.kind in (ProblemKind.DENIED, ProblemKind.UNSUPPORTED):
            return kept_parts(record)
        raise


async def parts_that_stay(
    record: UploadRecord, listed: list[Part], plan: PartPlan, recognise: Recognise
) -> AsyncGenerator[KeptPart]:
    """The parts that need not be made again: of the right number and size, and the one journalled, or recognised."""
    journalled = {kept.part.number: kept for kept in record.parts}
    there = {part.number: part for part in listed}
    for each in plan.ranges():
        part, kept = there.get(each.number), journalled.get(each.number)
        if part is None or part.size != each.length:
            continue
        if kept and kept.part.etag == part.etag:
            yield kept
        elif (evidence := await recognise(each, part)) is not None:
            yield KeptPart(part, evidence)
