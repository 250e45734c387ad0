"""What the tests of the screen share: an app that has gone leaves nothing behind in the test's process."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from textual.widgets import Input


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """The app freezes what it has imported, once in a process; of many apps in one process each would stay for ever."""
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cursor blinks: a picture that is taken late on a busy machine would be without it."""
    monkeypatch.setattr(Input.cursor_blink, "_default", False)
