"""``xs3-tui cp`` and ``mv``: copy or move an object or a prefix between two identities."""

from __future__ import annotations

from contextlib import aclosing, suppress

import click
from msgspec.structs import replace

from tui.cli import identity_options
from tui.cli.command_identity import settings
from tui.cli.copy_options import CopyCommand, cluster, copy_options, filter_options, limits, options, pace_options
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import refuse_if
from tui.cli.files_from import files_from_options, named_selection, refuse_with_names
from tui.cli.json_output import transfer_json
from tui.cli.parameter_types import END_OR_STREAM, STREAM, VERSION_ID
from tui.cli.running import connect, with_engine
from tui.cli.sources import LITERAL, in_turn, named, refuse_unlike, selections
from tui.cli.transfer_run import submit
from tui.core.engines import LOCAL, EngineKind
from tui.core.location import Location, readable
from tui.core.orders import (
    BatchCopy,
    BatchOptions,
    BatchOrder,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    Selection,
)
from tui.core.problem import Exit, ProblemError
from tui.features.batch.job_command import JobPlanJson, batch_options, carry_out_job, job_options
from tui.features.copy.stream_command import copy_stream
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects
from tui.messages.order_requests import SubmitCopy
from tui.text.format import visible


def _both_ends(_: click.Context, __: click.Parameter, sources: tuple[Location, ...]) -> tuple[Location, ...]:
    refuse_if(not sources, "Missing argument 'TARGET': name SOURCE and TARGET")
    return sources


def _ends(command: identity_options.F) -> identity_options.F:
    return identity_options.with_options(
        command,
        click.argument("sources", metavar="SOURCE...", type=END_OR_STREAM, nargs=-1, callback=_both_ends),
        click.argument("target", metavar="TARGET", type=END_OR_STREAM),
        identity_options.end_options,
        identity_options.READ_ONLY_ENDS,
        click.option("-r", "--recursive", is_flag=True, help="Include everything below SOURCE."),
        LITERAL,
        files_from_options,
        identity_options.DRY_RUN,
    )


@click.command(cls=CopyCommand)
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
@transfer_json(JobPlanJson)
@with_engine
async def cp(engine: EngineAccess, typed: identity_options.Typed) -> Exit:
    """Copy SOURCE to TARGET.

    Each is an S3 URI or a local path: /PATH, ./PATH, ~/PATH or file:///PATH. An S3 URI as SOURCE may have wildcards;
    names below its deepest prefix without a wildcard are kept. With wildcards or several sources TARGET must end in /,
    or be a bucket or an existing directory.

    One of them may be -: stdin as SOURCE, or stdout as TARGET. Stdin may have any length; the object is created only
    after all of it was read.

    The first route that works is used: pull, push, or relay through this machine. Ctrl-C cancels the copy, closing the
    terminal does not.
    """
    one = len(typed.sources) == 1 and not typed.recursive and typed.sources[0].kind.has_versions
    refuse_if(typed.version_id and not one, "--version-id needs a single S3 object as SOURCE")
    if STREAM in (*typed.sources, typed.target):
        refuse_if(len(typed.sources) > 1 or typed.files_from, "a stream is copied alone: name one SOURCE")
        typed.source = typed.sources[0]
        return await copy_stream(engine, typed)
    return await _copy(engine, typed, move=False)


@click.command(cls=CopyCommand)
@_ends
@filter_options
@copy_options
@batch_options
@pace_options
@transfer_json(JobPlanJson)
@with_engine
async def mv(engine: EngineAccess, typed: identity_options.Typed) -> Exit:
    """Move SOURCE to TARGET.

    Deletes each source object after its copy is verified. If verification is inconclusive, it keeps the source and
    reports it. Within one bucket this renames.
    """
    refuse_if(STREAM in (*typed.sources, typed.target), "a stream cannot be moved: use cp")
    by_job = typed.engine.kind is EngineKind.BATCH
    refuse_if(by_job, "S3 Batch Operations jobs do not delete: use cp, verify, then rm")
    return await _copy(engine, typed, move=True)


