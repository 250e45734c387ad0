"""The journals in the user's state directory, as far as a client may look into them: how many transfers they name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Counted:
    """How many transfers a journal names, and how many of them have not ended."""

    all: int = 0
    unfinished: int = 0


def count_transfers(journal: Path) -> Counted | None:
    """What a journal names; nothing where there is none. None: it cannot be read, and an engine must say why."""
    if not journal.is_file():
        return Counted()
    try:
        with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            every, ended = connection.execute("SELECT count(*), count(ended) FROM transfers").fetchone()
    except sqlite3.Error:
        return None
    return Counted(every, every - ended)


def damaged_copies(journal: Path) -> list[Path]:
    """The damaged journals that made way for this one, as an engine names them; the oldest first."""
    found = journal.parent.glob(f"{journal.name}.damaged-*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))
