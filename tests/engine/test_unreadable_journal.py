"""An engine whose journal has transfers that cannot be read begins without them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.unit.transfers.journal.samples import silent, transfer
from tui.engine.service import Service
from tui.protocol.paths import engine_paths
from tui.transfers.journal import Journal


async def test_the_journal_is_closed_again(tmp_path: Path) -> None:
    """It is locked and written by a thread otherwise, for nothing."""
    places = engine_paths({}, tmp_path)
    journal = await Journal.open(places.journal, silent)
    await journal.add(transfer())
    await journal.close()
    with closing(sqlite3.connect(places.journal)) as file, file:
        file.execute("UPDATE transfers SET standing = x'00'")
    service = Service(lambda: None)
    await service.start(places)
    assert not service.needed
    again = await Journal.open(places.journal, silent)
    await again.close()
    await service.close()
