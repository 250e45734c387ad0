"""Bytes from a descriptor that may be a terminal or a pipe, such as stdin."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncGenerator

import click

_READ = 1 << 20


def stdin_descriptor() -> int:
    """Raises a usage error for a closed stdin: its number may be that of another file by now."""
    if sys.stdin is None:
        raise click.UsageError("stdin is closed")
    return sys.stdin.fileno()


async def read_chunks(descriptor: int) -> AsyncGenerator[bytes, None]:
    """What comes, read without a thread: a thread would still wait for input after the command has ended."""
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)):  # a file is always ready
        while chunk := os.read(descriptor, _READ):
            yield chunk
        return
    loop = asyncio.get_running_loop()
    while True:
        readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(descriptor)  # before it is read: told twice, the second time it would wait
        if not (chunk := os.read(descriptor, _READ)):
            return
        yield chunk
