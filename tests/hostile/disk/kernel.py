"""A kernel without openat2, as older ones and some sandboxes are."""

from __future__ import annotations

import errno
import os

import pytest

from tui.stores.local import beneath


def without_openat2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let openat2 be unknown to the kernel."""

    def unknown(path: str, flags: int, resolve: int, directory: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(beneath, "openat2", unknown)
