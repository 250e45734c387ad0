"""The receipt of a transfer: what became of each object, one JSON object per line, in a file of the user's."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import IO

from tui.core.json_text import encode_json
from tui.core.orders import CopyOrder, Order, RepairOrder, WriteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Transfer
from tui.transfers.journal import Journal

CHUNK = 500
"""Lines that are written at once, off the loop."""

DIGITS = 19
"""Places for the number of objects in the first line: it is known when they are written."""


def receipt_of(order: Order) -> str:
    if isinstance(order, WriteOrder):
        return ""
    return order.options.receipt if isinstance(order, CopyOrder) else order.receipt


def refuse_unusable_files(order: Order) -> None:
    """Raise `ProblemError` where a file that the order wants cannot be written; asked before the transfer begins."""
    if receipt := receipt_of(order):
        refuse_unusable(receipt)
    if isinstance(order, RepairOrder) and order.rollback:
        refuse_unusable(order.rollback, "rollback list")


def refuse_unusable(path: str, what: str = "receipt") -> None:
    place = Path(path)
    if not place.is_absolute():
        raise _unusable(place, "the path is not absolute", what)
    try:
        there = place.exists()
    except OSError as error:
        raise _unusable(place, error.strerror or str(error), what) from error
    if there:
        raise _unusable(place, os.strerror(errno.EEXIST), what)
    if not place.parent.is_dir():
        raise _unusable(place, f"{place.parent} is not a directory", what)
    if not os.access(place.parent, os.W_OK | os.X_OK):
        raise _unusable(place, f"{place.parent} is not writable", what)


async def write_receipt(
    journal: Journal, transfer: Transfer, path: str, *, failed: bool = False, more: Sequence[object] = ()
) -> int:
    """Write the receipt to an absolute path, where nothing may be yet; returns how many objects it names.

    The first line is the transfer as it is now (``{"type": "transfer", …}``) and how many lines of objects there are
    (``objects``), the others its objects in the order of finishing (``{"type": "object", …}``); with `failed` only
    those that failed or were cancelled. `more` are further lines, at the end. The file, of mode 0600, is there whole or
    not at all. Raises `ProblemError`.
    """
    refuse_unusable(path)
    temporary = Path(path).with_name(f".{Path(path).name}.{secrets.token_hex(4)}")
    try:
        objects = await _write(journal, transfer, temporary, failed, more)
        await asyncio.to_thread(os.link, temporary, path)  # fails where something has appeared since
    except OSError as error:
        raise _unusable(Path(path), error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return objects


async def _write(journal: Journal, transfer: Transfer, temporary: Path, failed: bool, more: Sequence[object]) -> int:
    objects = 0
    file = await asyncio.to_thread(_create, temporary)
    room = len(_head(transfer, 0)) + DIGITS
    with file:
        lines = [b" " * room]
        async with aclosing(journal.results.of(transfer.id, failed=failed)) as results:
            async for result in results:
                lines.append(_line(result))
                objects += 1
                if len(lines) >= CHUNK:
                    await asyncio.to_thread(file.write, b"\n".join(lines) + b"\n")
                    lines = []
        head = _head(transfer, objects).ljust(room)
        await asyncio.to_thread(_finish, file, [*lines, *map(encode_json, more)], head)
    return objects


def _head(transfer: Transfer, objects: int) -> bytes:
    return encode_json({"type": "transfer", "objects": objects, "transfer": transfer})


def _line(result: ObjectResult) -> bytes:
    return encode_json({"type": "object", "result": result})


def _create(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _finish(file: IO[bytes], lines: list[bytes], head: bytes) -> None:
    file.write(b"".join(line + b"\n" for line in lines))
    file.seek(0)
    file.write(head)
    file.flush()
    os.fsync(file.fileno())


def _unusable(path: Path, cause: str, what: str = "receipt") -> ProblemError:
    title = f"the {what} cannot be written to {path}"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, "choose another file in a writable directory"))
