"""``xs3-tui cat`` and ``head``: the content of objects."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import click

from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.identity_options import F, Typed, identity_options, typed_identity, with_options
from tui.cli.json_output import Json, json_option
from tui.cli.parameter_types import S3_URI, SIZE, TEXT, VERSION_ID
from tui.cli.prompts import can_ask, read_line
from tui.cli.running import connect, with_engine
from tui.cli.sources import LITERAL, named, objects_of
from tui.core.content import ContentFacts
from tui.core.identity import IdentitySpec
from tui.core.location import Location, readable
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.content.words import encoding_of, is_binary, shown
from tui.link.session import EngineAccess
from tui.messages.content_requests import Piece, StreamContent
from tui.saved.taking_back import explained
from tui.text.format import time_iso, visible

LINES = 10
"""Default number of lines for ``head``, as in head(1)."""

_JSON_HELP = "Print one JSON object per line: the metadata of each object, then its bytes in base64."

_RANGE = re.compile(r"(?:bytes=)?(\d*)-(\d*)")


class ContentJson(Json, frozen=True, tag="content"):
    """An object; its bytes follow."""

    uri: str
    size: int
    etag: str
    version: str | None
    modified: str | None
    content_type: str | None
    storage_class: str | None


class BytesJson(Json, frozen=True, tag="bytes"):
    """Some bytes of the object before."""

    offset: int
    base64: bytes


def content_options(command: F) -> F:
    return with_options(
        command,
        click.argument("locations", metavar="S3_URI...", type=S3_URI, nargs=-1, required=True),
        identity_options,
        LITERAL,
        click.option("-z", "--decompress", is_flag=True, help="Decompress gzip, zstd and bzip2."),
        click.option(
            "--version-id", type=VERSION_ID, default="", metavar="ID", help="Print this version of a single object."
        ),
        json_option(ContentJson, BytesJson, help=_JSON_HELP),
    )


@click.command()
@content_options
@click.option(
    "--range",
    "range_",
    type=TEXT,
    metavar="FIRST-LAST",
    help="Byte range as in HTTP: 0-99, 100-, or -100 (the last 100).",
)
@click.option("--offset", type=click.IntRange(min=0), help="Start at this byte; the first is 0.")
@click.option("--length", type=SIZE, help="Maximum number of bytes: 500, 64KiB.")
@with_engine
async def cat(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the content of objects.

    Writes the exact bytes to a file or a pipe. On a terminal it makes control characters and escape sequences visible,
    and asks before it prints binary content. Reads only the range that you ask for. If it cannot read one of several
    objects, it prints the error on stderr, prints the others, and exits with 1.
    """
    part, parts = typed.range_, typed.offset is not None or typed.length is not None
    refuse_if(part is not None and parts, "use either --range or --offset and --length")
    start, most = _range(part) if part is not None else (typed.offset or 0, typed.length)
    from_end = typed.decompress and start < 0
    refuse_if(from_end, "--decompress reads from the start: it cannot be combined with --range -N")
    feeds = partial(StreamContent, start=start, length=most, inside=typed.decompress, version=typed.version_id)
    return await _print(engine, typed, feeds)


