"""Stdout as the commands write to it: that it cannot be written is not mistaken for the failure of anything else."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import click

from tui.core.problem import Exit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_goes_on = ContextVar("goes_on", default="")
"""What is said on stderr when the reader has left; empty: the command ends then."""


class StdoutError(Exception):
    """Stdout cannot be written, and not because its reader has left. It is no `OSError`: no command handles it."""


class _Descriptor(io.FileIO):
    """The descriptor of stdout, whose failures are told from those of files and sockets."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            if not _goes_on.get():
                raise
            discard_output()
            click.echo(_goes_on.get(), err=True)
            return memoryview(data).nbytes
        except OSError as error:
            raise StdoutError(error.strerror) from error


@contextmanager
def checked_stdout() -> Iterator[None]:
    """Have a command that cannot write its output say why on stderr, and end with `Exit.SOME_FAILED`."""
    try:
        if not isinstance(sys.stdout, io.TextIOWrapper | None):
            yield  # it was replaced within this process
            return
        if sys.stdout is None:
            raise StdoutError("it is closed")
        sys.stdout = _rebuilt(sys.stdout)
        yield
    except StdoutError as error:
        discard_output()
        click.echo(f"xs3-tui: stdout cannot be written: {error}", err=True)
        sys.exit(Exit.SOME_FAILED)


@contextmanager
def reader_may_leave(words: str) -> Iterator[None]:
    """What goes on in here goes on when nobody reads its output any more, and `words` are said on stderr then."""
    token = _goes_on.set(words)
    try:
        yield
    finally:
        _goes_on.reset(token)


def discard_output() -> None:
    """Write what is left to nowhere: the interpreter would complain of it at its exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rebuilt(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
