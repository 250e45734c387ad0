"""Runs the ``credential_process`` programs of profiles, and checks their output."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import CredentialRetrievalError
from botocore.utils import parse_timestamp

from tui.core.json_text import read_json

MOST_BYTES = 64 * 1024
"""The most output of a program: credentials take a few hundred bytes."""

SECONDS_TO_GO = 5.0
"""How long to wait for a killed program; on a busy machine its pipes close late."""

_MOST_SHOWN = 400
"""The last characters of its error output that are shown."""

_LIKE_A_SECRET = re.compile(r"[A-Za-z0-9/+=_-]{32,}")
"""Secret access keys have 40 characters, tokens more."""

_NAMED_SECRET = re.compile(r"""((?:secret|passw|token|key)\w*["']?\s*[=:]\s*)\S+""", re.IGNORECASE)
"""The value after such a name is a secret, however short."""

_SHORTEST_HIDDEN = 4
"""Shorter arguments are not secrets."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended process, in the form that botocore expects."""

    returncode: int
    printed: bytes

    async def communicate(self) -> tuple[bytes, bytes]:
        """Its error output is already in the error."""
        return self.printed, b""


def bounded(seconds: float) -> Callable[..., Coroutine[Any, Any, Ended]]:
    """A replacement for ``Popen`` in botocore that returns when the program has succeeded.

    It raises `CredentialRetrievalError` if the program cannot run, fails, takes longer than `seconds` or prints no
    credentials. The program has no terminal and no input. It is killed, with its children, when nobody waits any more.
    """

    async def run(*command: str, **_: Any) -> Ended:
        process = await _started(command)
        try:
            async with asyncio.timeout(seconds):
                printed, errors = await asyncio.gather(
                    _output(process, process.stdout), _output(process, process.stderr)
                )
                code = await process.wait()
        except TimeoutError:
            raise _failed(f"it did not finish within {seconds:g} s") from None
        finally:
            await _end(process)
        if max(len(printed), len(errors)) > MOST_BYTES:
            raise _failed("it printed more than credentials")
        if code:
            raise _failed(f"it exited with status {code}" + _shown(errors, command))
        _check(printed)
        return Ended(code, printed)

    return run


async def _started(command: tuple[str, ...]) -> Process:
    """Start a program; a cancelled caller leaves no program behind.

    asyncio would end only the program itself, then wait until its children close the pipes.
    """
    starting = asyncio.create_task(_start(command))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        if not starting.cancelled() and not starting.exception():
            await _end(starting.result())
        raise


async def _start(command: tuple[str, ...]) -> Process:
    if not command:
        raise _failed("the profile has no program to run")
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:  # uvloop's error does not name the program
        raise _failed(f"{command[0]} cannot be run: {error.strerror or error}") from error


async def _output(process: Process, stream: asyncio.StreamReader | None) -> bytes:
    """All of a stream, or slightly more than the limit: then the process is killed.

    The rest of the pipe is still read: an unread pipe stays open, and the process is waited for.
    """
    taken = bytearray()
    while stream and (chunk := await stream.read(MOST_BYTES)):
        if len(taken) > MOST_BYTES:
            continue
        taken += chunk
        if len(taken) > MOST_BYTES:
            _kill(process)
    return bytes(taken)


def _kill(process: Process) -> None:
    """Kill the process and its children, if still running."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _end(process: Process) -> None:
    """Kill the process if still running, and wait until it is gone and its pipes are closed.

    Otherwise the end of the loop would leave a zombie and open pipes.
    """
    _kill(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_TO_GO):
            await process.wait()
            for stream in (process.stdout, process.stderr):
                while stream and await stream.read(MOST_BYTES):
                    continue


def _check(printed: bytes) -> None:
    """Raise for output that botocore cannot handle. The error never shows the output: it may be half a secret."""
    try:
        said = read_json(printed.decode())
    except ValueError:
        raise _failed("its output is not JSON") from None
    if not isinstance(said, dict):
        raise _failed("its output is not a JSON object")
    for name in ("AccessKeyId", "SecretAccessKey"):
        if not (isinstance(said.get(name), str) and said[name]):
            raise _failed(f"its output has no {name}")
    if not isinstance(said.get("SessionToken") or "", str):
        raise _failed("its SessionToken is not a string")
    if (end := said.get("Expiration")) is not None and not _is_time(end):
        raise _failed("its Expiration is not a time with a time zone")


def _is_time(text: object) -> bool:
    with suppress(ValueError, TypeError):
        return isinstance(text, str) and parse_timestamp(text).tzinfo is not None
    return False


def _shown(errors: bytes, command: tuple[str, ...]) -> str:
    """The end of its error output without possible secrets: its arguments, and anything like a key."""
    text = errors.decode(errors="replace").strip()
    values = [word.partition("=")[2] if word.startswith("-") else word for word in command[1:]]
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST_HIDDEN and not Path(value).exists():
            text = text.replace(value, "…")
    text = _LIKE_A_SECRET.sub("…", _NAMED_SECRET.sub(r"\1…", text))
    return f": {text[-_MOST_SHOWN:]}" if text else ""


def _failed(why: str) -> CredentialRetrievalError:
    return CredentialRetrievalError(provider="custom-process", error_msg=why)
