"""Content on stdout: exact bytes to a file or a pipe; to a terminal text of which nothing is acted on."""

from __future__ import annotations

import base64
import codecs
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import click

from tui.cli.exits import say_json
from tui.cli.prompts import can_ask, read_line
from tui.core.content import ContentFacts
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.session import EngineAccess
from tui.messages.content_requests import Piece, StreamContent
from tui.text.content.encodings import encoding_of, is_binary, shown
from tui.text.format import time_iso, visible

SCREEN_LINE = 4096
"""Characters after which a line without an end is printed: it may go on for gigabytes."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Prints one object; of `feed` what its options ask for."""

    feed: StreamContent
    as_json: bool
    heading: str = ""
    """What is printed before the content as it is, but not with JSON."""

    async def run(self, engine: EngineAccess, lines: int | None = None) -> None:
        """Print it, at most so many lines. Raises `ProblemError`, and `BrokenPipeError` where nobody reads on."""
        async with aclosing(self._pieces(engine)) as pieces:
            wanted = _first_lines(pieces, lines) if lines is not None else pieces
            async with aclosing(wanted):
                if self.as_json:
                    await self._json(wanted)
                elif sys.stdout.isatty():
                    await self._to_terminal(wanted)
                else:
                    await _exactly(wanted)

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
                say_json(facts_line(self.feed, piece.facts))
                at = max(0, piece.facts.size + self.feed.start) if self.feed.start < 0 else self.feed.start
            if piece.content:
                say_json({"type": "bytes", "offset": at, "base64": base64.b64encode(piece.content).decode()})
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
        """Raise `ProblemError` unless the user wants to see bytes that are no text."""
        uri = visible(self.feed.location.uri)
        if can_ask():
            click.echo(
                f"{uri} is not text. Print it here all the same, control characters made visible? [y/N] ",
                nl=False,
                err=True,
            )
            if (await read_line()).strip().lower() in ("y", "yes"):
                return
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"{uri} is not text and was not printed on the terminal",
                remedy="send it to a file or a program: xs3-tui cat … > FILE, xs3-tui cat … | hexdump -C",
            )
        )


def facts_line(feed: StreamContent, facts: ContentFacts) -> dict[str, object]:
    """The first line of ``--json``."""
    return {
        "type": "content",
        "uri": feed.location.uri,
        "size": facts.size,
        "etag": facts.etag,
        "version": facts.version or None,
        "modified": time_iso(facts.modified),
        "content_type": facts.content_type or None,
        "storage_class": facts.storage_class or None,
    }


async def _exactly(pieces: AsyncGenerator[Piece, None]) -> None:
    out = sys.stdout.buffer
    async for piece in pieces:
        out.write(piece.content)
        out.flush()


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
    """Prints decoded lines; what is not complete yet waits for more of it."""

    def __init__(self, codec: str) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)("surrogateescape" if codec != "utf-16-le" else "replace")
        self._rest = ""

    def add(self, content: bytes) -> None:
        """Print the lines that are complete."""
        *lines, rest = (self._rest + self._decoder.decode(content)).split("\n")
        for line in lines:
            click.echo(shown(line))
        while len(rest) >= SCREEN_LINE:
            click.echo(shown(rest[:SCREEN_LINE]), nl=False)
            rest = rest[SCREEN_LINE:]
        self._rest = rest

    def end(self) -> None:
        """Print the last line; it may have no end."""
        if rest := self._rest + self._decoder.decode(b"", final=True):
            click.echo(shown(rest))
