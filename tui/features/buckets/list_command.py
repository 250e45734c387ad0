"""``xs3-tui ls`` and ``versions``: buckets, what is below a prefix, versions of objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.exits import pattern_hint, say_json
from tui.cli.identity_options import LINES_AS_JSON, TypedIdentity, identity_options, typed_identity
from tui.cli.listing_rows import json_lines, say_tally, say_versions, shown_name, text_lines
from tui.cli.parameter_types import S3_URI
from tui.cli.running import address_book, connect, run_command
from tui.core.identity import Identity, IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.core.versions import VersionTally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CountVersions, ListBuckets, ListObjects, ListVersions
from tui.text.format import time_exact, time_iso, visible


@dataclass(frozen=True, slots=True)
class Form:
    """How a listing is printed."""

    as_json: bool
    long: bool


@click.command(context_settings={"help_option_names": ["--help"]})
@click.argument("location", metavar="[S3_URI]", type=S3_URI, default="s3://")
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="List every key below the prefix, not only one level.")
@click.option("--versions", "all_versions", is_flag=True, help="List all versions and delete markers.")
@click.option("-l", "--long", is_flag=True, help="Print storage class and owner, too; of a bucket its region.")
@click.option("-h", "human", is_flag=True, help="With --long: sizes as 1.2 GiB, as they always are. Alone: this help.")
@LINES_AS_JSON
@click.pass_context
def ls(
    context: click.Context,
    location: Location,
    recursive: bool,
    all_versions: bool,
    long: bool,
    human: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """List buckets, prefixes and objects.

    Without S3_URI it lists the account's buckets. ListBuckets never shows buckets of other accounts: name them. A local
    path works too: /PATH, ./PATH, ~/PATH or file:///PATH. A prefix without any key exits with 4 (not found); an empty
    bucket or directory exits with 0.
    """
    if human and not long:
        click.echo(context.get_help())
        return
    spec = typed_identity(location, typed)
    if all_versions and not location.bucket:
        raise click.UsageError("--versions needs a bucket: s3://bucket/")
    if long and (all_versions or as_json):
        raise click.UsageError("--long goes with neither --versions nor --json, which print all there is")
    listing = partial(_ls_versions, as_json=as_json) if all_versions else partial(_ls, form=Form(as_json, long))
    run_command(partial(listing, location=location, spec=spec, recursive=recursive), as_json=as_json)


async def _ls_versions(
    engine: EngineAccess, *, location: Location, spec: IdentitySpec, recursive: bool, as_json: bool
) -> Exit:
    connection = (await connect(engine, spec)).connection
    return await say_versions(engine, ListVersions(connection, location, recursive), as_json=as_json)


async def _ls(engine: EngineAccess, *, location: Location, spec: IdentitySpec, recursive: bool, form: Form) -> Exit:
    identity = await connect(engine, spec)
    if not location.bucket:
        return await _buckets(engine, identity, form)
    book = await address_book(engine) if form.long else None
    empty = True
    async for page in engine.follow(ListObjects(identity.connection, location, recursive)):
        if lines := json_lines(location, page) if form.as_json else text_lines(location, page, book):
            click.echo(lines)
        for name, what in page.unfit:
            click.echo(visible(f"skipped: {shown_name(location, page.prefix + name)}: {what}"), err=True)
        empty = empty and not page.prefixes and not page.names
    if empty and location.key and not location.kind.has_directories:  # a prefix is there only by what begins with it
        click.echo(visible(f"nothing found at {location.uri}"), err=True)
        if hint := pattern_hint(location.uri):
            click.echo(visible(f"  next step: {hint}"), err=True)
        return Exit.NOT_FOUND
    return Exit.DONE


async def _buckets(engine: EngineAccess, identity: Identity, form: Form) -> Exit:
    listed = await engine.ask(ListBuckets(identity.connection))
    for bucket in listed.buckets:
        if form.as_json:
            say_json(
                {"type": "bucket", "name": bucket.name, "created": time_iso(bucket.created), "region": bucket.region}
            )
        else:
            region = f"{bucket.region:14}  " if form.long else ""
            click.echo(visible(f"{time_exact(bucket.created):16}  {region}{bucket.name}"))
    return Exit.DONE


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="List the versions of every key below the prefix.")
@click.option("--sum", "only_sum", is_flag=True, help="Print only how many versions there are, and their size.")
@LINES_AS_JSON
def versions(
    location: Location, recursive: bool, only_sum: bool, as_json: bool, **typed: Unpack[TypedIdentity]
) -> None:
    """List the versions and delete markers of an object or prefix.

    Each line has the time, the size, what the version is to its key, its id and the key. --sum counts everything below
    a prefix: current objects, noncurrent versions, delete markers and deleted keys. A key or prefix without any version
    exits with 4 (not found).
    """
    if not location.bucket:
        raise click.UsageError("name an object, a prefix or a bucket: s3://bucket/key")
    spec = typed_identity(location, typed)
    run_command(
        partial(_versions, location=location, spec=spec, recursive=recursive, only_sum=only_sum, as_json=as_json),
        as_json=as_json,
    )


async def _versions(
    engine: EngineAccess, *, location: Location, spec: IdentitySpec, recursive: bool, only_sum: bool, as_json: bool
) -> Exit:
    connection = (await connect(engine, spec)).connection
    if not only_sum:
        return await say_versions(engine, ListVersions(connection, location, recursive), as_json=as_json)
    tallies = [VersionTally()]
    async for tally in engine.follow(CountVersions(connection, location)):
        tallies = [tally]
    say_tally(location, tallies[-1], as_json=as_json)
    return Exit.DONE
