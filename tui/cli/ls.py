"""``xs3-tui ls``: buckets, or what is below a prefix."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Unpack

import click

from tui.cli.exits import Exit
from tui.cli.identities import TypedIdentity, identity_options, typed_identity
from tui.cli.parameters import S3_URI
from tui.cli.problems import say_json
from tui.cli.running import connect, run_verb
from tui.model.identity import Identity, IdentitySpec
from tui.model.listing import ObjectSummary, Page
from tui.model.location import Location
from tui.protocol.messages import ListBuckets, ListObjects
from tui.protocol.session import EngineAccess
from tui.ui.format import size, visible


@click.command()
@click.argument("location", metavar="[S3_URI]", type=S3_URI, default="s3://")
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="Every key below the prefix, not only one level.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def ls(location: Location, recursive: bool, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """List buckets, or the prefixes and objects below S3_URI.

    A path of this machine (/PATH, ./PATH, ~/PATH or file:///PATH) is listed, too. A bucket of
    another account is listed by naming it: ListBuckets never shows it.
    """
    spec = typed_identity(location, typed)
    run_verb(partial(_ls, location=location, spec=spec, recursive=recursive, as_json=as_json), as_json=as_json)


async def _ls(engine: EngineAccess, *, location: Location, spec: IdentitySpec, recursive: bool, as_json: bool) -> Exit:
    identity = await connect(engine, spec)
    if not location.bucket:
        return await _buckets(engine, identity, as_json)
    async for page in engine.follow(ListObjects(identity.connection, location, recursive)):
        for prefix in page.prefixes:
            _say_prefix(location, page.prefix + prefix, as_json)
        for entry in page.objects():
            _say_object(location, page, entry, as_json)
    return Exit.DONE


async def _buckets(engine: EngineAccess, identity: Identity, as_json: bool) -> Exit:
    listed = await engine.ask(ListBuckets(identity.connection))
    for bucket in listed.buckets:
        if as_json:
            say_json({"type": "bucket", "name": bucket.name, "created": _iso(bucket.created), "region": bucket.region})
        else:
            click.echo(f"{_moment(bucket.created)}  {visible(bucket.name)}")
    return Exit.DONE


def _say_prefix(location: Location, prefix: str, as_json: bool) -> None:
    if as_json:
        say_json({"type": "prefix", "uri": Location(location.bucket, prefix).uri, "key": prefix})
    else:
        click.echo(f"{'':16}  {'':>9}  {visible(prefix[len(location.key) :])}")


def _say_object(location: Location, page: Page, entry: ObjectSummary, as_json: bool) -> None:
    if not as_json:
        name = entry.key[len(page.prefix) :] or entry.key
        click.echo(f"{_moment(entry.modified)}  {size(entry.size):>9}  {visible(name)}")
        return
    say_json(
        {
            "type": "object",
            "uri": Location(location.bucket, entry.key).uri,
            "key": entry.key,
            "size": entry.size,
            "modified": _iso(entry.modified),
            "storage_class": entry.storage_class,
            "owner": entry.owner,
        }
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
