"""``xs3-tui uploads``: incomplete multipart uploads, which cost storage until they are aborted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC

import click

from tui.cli.exits import exit_for, refuse_if, say_json, say_problem
from tui.cli.identity_options import READ_ONLY, Typed, identity_options
from tui.cli.json_output import json_option
from tui.cli.parameter_types import S3_URI, WHEN
from tui.cli.running import connected, with_engine
from tui.core.location import Location
from tui.core.problem import Exit, Problem
from tui.features.uploads.values import Aborted, AbortUploads, ListedUpload, ListUploads
from tui.link.session import EngineAccess
from tui.text.format import counted, size, time_exact, visible


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
@json_option(ListedUpload)
@with_engine
async def uploads(engine: EngineAccess, typed: Typed) -> Exit:
    """List or abort incomplete multipart uploads.

    S3_URI is a bucket or a prefix. Object listings do not show incomplete uploads, but their parts are billed until the
    upload is completed or aborted.
    """
    refuse_if(not typed.location.bucket, "name a bucket: s3://bucket")
    before = time.time() if typed.older_than is None else typed.older_than
    connection = await connected(engine, typed)
    found: Sequence[ListedUpload] = []
    damaged: Problem | None = None
    async with aclosing(engine.follow(ListUploads(connection, typed.location))) as lists:
        async for listed in lists:
            found, damaged = listed.uploads, listed.damaged
    meant = [upload for upload in found if upload.started <= before and (upload.ours or not typed.ours)]
    for upload in meant:
        _say(upload, typed.as_json)
    if damaged:
        say_problem(damaged, as_json=typed.as_json)
    if typed.abort:
        return await _abort(engine, connection, [each for each in meant if not each.active], as_json=typed.as_json)
    if not typed.as_json:
        known = " known to be started by xs3-tui" if damaged and typed.ours else ""
        amount = size(sum(each.size or 0 for each in meant))
        click.echo(f"{counted(len(meant), 'incomplete upload')}{known}, {amount}", err=True)
    return exit_for(damaged) if damaged and typed.ours else Exit.DONE


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
