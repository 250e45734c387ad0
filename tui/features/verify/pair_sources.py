"""The pairs to verify: from two locations, a receipt, or the results of a transfer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, closing
from io import BufferedReader
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.core.engines import LOCAL
from tui.core.listing import ObjectSummary
from tui.core.location import Location, LocationError, parse_location
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferState, VerificationOutcome
from tui.features.verify.pair_check import VerifiedStores
from tui.features.verify.pairs import ListedObject, ObjectPair, Recorded, TruncatedReceipt, UnpairedObjects
from tui.features.verify.values import VerifyPlaces
from tui.link.private_files import open_regular
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ObjectHead
from tui.transfers.selection import ObjectFilter
from tui.transfers.sides import head_or_none, refuse_empty

LINES = 500
"""Lines that are read at once, in a thread."""

LONGEST_LINE = 1 << 20
"""Maximum bytes of a line of a receipt."""

COPIES = (Outcome.COPIED, Outcome.MOVED)
"""Outcomes with a copy to compare."""


class _ReceiptLine(Struct):
    """The fields of a receipt's line that are needed."""

    type: str
    result: ObjectResult | None = None
    transfer: Transfer | None = None
    objects: int | None = None
    """In the first line of a transfer: the number of lines of objects."""


_decode = msgspec.json.Decoder(_ReceiptLine).decode


NOT_COPIED = (Outcome.FAILED, Outcome.CANCELLED, Outcome.UNDECIDED)
"""Outcomes that should have left a copy. Deletions of a sync should not."""


async def pairs_of_receipt(path: str) -> AsyncGenerator[ObjectPair | UnpairedObjects | TruncatedReceipt, None]:
    """The copies in a receipt, what was not copied, and at the end whether lines are missing.

    Raises `ProblemError` for a file that cannot be read, or is not a receipt.
    """
    try:
        file = await asyncio.to_thread(open_regular, Path(path))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    with closing(file):
        number, unnamed, seen = 0, 0, _Completeness()
        while lines := await asyncio.to_thread(_some, file):
            for text in lines:
                number += 1
                line = _read(path, number, text)
                seen.add(line)
                unnamed += unfinished(line.transfer) if line.transfer else -_is_unfinished(line.result)
                if line.result and (pair := _of_result(line.result)):
                    yield pair
        if not number:
            raise _unreadable(path, "it is empty")
        if unnamed > 0:
            yield UnpairedObjects(unnamed)
        if cut := seen.cut:
            yield cut


class _Completeness:
    """Counts the objects after each first line. A file may have several receipts."""

    def __init__(self) -> None:
        self._named, self._promised = [0], [0]

    def add(self, line: _ReceiptLine) -> None:
        if line.transfer:
            self._named.append(0)
            self._promised.append(_promised(line.transfer) if line.objects is None else line.objects)
        elif line.result:
            self._named[-1] += 1

    @property
    def cut(self) -> TruncatedReceipt | None:
        """The number of lines, and the expected number; None: all receipts are complete."""
        each = list(zip(self._named, self._promised, strict=True))
        if all(named >= promised for named, promised in each):
            return None
        return TruncatedReceipt(sum(self._named), sum(max(numbers) for numbers in each))


def _promised(transfer: Transfer) -> int:
    """The least number of results of a receipt whose first line does not say it.

    0 if the transfer's own numbers include objects without a result (not listed, or reported by S3 without their
    names), or if the receipt may only have the failed objects.
    """
    if transfer.state is not TransferState.DONE or transfer.engine != LOCAL:
        return 0
    return transfer.objects_done + transfer.objects_skipped


def unfinished(transfer: Transfer) -> int:
    """Objects of an ended transfer that were neither copied nor skipped. Some of them have no results."""
    if transfer.state not in (TransferState.FAILED, TransferState.CANCELLED):
        return 0
    return max(0, transfer.objects_total - transfer.objects_done - transfer.objects_skipped)


async def pairs_of_results(
    results: AsyncIterator[ObjectResult], unnamed: int = 0
) -> AsyncGenerator[ObjectPair | UnpairedObjects, None]:
    """The copies in the results of a transfer, and what was not copied; `unnamed` is its `unfinished`."""
    async for result in results:
        unnamed -= _is_unfinished(result)
        if pair := _of_result(result):
            yield pair
    if unnamed > 0:
        yield UnpairedObjects(unnamed)


def _some(file: BufferedReader) -> list[bytes]:
    lines = (file.readline(LONGEST_LINE) for _ in range(LINES))
    return [line for line in lines if line]


