"""``xs3-tui mb``: make a bucket."""

from __future__ import annotations

from functools import partial

import click

from tui.cli.exits import Exit
from tui.cli.parameters import S3_URI, identity
from tui.cli.running import connect, run_verb
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages import CreateBucket
from tui.protocol.session import EngineAccess
from tui.ui.format import visible


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@click.option("--profile", help="Whose bucket it becomes; the SDK's default without it.")
@click.option("--endpoint", metavar="URL", help="Endpoint instead of the configured one.")
@click.option("--region", help="Where it is made; the profile's region without it.")
def mb(location: Location, profile: str | None, endpoint: str | None, region: str | None) -> None:
    """Make the bucket S3_URI: s3://BUCKET."""
    if location.is_local or not location.bucket or location.key:
        raise click.UsageError("name the bucket alone: s3://bucket")
    run_verb(partial(_mb, bucket=location.bucket, spec=identity(profile, endpoint, region)), as_json=False)


async def _mb(engine: EngineAccess, *, bucket: str, spec: IdentitySpec) -> Exit:
    connection = (await connect(engine, spec)).connection
    await engine.ask(CreateBucket(connection, bucket, spec.region or ""))
    click.echo(visible(f"made s3://{bucket}"))
    return Exit.DONE
