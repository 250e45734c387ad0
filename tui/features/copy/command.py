"""``xs3-tui cp`` and ``mv``: copy or move an object or a prefix between two identities, without a screen."""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click
from msgspec.structs import replace

from tui.cli.command_identity import settings
from tui.cli.copy_options import cluster, copy_options, filter_options, filters, limits, options, pace_options
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.identity_options import DRY_RUN, TRANSFER_AS_JSON, F, end_identities, end_options, with_options
from tui.cli.parameter_types import END_OR_STREAM, STREAM, TEXT, VERSION_ID
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import to_its_end
from tui.core.engines import LOCAL, EngineKind
from tui.core.identity import IdentitySpec
from tui.core.location import Location, readable
from tui.core.orders import (
    BatchCopy,
    BatchOptions,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    Filters,
    Selection,
)
from tui.core.problem import Exit, ProblemError
from tui.core.transfer import Limits
from tui.features.batch.job_command import batch_options, carry_out_job, job_options
from tui.features.copy.stream_command import BOTH, ENDS, TypedCommand, copy_stream
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects
from tui.messages.order_requests import SubmitCopy
from tui.text.format import visible


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """What was typed."""

    source: Location
    target: Location
    from_spec: IdentitySpec
    to_spec: IdentitySpec
    recursive: bool
    options: CopyOptions
    filters: Filters
    limits: Limits
    version: str
    dry_run: bool
    background: bool
    quiet: bool
    as_json: bool
    job: BatchOptions | None
    """How its job is made, if S3 Batch Operations carry it out."""

    @property
    def _is_local_file(self) -> bool:
        """A path that is no directory is a file, also with --recursive."""
        return self.source.kind.has_directories and not self.source.is_prefix

    def order(self, source_connection: str, target_connection: str) -> CopyOrder:
        """The copy as the engine takes it, by the rules of ``cp``.

        An object goes to the named key, or below the target when that ends in ``/``. A prefix with its contents
        goes below the target: ``a/b/`` to ``c/`` gives ``c/x`` for ``a/b/x``, as ``aws s3 cp --recursive`` does.
        """
        if self.recursive and not self._is_local_file:
            base = self.source.as_prefix
            below = self.target.as_prefix
            selection = Selection(source_connection, base, prefixes=[base.key], filters=self.filters)
            return CopyOrder(selection, Destination(target_connection, below), self.options)
        key = self.source.key
        selection = Selection(
            source_connection, self.source.parent, keys=[key], filters=self.filters, version=self.version
        )
        name = "" if self.target.is_prefix else self.target.key
        below = self.target if self.target.is_prefix else self.target.parent
        return CopyOrder(selection, Destination(target_connection, below, name), self.options)

    def by_job(self, order: CopyOrder, job: BatchOptions) -> BatchOrder:
        """The same copy by a job, made in the target's account, or in the source's where it pushes."""
        pushes = order.options.route is CopyRoute.PUSH
        connection = order.selection.connection if pushes else order.destination.connection
        options = replace(order.options, receipt="")
        operation = BatchCopy(order.destination, options)
        return BatchOrder(order.selection, connection, operation, job, order.options.receipt)


def _ends(command: F) -> F:
    return with_options(
        command,
        click.argument("source", metavar="SOURCE", type=END_OR_STREAM),
        click.argument("target", metavar="TARGET", type=END_OR_STREAM),
        end_options,
        click.option(
            "--read-only",
            type=click.Choice([*ENDS, BOTH]),
            help="Block every write by the source identity, the target identity, or both.",
        ),
        click.option("-r", "--recursive", is_flag=True, help="Include everything below SOURCE."),
        DRY_RUN,
    )


