"""What the commands on documents share: read one, show what changes, ask, apply."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from tui.cli.change_lines import agreed, say_applied, say_changes, say_undo
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import TypedIdentity, typed_identity
from tui.cli.parameter_types import S3_URI, PathParameter
from tui.cli.running import connect
from tui.core.changes import Change, DocumentKind, DocumentRef
from tui.core.identity import IdentitySpec
from tui.core.json_text import read_json
from tui.core.location import Location
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanChange, ReadDocument
from tui.text.diff import pretty
from tui.text.format import visible

LONGEST_FILE = 1 << 20
"""Bytes of a document that are read at most; none that S3 takes is that long."""

LOCATION = click.argument("location", metavar="S3_URI", type=S3_URI)
SOURCE = PathParameter(path_type=Path, allow_dash=True, exists=True, dir_okay=False)
"""A file, or ``-`` for the standard input."""


@dataclass(frozen=True, slots=True)
class DocumentCommand:
    """What was typed: which document, as whom, and how far to go."""

    kind: DocumentKind
    location: Location
    spec: IdentitySpec
    yes: bool = False
    dry_run: bool = False
    as_json: bool = False

    async def ref(self, engine: EngineAccess) -> DocumentRef:
        """The document, after its identity is connected."""
        identity = await connect(engine, self.spec)
        return DocumentRef(self.kind, self.location, account=identity.account, connection=identity.connection)


def _require_s3(location: Location) -> Location:
    """The location, or a usage error: files have no settings of S3."""
    if not location.bucket or location.is_local:
        raise click.UsageError("name a bucket or an object: s3://bucket/key")
    return location


def document_command(
    of_bucket: DocumentKind,
    of_object: DocumentKind | None,
    location: Location,
    typed: TypedIdentity,
    *,
    read_only: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    as_json: bool,
) -> DocumentCommand:
    """A command about the document of a bucket or an object; a usage error where only buckets have one: policies."""
    kind = of_object if _require_s3(location).key else of_bucket
    if kind is None:
        raise click.UsageError("a policy belongs to a bucket: s3://bucket")
    spec = typed_identity(location, typed, read_only=read_only)
    return DocumentCommand(kind, location, spec, yes=yes, dry_run=dry_run, as_json=as_json)


def read_source(source: Path) -> str:
    """The text of a file or of the standard input; a usage error says why it cannot be read."""
    try:
        if str(source) == "-":
            content = sys.stdin.buffer.read(LONGEST_FILE + 1)
        else:
            with source.open("rb") as file:
                content = file.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            raise click.UsageError(visible(f"{source} is longer than {LONGEST_FILE:,} bytes"))
        return content.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(visible(f"{source} cannot be read: {error}")) from error


async def get(engine: EngineAccess, *, command: DocumentCommand) -> Exit:
    """Print the document as it is."""
    ref = await command.ref(engine)
    read = await _read(engine, ref)
    text = read.before
    if text is None:
        return _say_there_is_none(ref, as_json=command.as_json)
    if command.as_json:
        say_json({"uri": ref.location.uri, "kind": ref.kind, "document": _value(text)})
    else:
        for line in pretty(text).splitlines():
            click.echo(visible(line))
        for note in read.notes:
            click.echo(visible(note), err=True)
    return Exit.DONE


def _say_there_is_none(ref: DocumentRef, *, as_json: bool) -> Exit:
    if as_json:
        say_json({"uri": ref.location.uri, "kind": ref.kind, "document": None})
    else:
        click.echo(visible(f"there is no {ref.title}"), err=True)
    return Exit.NOT_FOUND


def _value(text: str) -> object:
    """The document as JSON; as it is, if it is none."""
    try:
        return read_json(text)
    except ValueError:
        return text


async def change(engine: EngineAccess, *, command: DocumentCommand, edit: Callable[[str | None], str | None]) -> Exit:
    """Show what `edit` changes; apply it if that is wanted: said on the command line, or now at the terminal."""
    ref = await command.ref(engine)
    before = (await _read(engine, ref)).before
    wanted = edit(before)
    if before is None and wanted is None:
        return _say_there_is_none(ref, as_json=command.as_json)
    planned = await engine.ask(PlanChange(ref, wanted))
    if not command.as_json:
        say_changes([planned])
    if problem := _problem(planned):
        if command.as_json:
            say_json({"change": planned})
        say_problem(problem, as_json=command.as_json)
        return problem.kind.meaning.exit
    if command.dry_run or not planned.is_needed:
        if command.as_json:
            say_json({"change": planned})
        return Exit.DONE
    if not await agreed(command.yes):
        return Exit.SOME_FAILED
    applied = await engine.ask(ApplyChange(planned))
    say_applied(applied, as_json=command.as_json)
    if not command.as_json:
        _say_afterwards(planned, applied.after, applied.id)
    return Exit.DONE


async def _read(engine: EngineAccess, ref: DocumentRef) -> Change:
    """The document as it is; raises `ProblemError` if it cannot be read."""
    read = await engine.ask(ReadDocument(ref))
    if read.unread:
        raise ProblemError(read.unread)
    return read


def _problem(planned: Change) -> Problem | None:
    """Why a change cannot be made; None: it can, or nothing changes."""
    if not planned.stops:
        return None
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the {planned.ref.title} {planned.ref.was} not changed",
        cause="; ".join(planned.stops),
        remedy="change the document so that this is not the case",
    )


def _say_afterwards(planned: Change, after: str | None, applied: str) -> None:
    """How it is taken back, and where the server has made something else of it."""
    if after != planned.after and "canned" not in (planned.after or ""):
        click.echo(visible(f"the server has it as: {after}"), err=True)
    say_undo(applied)
