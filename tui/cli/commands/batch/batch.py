"""``xs3-tui batch``: jobs of S3 Batch Operations."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import click

from tui.cli.command_identity import identity_at
from tui.cli.commands.batch.operations import acl, checksum, restore, tags
from tui.cli.exits import say_json
from tui.cli.identity_options import BACKGROUND, TRANSFER_AS_JSON, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import JOB, PROFILE, TRANSFER
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import to_its_end
from tui.core.identity import IdentitySpec
from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import MOST_PRIORITY
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.batch_requests import AdoptJob, ConfirmJob, ListJobs, SetJobPriority
from tui.text.format import number, visible

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
    """A job as a line."""
    failed = f", {number(job.failed)} failed" if job.failed else ""
    done = f"{number(job.succeeded + job.failed)} of {counted(job.total, 'object')}{failed}"
    ours = f"transfer {job.transfer}" if job.transfer else job.description
    return "  ".join((job.id, f"{job.state:<10}", f"{job.operation:<22}", f"priority {job.priority}", done, ours))


async def _adopt(
    engine: EngineAccess,
    *,
    job: str,
    specs: tuple[IdentitySpec, ...],
    region: str,
    background: bool,
    as_json: bool,
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
