"""Two accounts' buckets and a queue of transfers, on every server that runs here."""

from __future__ import annotations

from tests.transfers.conftest import connections, journal, journal_path, world

__all__ = ["connections", "journal", "journal_path", "world"]
