"""``xs3-tui acl``, ``policy`` and ``tags``: show and change documents of buckets and objects."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from tui.cli.change_lines import AS_JSON, agreed, changing_options, say_applied, say_changes, say_undo
from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.identity_options import Typed, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI, TAG, TEXT, PathParameter
from tui.cli.running import connect, with_engine
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.json_text import read_json
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanChange, ReadDocument
from tui.text.diff import pretty
from tui.text.format import visible

LONGEST_FILE = 1 << 20
"""Maximum bytes of a document; S3 accepts no document of that size."""

LOCATION = click.argument("location", metavar="S3_URI", type=S3_URI)
SOURCE = PathParameter(path_type=Path, allow_dash=True, exists=True, dir_okay=False)


def _kind(typed: Typed, of_bucket: DocumentKind, of_object: DocumentKind | None) -> DocumentKind:
    """The document for this location; a usage error for the policy of an object."""
    refuse_if(not typed.location.in_s3, "name a bucket or an object: s3://bucket/key")
    kind = of_object if typed.location.key else of_bucket
    if kind is None:
        raise click.UsageError("a policy belongs to a bucket: s3://bucket")
    return kind


async def _ref(engine: EngineAccess, typed: Typed, kind: DocumentKind) -> DocumentRef:
    identity = await connect(engine, typed_identity(typed, typed.location))
    return DocumentRef(kind, typed.location, account=identity.account, connection=identity.connection)


def read_source(source: Path) -> str:
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


async def get(engine: EngineAccess, typed: Typed, kind: DocumentKind) -> Exit:
    """Print the document as it is."""
    ref = await _ref(engine, typed, kind)
    read = await _read(engine, ref)
    text = read.before
    if text is None:
        return _say_there_is_none(ref, as_json=typed.as_json)
    if typed.as_json:
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
    try:
        return read_json(text)
    except ValueError:
        return text


async def change(
    engine: EngineAccess, typed: Typed, kind: DocumentKind, edit: Callable[[str | None], str | None]
) -> Exit:
    """Show what `edit` changes, and apply it if the user agrees."""
    ref = await _ref(engine, typed, kind)
    before = (await _read(engine, ref)).before
    wanted = edit(before)
    if before is None and wanted is None:
        return _say_there_is_none(ref, as_json=typed.as_json)
    planned = await engine.ask(PlanChange(ref, wanted))
    if not typed.as_json:
        say_changes([planned])
    if problem := _problem(planned):
        if typed.as_json:
            say_json({"change": planned})
        say_problem(problem, as_json=typed.as_json)
        return problem.kind.meaning.exit
    if typed.dry_run or not planned.is_needed:
        if typed.as_json:
            say_json({"change": planned})
        return Exit.DONE
    if not await agreed(typed.yes):
        return Exit.SOME_FAILED
    applied = await engine.ask(ApplyChange(planned))
    say_applied(applied, as_json=typed.as_json)
    if not typed.as_json:
        if applied.after != planned.after and "canned" not in (planned.after or ""):
            click.echo(visible(f"the server has stored: {applied.after}"), err=True)
        say_undo(applied.id)
    return Exit.DONE


async def _read(engine: EngineAccess, ref: DocumentRef) -> PlannedChange:
    read = await engine.ask(ReadDocument(ref))
    if read.unread:
        raise ProblemError(read.unread)
    return read


def _problem(planned: PlannedChange) -> Problem | None:
    if not planned.stops:
        return None
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the {planned.ref.title} {planned.ref.was} not changed",
        cause="; ".join(planned.stops),
        remedy="correct the document",
    )


@click.group()
def tags() -> None:
    """Read and change the tags of an object or a bucket."""


@tags.command("get")
@LOCATION
@identity_options
@AS_JSON
@with_engine
async def get_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the tags."""
    return await get(engine, typed, _tags(typed))


