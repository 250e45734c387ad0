"""``xs3-tui acl``, ``policy``, ``tags`` and ``document``: settings documents shown and changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES, agreed, say_applied, say_changes, say_undo
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI, TAG, TEXT, PathParameter
from tui.cli.running import connect, run_command
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
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
    if not location.in_s3:
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


async def _read(engine: EngineAccess, ref: DocumentRef) -> PlannedChange:
    """The document as it is; raises `ProblemError` if it cannot be read."""
    read = await engine.ask(ReadDocument(ref))
    if read.unread:
        raise ProblemError(read.unread)
    return read


def _problem(planned: PlannedChange) -> Problem | None:
    """Why a change cannot be made; None: it can, or nothing changes."""
    if not planned.stops:
        return None
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the {planned.ref.title} {planned.ref.was} not changed",
        cause="; ".join(planned.stops),
        remedy="change the document so that this is not the case",
    )


def _say_afterwards(planned: PlannedChange, after: str | None, applied: str) -> None:
    """How it is taken back, and where the server has made something else of it."""
    if after != planned.after and "canned" not in (planned.after or ""):
        click.echo(visible(f"the server has it as: {after}"), err=True)
    say_undo(applied)


_tags_command = partial(document_command, DocumentKind.BUCKET_TAGS, DocumentKind.OBJECT_TAGS)


@click.group()
def tags() -> None:
    """Read and change the tags of an object or a bucket."""


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_tags(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print the tags."""
    run_command(partial(get, command=_tags_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("set")
@LOCATION
@click.argument("pairs", metavar="NAME=VALUE...", type=TAG, nargs=-1)
@click.option("--replace", is_flag=True, help="Remove all other tags.")
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def set_tags(
    location: Location,
    pairs: tuple[str, ...],
    replace: bool,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Set tags; other tags stay, unless --replace is given.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes.
    """
    if not pairs and not replace:
        raise click.UsageError("name the tags: NAME=VALUE")
    wanted = dict(map(_pair, pairs))
    command = _tags_command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)

    def edit(before: str | None) -> str:
        return json.dumps(wanted if replace else json.loads(before or "{}") | wanted, ensure_ascii=False)

    run_command(partial(change, command=command, edit=edit), as_json=as_json)


@click.command("remove")
@LOCATION
@click.argument("names", metavar="NAME...", type=TAG, nargs=-1, required=True)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def remove_tags(
    location: Location,
    names: tuple[str, ...],
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Remove tags by their names; shows the difference, and asks as 'tags set' does."""
    command = _tags_command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)

    def edit(before: str | None) -> str:
        kept = {name: value for name, value in json.loads(before or "{}").items() if name not in names}
        return json.dumps(kept, ensure_ascii=False)

    run_command(partial(change, command=command, edit=edit), as_json=as_json)


def _pair(typed: str) -> tuple[str, str]:
    """A tag as it is typed; its name has no ``=``."""
    name, mark, value = typed.partition("=")
    if not mark or not name:
        raise click.UsageError(f"{typed!r} is not a tag: write NAME=VALUE")
    return name, value


for each in (get_tags, set_tags, remove_tags):
    tags.add_command(each)


_acl_command = partial(document_command, DocumentKind.BUCKET_ACL, DocumentKind.OBJECT_ACL)


@click.group()
def acl() -> None:
    """Read and change the ACL of an object or a bucket.

    Grantees are canonical IDs, or the labels and numbers of accounts that xs3-tui knows the ID of. An ACL that would
    let everyone in is not written.
    """


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_acl(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print owner and grants, in the form that 'acl put' takes."""
    run_command(partial(get, command=_acl_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, required=False)
@click.option(
    "--canned", type=TEXT, metavar="NAME", help="A canned ACL instead of FILE, such as bucket-owner-full-control."
)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def put_acl(
    location: Location,
    source: Path | None,
    canned: str | None,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Put the ACL of FILE ('-': the standard input), or a canned one, in the place of the present one.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes. An ACL that was
    changed in between is not overwritten.
    """
    if (source is None) == (canned is None):
        raise click.UsageError("name a FILE, or a canned ACL: --canned NAME")
    command = _acl_command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    text = read_source(source) if source else json.dumps({"canned": canned})
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


for each in (get_acl, put_acl):
    acl.add_command(each)


_policy_command = partial(document_command, DocumentKind.BUCKET_POLICY, None)


@click.group()
def policy() -> None:
    """Read and change the policy of a bucket.

    A policy that would let everyone in, or lock its author out, is not written.
    """


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_policy(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print the bucket policy; exit code 4 if there is none."""
    run_command(partial(get, command=_policy_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def put_policy(
    location: Location,
    source: Path,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Put the policy of FILE, or of the standard input, in the place of the present one.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes. A policy that was
    changed in between is not overwritten.
    """
    command = _policy_command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    text = read_source(source)
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


@click.command("diff")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@identity_options
@AS_JSON
def diff_policy(location: Location, source: Path, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Show what 'policy put' would change, and what speaks against it; nothing is written."""
    command = _policy_command(location, typed, dry_run=True, as_json=as_json)
    text = read_source(source)
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


@click.command("delete")
@LOCATION
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def delete_policy(
    location: Location, read_only: bool, yes: bool, dry_run: bool, as_json: bool, **typed: Unpack[TypedIdentity]
) -> None:
    """Delete the bucket policy; shows it, and asks as 'policy put' does."""
    command = _policy_command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    run_command(partial(change, command=command, edit=lambda _: None), as_json=as_json)


for each in (get_policy, put_policy, diff_policy, delete_policy):
    policy.add_command(each)
