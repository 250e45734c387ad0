"""``xs3-tui run``: many commands, one a line, side by side on one engine."""

from __future__ import annotations

import asyncio
import io
import os
import shlex
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, TypeVar, cast

import click
from msgspec import Struct

from tui.app.command_table import PROGRAM
from tui.app.main import cli
from tui.cli.aws_words import as_typed, our_word
from tui.cli.exits import Refused, exit_for, refuse_if, say_problem
from tui.cli.identity_options import RECEIPT, Typed
from tui.cli.parameter_types import STREAM, TEXT
from tui.cli.prompts import PromptingEngine
from tui.cli.running import Carried, explaining, with_engine
from tui.core.identity import Identity
from tui.core.problem import Exit, ProblemError
from tui.link.private_files import private_descriptor
from tui.link.request import Feed, Request
from tui.link.session import EngineAccess
from tui.messages.identity_requests import Connect
from tui.text.format import visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LONGEST = 1 << 20
"""Characters of a line."""

_IN_MEMORY = 1 << 16
"""Bytes of a line's output; more of it goes to a temporary file."""

_ALONE = ("edit", "login", "run")
"""Commands that ask, or that would hold what others print."""

_outputs: ContextVar[tuple[IO[bytes], IO[bytes]] | None] = ContextVar("outputs", default=None)
"""Stdout and stderr of the command that runs in this context."""


A = TypeVar("A")


class _Line(Struct, frozen=True):
    number: int
    text: str


@click.command()
@click.argument("file", metavar="FILE", type=TEXT)
@click.option(
    "--at-once", type=click.IntRange(1, 256), default=8, show_default=True, metavar="N", help="Commands side by side."
)
@click.option("--dry-run", is_flag=True, help="Add --dry-run to every line: show what would happen; write nothing.")
@RECEIPT
@with_engine
async def run(engine: EngineAccess, typed: Typed) -> Exit:
    """Run the commands of FILE (-: stdin), one a line.

    A line is written as in a shell, with quotes and backslashes, without variables; # begins a comment. Commands run
    side by side, in no order. The output of each is printed when it has ended; lines on stderr begin with the number of
    its line. No command can ask: conflicts need --on-conflict, deletions --yes. If a line of FILE is no command, none
    is run; the lines of stdin run as they are read. Exits with the highest exit code of all.
    """
    with _opened(typed.file) as file:
        if file.seekable():
            async for line in _lines(file):
                _carried(line, None, dry_run=typed.dry_run)
            file.seek(0)
        with _receipt(typed.receipt) as parts:
            return await _run_all(engine, file, parts, typed)


async def _run_all(engine: EngineAccess, file: IO[str], parts: Parts | None, typed: Typed) -> Exit:
    running, ended, engine = set[asyncio.Task[Exit]](), Exit.DONE, SharedIdentities(engine)
    with _outputs_by_line():
        try:
            async for line in _lines(file):
                receipt = parts.new(line.number) if parts else None
                running.add(asyncio.create_task(_run(engine, line, receipt, dry_run=typed.dry_run)))
                if len(running) >= typed.at_once:
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    ended = max([ended, *(task.result() for task in done)])
            return max([ended, *await asyncio.gather(*running)])
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


