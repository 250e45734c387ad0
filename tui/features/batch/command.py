"""``xs3-tui batch``: jobs of S3 Batch Operations."""

from __future__ import annotations

from typing import Literal

import click
from msgspec import Struct

from tui.cli.command_identity import identity_at, settings
from tui.cli.copy_options import filter_options, selection
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import (
    BACKGROUND,
    DRY_RUN,
    READ_ONLY,
    RECEIPT,
    F,
    Typed,
    identity_options,
    typed_identity,
    with_options,
)
from tui.cli.json_output import TRANSFER_AS_JSON, json_option, transfer_json
from tui.cli.parameter_types import JOB, PROFILE, S3_URI, TEXT, TRANSFER
from tui.cli.running import connect, connected, with_engine
from tui.cli.transfer_run import submit
from tui.core import orders
from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import Exit
from tui.core.transfer import Limits
from tui.features.batch.job_command import PAIR, JobPlanJson, batch_options, carry_out_job, job_options
from tui.link.session import EngineAccess
from tui.messages.order_requests import AdoptJob, ConfirmJob, ListJobs, SetJobPriority
from tui.text.format import number, visible


class ConfirmedJson(Struct, frozen=True):
    """A job that begins."""

    transfer: str
    confirmed: Literal[True] = True


class PriorityJson(Struct, frozen=True):
    """The new priority of a job."""

    transfer: str
    priority: int


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
        transfer_json(JobPlanJson),
    )


@click.command()
@_operation
@click.option("--set", "pairs", type=PAIR, multiple=True, metavar="NAME=VALUE", help="A tag. Repeatable.")
@click.option("--remove", is_flag=True, help="Remove all tags.")
@with_engine
async def tags(engine: EngineAccess, typed: Typed) -> Exit:
    """Replace or remove the tags of all objects below S3_URI."""
    one = bool(typed.pairs) != typed.remove
    refuse_if(not one, "name the tags with --set NAME=VALUE, or --remove all of them")
    return await _carry_out(engine, typed, orders.BatchTags(list(typed.pairs)))


@click.command()
@_operation
@click.option(
    "--acl", "canned", type=TEXT, required=True, metavar="ACL", help="A canned ACL: bucket-owner-full-control."
)
@with_engine
async def acl(engine: EngineAccess, typed: Typed) -> Exit:
    """Set a canned ACL on all objects below S3_URI.

    As the uploader, you let the bucket owner repair ownership with it.
    """
    return await _carry_out(engine, typed, orders.BatchAcl(typed.canned))


@click.command()
@_operation
@click.option(
    "--days",
    type=click.IntRange(1, orders.MOST_DAYS),
    help=f"Days that S3 keeps the restored copies. Default: {orders.USUAL_DAYS}.",
)
@click.option(
    "--intelligent-tiering",
    "tiering",
    is_flag=True,
    help="Restore only objects in an archive tier of INTELLIGENT_TIERING; these restores do not expire.",
)
@click.option("--bulk", is_flag=True, help="Use the Bulk retrieval tier, the cheapest and slowest. Default: Standard.")
@with_engine
async def restore(engine: EngineAccess, typed: Typed) -> Exit:
    """Restore the objects below S3_URI in GLACIER and DEEP_ARCHIVE for some days.

    One job restores either these or, with --intelligent-tiering, objects in INTELLIGENT_TIERING; it skips the others.
    """
    endless = typed.tiering and typed.days is not None
    refuse_if(endless, "restores of INTELLIGENT_TIERING do not expire: leave out --days")
    days = None if typed.tiering else typed.days or orders.USUAL_DAYS
    return await _carry_out(engine, typed, orders.BatchRestore(days, typed.bulk))


@click.command()
@_operation
@click.option(
    "--algorithm", type=TEXT, default="CRC64NVME", show_default=True, help="The checksum: CRC64NVME, SHA256 …"
)
@with_engine
async def checksum(engine: EngineAccess, typed: Typed) -> Exit:
    """Have S3 compute the checksums of all objects below S3_URI; the results and the receipt contain them."""
    return await _carry_out(engine, typed, orders.BatchChecksum(typed.algorithm))


