"""``xs3-tui batch``: jobs of S3 Batch Operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click
from msgspec.structs import replace

from tui.cli.command_identity import identity_at, settings
from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.exits import say_json
from tui.cli.identity_options import (
    BACKGROUND,
    DRY_RUN,
    READ_ONLY,
    RECEIPT,
    TRANSFER_AS_JSON,
    F,
    TypedIdentity,
    identity_options,
    typed_identity,
    with_options,
)
from tui.cli.parameter_types import JOB, PROFILE, S3_URI, TEXT, TRANSFER
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import to_its_end
from tui.core.identity import IdentitySpec
from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import (
    MOST_DAYS,
    MOST_PRIORITY,
    USUAL_DAYS,
    BatchAcl,
    BatchChecksum,
    BatchOptions,
    BatchOrder,
    BatchRestore,
    BatchTags,
    JobOperation,
    Selection,
)
from tui.core.problem import Exit
from tui.core.transfer import Limits
from tui.features.batch.job_command import PAIR, TypedBatch, batch_options, carry_out_job, job_options
from tui.link.session import EngineAccess
from tui.messages.batch_requests import AdoptJob, ConfirmJob, ListJobs, SetJobPriority
from tui.text.format import number, visible


class TypedOperation(TypedFilters, TypedIdentity, TypedBatch):
    """The values of the options of all of them."""

    location: Location
    read_only: bool
    dry_run: bool
    receipt: str | None
    background: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class OperationCommand:
    """What was typed; the order has no identity yet."""

    spec: IdentitySpec
    selection: Selection
    operation: JobOperation
    options: BatchOptions
    receipt: str
    dry_run: bool
    background: bool
    as_json: bool

    @property
    def limits(self) -> Limits:
        """This machine copies nothing."""
        return Limits()


def _operation(command: F) -> F:
    return with_options(
        command,
        click.argument("location", metavar="S3_URI", type=S3_URI),
        identity_options,
        READ_ONLY,
        filter_options,
        batch_options,
        DRY_RUN,
        RECEIPT,
        BACKGROUND,
        TRANSFER_AS_JSON,
    )


@click.command()
@_operation
@click.option("--set", "pairs", type=PAIR, multiple=True, metavar="NAME=VALUE", help="A tag. Repeatable.")
@click.option("--remove", is_flag=True, help="Remove all tags.")
def tags(pairs: tuple[tuple[str, str], ...], remove: bool, **typed: Unpack[TypedOperation]) -> None:
    """Replace the tags of everything below S3_URI, or remove them."""
    if bool(pairs) == remove:
        raise click.UsageError("name the tags with --set NAME=VALUE, or --remove all of them")
    _run(typed, BatchTags(list(pairs)))


@click.command()
@_operation
@click.option(
    "--acl", "canned", type=TEXT, required=True, metavar="ACL", help="A canned ACL: bucket-owner-full-control."
)
def acl(canned: str, **typed: Unpack[TypedOperation]) -> None:
    """Give everything below S3_URI a canned ACL: as the uploader, it lets the bucket owner repair ownership."""
    _run(typed, BatchAcl(canned))


@click.command()
@_operation
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help=f"How long. Without it: {USUAL_DAYS}.")
@click.option(
    "--intelligent-tiering",
    "tiering",
    is_flag=True,
    help="Restore what is in an archive tier of INTELLIGENT_TIERING, without an end, and nothing else.",
)
@click.option("--bulk", is_flag=True, help="The cheapest and slowest tier. Without it: Standard.")
def restore(days: int | None, tiering: bool, bulk: bool, **typed: Unpack[TypedOperation]) -> None:
    """Restore the objects below S3_URI in GLACIER and DEEP_ARCHIVE: copies that can be read for some days.

    A job cannot restore these and INTELLIGENT_TIERING: the others are skipped.
    """
    if tiering and days is not None:
        raise click.UsageError("restores of INTELLIGENT_TIERING have no end: leave out --days")
    _run(typed, BatchRestore(None if tiering else days or USUAL_DAYS, bulk))


@click.command()
@_operation
@click.option(
    "--algorithm", type=TEXT, default="CRC64NVME", show_default=True, help="The checksum: CRC64NVME, SHA256 …"
)
def checksum(algorithm: str, **typed: Unpack[TypedOperation]) -> None:
    """Have S3 compute the checksums of everything below S3_URI: they are in the results and the receipt."""
    _run(typed, BatchChecksum(algorithm))


def _run(typed: TypedOperation, operation: JobOperation) -> None:
    place = typed["location"]
    if not place.in_s3:
        raise click.UsageError("name an object or prefix in S3: s3://bucket/key")
    keys, prefixes = ([], [place.key]) if place.is_prefix else ([place.key], [])
    base = place if place.is_prefix else place.parent
    command = OperationCommand(
        typed_identity(place, typed, read_only=typed["read_only"]),
        Selection("", base, keys, prefixes, filters=filters(typed)),
        operation,
        job_options(typed, settings().scale),
        typed["receipt"] or "",
        typed["dry_run"],
        typed["background"],
        typed["as_json"],
    )
    run_command(partial(_carry_out, command=command), as_json=typed["as_json"])


async def _carry_out(engine: EngineAccess, *, command: OperationCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    selection = replace(command.selection, connection=connection)
    order = BatchOrder(selection, connection, command.operation, command.options, command.receipt)
    return await carry_out_job(engine, order, command)


_ACCOUNT = Location("")
"""The account as a whole: no bucket is named."""


@click.group()
def batch() -> None:
    """Jobs of S3 Batch Operations: S3 copies, tags, restores by itself.

    'xs3-tui cp --engine batch' copies by a job; the role that it needs is made by 'xs3-tui access batch'.
    """


@batch.command()
@identity_options
@TRANSFER_AS_JSON
def jobs(as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """List the jobs of an account, the newest first.

    S3 keeps ended jobs for 90 days. Jobs that xs3-tui has made name their transfer.
    """
    spec = typed_identity(_ACCOUNT, typed)
    run_command(partial(_jobs, spec=spec, region=typed["region"] or "", as_json=as_json), as_json=as_json)


@batch.command()
@click.argument("job", metavar="JOB", type=JOB)
@identity_options
@click.option("--from", "from_profile", type=PROFILE, help="Identity that reads the sources. Without it: the same.")
@click.option("--to", "to_profile", type=PROFILE, help="Identity that sees the copies. Without it: the same.")
@BACKGROUND
@TRANSFER_AS_JSON
def adopt(
    job: str,
    from_profile: str | None,
    to_profile: str | None,
    background: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Take over a job that was made on another machine, or before this one lost its transfers.

    It is watched to its end, its report becomes the results, and what it cannot copy is copied by this machine.
    """
    spec = typed_identity(_ACCOUNT, typed)
    ends = [identity_at(_ACCOUNT, each, typed["endpoint"]) if each else spec for each in (from_profile, to_profile)]
    adopting = partial(_adopt, job=job, specs=(spec, *ends), region=typed["region"] or "")
    run_command(partial(adopting, background=background, as_json=as_json), as_json=as_json)


