"""Stdout of the commands: a failed write to it is reported as such, not as another error."""

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
"""Printed on stderr when the reader of stdout has left; empty: the command ends."""


class StdoutError(Exception):
    """Stdout cannot be written, and its reader has not left. It is no `OSError`, so that no command catches it."""


class _Descriptor(io.FileIO):
    """Stdout's descriptor; raises errors of its own."""

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
    """If stdout cannot be written, print why on stderr and exit with `Exit.SOME_FAILED`."""
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
    """Continue if the reader of stdout leaves, and print `words` on stderr."""
    token = _goes_on.set(words)
    try:
        yield
    finally:
        _goes_on.reset(token)


def discard_output() -> None:
    """Discard buffered output: the interpreter would report an error at exit."""
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
