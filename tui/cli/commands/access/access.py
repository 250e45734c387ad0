"""``xs3-tui access``: let another identity into a bucket, prove that it works, and take it back."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES, require_bucket
from tui.cli.command_identity import identity
from tui.cli.commands.access.batch import batch
from tui.cli.commands.access.grant_test import GrantTest, exit_of, tested
from tui.cli.commands.access.log import log, undo
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, typed_identity
from tui.cli.options.grants import TypedGrant, conditions, grant_options
from tui.cli.plans import FORMAT, PARTIAL, SAVE, PlanOptions, carry_out, hand_over
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.model.access.grants import Allow, GrantOrder, Way
from tui.protocol.messages.access import PlanGrant, PlanRevoke
from tui.text.document_lines import document_lines
from tui.text.format import visible


@dataclass(frozen=True, slots=True)
class GrantCommand:
    """What was typed."""

    location: Location
    owner: IdentitySpec
    other: IdentitySpec
    applier: IdentitySpec | None
    typed: TypedGrant
    options: PlanOptions
    test: bool = True
    form: str = ""
    save: Path | None = None

    @property
    def as_json(self) -> bool:
        """Whether JSON is printed."""
        return self.options.as_json

    async def order(self, engine: EngineAccess) -> GrantOrder:
        """The grant as the engine takes it; connects the identities."""
        typed = self.typed
        owner, other = await connect(engine, self.owner), await connect(engine, self.other)
        applier = (await connect(engine, self.applier)).connection if self.applier else ""
        return GrantOrder(
            way=Way(typed["way"]),
            allow=Allow(typed["allow"]),
            location=self.location,
            owner=owner.connection,
            other=other.connection,
            conditions=await conditions(engine, typed, self.location.bucket, other, owner),
            applier=applier,
            principal=typed["principal"],
            whole_account=typed["whole_account"],
            role=typed["role_name"],
            external_id=typed["required_id"],
            session_name=typed["session_name"],
            mfa=typed["mfa"],
            kms_keys=list(typed["kms_key"]),
        )


@click.group()
def access() -> None:
    """Let another identity into a bucket, test it, take it back."""


@access.command()
@grant_options
@READ_ONLY
@YES
@DRY_RUN
@PARTIAL
@click.option("--no-test", is_flag=True, help="Do not test the access afterwards.")
@FORMAT
@SAVE
@AS_JSON
def grant(
    location: Location,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    partial: bool,
    no_test: bool,
    form: str | None,
    save: Path | None,
    as_json: bool,
    **typed: Unpack[TypedGrant],
) -> None:
    """Allow another identity to use a bucket or prefix.

    Prints each document that has to change: its account, kind, resource, and the difference. On a terminal it asks
    before it applies them; without a terminal it ends there with exit code 2, unless --yes is given. Then it tests
    what must be allowed and what must not.
    """
    command = GrantCommand(
        **_identities(location, typed, read_only=read_only),
        typed=typed,
        options=PlanOptions(yes, dry_run, partial, as_json),
        test=not no_test,
        form=form or "",
        save=save,
    )
    run_command(functools.partial(_grant, command=command), as_json=as_json)


@access.command()
@grant_options
@READ_ONLY
@YES
@DRY_RUN
@PARTIAL
@AS_JSON
def revoke(
    location: Location,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    partial: bool,
    as_json: bool,
    **typed: Unpack[TypedGrant],
) -> None:
    """Take back what 'access grant' with the same options has allowed."""
    command = GrantCommand(
        **_identities(location, typed, read_only=read_only),
        typed=typed,
        options=PlanOptions(yes, dry_run, partial, as_json),
    )
    run_command(functools.partial(_revoke, command=command), as_json=as_json)


@access.command()
@grant_options
@AS_JSON
def show(location: Location, as_json: bool, **typed: Unpack[TypedGrant]) -> None:
    """Show the documents of a way as they are, and whether they have what a grant adds."""
    command = GrantCommand(
        **_identities(location, typed), typed=typed, options=PlanOptions(dry_run=True, as_json=as_json)
    )
    run_command(functools.partial(_show, command=command), as_json=as_json)


@access.command()
@grant_options
@click.option("--wait", type=click.FloatRange(0, 600), default=0.0, help="Try again for this many seconds.")
@AS_JSON
def test(location: Location, wait: float, as_json: bool, **typed: Unpack[TypedGrant]) -> None:
    """Test as the other identity what a grant allows and what must stay refused; nothing is changed."""
    command = GrantCommand(**_identities(location, typed), typed=typed, options=PlanOptions(as_json=as_json))
    run_command(functools.partial(_test, command=command, patience=wait), as_json=as_json)


access.add_command(batch)
access.add_command(undo)
access.add_command(log)


class _Identities(TypedDict):
    location: Location
    owner: IdentitySpec
    other: IdentitySpec
    applier: IdentitySpec | None


def _identities(location: Location, typed: TypedGrant, *, read_only: bool = False) -> _Identities:
    if not location.bucket or location.is_local:
        raise click.UsageError("name a bucket or prefix: s3://bucket/prefix/")
    applier, endpoint = typed["applier"], typed["other_endpoint"]
    return _Identities(
        location=location,
        owner=typed_identity(location, typed, read_only=read_only),
        other=identity(typed["other"], endpoint, read_only=read_only),
        applier=identity(applier, endpoint, read_only=read_only) if applier else None,
    )


async def _grant(engine: EngineAccess, *, command: GrantCommand) -> Exit:
    order = await command.order(engine)
    plan = await engine.ask(PlanGrant(order))
    require_bucket(plan.changes)
    if hand_over(plan, command.form, command.save):
        return Exit.DONE
    if not command.test:
        return await carry_out(engine, plan, command.options)
    test = GrantTest(engine, order, as_json=command.as_json)
    return await carry_out(engine, plan, command.options, test.afterwards, test.beforehand)


async def _show(engine: EngineAccess, *, command: GrantCommand) -> Exit:
    plan = await engine.ask(PlanGrant(await command.order(engine)))
    require_bucket(plan.changes)
    if command.as_json:
        say_json(plan)
        return Exit.DONE
    click.echo(visible(f"access for {plan.grantee}"))
    for change in plan.changes:
        for line in document_lines(change):
            click.echo(visible(line))
    return Exit.DONE


async def _revoke(engine: EngineAccess, *, command: GrantCommand) -> Exit:
    plan = await engine.ask(PlanRevoke(await command.order(engine)))
    require_bucket(plan.changes)
    return await carry_out(engine, plan, command.options)


async def _test(engine: EngineAccess, *, command: GrantCommand, patience: float) -> Exit:
    results = await tested(engine, await command.order(engine), patience, as_json=command.as_json)
    return exit_of(results)
