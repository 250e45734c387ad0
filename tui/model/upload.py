"""Multipart uploads that were begun and never finished."""

from __future__ import annotations

from msgspec import Struct

from tui.core.problem import Problem


class Upload(Struct, frozen=True):
    """An incomplete multipart upload. `started` in seconds since the epoch, `size` the bytes of its parts.

    `size` is None while it is not known, or where the parts may not be listed (`problem`). `ours`: xs3-tui made it
    and its journal still knows it; `active`: a transfer of this engine is using it.
    """

    bucket: str
    key: str
    upload: str
    started: float
    size: int | None = None
    parts: int | None = None
    initiator: str = ""
    ours: bool = False
    active: bool = False
    problem: Problem | None = None
