"""The user's other engines: those that other AWS settings in the environment have started."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from tui.core.problem import ProblemError
from tui.link.engine_paths import EnginePaths, described, without_engine_variables
from tui.link.private_files import read_private
from tui.link.process import EngineProcess
from tui.link.request import PROTOCOL_VERSION, Hello, Welcome
from tui.link.session import EngineClient, EngineLostError, connect
from tui.protocol.journals import count_transfers

GREETING_SECONDS = 2.0
"""How long an engine may take to greet before it is left out: it may be another version's, or hang."""

START_SECONDS = 15.0
"""How long one may take that has just been started, and imports its libraries."""

BETWEEN_LOOKS = 0.05

UNKNOWN, NONE = "not known", "none"


@dataclass(frozen=True, slots=True)
class OtherEngine:
    """An engine of the user that is not this process's own, by its files. It may be running or not."""

    lock: Path
    socket: Path
    journal: Path
    record: str
    """The variables that distinguish it, as saved when the engine was started (JSON); empty: not known."""

    @property
    def variables(self) -> dict[str, str | None] | None:
        """The variables that distinguish it, None for values that are not saved; None if nothing is known of them."""
        try:
            return msgspec.json.decode(self.record, type=dict[str, str | None])
        except msgspec.DecodeError:
            return None

    @property
    def settings(self) -> str:
        """The same for a user to read."""
        known = self.variables
        return UNKNOWN if known is None else described(known) or NONE


@dataclass(frozen=True, slots=True)
class GreetedEngine:
    """A running one that greets. `client` is None for one of another version, of which only the version is known."""

    other: OtherEngine
    welcome: Welcome
    client: EngineClient | None


def other_engines(own: EnginePaths) -> list[OtherEngine]:
    """All engines that have left a lock beside this one's, in a fixed order."""
    found = []
    for lock in sorted(own.lock.parent.glob("engine*.lock")):
        if lock == own.lock:
            continue
        suffix = lock.stem.removeprefix("engine")
        socket = Path(_text(lock) or own.socket.with_name(f"engine{suffix}.sock"))
        record = _text(lock.with_suffix(".settings"))
        found.append(OtherEngine(lock, socket, lock.with_name(f"journal{suffix}.sqlite3"), record))
    return found


async def greet(other: OtherEngine, seconds: float = GREETING_SECONDS) -> GreetedEngine | None:
    """Connect to an engine and greet it; None: it is not running, or does not answer in this time."""
    with suppress(EngineLostError, TimeoutError):
        async with asyncio.timeout(seconds):
            client = await connect(other.socket)
            try:
                welcome = await client.ask(Hello())
            except BaseException:
                await client.close()
                raise
        if welcome.version == PROTOCOL_VERSION:
            return GreetedEngine(other, welcome, client)
        await client.close()
        return GreetedEngine(other, welcome, None)
    return None


async def adopt(other: OtherEngine) -> GreetedEngine | None:
    """Start an engine that has left transfers behind, with the variables it had; None where that cannot be.

    Its access keys are not known: transfers that need them wait, and can be controlled.
    """
    known = other.variables
    if not unfinished_transfers_of(other) or known is None or None in known.values():
        return None
    given = {name: value for name, value in known.items() if value is not None}
    process = EngineProcess.exactly({**without_engine_variables(os.environ), **given})
    if process.places.lock != other.lock:
        return None
    deadline = time.monotonic() + START_SECONDS
    with suppress(ProblemError):
        while (left := deadline - time.monotonic()) > 0:
            process.start()
            if met := await greet(replace(other, socket=process.socket), left):
                return met
            await asyncio.sleep(BETWEEN_LOOKS)  # the one before is just ending, and has the lock
    return None


def unfinished_transfers_of(other: OtherEngine) -> int:
    """How many unfinished transfers an engine that is not running has left in its journal."""
    counted = count_transfers(other.journal)
    return counted.unfinished if counted else 0


def _text(path: Path) -> str:
    try:
        return os.fsdecode(read_private(path))
    except OSError:
        return ""
