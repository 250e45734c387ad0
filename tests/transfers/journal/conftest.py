from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.transfers.journal.samples import silent
from tui.transfers.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(path, silent)
    yield made
    await made.close()
