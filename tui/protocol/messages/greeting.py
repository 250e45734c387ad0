"""The greeting of both ends, and how long the engine stays."""

from __future__ import annotations

from msgspec import Struct

from tui.protocol.messages.base import Done, Request

PROTOCOL_VERSION = 8
"""Raised whenever a message changes its shape, a new member of an enum included.

Both ends compare it in `Hello`, which never changes.
"""


class Welcome(Struct, frozen=True):
    """The engine's greeting; of an engine of another version it is all that is read.

    `program` is the engine's xs3-tui version, `unfinished` the number of transfers that have not ended.
    """

    version: int
    pid: int
    program: str = ""
    unfinished: int = 0


class Hello(Request[Welcome], frozen=True, tag="hello"):
    """The first request on a connection."""

    version: int = PROTOCOL_VERSION


class Stay(Request[Done], frozen=True, tag="stay"):
    """Keep running for this many seconds without a client: what was entered is only in the engine's memory.

    The latest time that was asked for counts; 0 takes it back.
    """

    seconds: float


Requests = Hello | Stay
"""All requests of this subject."""
