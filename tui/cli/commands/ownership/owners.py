"""``xs3-tui owners``: how many objects below a prefix belong to whom."""

from __future__ import annotations

import sys
import time
from contextlib import aclosing
from functools import partial
from typing import Unpack

import click

from tui.cli.command_identity import identity
from tui.cli.exits import say_json
from tui.cli.identity_options import TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI
from tui.cli.running import address_book, connect, run_command
from tui.cli.transfer_run import CLEAR_LINE, PROGRESS_SECONDS
from tui.core.facts import OwnersSeen
from tui.core.identity import AddressBook, IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.protocol.messages.ownership import CountOwners
from tui.text.format import counted, number, size, visible
from tui.text.repair_plan import is_bucket_owner, name_of


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="Second identity, asked for the bucket owner if the first is denied it.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second identity.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: progress, then one line per owner.")
def owners(
    location: Location,
    other: str | None,
    other_endpoint: str | None,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Count the objects below S3_URI by owner.

    ListObjectsV2 names the owner of every key: no request per object. Ctrl-C stops the count.
    """
    if not location.bucket or location.is_local:
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