class SharedIdentities:
    """The engine, which all commands together ask about an identity, not each for itself."""

    def __init__(self, engine: EngineAccess) -> None:
        self._engine = engine
        self._known: dict[Connect, asyncio.Task[list[Identity]]] = {}

    async def ask(self, request: Request[A]) -> A:
        return await self._engine.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        if isinstance(feed, Connect):
            known = self._known.get(feed)
            if known is None or (known.done() and (known.cancelled() or known.exception())):
                known = self._known[feed] = asyncio.create_task(self._identities(feed))
            for each in await asyncio.shield(known):
                yield cast("A", each)
            return
        async with aclosing(self._engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer

    async def other_has_ended(self) -> None:
        await self._engine.other_has_ended()

    async def _identities(self, feed: Connect) -> list[Identity]:
        return [each async for each in self._engine.follow(feed)]


class Parts:
    """The receipts of all commands, which become one at the end."""

    def __init__(self, whole: Path) -> None:
        self._whole, self._parts = whole, list[Path]()

    def new(self, number: int) -> Path:
        self._parts.append(self._whole.with_name(f".{self._whole.name}.{number}"))
        return self._parts[-1]

    def join(self, file: IO[bytes]) -> None:
        for part in self._parts:
            with suppress(FileNotFoundError), part.open("rb") as found:
                shutil.copyfileobj(found, file)
                part.unlink()


@contextmanager
def _receipt(name: str | None) -> Iterator[Parts | None]:
    if not name:
        yield None
        return
    try:
        file = os.fdopen(private_descriptor(Path(name), os.O_WRONLY | os.O_EXCL), "wb")
    except OSError as error:
        raise click.UsageError(f"the receipt cannot be written to {visible(name)}: {error.strerror}") from error
    with file:
        parts = Parts(Path(name))
        try:
            yield parts
        finally:
            parts.join(file)


@contextmanager
def _opened(name: str) -> Iterator[IO[str]]:
    try:
        file = open(0 if name == "-" else name, encoding="utf-8", errors="surrogateescape", newline="\n")  # noqa: PTH123, SIM115  # Path has no stdin; closed below
    except OSError as error:
        raise click.UsageError(f"{visible(name)} cannot be read: {error.strerror}") from error
    with file:
        yield file


async def _lines(file: IO[str]) -> AsyncGenerator[_Line, None]:
    """The lines that are not empty; raise a usage error for one that is too long."""
    number = 0
    while text := await asyncio.to_thread(file.readline, LONGEST):
        number += 1
        refuse_if(len(text) == LONGEST, f"line {number} is longer than {LONGEST:,} characters")
        if text.strip() and not text.lstrip().startswith("#"):
            yield _Line(number, text.strip())


def _carried(line: _Line, receipt: Path | None, *, dry_run: bool) -> tuple[Carried, Typed]:
    """The coroutine of a command with its values; raise a usage error that names the line."""
    try:
        words = shlex.split(line.text, comments=True)
        words = words[1:] if words[:1] == [PROGRAM] else words
        command = cast("click.Command", cli)
        context = click.Context(cli, info_name=PROGRAM, token_normalize_func=our_word)
        while isinstance(command, click.Group):
            refuse_if(not words, f"{context.info_name} needs a command")
            name, found, words = command.resolve_command(context, words)
            command = cast("click.Command", found)
            context = click.Context(command, context, name)
        context = command.make_context(context.info_name, words, context.parent)
        carried = getattr(command.callback, "__wrapped__", None)
        alone = carried is None or command.name in _ALONE
        refuse_if(alone, f"{command.name} cannot be run from a file")
        given = [each for value in context.params.values() for each in (value if isinstance(value, tuple) else [value])]
        piped = STREAM in given or "-" in given
        refuse_if(piped, "stdin and stdout belong to run: name a file or an object instead of -")
        if dry_run:
            refuse_if("dry_run" not in context.params, f"{command.name} has no --dry-run")
            context.params["dry_run"] = True
        if receipt and "receipt" in context.params:
            both = context.params["receipt"] or context.params.get("background")
            refuse_if(both, "run --receipt is for all: leave out --receipt and --background here")
            context.params["receipt"] = str(receipt)
    except ValueError as error:
        raise click.UsageError(f"line {line.number}: {error}: {visible(line.text)}") from error
    except click.ClickException as error:
        text = as_typed(error.format_message(), line.text.split())
        raise click.UsageError(f"line {line.number}: {text}: {visible(line.text)}") from error
    except click.exceptions.Exit as error:
        raise click.UsageError(f"line {line.number}: it asks for help or the version: {visible(line.text)}") from error
    return cast("Carried", carried), Typed(**context.params)


async def _run(engine: EngineAccess, line: _Line, receipt: Path | None, *, dry_run: bool) -> Exit:
    """Run one command, and print what it said when it has ended."""
    with SpooledTemporaryFile(_IN_MEMORY) as out, SpooledTemporaryFile(_IN_MEMORY) as err:
        _outputs.set((out, err))
        try:
            carried, typed = _carried(line, receipt, dry_run=dry_run)
            return await _ended(engine, carried, typed)
        except click.ClickException as error:
            if isinstance(error, Refused):
                error.show()
            else:
                click.echo(visible(error.format_message()), err=True)
            return Exit(error.exit_code)
        finally:
            _print(line.number, out, err)


async def _ended(engine: EngineAccess, carried: Carried, typed: Typed) -> Exit:
    try:
        return await explaining(lambda asked: carried(asked, typed), PromptingEngine(engine))
    except ProblemError as error:
        say_problem(error.problem, as_json=bool(getattr(typed, "as_json", False)))
        return exit_for(error.problem)
    except UnicodeEncodeError as error:
        click.echo(f"{error.object!r} is not UTF-8", err=True)
        return Exit.USAGE


class _OfLine(io.RawIOBase):
    """Writes to what the running command has for stdout or stderr."""

    def __init__(self, number: int) -> None:
        self._number = number

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        kept = _outputs.get()
        return kept[self._number].write(data) if kept else _real[self._number].buffer.write(data)


_real = (sys.stdout, sys.stderr)


@contextmanager
def _outputs_by_line() -> Iterator[None]:
    """Keep what commands print apart; none of them can read stdin."""
    global _real  # as the streams of a process are
    _real, before = (sys.stdout, sys.stderr), (sys.stdin, sys.stdout, sys.stderr)
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123  # it is no path of ours
        sys.stdin = nothing
        sys.stdout, sys.stderr = [
            io.TextIOWrapper(cast("IO[bytes]", _OfLine(number)), "utf-8", "surrogateescape", write_through=True)
            for number in range(2)
        ]
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


def _print(number: int, out: IO[bytes], err: IO[bytes]) -> None:
    stdout, stderr = _real
    out.seek(0)
    shutil.copyfileobj(out, stdout.buffer)
    stdout.flush()
    err.seek(0)
    lead = f"line {number}: ".encode()
    for text in err:
        stderr.buffer.write(lead + text.removeprefix(lead).removesuffix(b"\n") + b"\n")
    stderr.flush()