@batch.command()
@click.argument("transfer", metavar="TRANSFER", type=TRANSFER)
@TRANSFER_AS_JSON
def confirm(transfer: str, as_json: bool) -> None:
    """Have the job of TRANSFER begin, which waits for it."""
    run_command(partial(_confirm, transfer=transfer, as_json=as_json), as_json=as_json)


@batch.command()
@click.argument("transfer", metavar="TRANSFER", type=TRANSFER)
@click.argument("value", metavar="PRIORITY", type=click.IntRange(0, MOST_PRIORITY))
@TRANSFER_AS_JSON
def priority(transfer: str, value: int, as_json: bool) -> None:
    """Change the priority of the job of TRANSFER: the higher, the earlier among the account's jobs."""
    run_command(partial(_priority, transfer=transfer, value=value, as_json=as_json), as_json=as_json)


for _command in (tags, acl, restore, checksum):
    batch.add_command(_command)


async def _jobs(engine: EngineAccess, *, spec: IdentitySpec, region: str, as_json: bool) -> Exit:
    connection, found = (await connect(engine, spec)).connection, False
    async for job in engine.follow(ListJobs(connection, region)):
        found = True
        if as_json:
            say_json(job)
        else:
            click.echo(visible(job_line(job)))
    if not found and not as_json:
        click.echo("no jobs", err=True)
    return Exit.DONE


def job_line(job: JobSnapshot) -> str:
    failed = f", {number(job.failed)} failed" if job.failed else ""
    done = f"{number(job.succeeded + job.failed)} of {counted(job.total, 'object')}{failed}"
    ours = f"transfer {job.transfer}" if job.transfer else job.description
    return "  ".join((job.id, f"{job.state:<10}", f"{job.operation:<22}", f"priority {job.priority}", done, ours))


async def _adopt(
    engine: EngineAccess, *, job: str, specs: tuple[IdentitySpec, ...], region: str, background: bool, as_json: bool
) -> Exit:
    owner, source, target = [(await connect(engine, spec)).connection for spec in specs]
    transfer = (await engine.ask(AdoptJob(owner, job, source, target, region))).transfer
    return await to_its_end(engine, transfer, background=background, as_json=as_json)


async def _confirm(engine: EngineAccess, *, transfer: str, as_json: bool) -> Exit:
    await engine.ask(ConfirmJob(transfer))
    if as_json:
        say_json({"transfer": transfer, "confirmed": True})
    else:
        click.echo(f"the job of {visible(transfer)} begins")
    return Exit.DONE


async def _priority(engine: EngineAccess, *, transfer: str, value: int, as_json: bool) -> Exit:
    await engine.ask(SetJobPriority(transfer, value))
    if as_json:
        say_json({"transfer": transfer, "priority": value})
    else:
        click.echo(f"the job of {visible(transfer)} has priority {value}")
    return Exit.DONE