def _read(path: str, number: int, line: bytes) -> _ReceiptLine:
    try:
        read = _decode(line)
        if read.result:
            _of_result(read.result)  # parsing the locations may fail, too
        return read
    except (msgspec.MsgspecError, LocationError) as error:
        raise _unreadable(path, f"line {number} is not a line of a receipt: {error}") from error


def _is_unfinished(result: ObjectResult | None) -> bool:
    """Whether `unfinished` counts it."""
    return result is not None and result.outcome in (Outcome.FAILED, Outcome.CANCELLED)


def _of_result(result: ObjectResult) -> ObjectPair | UnpairedObjects | None:
    """A pair. Raises `LocationError`."""
    if result.outcome in NOT_COPIED or result.outcome is Outcome.SKIPPED:
        return UnpairedObjects(1, skipped=result.outcome is Outcome.SKIPPED)
    if result.outcome not in COPIES:
        return None
    proven = result.evidence if result.verification is VerificationOutcome.SAME else ""
    recorded = Recorded(result.size, result.etag, result.checksum, proven, result.part_size)
    return ObjectPair(parse_location(result.source), parse_location(result.target), result.version, recorded=recorded)


def _unreadable(path: str, cause: str) -> ProblemError:
    title, remedy = f"{Path(path).name} is not a receipt", "name a file that cp or mv --receipt has written"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=path))


async def pairs_of_places(ends: VerifiedStores, order: VerifyPlaces) -> AsyncGenerator[ObjectPair, None]:
    """All pairs, in key order. Raises `ProblemError` as listings do, and if only one location is a single object."""
    if not order.source.is_prefix:
        yield await _one(ends, order)
        return
    if not order.target.is_prefix:
        uri = order.target.uri
        texts = f"{uri} is one object, the first place is a prefix", "both must be prefixes, or both objects"
        raise ProblemError(Problem(ProblemKind.INVALID, *texts, f"write {uri}/"))
    wanted = ObjectFilter(Selection(order.source_connection, order.source, filters=order.filters))
    async with aclosing(_merged(ends, order)) as merged:
        async for name, ours, theirs in merged:
            row = ours or theirs
            if row is None or (ours is None and order.one_way):
                continue
            if wanted.takes(order.source.key + name, row.size, row.modified):
                source = Location(order.source.bucket, order.source.key + name)
                target = Location(order.target.bucket, order.target.key + name)
                yield ObjectPair(source, target, listed=_listed(ours), copy_listed=_listed(theirs))


async def _one(ends: VerifiedStores, order: VerifyPlaces) -> ObjectPair:
    """A pair of two objects. A target that is a prefix has it by the same name."""
    source, target = order.source, order.target
    if target.is_prefix:
        target = Location(target.bucket, target.key + source.name)
    ours = await ends.source.head(source.bucket, source.key)
    theirs = await head_or_none(ends.target, target)
    return ObjectPair(source, target, listed=_listed(ours), copy_listed=_listed(theirs))


async def _merged(
    ends: VerifiedStores, order: VerifyPlaces
) -> AsyncGenerator[tuple[str, ObjectSummary | None, ObjectSummary | None], None]:
    """Each name below the two prefixes, with the objects of both. Raises `ProblemError` as `refuse_empty`."""
    base, other = len(order.source.key), len(order.target.key)
    async with (
        aclosing(_rows(ends.source, order.source)) as first,
        aclosing(_rows(ends.target, order.target)) as second,
    ):
        ours, theirs = await anext(first, None), await anext(second, None)
        if ours is None:
            await refuse_empty(ends.source, order.source, needed=True)
        if theirs is None:
            await refuse_empty(ends.target, order.target, needed=False)
        while ours or theirs:
            name = min(([ours.key[base:]] if ours else []) + ([theirs.key[other:]] if theirs else []))
            here = ours if ours and ours.key[base:] == name else None
            there = theirs if theirs and theirs.key[other:] == name else None
            yield name, here, there
            if here:
                ours = await anext(first, None)
            if there:
                theirs = await anext(second, None)


async def _rows(store: Store, place: Location) -> AsyncGenerator[ObjectSummary, None]:
    async with aclosing(every_page(store, place.bucket, place.key)) as pages:
        async for page in pages:
            for row in page.objects():
                yield row


def _listed(row: ObjectSummary | ObjectHead | None) -> ListedObject | None:
    return ListedObject(row.size, row.etag) if row else None
