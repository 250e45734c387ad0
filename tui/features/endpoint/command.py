"""``xs3-tui endpoint``: the way that requests for a bucket take, how sure each part of it is, and who said so."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import click

from tui.cli.command_identity import identity
from tui.cli.exits import say_json
from tui.cli.identity_options import ONE_AS_JSON, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import PROFILE, S3_URI
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.features.endpoint.words import EndpointRow, network_rows
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import FindNetworkPath, NetworkReport
from tui.text.format import visible


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="Second identity, which may ask EC2 where the first may not.")
@ONE_AS_JSON
def endpoint(location: Location, other: str | None, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Show the path that requests for S3_URI take.

    Prints the endpoint and who configured it, signature, DNS, connection, proxy and VPC endpoint, what S3 sees of the
    path, and the condition by which a bucket policy can tell these requests. Each line has its certainty and source. On
    EC2 the instance metadata service is asked, then EC2.
    """
    if not location.in_s3:
        raise click.UsageError("name a bucket: s3://bucket")
    mine = typed_identity(location, typed)
    second = identity(other, None) if other else None
    run_command(partial(_endpoint, location=location, mine=mine, second=second, as_json=as_json), as_json=as_json)


async def _endpoint(
    engine: EngineAccess, *, location: Location, mine: IdentitySpec, second: IdentitySpec | None, as_json: bool
) -> Exit:
    connection = (await connect(engine, mine)).connection
    other = (await connect(engine, second)).connection if second else None
    report = await engine.ask(FindNetworkPath(connection, location.bucket, other))
    if as_json:
        say_json({"uri": location.uri, "endpoint": report.endpoint, "path": report.path, "condition": report.condition})
    else:
        _say(location, report)
    return Exit.NOT_FOUND if report.endpoint.no_bucket else Exit.DONE


def _say(location: Location, report: NetworkReport) -> None:
    click.echo(visible(location.uri))
    for row in network_rows(report.endpoint, report.path, report.condition):
        click.echo(visible(f"{row.label:>16}  {row.value}{_why(row)}  ({row.certainty.value}, {row.source})"))
    if report.endpoint.no_bucket:
        click.echo(visible(f"there is no bucket {location.bucket}"), err=True)


def _why(row: EndpointRow) -> str:
    return f": {row.why}" if row.why else ""
