"""``--files-from``: the objects that a file or stdin names, one a line."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from typing import IO

import click
import msgspec

from tui.cli.exits import refuse_if
from tui.cli.identity_options import F, Typed, taken, with_options
from tui.cli.parameter_types import PathParameter
from tui.cli.stdin import read_chunks, stdin_descriptor
from tui.core.location import SCHEME, Location
from tui.core.orders import Filters, Selection
from tui.link.session import EngineAccess
from tui.messages.order_requests import KeepKeys, KeptKeys, NamedKey
from tui.text.format import counted, visible

LONGEST = 8192
"""Bytes of a line: more than any name, size and ETag have."""

_AT_ONCE = 5000
"""Names of one message, which has less than its limit of 64 MiB."""


def files_from_options(command: F) -> F:
    return with_options(
        command,
        click.option(
            "--files-from",
            type=PathParameter(dir_okay=False, allow_dash=True, path_type=str),
            metavar="FILE",
            help="Only the objects that FILE (-: stdin) names, one a line: a name below the place, or a whole URI. A "
            "tab and its size, and a tab and its ETag, may follow.",
        ),
        click.option("--nul", is_flag=True, help="In --files-from, NUL ends a name; nothing else is in it."),
    )


def refuse_with_names(typed: Typed, places: Sequence[Location]) -> None:
    """Raise a usage error for options that say otherwise which objects are meant."""
    refuse_if(typed.nul and not typed.files_from, "--nul is for --files-from")
    if typed.files_from:
        others = ("recursive", "version_id", "marker", "literal")
        given = [f"--{each.replace('_', '-')}" for each in others if getattr(typed, each, None)]
        refuse_if(given, f"--files-from names each object: leave out {', '.join(given)}")
        refuse_if(len(places) != 1 or not places[0].bucket, "with --files-from, name one place: the names are below it")


async def named_selection(
    engine: EngineAccess, typed: Typed, connection: str, place: Location, *, sizes: bool = True
) -> list[Selection]:
    """The named objects, as a list that the engine keeps; none if there are no names, which is printed.

    Raises a usage error that names the line that is none.
    """
    base, kept, read = place.as_prefix, KeptKeys("", 0), 0
    async with aclosing(named_keys(typed, base)) as pieces:
        async for piece in pieces:
            keys = piece if sizes else [NamedKey(each.key) for each in piece]
            kept, read = await engine.ask(KeepKeys(keys, kept.path)), read + len(keys)
    if not read:
        _say_none(typed)
        return []
    kept = await engine.ask(KeepKeys([], kept.path))
    if read > kept.objects:
        click.echo(f"repeated names: {read - kept.objects:,}", err=True)
    return [Selection(connection, base, filters=taken(Filters, typed), listed=kept.path)]


def _say_none(typed: Typed) -> None:
    click.echo(f"nothing found: {visible(typed.files_from)} has no names", err=True)


async def keep_names(typed: Typed, base: Location, file: IO[bytes]) -> int:
    """Read all names into a file, so that nothing is done for some of them before a line is refused; their number."""
    read = 0
    async with aclosing(named_keys(typed, base)) as pieces:
        async for piece in pieces:
            read += len(piece)
            try:
                file.writelines(msgspec.json.encode(each.key) + b"\n" for each in piece)
            except OSError as error:
                raise click.UsageError(f"the names cannot be kept: {error.strerror}") from error
    if not read:
        _say_none(typed)
    file.seek(0)
    return read


def kept_names(base: Location, file: IO[bytes], most: int) -> Iterator[list[Location]]:
    while some := list(islice(file, most)):
        yield [Location(base.bucket, msgspec.json.decode(line)) for line in some]


async def named_keys(typed: Typed, base: Location) -> AsyncGenerator[list[NamedKey], None]:
    """The names of the file as keys, in pieces; `base` is a prefix. Raises a usage error that names a bad line."""
    if typed.files_from == "-":
        descriptor = os.dup(stdin_descriptor())
    else:
        try:
            descriptor = os.open(typed.files_from, os.O_RDONLY)
        except OSError as error:
            raise click.UsageError(f"{visible(typed.files_from)} cannot be read: {error.strerror}") from error
    number, rest, end, keys = 1, b"", b"\0" if typed.nul else b"\n", list[NamedKey]()
    try:
        async with aclosing(read_chunks(descriptor)) as chunks:
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(end)
                for line in lines:
                    keys += _read(line, number, typed, base)
                    number += 1
                    if len(keys) == _AT_ONCE:
                        yield keys
                        keys = []
                refuse_if(len(rest) > LONGEST, f"line {number} is longer than {LONGEST:,} bytes: is this a list?")
            if keys := keys + _read(rest, number, typed, base):
                yield keys
    finally:
        os.close(descriptor)


def _read(line: bytes, number: int, typed: Typed, base: Location) -> list[NamedKey]:
    """The key of a line; none of an empty one."""
    try:
        if number == 1 and line.endswith(b"\r") and not typed.nul:
            raise ValueError("it ends with CR, as lines of Windows files do: convert the file first")
        return [_named(line.decode(), base, columns=not typed.nul)] if line else []
    except ValueError as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        shown = visible(line.decode(errors="backslashreplace"))
        raise click.UsageError(f"line {number} of {visible(typed.files_from)}: {why}: {shown[:200]}") from error


def _named(line: str, base: Location, *, columns: bool) -> NamedKey:
    """Raises `ValueError` with the reason why the line names no object, as a clause."""
    name, size, etag, *more = [*line.split("\t"), "", ""] if columns else (line, "", "")
    known = size.isascii() and size.isdecimal() and len(size) < 19  # below 2**63
    if more[2:] or (size and not known):
        raise ValueError("after the name only a size in bytes and an ETag may follow: add --nul for names with tabs")
    key = _key(name, base)
    if key == base.key or not key.startswith(base.key):
        raise ValueError(f"it names nothing below {base.uri}")
    if len(line) > LONGEST or len(key.encode()) > base.kind.longest_key:
        raise ValueError(f"its key is longer than {counted(base.kind.longest_key, 'byte')}")
    return NamedKey(key, int(size) if size else -1, etag)


def _key(name: str, base: Location) -> str:
    """The whole key of a name; of a path without ``.`` and ``..``, which must not lead out of the base."""
    if base.kind.has_directories:
        return os.path.normpath(os.path.join(base.path, name)).lstrip("/")  # noqa: PTH118  # Path knows no bytes that are none
    if not name.startswith(SCHEME):
        return base.key + name
    return name[len(base.uri) - len(base.key) :] if name.startswith(base.uri) else ""
