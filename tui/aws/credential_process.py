"""Runs the programs that profiles name as their ``credential_process``, and reads what they print with care."""

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
"""What a program may print: credentials take up a few hundred bytes."""

SECONDS_TO_GO = 5.0
"""How long a program that was killed is waited for; on a busy machine its pipes are closed late."""

_MOST_SHOWN = 400
"""Characters of its errors, the last ones."""

_LIKE_A_SECRET = re.compile(r"[A-Za-z0-9/+=_-]{32,}")
"""Secret access keys have 40 characters, tokens more."""

_NAMED_SECRET = re.compile(r"""((?:secret|passw|token|key)\w*["']?\s*[=:]\s*)\S+""", re.IGNORECASE)
"""What stands behind such a name is one, however short."""

_SHORTEST_HIDDEN = 4
"""Characters: an argument that is shorter is no secret."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended, as botocore looks at it."""

    returncode: int
    printed: bytes

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it printed; its stderr is in the error already."""
        return self.printed, b""


def bounded(seconds: float) -> Callable[..., Coroutine[Any, Any, Ended]]:
    """A function that runs a program and returns when it has ended well; given to botocore in place of ``Popen``.

    It raises `CredentialRetrievalError` for a program that cannot be run, fails, takes longer than `seconds`, or prints
    what are no credentials. The program has no terminal and no input. It is killed, with all that it has started, when
    nobody waits for it any more.
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
    """Start a program; who leaves before its pipes are connected leaves no program behind.

    asyncio would end the program alone, and then wait for what that has started to close the pipes.
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
    except OSError as error:  # uvloop's does not say which program
        raise _failed(f"{command[0]} cannot be run: {error.strerror or error}") from error


async def _output(process: Process, stream: asyncio.StreamReader | None) -> bytes:
    """All of a stream, or a little more than may be: then the process is ended.

    What is left in the pipe is still read: a pipe of which not all is read stays open, and the process is waited for.
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
    """End the process and what it has started, if it has not ended by itself."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _end(process: Process) -> None:
    """Kill it if it has not ended, and wait until it is gone and its pipes are closed.

    A loop that ends before would leave it unreaped, and the pipes open.
    """
    _kill(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_TO_GO):
            await process.wait()
            for stream in (process.stdout, process.stderr):
                while stream and await stream.read(MOST_BYTES):
                    continue


def _check(printed: bytes) -> None:
    """Raise for what botocore would stumble over; the words never show what was printed: it may be half a secret."""
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
    """The end of its error output, without anything that may be a secret: its arguments, and what looks like a key."""
    text = errors.decode(errors="replace").strip()
    values = [word.partition("=")[2] if word.startswith("-") else word for word in command[1:]]
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST_HIDDEN and not Path(value).exists():
            text = text.replace(value, "…")
    text = _LIKE_A_SECRET.sub("…", _NAMED_SECRET.sub(r"\1…", text))
    return f": {text[-_MOST_SHOWN:]}" if text else ""


def _failed(why: str) -> CredentialRetrievalError:
    return CredentialRetrievalError(provider="custom-process", error_msg=why)
