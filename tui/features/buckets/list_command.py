"""``xs3-tui ls`` and ``versions``: buckets, what is below a prefix, versions of objects."""

from __future__ import annotations

import click

from tui.cli.exits import pattern_hint, refuse_if, say_json
from tui.cli.identity_options import LINES_AS_JSON, Typed, identity_options
from tui.cli.listing_rows import json_lines, say_tally, say_versions, shown_name, text_lines
from tui.cli.parameter_types import S3_URI
from tui.cli.running import address_book, connected, with_engine
from tui.core.problem import Exit
from tui.core.versions import VersionTally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CountVersions, ListBuckets, ListObjects, ListVersions
from tui.text.format import time_exact, time_iso, visible


@click.command(context_settings={"help_option_names": ["--help"]})
@click.argument("location", metavar="[S3_URI]", type=S3_URI, default="s3://")
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="List every key below the prefix, not only one level.")
@click.option("--versions", "all_versions", is_flag=True, help="List all versions and delete markers.")
@click.option("-l", "--long", is_flag=True, help="Also print storage class and owner; for buckets, the region.")
@click.option(
    "-h", "human", is_flag=True, help="With --long: no effect, sizes are always like 1.2 GiB. Alone: show this help."
)
@LINES_AS_JSON
@with_engine
async def ls(engine: EngineAccess, typed: Typed) -> Exit:
    """List buckets, prefixes and objects.

    Without S3_URI it lists the account's buckets. ListBuckets never returns buckets of other accounts: name them. A
    local path works too: /PATH, ./PATH, ~/PATH or file:///PATH. Exits with 4 (not found) if no key begins with the
    prefix, and with 0 for an empty bucket or directory.
    """
    if typed.human and not typed.long:
        click.echo(click.get_current_context().get_help())
        return Exit.DONE
    location = typed.location
    refuse_if(typed.all_versions and not location.bucket, "--versions needs a bucket: s3://bucket/")
    both = typed.long and (typed.all_versions or typed.as_json)
    refuse_if(both, "--long cannot be combined with --versions or --json, which print everything")
    connection = await connected(engine, typed)
    if typed.all_versions:
        return await say_versions(engine, ListVersions(connection, location, typed.recursive), as_json=typed.as_json)
    if not location.bucket:
        return await _buckets(engine, connection, typed)
    book = await address_book(engine) if typed.long else None
    empty = True
    async for page in engine.follow(ListObjects(connection, location, typed.recursive)):
        if lines := json_lines(location, page) if typed.as_json else text_lines(location, page, book):
            click.echo(lines)
        for name, what in page.unfit:
            click.echo(visible(f"skipped: {shown_name(location, page.prefix + name)}: {what}"), err=True)
        empty = empty and not page.prefixes and not page.names
    if not empty or not location.key or location.kind.has_directories:  # a prefix is there only by what begins with it
        return Exit.DONE
    click.echo(visible(f"nothing found at {location.uri}"), err=True)
    if hint := pattern_hint(location.uri):
        click.echo(visible(f"  next step: {hint}"), err=True)
    return Exit.NOT_FOUND


async def _buckets(engine: EngineAccess, connection: str, typed: Typed) -> Exit:
    listed = await engine.ask(ListBuckets(connection))
    for bucket in listed.buckets:
        if typed.as_json:
            say_json(
                {"type": "bucket", "name": bucket.name, "created": time_iso(bucket.created), "region": bucket.region}
            )
        else:
            region = f"{bucket.region:14}  " if typed.long else ""
            click.echo(visible(f"{time_exact(bucket.created):16}  {region}{bucket.name}"))
    return Exit.DONE


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="List the versions of every key below the prefix.")
@click.option("--sum", "only_sum", is_flag=True, help="Print only the number of versions and their size.")
@LINES_AS_JSON
@with_engine
async def versions(engine: EngineAccess, typed: Typed) -> Exit:
    """List the versions and delete markers of an object or prefix.

    Each line shows time, size, state, version ID and key. --sum counts everything below a prefix: current objects,
    noncurrent versions, delete markers and deleted keys. Exits with 4 (not found) if there is no version.
    """
    location = typed.location
    refuse_if(not location.bucket, "name an object, a prefix or a bucket: s3://bucket/key")
    connection = await connected(engine, typed)
    if not typed.only_sum:
        return await say_versions(engine, ListVersions(connection, location, typed.recursive), as_json=typed.as_json)
    tally = VersionTally()
    async for each in engine.follow(CountVersions(connection, location)):
        tally = each
    say_tally(location, tally, as_json=typed.as_json)
    return Exit.DONE
