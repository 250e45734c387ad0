"""``xs3-tui presign``: presigned URLs."""

from __future__ import annotations

import sys
import time
from tempfile import TemporaryFile

import click
from msgspec import Struct

from tui.cli.exits import refuse_if, say_json
from tui.cli.files_from import files_from_options, keep_names, kept_names, refuse_with_names
from tui.cli.identity_options import READ_ONLY, Typed, identity_options, typed_identity
from tui.cli.json_output import json_option
from tui.cli.parameter_types import S3_URI, TEXT, VERSION_ID, TypedParameter
from tui.cli.running import connect, with_engine
from tui.core.location import Location
from tui.core.problem import Exit
from tui.features.links import words
from tui.features.links.values import MOST_LINKS, LinkMethod, LinkOptions, Presign, PresignedLink
from tui.link.session import EngineAccess
from tui.text.format import time_iso, visible


class LinkJson(Struct, frozen=True):
    """A presigned URL, which is a secret."""

    uri: str
    method: LinkMethod
    url: str
    until: str | None
    """When it expires."""
    asked_until: str | None
    """When it would expire if the credentials lasted."""
    ends_with_credentials: bool
    identity: str
    account: str
    arn: str
    headers: dict[str, str]
    """The request must be sent with them."""
    warnings: tuple[str, ...]


@click.command()
@click.argument("locations", metavar="S3_URI...", type=S3_URI, nargs=-1, required=True)
@identity_options
@READ_ONLY
@click.option("--put", is_flag=True, help="Make a link that uploads an object, not one that downloads it.")
@click.option(
    "--expires",
    type=TypedParameter("time", words.lifetime),
    metavar="TIME",
    default="1h",
    show_default=True,
    help="Lifetime of the link: 30m, 1h, 7d. At most 7 days, and not longer than the credentials.",
)
@click.option("--version-id", type=VERSION_ID, metavar="ID", default="", help="This version of the object.")
@click.option(
    "--content-type",
    type=TEXT,
    metavar="TYPE",
    default="",
    help="With --put: the Content-Type that the upload must have.",
)
@click.option("--response-content-type", type=TEXT, metavar="TYPE", help="Content-Type of the response.")
@click.option(
    "--response-content-disposition",
    type=TEXT,
    metavar="TEXT",
    help="Content-Disposition of the response, such as 'attachment; filename=\"a.csv\"'.",
)
@click.option("--response-content-encoding", type=TEXT, metavar="TEXT", help="Content-Encoding of the response.")
@click.option("--response-content-language", type=TEXT, metavar="TEXT", help="Content-Language of the response.")
@click.option("--response-cache-control", type=TEXT, metavar="TEXT", help="Cache-Control of the response.")
@click.option("--qr", is_flag=True, help="Also print the link as a QR code.")
@files_from_options
@json_option(LinkJson, help="Print one JSON object per link.")
@with_engine
async def presign(engine: EngineAccess, typed: Typed) -> Exit:
    """Print presigned URLs: links to objects that work without credentials.

    Whoever has a link can use it until it expires: treat it as a secret. The link goes to stdout; its signer, expiry
    and warnings go to stderr. A link also expires with the credentials that signed it: with a role or an SSO session,
    in less than 7 days.
    """
    locations: tuple[Location, ...] = typed.locations
    refuse_with_names(typed, locations)
    for location in () if typed.files_from else locations:
        one = location.in_s3 and location.key and (typed.put or not location.is_prefix)
        refuse_if(not one, f"{visible(location.uri)} is not an object in S3: write s3://bucket/key")
    response = {
        name.removeprefix("response_").replace("_", "-"): str(value)
        for name, value in vars(typed).items()
        if name.startswith("response_") and value
    }
    of_download = typed.put and (typed.version_id or response)
    refuse_if(of_download, "--put makes an upload link: --version-id and --response-… are for downloads")
    refuse_if(typed.version_id and len(locations) > 1, "--version-id needs exactly one S3_URI")
    of_upload = typed.content_type and not typed.put
    refuse_if(of_upload, "--content-type needs --put; for a download use --response-content-type")
    method = LinkMethod.PUT if typed.put else LinkMethod.GET
    options = LinkOptions(method, typed.expires, typed.version_id, typed.content_type, response)
    connection = (await connect(engine, typed_identity(typed, locations[0]))).connection
    if not typed.files_from:
        return await _signed(engine, typed, Presign(connection, list(locations), options))
    base = locations[0].as_prefix
    with TemporaryFile() as file:
        if not await keep_names(typed, base, file):
            return Exit.NOT_FOUND
        for some in kept_names(base, file, MOST_LINKS):
            await _signed(engine, typed, Presign(connection, some, options))
    return Exit.DONE


async def _signed(engine: EngineAccess, typed: Typed, request: Presign) -> Exit:
    for link in (await engine.ask(request)).links:
        if typed.as_json:
            say_json(_as_json(link))
        else:
            _say(link, qr=typed.qr)
    return Exit.DONE


def _as_json(link: PresignedLink) -> LinkJson:
    return LinkJson(
        link.location.uri,
        link.method,
        link.url,
        time_iso(link.until),
        time_iso(link.asked),
        link.ends_with_credentials,
        link.identity,
        link.account,
        link.arn,
        link.headers,
        link.warnings,
    )


def _say(link: PresignedLink, *, qr: bool) -> None:
    click.echo(link.url)
    notes = [
        f"{link.method} {link.location.uri}",
        words.signer(link),
        f"{words.lasts(link, time.time())}; {words.end(link)}",
    ]
    notes += [f"send the header {each}" for each in words.must_send(link)]
    notes += [f"warning: {each}" for each in link.warnings]
    click.echo("\n".join(visible(f"  {note}") for note in notes), err=True)
    if qr:
        _say_qr(link.url)


def _say_qr(url: str) -> None:
    try:
        modules = words.qr_modules(url)
    except words.QrError as error:
        click.echo(f"  {error}", err=True)
        return
    blocks = (sys.stdout.encoding or "").lower().startswith("utf")
    for line in words.half_blocks(modules) if blocks else words.ascii_cells(modules):
        click.echo(click.style(line, fg="black", bg="bright_white"))
