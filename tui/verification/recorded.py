"""What transfers recorded as pairs: the lines of a receipt, or the results in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from io import BufferedReader
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.model.location import Location, LocationError, parse_location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Verification
from tui.protocol.private_files import open_regular
from tui.verification.pairs import LeftOut, Pair, Recorded

LINES = 500
"""Lines that are read at once, off the loop."""

LONGEST_LINE = 1 << 20
"""Bytes of a line of a receipt that are read at most."""

COPIES = (Outcome.COPIED, Outcome.MOVED)
"""What leaves a copy to compare."""


class _Line(Struct):
    """A line of a receipt, as far as it is read."""

    type: str
    result: ObjectResult | None = None


_decode = msgspec.json.Decoder(_Line).decode


async def pairs_of_receipt(path: str) -> AsyncGenerator[Pair | LeftOut, None]:
    """The copies that a receipt names. Raises `ProblemError` for a file that cannot be read, or is no receipt."""
    try:
        file = await asyncio.to_thread(open_regular, Path(path))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    with closing(file):
        number = 0
        while lines := await asyncio.to_thread(_some, file):
            for line in lines:
                number += 1
                if pair := _of_line(path, number, line):
                    yield pair
        if not number:
            raise _unreadable(path, "it is empty")


async def pairs_of_results(results: AsyncIterator[ObjectResult]) -> AsyncGenerator[Pair | LeftOut, None]:
    """The copies among the results of a transfer."""
    async for result in results:
        yield _of_result(result)


def _some(file: BufferedReader) -> list[bytes]:
    lines = (file.readline(LONGEST_LINE) for _ in range(LINES))
    return [line for line in lines if line]


def _of_line(path: str, number: int, line: bytes) -> Pair | LeftOut | None:
    try:
        read = _decode(line)
        return _of_result(read.result) if read.type == "object" and read.result else None
    except (msgspec.MsgspecError, LocationError) as error:
        raise _unreadable(path, f"line {number} is not one of a receipt: {error}") from error


def _of_result(result: ObjectResult) -> Pair | LeftOut:
    """A pair; raises `LocationError`."""
    if result.outcome not in COPIES:
        return LeftOut(1)
    proven = result.evidence if result.verification is Verification.SAME else ""
    recorded = Recorded(result.size, result.etag, result.checksum, proven)
    return Pair(_location(result.source), _location(result.target), result.version, recorded=recorded)


def _location(uri: str) -> Location:
    return parse_location(uri)


def _unreadable(path: str, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"{Path(path).name} cannot be read as a receipt",
            cause=cause,
            remedy="name a file that --receipt of cp or mv has written",
            resource=path,
        )
    )
