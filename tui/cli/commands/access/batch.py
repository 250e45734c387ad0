"""``xs3-tui access batch``: the IAM role of jobs of S3 Batch Operations, made, extended, taken back, checked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import click
from msgspec.structs import replace

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES
from tui.cli.command_identity import identity
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, typed_identity
from tui.cli.options.batch_access import TypedJob, job_access, job_options
from tui.cli.plans import FORMAT, PARTIAL, SAVE, PlanOptions, carry_out, hand_over
from tui.cli.running import connect, run_command
from tui.core.changes import AppliedChange
from tui.core.identity import IdentitySpec
from tui.core.jobs import BatchRoleOrder, JobAccess, RoleCheck
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.protocol.messages.access import CheckBatchRole, PlanBatchRole, PlanRevokeBatchRole
from tui.text.format import visible


@dataclass(frozen=True, slots=True)
class BatchCommand:
    """What was typed: a job as the engine takes it, but for the identities' connections."""

    job: JobAccess
    owner: IdentitySpec
    other: IdentitySpec | None
    options: PlanOptions
    form: str = ""
    save: Path | None = None

    async def order(self, engine: EngineAccess) -> BatchRoleOrder:
        """The order; connects the identities. The first one is of the job's account."""
        owner = await connect(engine, self.owner)
        others = [(await connect(engine, self.other)).connection] if self.other else []
        job = replace(self.job, account=owner.account)
        return BatchRoleOrder(job, owner.connection, others)


@click.group()
def batch() -> None:
    """Make, extend, check and take back the IAM role of jobs of S3 Batch Operations.

    The identity is of the account that the job is created in: of a copy, best the account of the TARGET. --other is an
    identity of the other account, if a bucket belongs to one.
    """


@batch.command()
@job_options
@READ_ONLY
@YES
@DRY_RUN
@PARTIAL
@FORMAT
@SAVE
@AS_JSON
def grant(
    source: Location,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    partial: bool,
    form: str | None,
    save: Path | None,
    as_json: bool,
    **typed: Unpack[TypedJob],
) -> None:
    """Make a role that may do this job and no more, or let an existing role do it, too.

    Prints each document that has to change, with the difference: the role's trust and permissions, and the bucket and
    key policies of other accounts. On a terminal it asks before it applies them; without one, add --yes. Then it
    checks the role.
    """
    options = PlanOptions(yes, dry_run, partial, as_json)
    command = _command(source, typed, options, read_only=read_only, form=form or "", save=save)
    run_command(functools.partial(_grant, command=command), as_json=as_json)


@batch.command()
@job_options
@READ_ONLY
@YES
@DRY_RUN
@PARTIAL
@AS_JSON
def revoke(
    source: Location,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    partial: bool,
    as_json: bool,
    **typed: Unpack[TypedJob],
) -> None:
    """Take back what 'access batch grant' with the same options has allowed; the role goes with its last statement."""
    options = PlanOptions(yes, dry_run, partial, as_json)
    command = _command(source, typed, options, read_only=read_only)
    run_command(functools.partial(_revoke, command=command), as_json=as_json)


@batch.command()
@job_options
@AS_JSON
def check(source: Location, as_json: bool, **typed: Unpack[TypedJob]) -> None:
    """Name what keeps a job from running as the role, and what is not known; nothing is changed."""
    command = _command(source, typed, PlanOptions(as_json=as_json))
    run_command(functools.partial(_check, command=command), as_json=as_json)


def _command(
    source: Location,
    typed: TypedJob,
    options: PlanOptions,
    *,
    read_only: bool = False,
    form: str = "",
    save: Path | None = None,
) -> BatchCommand:
    return BatchCommand(
        job_access(source, typed),
        typed_identity(source, typed, read_only=read_only),
        identity(typed["other"], typed["other_endpoint"], read_only=read_only) if typed["other"] else None,
        options,
        form,
        save,
    )


async def _grant(engine: EngineAccess, *, command: BatchCommand) -> Exit:
    order = await command.order(engine)
    plan = await engine.ask(PlanBatchRole(order))
    if hand_over(plan, command.form, command.save):
        return Exit.DONE

    async def check(_made: list[AppliedChange]) -> Exit:
        if not command.options.as_json:
            click.echo(visible(f"role {plan.role_arn}"))
        return _say_check(await engine.ask(CheckBatchRole(order)), as_json=command.options.as_json)

    return await carry_out(engine, plan, command.options, check)


async def _revoke(engine: EngineAccess, *, command: BatchCommand) -> Exit:
    plan = await engine.ask(PlanRevokeBatchRole(await command.order(engine)))
    return await carry_out(engine, plan, command.options)


async def _check(engine: EngineAccess, *, command: BatchCommand) -> Exit:
    check = await engine.ask(CheckBatchRole(await command.order(engine)))
    return _say_check(check, as_json=command.options.as_json)


def _say_check(check: RoleCheck, *, as_json: bool) -> Exit:
    """Print what is missing and what is not known."""
    if as_json:
        say_json(check)
    else:
        for mark, problems in (("✗", check.missing), ("?", check.unknown)):
            for problem in problems:
                click.echo(visible(f"{mark} {problem.sentence()}"))
        if not check.missing:
            click.echo(visible(f"{'?' if check.unknown else '✓'} {_summary(check)}"))
    return Exit.SOME_FAILED if check.missing else Exit.DONE


def _summary(check: RoleCheck) -> str:
    if check.unknown:
        return f"nothing is known to be missing for {check.job.role_arn}"
    return f"{check.job.role_arn} has all that the job needs"