@tags.command("set")
@LOCATION
@click.argument("pairs", metavar="NAME=VALUE...", type=TAG, nargs=-1)
@click.option("--replace", is_flag=True, help="Remove all other tags.")
@changing_options
@with_engine
async def set_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Set tags; other tags stay, unless you add --replace.

    Prints the difference. On a terminal it asks before it applies the change; without a terminal, add --yes.
    """
    refuse_if(not typed.pairs and not typed.replace, "name the tags: NAME=VALUE")
    wanted = dict(map(_pair, typed.pairs))

    def edit(before: str | None) -> str:
        return json.dumps(wanted if typed.replace else json.loads(before or "{}") | wanted, ensure_ascii=False)

    return await change(engine, typed, _tags(typed), edit)


@tags.command("remove")
@LOCATION
@click.argument("names", metavar="NAME...", type=TAG, nargs=-1, required=True)
@changing_options
@with_engine
async def remove_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Remove tags by name; shows the difference, and asks as 'tags set' does."""

    def edit(before: str | None) -> str:
        kept = {name: value for name, value in json.loads(before or "{}").items() if name not in typed.names}
        return json.dumps(kept, ensure_ascii=False)

    return await change(engine, typed, _tags(typed), edit)


def _tags(typed: Typed) -> DocumentKind:
    return _kind(typed, DocumentKind.BUCKET_TAGS, DocumentKind.OBJECT_TAGS)


def _pair(typed: str) -> tuple[str, str]:
    """A typed tag; its name has no ``=``."""
    name, mark, value = typed.partition("=")
    if not mark or not name:
        raise click.UsageError(f"{typed!r} is not a tag: write NAME=VALUE")
    return name, value


@click.group()
def acl() -> None:
    """Read and change the ACL of an object or a bucket.

    Grantees are canonical user IDs, or labels and numbers of accounts whose ID xs3-tui knows. It refuses an ACL that
    grants public access.
    """


@acl.command("get")
@LOCATION
@identity_options
@AS_JSON
@with_engine
async def get_acl(engine: EngineAccess, typed: Typed) -> Exit:
    """Print owner and grants, in the form that 'acl put' takes."""
    return await get(engine, typed, _kind(typed, DocumentKind.BUCKET_ACL, DocumentKind.OBJECT_ACL))


@acl.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, required=False)
@click.option(
    "--canned", type=TEXT, metavar="NAME", help="A canned ACL instead of FILE, such as bucket-owner-full-control."
)
@changing_options
@with_engine
async def put_acl(engine: EngineAccess, typed: Typed) -> Exit:
    """Replace the ACL with that of FILE ('-': standard input), or with a canned ACL.

    Prints the difference. On a terminal it asks before it applies the change; without a terminal, add --yes. If the ACL
    has changed in between, it is not overwritten.
    """
    one = (typed.source is None) != (typed.canned is None)
    refuse_if(not one, "name a FILE, or a canned ACL: --canned NAME")
    kind = _kind(typed, DocumentKind.BUCKET_ACL, DocumentKind.OBJECT_ACL)
    text = read_source(typed.source) if typed.source else json.dumps({"canned": typed.canned})
    return await change(engine, typed, kind, lambda _: text)


@click.group()
def policy() -> None:
    """Read and change the policy of a bucket.

    It refuses a policy that grants public access or locks you out.
    """


@policy.command("get")
@LOCATION
@identity_options
@AS_JSON
@with_engine
async def get_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the bucket policy; exit code 4 if there is none."""
    return await get(engine, typed, _policy(typed))


@policy.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@changing_options
@with_engine
async def put_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Replace the bucket policy with that of FILE, or of the standard input.

    Prints the difference. On a terminal it asks before it applies the change; without a terminal, add --yes. If the
    policy has changed in between, it is not overwritten.
    """
    kind, text = _policy(typed), read_source(typed.source)
    return await change(engine, typed, kind, lambda _: text)


@policy.command("diff")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@identity_options
@AS_JSON
@with_engine
async def diff_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Show what 'policy put' would change, and why it would be refused; writes nothing."""
    kind, text, typed.dry_run = _policy(typed), read_source(typed.source), True
    return await change(engine, typed, kind, lambda _: text)


@policy.command("delete")
@LOCATION
@changing_options
@with_engine
async def delete_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Delete the bucket policy; shows it, and asks as 'policy put' does."""
    return await change(engine, typed, _policy(typed), lambda _: None)


def _policy(typed: Typed) -> DocumentKind:
    return _kind(typed, DocumentKind.BUCKET_POLICY, None)
