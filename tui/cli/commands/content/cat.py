"""``xs3-tui cat`` and ``head``: what is in objects."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Unpack

import click

from tui.cli.commands.content.printing import Printing
from tui.cli.exits import say_problem
from tui.cli.identity_options import Command, TypedIdentity, identity_options, typed_identity, with_options
from tui.cli.parameter_types import S3_URI, SIZE, TEXT, VERSION_ID
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location, readable
from tui.core.problem import Exit, ProblemError, ProblemKind
from tui.link.session import EngineAccess
from tui.messages.content_requests import StreamContent
from tui.saved.taking_back import explained
from tui.text.format import visible

LINES = 10
"""What ``head`` prints, as head(1) does."""

_RANGE = re.compile(r"(?:bytes=)?(\d*)-(\d*)")

AS_JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print what is known of each object, then its bytes in base64: one JSON object per line.",
)


def content_options(command: Command) -> Command:
    """What cat and head have in common."""
    return with_options(
        command,
        click.argument("locations", metavar="S3_URI...", type=S3_URI, nargs=-1, required=True),
        identity_options,
        click.option("-z", "--decompress", is_flag=True, help="Print what is inside gzip, zstd or bzip2."),
        click.option(
            "--version-id", type=VERSION_ID, default="", metavar="ID", help="This version of a single object."
        ),
        AS_JSON,
    )


@click.command()
@content_options
@click.option(
    "--range", "range_", type=TEXT, metavar="FIRST-LAST", help="Bytes as HTTP counts them: 0-99, 100-, -100 (the last)."
)
@click.option("--offset", type=click.IntRange(min=0), help="Begin at this byte.")
@click.option("--length", type=SIZE, help="Print at most so many bytes: 500, 64KiB.")
def cat(
    locations: tuple[Location, ...],
    decompress: bool,
    version_id: str,
    as_json: bool,
    range_: str | None,
    offset: int | None,
    length: int | None,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Print the content of objects.

    To a file or a pipe it prints the exact bytes. On a terminal control characters and escape sequences are made
    visible, and it asks before it prints what is not text. Only the range that is asked for is read. Of several objects
    one that cannot be read is named on stderr, the others are printed, and the exit code is 1.
    """
    if range_ is not None and (offset is not None or length is not None):
        raise click.UsageError("one of --range and --offset/--length")
    start, most = _range(range_) if range_ is not None else (offset or 0, length)
    if decompress and start < 0:
        raise click.UsageError("--decompress reads from the start: --range -N needs the end")
    feeds = partial(StreamContent, start=start, length=most, inside=decompress, version=version_id)
    _print(locations, feeds, None, typed, version_id=version_id, as_json=as_json)


@click.command()
@content_options
@click.option("-n", "--lines", type=click.IntRange(min=0), help=f"So many lines. Without it: {LINES}.")
@click.option("-c", "--bytes", "bytes_", type=SIZE, help="So many bytes instead.")
def head(
    locations: tuple[Location, ...],
    decompress: bool,
    version_id: str,
    as_json: bool,
    lines: int | None,
    bytes_: int | None,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Print the first lines of objects, or with -c their first bytes; no more is read than that takes.

    What it prints is printed as by cat, and what cannot be read is named as by cat. Of several objects the name comes
    before the content, as by head(1).
    """
    if lines is not None and bytes_ is not None:
        raise click.UsageError("one of --lines and --bytes")
    wanted = None if bytes_ is not None else LINES if lines is None else lines
    feeds = partial(StreamContent, length=bytes_, inside=decompress, version=version_id)
    _print(locations, feeds, wanted, typed, version_id=version_id, as_json=as_json, named=len(locations) > 1)


def _range(text: str) -> tuple[int, int | None]:
    """Start and length; a start below 0 counts from the end."""
    found = _RANGE.fullmatch(text)
    if not found or text.endswith("bytes=-") or not (found[1] or found[2]):
        raise click.UsageError(f"{visible(text)!r} is no range: write FIRST-LAST, FIRST- or -COUNT")
    if not found[1]:
        return -int(found[2]), int(found[2])
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        raise click.UsageError(f"{visible(text)!r} is no range: its last byte is before its first")
    return first, int(found[2]) - first + 1 if found[2] else None


def _print(
    locations: Sequence[Location],
    feeds: Callable[[str, Location], StreamContent],
    lines: int | None,
    typed: TypedIdentity,
    *,
    version_id: str,
    as_json: bool,
    named: bool = False,
) -> None:
    if version_id and (len(locations) > 1 or locations[0].is_local):
        raise click.UsageError("--version-id needs a single S3 object")
    for location in locations:
        if location.is_prefix:
            what = "directory" if location.is_local else "prefix" if location.key else "bucket"
            raise click.UsageError(f"{visible(location.uri)} is a {what}: name an object")
    specs = [typed_identity(location, typed) for location in locations]
    run_command(
        partial(_run, locations=locations, specs=specs, feeds=feeds, lines=lines, as_json=as_json, named=named),
        as_json=as_json,
    )


async def _run(
    engine: EngineAccess,
    *,
    locations: Sequence[Location],
    specs: Sequence[IdentitySpec],
    feeds: Callable[[str, Location], StreamContent],
    lines: int | None,
    as_json: bool,
    named: bool,
) -> Exit:
    ended = Exit.DONE
    between = ""
    for location, spec in zip(locations, specs, strict=True):
        identity = await connect(engine, spec)
        heading = f"{between}==> {visible(readable(location.uri))} <==" if named else ""
        try:
            await Printing(feeds(identity.connection, location), as_json, heading).run(engine, lines)
        except ProblemError as error:
            problem = error.problem
            if len(locations) == 1 or problem.kind is ProblemKind.ENGINE or problem.kind.meaning.unusable:
                raise
            sys.stdout.flush()  # each message stands where its content would
            say_problem(await explained(engine, problem, identity.connection, location=location), as_json=as_json)
            ended = Exit.SOME_FAILED
        else:
            between = "\n"
    return ended
