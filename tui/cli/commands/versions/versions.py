"""``xs3-tui versions``: the versions and delete markers of an object, or of what is below a prefix."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import click

from tui.cli.identity_options import LINES_AS_JSON, TypedIdentity, identity_options, typed_identity
from tui.cli.listing_rows import say_tally, say_versions
from tui.cli.parameter_types import S3_URI
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.core.versions import VersionTally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CountVersions, ListVersions


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
