"""``xs3-tui owners``: how many objects below a prefix belong to whom."""

from __future__ import annotations

import sys
import time
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES, agreed, require_applicable, say_applied, say_changes
from tui.cli.command_identity import identity
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI
from tui.cli.running import address_book, connect, run_command
from tui.cli.transfer_run import CLEAR_LINE, PROGRESS_SECONDS
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import ObjectOwnership, OwnersSeen
from tui.core.identity import AddressBook, IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit, ProblemError
from tui.features.repair.values import CountOwners, PlanOwnership
from tui.features.repair.words import is_bucket_owner, name_of
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, ReadDocument
from tui.text.format import counted, number, size, visible


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="Second identity, asked for the bucket owner if the first is denied it.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second identity.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: progress, then one line per owner.")
def owners(
    location: Location, other: str | None, other_endpoint: str | None, as_json: bool, **typed: Unpack[TypedIdentity]
) -> None:
    """Count the objects below S3_URI by owner.

    ListObjectsV2 names the owner of every key: no request per object. Ctrl-C stops the count.
    """
    if not location.in_s3:
        raise click.UsageError("name a bucket or a prefix: s3://bucket/prefix/")
    mine = typed_identity(location, typed)
    second = identity(other, other_endpoint) if other or other_endpoint else None
    run_command(partial(_owners, location=location, mine=mine, second=second, as_json=as_json), as_json=as_json)


async def _owners(
    engine: EngineAccess, *, location: Location, mine: IdentitySpec, second: IdentitySpec | None, as_json: bool
) -> Exit:
    connection = (await connect(engine, mine)).connection
    other = (await connect(engine, second)).connection if second else ""
    seen, last = OwnersSeen(), time.monotonic()
    shows = sys.stderr.isatty() and not as_json
    async with aclosing(engine.follow(CountOwners(connection, location, other))) as counts:
        async for seen in counts:
            if as_json and not seen.complete and time.monotonic() - last >= PROGRESS_SECONDS:
                last = time.monotonic()
                say_json({"type": "progress", "owners": seen.owners})
            if shows:
                click.echo(f"{CLEAR_LINE}{counted(_objects(seen), 'object')}…", nl=False, err=True)
    if shows:
        click.echo(CLEAR_LINE, nl=False, err=True)
    if not seen.owners:
        click.echo(visible(f"nothing found at {location.uri}"), err=True)
        return Exit.NOT_FOUND if location.key else Exit.DONE
    _say(seen, await address_book(engine), as_json=as_json)
    return Exit.DONE


def _objects(seen: OwnersSeen) -> int:
    return sum(each.objects for each in seen.owners)


def _say(seen: OwnersSeen, book: AddressBook, *, as_json: bool) -> None:
    """One line per owner, the bucket's owner first."""
    for each in seen.owners:
        name, own = name_of(each.owner, book), is_bucket_owner(each.owner, seen)
        if as_json:
            say_json(
                {
                    "type": "owner",
                    "id": each.owner.id,
                    "name": name,
                    "bucket_owner": own,
                    "objects": each.objects,
                    "bytes": each.bytes,
                }
            )
        else:
            mark = "  the bucket owner" if own else ""
            click.echo(f"{number(each.objects):>12}  {size(each.bytes):>9}  {name}{mark}")
    if not as_json:
        total = sum(each.bytes for each in seen.owners)
        click.echo(f"{number(_objects(seen)):>12}  {size(total):>9}  in all")


@dataclass(frozen=True, slots=True)
class OwnershipCommand:
    """What was typed of a change."""

    location: Location
    setting: ObjectOwnership
    spec: IdentitySpec
    yes: bool
    dry_run: bool
    as_json: bool


@click.command("object-ownership")
@click.argument("location", metavar="S3_URI", type=S3_URI)
@click.argument("setting", type=click.Choice([each.value for each in ObjectOwnership]), required=False)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def object_ownership(
    location: Location,
    setting: str | None,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Show the Object Ownership of a bucket, or change it to SETTING.

    A change is shown with all that it means: grants that stop working, policy conditions on s3:x-amz-acl, and the
    grants of the bucket's ACL for which S3 refuses it. 'xs3-tui access undo' takes it back.
    """
    if not location.in_s3 or location.key:
        raise click.UsageError("name a bucket: s3://bucket")
    wanted = ObjectOwnership(setting) if setting else None
    spec = typed_identity(location, typed, read_only=read_only)
    if wanted is None:
        run_command(partial(_show, bucket=location, spec=spec, as_json=as_json), as_json=as_json)
    else:
        command = OwnershipCommand(location, wanted, spec, yes, dry_run, as_json)
        run_command(partial(_change, command=command), as_json=as_json)


async def _show(engine: EngineAccess, *, bucket: Location, spec: IdentitySpec, as_json: bool) -> Exit:
    connection = (await connect(engine, spec)).connection
    change = await engine.ask(ReadDocument(DocumentRef(DocumentKind.OBJECT_OWNERSHIP, bucket, connection=connection)))
    _require_readable(change)
    if as_json:
        say_json({"uri": bucket.uri, "object_ownership": change.before})
    else:
        click.echo(visible(change.before or "not set: who uploads an object owns it"))
    return Exit.DONE


async def _change(engine: EngineAccess, *, command: OwnershipCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    change = await engine.ask(PlanOwnership(connection, command.location.bucket, command.setting))
    if command.as_json:
        say_json({"change": change})
    else:
        say_changes([change])
    _require_readable(change)
    if not change.is_needed:
        return Exit.DONE
    require_applicable(change)
    if command.dry_run:
        return Exit.DONE
    if not await agreed(command.yes):
        return Exit.SOME_FAILED
    say_applied(await engine.ask(ApplyChange(change)), as_json=command.as_json)
    return Exit.DONE


def _require_readable(change: PlannedChange) -> None:
    if change.unread:
        raise ProblemError(change.unread)
