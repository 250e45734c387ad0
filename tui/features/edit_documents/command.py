"""``xs3-tui acl``, ``policy`` and ``tags``: show and change documents of buckets and objects."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from tui.cli.change_lines import agreed, changing_options, say_applied, say_changes, say_undo
from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.files_from import files_from_options, keep_names, kept_names, refuse_with_names
from tui.cli.identity_options import Typed, identity_options, typed_identity
from tui.cli.json_output import AppliedJson, ChangeJson, ResultJson, json_option
from tui.cli.parameter_types import S3_URI, TAG, TEXT, PathParameter
from tui.cli.running import connect, with_engine
from tui.cli.transfer_run import CopyRun
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.json_text import read_json
from tui.core.location import Location
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanChange, ReadDocument
from tui.text.diff import pretty
from tui.text.format import counted, number, visible

LONGEST_FILE = 1 << 20
"""Maximum bytes of a document; S3 accepts no document of that size."""

AT_ONCE = 32
"""Named objects that are changed side by side."""

LOCATION = click.argument("location", metavar="S3_URI", type=S3_URI)


class DocumentJson(Struct, frozen=True):
    """A policy, an ACL or tags."""

    uri: str
    kind: DocumentKind
    document: Any
    """As S3 has it; text if it is no JSON; null if there is none."""


CHANGE_AS_JSON = json_option(DocumentJson, ChangeJson, AppliedJson)
TAGS_AS_JSON = json_option(DocumentJson, ChangeJson, AppliedJson, ResultJson)
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
        say_json(DocumentJson(ref.location.uri, ref.kind, _value(text)))
    else:
        for line in pretty(text).splitlines():
            click.echo(visible(line))
        for note in read.notes:
            click.echo(visible(note), err=True)
    return Exit.DONE


def _say_there_is_none(ref: DocumentRef, *, as_json: bool) -> Exit:
    if as_json:
        say_json(DocumentJson(ref.location.uri, ref.kind, None))
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
            say_json(ChangeJson(planned))
        say_problem(problem, as_json=typed.as_json)
        return problem.kind.meaning.exit
    if typed.dry_run or not planned.is_needed:
        if typed.as_json:
            say_json(ChangeJson(planned))
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


async def _change_named(engine: EngineAccess, typed: Typed, edit: Callable[[str | None], str | None]) -> Exit:
    """Change the tags of named objects, some side by side. A line for each; what fails does not keep the others."""
    base: Location = typed.location.as_prefix
    refuse_with_names(typed, [base])
    refuse_if(not base.in_s3, "name the bucket or prefix that the names are below: s3://bucket/prefix/")
    identity = await connect(engine, typed_identity(typed, base))
    ended, said = Counter[Outcome](), CopyRun(engine, "", as_json=typed.as_json, progress=False)

    async def one(place: Location) -> ObjectResult:
        ref = DocumentRef(DocumentKind.OBJECT_TAGS, place, account=identity.account, connection=identity.connection)
        result = ObjectResult("", place.uri, "", Outcome.SKIPPED, notes=["it has these tags"])
        try:
            planned = await engine.ask(PlanChange(ref, edit((await _read(engine, ref)).before)))
            if problem := _problem(planned):
                raise ProblemError(problem)
            if planned.is_needed and not typed.dry_run:
                await engine.ask(ApplyChange(planned, keep=False))
        except ProblemError as error:
            return replace(result, outcome=Outcome.FAILED, notes=[], problem=error.problem)
        tags = [json.dumps(json.loads(each or "{}"), ensure_ascii=False) for each in (planned.before, planned.after)]
        return replace(result, outcome=Outcome.CHANGED, notes=[" → ".join(tags)]) if planned.is_needed else result

    with TemporaryFile() as file:
        total = await keep_names(typed, base, file)
        question = f"change the tags of {counted(total, 'object')}?"
        if total and not typed.dry_run and not await agreed(typed.yes, question):
            return Exit.SOME_FAILED
        for some in kept_names(base, file, AT_ONCE):
            for result in await asyncio.gather(*map(one, some)):
                ended[result.outcome] += 1
                said.say_result(result)
    if total and not typed.as_json:
        sums = ", ".join(f"{number(count)} {outcome}" for outcome, count in ended.items())
        click.echo(f"dry run: {sums}; nothing was written" if typed.dry_run else f"done: {sums}")
    return Exit.SOME_FAILED if ended[Outcome.FAILED] else Exit.DONE if total else Exit.NOT_FOUND


async def _read(engine: EngineAccess, ref: DocumentRef) -> PlannedChange:
    read = await engine.ask(ReadDocument(ref))
    if read.unread:
        raise ProblemError(read.unread)
    return read


def _problem(planned: PlannedChange) -> Problem | None:
    if not planned.stops:
        return None
    title = f"the {planned.ref.title} {planned.ref.was} not changed"
    return Problem(ProblemKind.INVALID, title, "; ".join(planned.stops), "correct the document")


@click.group()
def tags() -> None:
    """Read and change the tags of an object or a bucket."""


@tags.command("get")
@LOCATION
@identity_options
@json_option(DocumentJson)
@with_engine
async def get_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the tags."""
    return await get(engine, typed, _tags(typed))


