"""``xs3-tui uploads``: incomplete multipart uploads, which cost storage until they are aborted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Unpack

import click

from tui.cli.exits import exit_for, say_json, say_problem
from tui.cli.identity_options import LINES_AS_JSON, READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI, WHEN
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit, Problem
from tui.features.uploads.values import Aborted, AbortUploads, ListedUpload, ListUploads
from tui.link.session import EngineAccess
from tui.text.format import counted, size, time_exact, visible


@dataclass(frozen=True, slots=True)
class UploadsCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    started_before: float
    ours: bool
    abort: bool
    as_json: bool

    def means(self, upload: ListedUpload) -> bool:
        """Whether this upload is meant."""
        return upload.started <= self.started_before and (upload.ours or not self.ours)


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option(
    "--older-than",
    type=WHEN,
    metavar="TIME",
    help="Only uploads started before this time: 2026-11-01, or 7d for seven days ago.",
)
@click.option("--ours", is_flag=True, help="Only uploads started by xs3-tui.")
@click.option("--abort", is_flag=True, help="Abort the listed uploads, except those a transfer is using.")
@LINES_AS_JSON
def uploads(
    location: Location,
    read_only: bool,
    older_than: float | None,
    ours: bool,
    abort: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """List or abort incomplete multipart uploads.

    S3_URI is a bucket or a prefix. Object listings do not show incomplete uploads, but their parts are billed until the
    upload is completed or aborted.
    """
    if not location.bucket:
        raise click.UsageError("name a bucket: s3://bucket")
    before = time.time() if older_than is None else older_than
    spec = typed_identity(location, typed, read_only=read_only)
    command = UploadsCommand(location, spec, before, ours, abort, as_json)
    run_command(partial(_uploads, command=command), as_json=as_json)


async def _uploads(engine: EngineAccess, *, command: UploadsCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    found: Sequence[ListedUpload] = []
    damaged: Problem | None = None
    async with aclosing(engine.follow(ListUploads(connection, command.location))) as lists:
        async for listed in lists:
            found, damaged = listed.uploads, listed.damaged
    meant = [upload for upload in found if command.means(upload)]
    for upload in meant:
        _say(upload, command.as_json)
    if damaged:
        say_problem(damaged, as_json=command.as_json)
    if command.abort:
        return await _abort(engine, connection, [each for each in meant if not each.active], as_json=command.as_json)
    if not command.as_json:
        known = " known to be started by xs3-tui" if damaged and command.ours else ""
        amount = size(sum(each.size or 0 for each in meant))
        click.echo(f"{counted(len(meant), 'incomplete upload')}{known}, {amount}", err=True)
    return exit_for(damaged) if damaged and command.ours else Exit.DONE


def _say(upload: ListedUpload, as_json: bool) -> None:
    if as_json:
        say_json(upload)
        return
    begun = time_exact(upload.started, UTC) if upload.started else "unknown"
    amount = "size unknown" if upload.size is None else f"{size(upload.size)} in {counted(upload.parts or 0, 'part')}"
    mark = "in use" if upload.active else "ours" if upload.ours else ""
    uri = Location(upload.bucket, upload.key).uri
    click.echo(visible("  ".join(word for word in (begun, f"{amount:<24}", f"{mark:<6}", uri, upload.upload) if word)))


async def _abort(engine: EngineAccess, connection: str, meant: list[ListedUpload], *, as_json: bool) -> Exit:
    aborted = await engine.ask(AbortUploads(connection, meant)) if meant else Aborted(0)
    for problem in aborted.problems.values():
        say_problem(problem, as_json=as_json)
    if not as_json:
        click.echo(f"{counted(aborted.count, 'upload')} aborted", err=True)
    return Exit.SOME_FAILED if aborted.problems else Exit.DONE