@click.command()
@content_options
@click.option("-n", "--lines", type=click.IntRange(min=0), help=f"Number of lines. Default: {LINES}.")
@click.option("-c", "--bytes", "bytes_", type=SIZE, help="Number of bytes, instead of lines.")
@with_engine
async def head(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the first lines of objects, or with -c their first bytes.

    Reads no more than it needs. Prints content and errors as cat does. With several objects, prints each name before
    the content, as head(1) does.
    """
    refuse_if(typed.lines is not None and typed.bytes_ is not None, "use either --lines or --bytes")
    wanted = None if typed.bytes_ is not None else LINES if typed.lines is None else typed.lines
    feeds = partial(StreamContent, length=typed.bytes_, inside=typed.decompress, version=typed.version_id)
    return await _print(engine, typed, feeds, wanted, headed=len(typed.locations) > 1)


def _range(text: str) -> tuple[int, int | None]:
    """Start and length; a negative start counts from the end."""
    found = _RANGE.fullmatch(text)
    if not found or text.endswith("bytes=-") or not (found[1] or found[2]):
        raise click.UsageError(f"{visible(text)!r} is not a range: write FIRST-LAST, FIRST- or -COUNT")
    if not found[1]:
        return -int(found[2]), int(found[2])
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        raise click.UsageError(f"{visible(text)!r} is not a range: its last byte is before its first")
    return first, int(found[2]) - first + 1 if found[2] else None


async def _print(
    engine: EngineAccess,
    typed: Typed,
    feeds: Callable[[str, Location], StreamContent],
    lines: int | None = None,
    *,
    headed: bool = False,
) -> Exit:
    locations: tuple[Location, ...] = typed.locations
    one = len(locations) == 1 and locations[0].kind.has_versions
    refuse_if(typed.version_id and not one, "--version-id needs a single S3 object")
    for location in locations:
        what = location.kind.prefix if location.key else "bucket"
        refuse_if(location.is_prefix, f"{visible(location.uri)} is a {what}: name an object")
    specs = [typed_identity(typed, location) for location in locations]
    ended, between = Exit.DONE, ""
    async for location, connection in _objects(engine, typed, specs):
        heading = f"{between}==> {visible(readable(location.uri))} <==" if headed else ""
        try:
            await Printing(feeds(connection, location), typed.as_json, heading).run(engine, lines)
        except ProblemError as error:
            problem = error.problem
            if (
                (len(locations) == 1 and location == locations[0])
                or problem.kind is ProblemKind.ENGINE
                or problem.kind.meaning.unusable
            ):
                raise
            sys.stdout.flush()  # each message appears where the content would
            say_problem(await explained(engine, problem, connection, location=location), as_json=typed.as_json)
            ended = Exit.SOME_FAILED
        else:
            between = "\n"
    return ended


async def _objects(
    engine: EngineAccess, typed: Typed, specs: Sequence[IdentitySpec]
) -> AsyncGenerator[tuple[Location, str], None]:
    """Each object with its connection; of a pattern all that match, or its name, which is none, if none does."""
    for place, spec in zip(typed.locations, specs, strict=True):
        connection = (await connect(engine, spec)).connection
        source = await named(engine, connection, place, typed)
        refuse_if(source.pattern and typed.version_id, "--version-id needs a single S3 object")
        found = not source.pattern
        if found:
            yield source.place, connection
            continue
        async for location in objects_of(engine, connection, source):
            found = True
            yield location, connection
        if not found:
            yield place, connection


SCREEN_LINE = 4096
"""Characters after which a line is printed even if it has not ended: a line can have gigabytes."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Prints the content that `feed` delivers."""

    feed: StreamContent
    as_json: bool
    heading: str = ""
    """Printed before the content; not with JSON."""

    async def run(self, engine: EngineAccess, lines: int | None = None) -> None:
        """Print at most `lines` lines. Raises `ProblemError`, and `BrokenPipeError` if the pipe is closed."""
        async with aclosing(self._pieces(engine)) as pieces:
            wanted = _first_lines(pieces, lines) if lines is not None else pieces
            async with aclosing(wanted):
                if self.as_json:
                    await self._json(wanted)
                elif sys.stdout.isatty():
                    await self._to_terminal(wanted)
                else:
                    async for piece in wanted:
                        sys.stdout.buffer.write(piece.content)
                        sys.stdout.buffer.flush()

    async def _pieces(self, engine: EngineAccess) -> AsyncGenerator[Piece, None]:
        heading = "" if self.as_json else self.heading
        async with aclosing(engine.follow(self.feed)) as pieces:
            async for piece in pieces:
                if heading:  # there is such an object
                    click.echo(heading)
                    heading = ""
                yield piece

    async def _json(self, pieces: AsyncGenerator[Piece, None]) -> None:
        at = 0
        async for piece in pieces:
            if piece.facts:
                say_json(facts_line(self.feed.location, piece.facts))
                at = max(0, piece.facts.size + self.feed.start) if self.feed.start < 0 else self.feed.start
            if piece.content:
                say_json(BytesJson(at, piece.content))
                at += len(piece.content)

    async def _to_terminal(self, pieces: AsyncGenerator[Piece, None]) -> None:
        text: TerminalText | None = None
        async for piece in pieces:
            if not piece.content:
                continue
            if text is None:
                if is_binary(piece.content):
                    await self._ask()
                text = TerminalText(encoding_of(piece.content).codec)
            text.add(piece.content)
        if text:
            text.end()

    async def _ask(self) -> None:
        """Raise `ProblemError` unless the user wants to see binary content."""
        uri = visible(self.feed.location.uri)
        if can_ask():
            click.echo(
                f"{uri} is not text. Print it anyway, with control characters made visible? [y/N] ", nl=False, err=True
            )
            if (await read_line()).strip().lower() in ("y", "yes"):
                return
        title = f"{uri} is not text and was not printed on the terminal"
        remedy = "send it to a file or a program: xs3-tui cat … > FILE, xs3-tui cat … | hexdump -C"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy=remedy))


def facts_line(location: Location, facts: ContentFacts) -> ContentJson:
    """The first line of ``--json``."""
    return ContentJson(
        location.uri,
        facts.size,
        facts.etag,
        facts.version or None,
        time_iso(facts.modified),
        facts.content_type or None,
        facts.storage_class or None,
    )


async def _first_lines(pieces: AsyncGenerator[Piece, None], lines: int) -> AsyncGenerator[Piece, None]:
    async for piece in pieces:
        if not lines:
            yield Piece(b"", piece.facts)
            return
        end = 0
        while lines and (found := piece.content.find(b"\n", end)) >= 0:
            lines, end = lines - 1, found + 1
        yield Piece(piece.content if lines else piece.content[:end], piece.facts)
        if not lines:
            return


class TerminalText:
    """Prints decoded lines as soon as they are complete."""

    def __init__(self, codec: str) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)("surrogateescape" if codec != "utf-16-le" else "replace")
        self._rest = ""

    def add(self, content: bytes) -> None:
        *lines, rest = (self._rest + self._decoder.decode(content)).split("\n")
        for line in lines:
            click.echo(shown(line))
        while len(rest) >= SCREEN_LINE:
            click.echo(shown(rest[:SCREEN_LINE]), nl=False)
            rest = rest[SCREEN_LINE:]
        self._rest = rest

    def end(self) -> None:
        """Print the last line, which may lack a line end."""
        if rest := self._rest + self._decoder.decode(b"", final=True):
            click.echo(shown(rest))
