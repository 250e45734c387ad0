"""``xs3-tui mb``: make a bucket."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import click

from tui.cli.exits import say_json
from tui.cli.identity_options import ONE_AS_JSON, READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CreateBucket
from tui.text.format import visible


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@ONE_AS_JSON
def mb(location: Location, read_only: bool, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Create a bucket.

    S3_URI is s3://BUCKET. The bucket is created in the identity's region.
    """
    if location.is_local or not location.bucket or location.key:
        raise click.UsageError("name only the bucket: s3://bucket")
    spec = typed_identity(location, typed, read_only=read_only)
    run_command(partial(_mb, bucket=location.bucket, spec=spec, as_json=as_json), as_json=as_json)


async def _mb(engine: EngineAccess, *, bucket: str, spec: IdentitySpec, as_json: bool) -> Exit:
    connection = (await connect(engine, spec)).connection
    await engine.ask(CreateBucket(connection, bucket, spec.region or ""))
    if as_json:
        say_json({"type": "created", "name": bucket})
    else:
        click.echo(visible(f"created s3://{bucket}"))
    return Exit.DONE