@tags.command("set")
@LOCATION
@click.argument("pairs", metavar="NAME=VALUE...", type=TAG, nargs=-1)
@click.option("--replace", is_flag=True, help="Remove all other tags.")
@files_from_options
@changing_options
@TAGS_AS_JSON
@with_engine
async def set_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Set tags; other tags stay, unless you add --replace.

    Prints the difference. On a terminal it asks before it applies the change; without a terminal, add --yes. With
    --files-from, S3_URI is the prefix that the names are below. It can then not be undone.
    """
    refuse_if(not typed.pairs and not typed.replace, "name the tags: NAME=VALUE")
    wanted = dict(map(_pair, typed.pairs))

    def edit(before: str | None) -> str:
        return json.dumps(wanted if typed.replace else json.loads(before or "{}") | wanted, ensure_ascii=False)

    return await _change_tags(engine, typed, edit)


@tags.command("remove")
@LOCATION
@click.argument("names", metavar="NAME...", type=TAG, nargs=-1, required=True)
@files_from_options
@changing_options
@TAGS_AS_JSON
@with_engine
async def remove_tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Remove tags by name; shows the difference, and asks as 'tags set' does."""

    def edit(before: str | None) -> str:
        kept = {name: value for name, value in json.loads(before or "{}").items() if name not in typed.names}
        return json.dumps(kept, ensure_ascii=False)

    return await _change_tags(engine, typed, edit)


async def _change_tags(engine: EngineAccess, typed: Typed, edit: Callable[[str | None], str | None]) -> Exit:
    if typed.files_from:
        return await _change_named(engine, typed, edit)
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
@json_option(DocumentJson)
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
@CHANGE_AS_JSON
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
@json_option(DocumentJson)
@with_engine
async def get_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Print the bucket policy; exit code 4 if there is none."""
    return await get(engine, typed, _policy(typed))


@policy.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@changing_options
@CHANGE_AS_JSON
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
@CHANGE_AS_JSON
@with_engine
async def diff_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Show what 'policy put' would change, and why it would be refused; writes nothing."""
    kind, text, typed.dry_run = _policy(typed), read_source(typed.source), True
    return await change(engine, typed, kind, lambda _: text)


@policy.command("delete")
@LOCATION
@changing_options
@CHANGE_AS_JSON
@with_engine
async def delete_policy(engine: EngineAccess, typed: Typed) -> Exit:
    """Delete the bucket policy; shows it, and asks as 'policy put' does."""
    return await change(engine, typed, _policy(typed), lambda _: None)


def _policy(typed: Typed) -> DocumentKind:
    return _kind(typed, DocumentKind.BUCKET_POLICY, None)
