"""``xs3-tui owners``: the number of objects of each owner below a prefix."""

from __future__ import annotations

import sys
import time
from contextlib import aclosing

import click
from msgspec import Struct

from tui.cli.change_lines import agreed, changing_options, require_applicable, say_applied, say_changes
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, identity_options
from tui.cli.json_output import AppliedJson, ChangeJson, Json, json_option
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI
from tui.cli.running import address_book, connected, connected_other, with_engine
from tui.cli.transfer_run import CLEAR_LINE, PROGRESS_SECONDS
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import ObjectOwnership, OwnerCount, OwnersSeen
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.problem import Exit, ProblemError
from tui.features.repair.values import CountOwners, PlanOwnership
from tui.features.repair.words import is_bucket_owner, name_of
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, ReadDocument
from tui.text.format import counted, number, size, visible


class OwnersJson(Json, frozen=True, tag="progress"):
    """The owners counted so far."""

    owners: list[OwnerCount]


class OwnerJson(Json, frozen=True, tag="owner"):
    """An owner of objects, by canonical ID."""

    id: str
    name: str
    bucket_owner: bool
    objects: int
    bytes: int


class OwnershipJson(Struct, frozen=True):
    """The Object Ownership of a bucket; null if it has none."""

    uri: str
    object_ownership: str | None


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option(
    "--other", type=PROFILE, help="Second identity, used to find the bucket owner if the first is denied access."
)
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second identity.")
@json_option(OwnersJson, OwnerJson, help="Print JSON lines: progress, then one line per owner.")
@with_engine
async def owners(engine: EngineAccess, typed: Typed) -> Exit:
    """Count the objects below S3_URI by owner.

    ListObjectsV2 returns the owner of every key, so there is no request per object. Ctrl-C stops the count.
    """
    location = typed.location
    refuse_if(not location.in_s3, "name a bucket or a prefix: s3://bucket/prefix/")
    connection = await connected(engine, typed)
    other = await connected_other(engine, typed) or ""
    seen, last = OwnersSeen(), time.monotonic()
    shows = sys.stderr.isatty() and not typed.as_json
    async with aclosing(engine.follow(CountOwners(connection, location, other))) as counts:
        async for seen in counts:
            if typed.as_json and not seen.complete and time.monotonic() - last >= PROGRESS_SECONDS:
                last = time.monotonic()
                say_json(OwnersJson(seen.owners))
            if shows:
                click.echo(f"{CLEAR_LINE}{counted(_objects(seen), 'object')}…", nl=False, err=True)
    if shows:
        click.echo(CLEAR_LINE, nl=False, err=True)
    if not seen.owners:
        click.echo(visible(f"nothing found at {location.uri}"), err=True)
        return Exit.NOT_FOUND if location.key else Exit.DONE
    _say(seen, await address_book(engine), as_json=typed.as_json)
    return Exit.DONE


def _objects(seen: OwnersSeen) -> int:
    return sum(each.objects for each in seen.owners)


def _say(seen: OwnersSeen, book: AddressBook, *, as_json: bool) -> None:
    """One line per owner, the bucket's owner first."""
    for each in seen.owners:
        name, own = name_of(each.owner, book), is_bucket_owner(each.owner, seen)
        if as_json:
            say_json(OwnerJson(each.owner.id, name, own, each.objects, each.bytes))
        else:
            mark = "  the bucket owner" if own else ""
            click.echo(f"{number(each.objects):>12}  {size(each.bytes):>9}  {name}{mark}")
    if not as_json:
        total = sum(each.bytes for each in seen.owners)
        click.echo(f"{number(_objects(seen)):>12}  {size(total):>9}  in all")


@click.command("object-ownership")
@click.argument("location", metavar="S3_URI", type=S3_URI)
@click.argument("setting", type=click.Choice([each.value for each in ObjectOwnership]), required=False)
@changing_options
@json_option(OwnershipJson, ChangeJson, AppliedJson)
@with_engine
async def object_ownership(engine: EngineAccess, typed: Typed) -> Exit:
    """Show the Object Ownership of a bucket, or change it to SETTING.

    Before a change it shows the consequences: grants that stop working, policy conditions on s3:x-amz-acl, and bucket
    ACL grants that make S3 refuse the change. 'xs3-tui access undo' undoes it.
    """
    bucket = typed.location
    refuse_if(not bucket.in_s3 or bucket.key, "name a bucket: s3://bucket")
    connection = await connected(engine, typed)
    if not typed.setting:
        return await _show(engine, connection, bucket, as_json=typed.as_json)
    change = await engine.ask(PlanOwnership(connection, bucket.bucket, ObjectOwnership(typed.setting)))
    if typed.as_json:
        say_json(ChangeJson(change))
    else:
        say_changes([change])
    _require_readable(change)
    if not change.is_needed:
        return Exit.DONE
    require_applicable(change)
    if typed.dry_run:
        return Exit.DONE
    if not await agreed(typed.yes):
        return Exit.SOME_FAILED
    say_applied(await engine.ask(ApplyChange(change)), as_json=typed.as_json)
    return Exit.DONE


async def _show(engine: EngineAccess, connection: str, bucket: Location, *, as_json: bool) -> Exit:
    change = await engine.ask(ReadDocument(DocumentRef(DocumentKind.OBJECT_OWNERSHIP, bucket, connection=connection)))
    _require_readable(change)
    if as_json:
        say_json(OwnershipJson(bucket.uri, change.before))
    else:
        click.echo(visible(change.before or "not set: who uploads an object owns it"))
    return Exit.DONE


def _require_readable(change: PlannedChange) -> None:
    if change.unread:
        raise ProblemError(change.unread)