async def _carry_out(engine: EngineAccess, typed: Typed, operation: orders.JobOperation) -> Exit:
    place = typed.location
    refuse_if(not place.in_s3, "name an object or prefix in S3: s3://bucket/key")
    job = job_options(typed, settings().scale)
    connection = await connected(engine, typed)
    chosen = selection(typed, connection, place, recursive=place.is_prefix)
    order = orders.BatchOrder(chosen, connection, operation, job, typed.receipt or "")
    return await carry_out_job(engine, order, typed, Limits())


_ACCOUNT = Location("")
"""The account, without a bucket."""


@click.group()
def batch() -> None:
    """Run S3 Batch Operations jobs: S3 itself tags or restores objects.

    To copy with a job: 'xs3-tui cp --engine batch'. To create the role that a job needs: 'xs3-tui access batch'.
    """


@batch.command()
@identity_options
@json_option(JobSnapshot)
@with_engine
async def jobs(engine: EngineAccess, typed: Typed) -> Exit:
    """List the jobs of an account, the newest first.

    S3 keeps ended jobs for 90 days. Jobs that xs3-tui created show their transfer.
    """
    connection, found = (await connect(engine, typed_identity(typed, _ACCOUNT))).connection, False
    async for job in engine.follow(ListJobs(connection, typed.region or "")):
        found = True
        if typed.as_json:
            say_json(job)
        else:
            click.echo(visible(job_line(job)))
    if not found and not typed.as_json:
        click.echo("no jobs", err=True)
    return Exit.DONE


@batch.command()
@click.argument("job", metavar="JOB", type=JOB)
@identity_options
@click.option("--from", "from_profile", type=PROFILE, help="Identity that reads the sources. Default: --profile.")
@click.option("--to", "to_profile", type=PROFILE, help="Identity that sees the copies. Default: --profile.")
@BACKGROUND
@TRANSFER_AS_JSON
@with_engine
async def adopt(engine: EngineAccess, typed: Typed) -> Exit:
    """Take over a job that xs3-tui created on another machine, or that this machine has lost.

    Watches the job until it ends, takes the results from its report, and copies on this machine what the job cannot
    copy.
    """
    spec = typed_identity(typed, _ACCOUNT)
    ends = (typed.from_profile, typed.to_profile)
    specs = (spec, *(identity_at(_ACCOUNT, each, typed.endpoint) if each else spec for each in ends))
    owner, source, target = [(await connect(engine, each)).connection for each in specs]
    return await submit(engine, AdoptJob(owner, typed.job, source, target, typed.region or ""), typed)


@batch.command()
@click.argument("transfer", metavar="TRANSFER", type=TRANSFER)
@json_option(ConfirmedJson, help="Print one JSON object.")
@with_engine
async def confirm(engine: EngineAccess, typed: Typed) -> Exit:
    """Confirm the job of TRANSFER, which then begins."""
    await engine.ask(ConfirmJob(typed.transfer))
    if typed.as_json:
        say_json(ConfirmedJson(typed.transfer))
    else:
        click.echo(f"the job of {visible(typed.transfer)} is confirmed and begins")
    return Exit.DONE


@batch.command()
@click.argument("transfer", metavar="TRANSFER", type=TRANSFER)
@click.argument("value", metavar="PRIORITY", type=click.IntRange(0, orders.MOST_PRIORITY))
@json_option(PriorityJson, help="Print one JSON object.")
@with_engine
async def priority(engine: EngineAccess, typed: Typed) -> Exit:
    """Change the priority of the job of TRANSFER: jobs of the account with a higher number run first."""
    await engine.ask(SetJobPriority(typed.transfer, typed.value))
    if typed.as_json:
        say_json(PriorityJson(typed.transfer, typed.value))
    else:
        click.echo(f"the job of {visible(typed.transfer)} has priority {typed.value}")
    return Exit.DONE


for _command in (tags, acl, restore, checksum):
    batch.add_command(_command)


def job_line(job: JobSnapshot) -> str:
    failed = f", {number(job.failed)} failed" if job.failed else ""
    done = f"{number(job.succeeded + job.failed)} of {counted(job.total, 'object')}{failed}"
    ours = f"transfer {job.transfer}" if job.transfer else job.description
    return "  ".join((job.id, f"{job.state:<10}", f"{job.operation:<22}", f"priority {job.priority}", done, ours))
