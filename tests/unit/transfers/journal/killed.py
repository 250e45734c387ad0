"""Writes a journal without end and says what was acknowledged: `python -m … JOURNAL ROUND`, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.unit.transfers.journal.samples import result, silent, transfer, upload
from tui.stores.values import Part
from tui.transfers.journal import Journal

PER_TRANSFER = 300


def say(*words: object) -> None:
    """One line, out at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def write(path: Path, start: str) -> None:
    """Everything is said only after the journal has said that it is on disk."""
    journal = await Journal.open(path, silent)
    number = 0
    while True:
        name = f"{start}-{number}"
        await journal.add(transfer(name, float(number)))
        say("add", name)
        row = await journal.uploads.intend(upload("k", name))
        say("intend", name)
        await journal.uploads.begun(row, f"U-{name}")
        say("begun", name)
        for each in range(PER_TRANSFER):
            journal.results.finish(name, 0, str(each), result(str(each), name=name))
            journal.uploads.part(row, Part(each + 1, "e"), "")
            if each % 50 == 0:
                await journal.flushed()
                say("results", name, each + 1)
        number += 1


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