async def _copy(engine: EngineAccess, typed: identity_options.Typed, *, move: bool) -> Exit:
    sources: tuple[Location, ...] = typed.sources
    target: Location = typed.target
    buckets = all(place.bucket for place in (*sources, target))
    refuse_if(not buckets, "SOURCE and TARGET must each name a bucket: s3://bucket/key")
    refuse_with_names(typed, sources)
    for source in sources:
        refuse_if(
            source.is_prefix and not (typed.recursive or typed.files_from),
            f"{visible(source.uri)} is a {source.kind.prefix}: add --recursive to include everything below it",
        )
    refuse_unlike(sources)
    _need_prefix(typed, several=bool(len(sources) > 1 or typed.files_from))
    specs, kept = identity_options.end_identities(typed, sources[0], target), settings()
    by_job = typed.engine.kind is EngineKind.BATCH
    copying = options(
        typed,
        kept.transfers,
        typed.target,
        move=move,
        engine=LOCAL if by_job else typed.engine.text,
        cluster=cluster(typed) if typed.engine.kind is EngineKind.DASK else None,
    )
    job = job_options(typed, kept.scale) if by_job else None
    reader, writer = [(await connect(engine, spec)).connection for spec in specs]
    orders = [copy_order(typed, copying, each, writer) for each in await _selected(engine, typed, reader)]
    if not orders:
        return Exit.NOT_FOUND
    return await in_turn(orders, lambda order: _carry_out(engine, typed, order, job), typed)


async def _selected(engine: EngineAccess, typed: identity_options.Typed, reader: str) -> list[Selection]:
    if typed.files_from:
        return await named_selection(engine, typed, reader, typed.sources[0])
    chosen = [await named(engine, reader, source, typed) for source in typed.sources]
    _need_prefix(typed, several=any(source.pattern for source in chosen))
    return selections(typed, reader, chosen)


def _need_prefix(typed: identity_options.Typed, *, several: bool) -> None:
    """Raise a usage error if several objects go to one name, or to an engine that lists by prefixes."""
    words = "names of --files-from" if typed.files_from else "wildcards and several sources"
    name = visible(typed.target.uri)
    one, elsewhere = not typed.target.is_prefix, typed.engine.kind is not EngineKind.LOCAL
    refuse_if(several and one, f"{name} is one name: {words} need a TARGET that ends in /")
    refuse_if(several and elsewhere, f"--engine {typed.engine.text} takes no {words}: use -r with --include")


async def _carry_out(
    engine: EngineAccess, typed: identity_options.Typed, order: CopyOrder, job: BatchOptions | None
) -> Exit:
    if job:
        return await carry_out_job(engine, _by_job(order, job), typed, limits(typed))
    if typed.dry_run:
        ended = await say_dry_run(engine, order, typed)
    else:
        ended = await submit(engine, SubmitCopy(order, limits(typed)), typed)
    source = typed.sources[0]
    if ended is Exit.NOT_FOUND and typed.recursive and not (source.is_prefix or order.selection.match or typed.as_json):
        await _say_object(engine, order.selection.connection, source)
    return ended


def copy_order(typed: identity_options.Typed, copying: CopyOptions, chosen: Selection, writer: str) -> CopyOrder:
    """The copy as the engine takes it, by the rules of ``cp``; `writer` is a connection.

    An object goes to the named key, or below the target when that ends in ``/``. A prefix with its contents
    goes below the target: ``a/b/`` to ``c/`` gives ``c/x`` for ``a/b/x``, as ``aws s3 cp --recursive`` does.
    """
    target = typed.target
    if chosen.prefixes or target.is_prefix:
        return CopyOrder(chosen, Destination(writer, target.as_prefix), copying)
    return CopyOrder(chosen, Destination(writer, target.parent, target.key), copying)


def _by_job(order: CopyOrder, job: BatchOptions) -> BatchOrder:
    """The copy as a job of the target's account, or of the source's account for a push."""
    pushes = order.options.route is CopyRoute.PUSH
    connection = order.selection.connection if pushes else order.destination.connection
    operation = BatchCopy(order.destination, replace(order.options, receipt=""))
    return BatchOrder(order.selection, connection, operation, job, order.options.receipt)


async def _say_object(engine: EngineAccess, connection: str, source: Location) -> None:
    """Nothing is below SOURCE: print a hint if it is an object."""
    with suppress(ProblemError):
        async with aclosing(engine.follow(ListObjects(connection, source))) as pages:
            page = await anext(pages)  # in key order: the key itself would be the first
        if any(page.prefix + name == source.key for name in page.names):
            click.echo(visible(f"{readable(source.uri)} is an object: leave out --recursive"), err=True)