@click.command()
@_ends
@click.option(
    "--version-id",
    type=VERSION_ID,
    default="",
    metavar="ID",
    help="Copy this version of a single object instead of the current one.",
)
@filter_options
@copy_options
@batch_options
@pace_options
@TRANSFER_AS_JSON
@click.option("--content-type", type=TEXT, default="", help="With SOURCE -: the content type of the object.")
def cp(version_id: str, content_type: str, **typed: Unpack[TypedCommand]) -> None:
    """Copy SOURCE to TARGET.

    Each is an S3 URI or, for uploads and downloads, a local path: /PATH, ./PATH, ~/PATH or file:///PATH.

    One of them may be -: stdout as TARGET, or stdin as SOURCE, which may be of any length and is written only if it
    ends well.

    The first route that works is used: pull, push, or relay through this machine. The copy runs in the background
    engine: Ctrl-C cancels it, closing the terminal does not.
    """
    if version_id and (typed["recursive"] or not typed["source"].kind.has_versions):
        raise click.UsageError("--version-id needs a single S3 object as SOURCE")
    if STREAM in (typed["source"], typed["target"]):
        copy_stream(typed, version=version_id, content_type=content_type)
    elif content_type:
        raise click.UsageError("--content-type is for SOURCE -: copies keep the source's")
    else:
        _run(_command(typed, version=version_id, move=False))


@click.command()
@_ends
@filter_options
@copy_options
@batch_options
@pace_options
@TRANSFER_AS_JSON
def mv(**typed: Unpack[TypedCommand]) -> None:
    """Move SOURCE to TARGET.

    Each source object is deleted after its copy is verified. If verification is inconclusive, the source is kept and
    reported. Within one bucket this renames.
    """
    if STREAM in (typed["source"], typed["target"]):
        raise click.UsageError("a stream cannot be moved: use cp")
    if typed["engine"].kind is EngineKind.BATCH:
        raise click.UsageError("S3 Batch Operations delete nothing: copy, verify, then rm")
    _run(_command(typed, version="", move=True))


def _command(typed: TypedCommand, *, version: str, move: bool) -> CopyCommand:
    source, target = typed["source"], typed["target"]
    if not source.bucket or not target.bucket:
        raise click.UsageError("SOURCE and TARGET must each name a bucket: s3://bucket/key")
    if source.is_prefix and not typed["recursive"]:
        what = source.kind.prefix
        raise click.UsageError(f"{visible(source.uri)} is a {what}: add --recursive to include everything below it")
    by_job = typed["engine"].kind is EngineKind.BATCH
    reads, writes = (typed["read_only"] in (end, BOTH) for end in ENDS)
    return CopyCommand(
        source,
        target,
        *end_identities(source, target, typed, read_only=(reads, writes)),
        typed["recursive"],
        replace(
            options(typed, settings().transfers, move=move, conflict=ConflictPolicy(typed["on_conflict"])),
            engine=LOCAL if by_job else typed["engine"].text,
            cluster=cluster(typed) if typed["engine"].kind is EngineKind.DASK else None,
        ),
        filters(typed),
        limits(typed),
        version,
        typed["dry_run"],
        typed["background"],
        typed["quiet"],
        typed["as_json"],
        job_options(typed, settings().scale) if by_job else None,
    )


def _run(command: CopyCommand) -> None:
    run_command(partial(_carry_out, command=command), as_json=command.as_json)


async def _carry_out(engine: EngineAccess, *, command: CopyCommand) -> Exit:
    reader = await connect(engine, command.from_spec)
    writer = await connect(engine, command.to_spec)
    order = command.order(reader.connection, writer.connection)
    if command.job:
        return await carry_out_job(engine, command.by_job(order, command.job), command)
    if command.dry_run:
        ended = await say_dry_run(engine, order, as_json=command.as_json, quiet=command.quiet)
    else:
        transfer = (await engine.ask(SubmitCopy(order, command.limits))).transfer
        ended = await to_its_end(
            engine, transfer, background=command.background, as_json=command.as_json, quiet=command.quiet
        )
    if ended is Exit.NOT_FOUND and command.recursive and not command.source.is_prefix and not command.as_json:
        await _say_object(engine, reader.connection, command.source)
    return ended


async def _say_object(engine: EngineAccess, connection: str, source: Location) -> None:
    """Nothing is below it: say so if it is an object."""
    with suppress(ProblemError):
        async with aclosing(engine.follow(ListObjects(connection, source))) as pages:
            page = await anext(pages)  # in key order: the key itself would be the first
        if any(page.prefix + name == source.key for name in page.names):
            click.echo(visible(f"{readable(source.uri)} is an object: leave out --recursive"), err=True)
