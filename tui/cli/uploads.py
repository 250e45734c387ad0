"""``xs3-tui uploads``: incomplete multipart uploads, which cost storage until somebody aborts them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Unpack

import click

from tui.cli.exits import Exit
from tui.cli.identities import READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.options import WHEN
from tui.cli.parameters import S3_URI
from tui.cli.problems import say_json, say_problem
from tui.cli.running import connect, run_verb
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.upload import Upload
from tui.protocol.messages import Aborted, AbortUploads, ListUploads
from tui.protocol.session import EngineAccess
from tui.ui.format import counted, size, visible


@dataclass(frozen=True, slots=True)
class UploadsCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    started_before: float
    ours: bool
    abort: bool
    as_json: bool

    def means(self, upload: Upload) -> bool:
        """Whether this upload is meant."""
        return upload.started <= self.started_before and (upload.ours or not self.ours)


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("--older-than", type=WHEN, metavar="TIME", help="Only those begun before: 7d, or 2026-11-01.")
@click.option("--ours", is_flag=True, help="Only those that xs3-tui has begun.")
@click.option("--abort", is_flag=True, help="Abort what is listed, except what a transfer needs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def uploads(
    location: Location,
    read_only: bool,
    older_than: float | None,
    ours: bool,
    abort: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """List the incomplete multipart uploads of a bucket, or below a prefix, with their age and size.

    They stand in no listing of objects, and their parts are paid for until they are completed or aborted.
    """
    if not location.bucket:
        raise click.UsageError("name a bucket: s3://bucket")
    before = time.time() if older_than is None else older_than
    spec = typed_identity(location, typed, read_only=read_only)
    command = UploadsCommand(location, spec, before, ours, abort, as_json)
    run_verb(partial(_uploads, command=command), as_json=as_json)


async def _uploads(engine: EngineAccess, *, command: UploadsCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    found: Sequence[Upload] = []
    async with aclosing(engine.follow(ListUploads(connection, command.location))) as lists:
        async for listed in lists:
            found = listed.uploads
    meant = [upload for upload in found if command.means(upload)]
    for upload in meant:
        _say(upload, command.as_json)
    if command.abort:
        return await _abort(engine, connection, [each for each in meant if not each.active], as_json=command.as_json)
    if not command.as_json:
        click.echo(
            f"{counted(len(meant), 'incomplete upload')}, {size(sum(each.size or 0 for each in meant))}", err=True
        )
    return Exit.DONE


def _say(upload: Upload, as_json: bool) -> None:
    if as_json:
        say_json(upload)
        return
    begun = datetime.fromtimestamp(upload.started, UTC).strftime("%Y-%m-%d %H:%M") if upload.started else "unknown"
    amount = "size unknown" if upload.size is None else f"{size(upload.size)} in {counted(upload.parts or 0, 'part')}"
    mark = "in use" if upload.active else "ours" if upload.ours else ""
    uri = Location(upload.bucket, upload.key).uri
    click.echo(visible("  ".join(word for word in (begun, f"{amount:<24}", f"{mark:<6}", uri, upload.upload) if word)))


async def _abort(engine: EngineAccess, connection: str, meant: list[Upload], *, as_json: bool) -> Exit:
    aborted = await engine.ask(AbortUploads(connection, meant)) if meant else Aborted(0)
    for problem in aborted.problems.values():
        say_problem(problem, as_json=as_json)
    if not as_json:
        click.echo(f"{counted(aborted.count, 'upload')} aborted", err=True)
    return Exit.SOME_FAILED if aborted.problems else Exit.DONE
