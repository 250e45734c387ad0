"""``xs3-tui endpoint``: the network path of requests for a bucket, with the certainty and source of each part."""

from __future__ import annotations

import click
from msgspec import Struct

from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, identity_options
from tui.cli.json_output import json_option
from tui.cli.parameter_types import PROFILE, S3_URI
from tui.cli.running import connected, connected_other, with_engine
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint, NetworkPath, OfferedCondition
from tui.core.problem import Exit
from tui.features.endpoint.words import network_rows
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import FindNetworkPath, NetworkReport
from tui.text.format import visible


class EndpointJson(Struct, frozen=True):
    """The endpoint, the path to it, and the condition keys of these requests."""

    uri: str
    endpoint: EffectiveEndpoint
    path: NetworkPath
    condition: OfferedCondition


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="Second identity, used where the first may not call EC2.")
@json_option(EndpointJson, help="Print one JSON object.")
@with_engine
async def endpoint(engine: EngineAccess, typed: Typed) -> Exit:
    """Show the path that requests for S3_URI take.

    Prints the endpoint and where it is configured, signature, DNS, connection, proxy and VPC endpoint, what S3 sees of
    the path, and the policy condition that matches these requests. Each line shows its certainty and source. On EC2 it
    asks the instance metadata service, then the EC2 API.
    """
    location = typed.location
    refuse_if(not location.in_s3, "name a bucket: s3://bucket")
    connection = await connected(engine, typed)
    other = await connected_other(engine, typed)
    report = await engine.ask(FindNetworkPath(connection, location.bucket, other))
    if typed.as_json:
        say_json(EndpointJson(location.uri, report.endpoint, report.path, report.condition))
    else:
        _say(location, report)
    return Exit.NOT_FOUND if report.endpoint.no_bucket else Exit.DONE


def _say(location: Location, report: NetworkReport) -> None:
    click.echo(visible(location.uri))
    for row in network_rows(report.endpoint, report.path, report.condition):
        why = f": {row.why}" if row.why else ""
        click.echo(visible(f"{row.label:>16}  {row.value}{why}  ({row.certainty.value}, {row.source})"))
    if report.endpoint.no_bucket:
        click.echo(visible(f"there is no bucket {location.bucket}"), err=True)
