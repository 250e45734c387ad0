"""``xs3-tui access``: let another identity into a bucket, prove that it works, and take it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

import click

from tui.cli.command_identity import identity
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI
from tui.cli.prompts import can_ask, read_line
from tui.cli.running import connect, run_command
from tui.keeping.documents import save_documents
from tui.model.access import AccessPlan, Allow, GrantConditions, GrantOrder, ProbeResult, Way
from tui.model.change import AppliedChange, Change
from tui.model.exit_codes import Exit
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.access import PlanGrant, PlanRevoke, TestAccess
from tui.protocol.messages.changes import ApplyChange, ListChanges, PlanUndo
from tui.protocol.session import EngineAccess
from tui.text.change_lines import change_lines, probe_line
from tui.text.change_scripts import as_boto3, as_cli, as_terraform
from tui.text.document_files import document_files
from tui.text.format import time_exact, visible

PATIENCE = 60.0
"""Seconds that a change is given to take effect before its proof counts as failed."""

WAYS = click.Choice([each.value for each in Way])
ALLOWS = click.Choice([each.value for each in Allow])

FORMATS: dict[str, Callable[[Sequence[Change]], str]] = {
    "cli": as_cli,
    "boto3": as_boto3,
    "terraform": as_terraform,
}

Command = TypeVar("Command", bound=Callable[..., object])


class TypedGrant(TypedIdentity):
    """The values of the options of `grant_options`."""

    way: str
    allow: str
    other: str
    other_endpoint: str | None
    applier: str | None
    principal: str
    whole_account: bool
    role_name: str
    require_external_id: str
    require_mfa: bool
    source_vpce: tuple[str, ...]
    source_vpc: tuple[str, ...]
    source_ip: tuple[str, ...]
    org: str
    https: bool
    owner_full_control: bool
    kms_key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantCommand:
    """What was typed."""

    location: Location
    owner: IdentitySpec
    other: IdentitySpec
    applier: IdentitySpec | None
    typed: TypedGrant
    yes: bool = False
    dry_run: bool = False
    test: bool = True
    form: str = ""
    save: Path | None = None
    as_json: bool = False

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
            conditions=GrantConditions(
                source_vpce=list(typed["source_vpce"]),
                source_vpc=list(typed["source_vpc"]),
                source_ip=list(typed["source_ip"]),
                principal_org=typed["org"],
                secure_transport=typed["https"],
                owner_full_control=typed["owner_full_control"],
            ),
            applier=applier,
            principal=typed["principal"],
            whole_account=typed["whole_account"],
            role=typed["role_name"],
            external_id=typed["require_external_id"],
            mfa=typed["require_mfa"],
            kms_keys=list(typed["kms_key"]),
        )


def grant_options(command: Command) -> Command:
    """What is allowed to whom, where, and on which conditions; beside the options of `identity_options`."""
    for decorate in reversed(
        (
            click.argument("location", metavar="S3_URI", type=S3_URI),
            click.option(
                "--way", type=click.Choice([each.value for each in Way]), required=True, help="How it is let in."
            ),
            click.option(
                "--allow", type=click.Choice([each.value for each in Allow]), required=True, help="What it may do."
            ),
            click.option("--other", type=PROFILE, required=True, help="The identity that is let in."),
            click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of that identity."),
            click.option("--applier", type=PROFILE, help="Applies the other account's part. Without it: --other."),
            click.option("--principal", default="", metavar="ARN", help="ARN of --other, if STS does not return it."),
            click.option("--whole-account", is_flag=True, help="Name the account of --other, not --other alone."),
            click.option("--role-name", default="", metavar="NAME", help="With --way role: the role's name."),
            click.option(
                "--require-external-id", default="", metavar="ID", help="With --way role: assuming it needs this id."
            ),
            click.option("--require-mfa", is_flag=True, help="With --way role: assuming it needs an MFA code."),
            click.option("--source-vpce", multiple=True, metavar="ID", help="Only through this VPC endpoint."),
            click.option("--source-vpc", multiple=True, metavar="ID", help="Only from this VPC."),
            click.option("--source-ip", multiple=True, metavar="CIDR", help="Only from this network."),
            click.option("--org", default="", metavar="ID", help="Only identities of this organization."),
            click.option("--https", is_flag=True, help="Only over TLS."),
            click.option(
                "--owner-full-control", is_flag=True, help="Uploads must have the ACL bucket-owner-full-control."
            ),
            click.option("--kms-key", multiple=True, metavar="ARN", help="KMS key of the objects."),
            identity_options,
        )
    ):
        command = decorate(command)
    return command


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON objects, one per line.")
YES = click.option("-y", "--yes", is_flag=True, help="Apply the changes without asking.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the changes; apply nothing.")


@click.group()
def access() -> None:
    """Let another identity into a bucket, test it, take it back."""


@access.command()
@grant_options
@READ_ONLY
@YES
@DRY_RUN
@click.option("--no-test", is_flag=True, help="Do not test the access afterwards.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Print it for somebody else to run.")
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), help="Save each document to this directory.")
@AS_JSON
def grant(
    location: Location,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    no_test: bool,
    form: str | None,
    save: Path | None,
    as_json: bool,
    **typed: Unpack[TypedGrant],
) -> None:
    """Allow another identity to use a bucket or prefix.

    Prints each document that has to change: its account, kind, resource, and the difference. On a terminal it asks
    before it applies them; without a terminal, add --yes. Then it tests what must be allowed and what must not.
    """
    command = GrantCommand(
        **_identities(location, typed, read_only=read_only),
        typed=typed,
        yes=yes,
        dry_run=dry_run,
        test=not no_test,
        form=form or "",
        save=save,
        as_json=as_json,
    )
    run_command(partial(_grant, command=command), as_json=as_json)


@access.command()
@grant_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def revoke(
    location: Location, read_only: bool, yes: bool, dry_run: bool, as_json: bool, **typed: Unpack[TypedGrant]
) -> None:
    """Take back what 'access grant' with the same options has allowed."""
    command = GrantCommand(
        **_identities(location, typed, read_only=read_only), typed=typed, yes=yes, dry_run=dry_run, as_json=as_json
    )
    run_command(partial(_revoke, command=command), as_json=as_json)


@access.command()
@grant_options
@AS_JSON
def show(location: Location, as_json: bool, **typed: Unpack[TypedGrant]) -> None:
    """Show the documents of a way as they are, and what a grant would add."""
    command = GrantCommand(**_identities(location, typed), typed=typed, dry_run=True, as_json=as_json)
    run_command(partial(_grant, command=command), as_json=as_json)


@access.command()
@grant_options
@click.option("--wait", type=click.FloatRange(0, 600), default=0.0, help="Try again for this many seconds.")
@AS_JSON
def test(location: Location, wait: float, as_json: bool, **typed: Unpack[TypedGrant]) -> None:
    """Test as the other identity what a grant allows and what must stay refused; nothing is changed."""
    command = GrantCommand(**_identities(location, typed), typed=typed, as_json=as_json)
    run_command(partial(_test, command=command, patience=wait), as_json=as_json)


@access.command()
@click.argument("change", default="")
@YES
@DRY_RUN
@AS_JSON
def undo(change: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put back the document that a change has replaced: the latest one, or CHANGE of 'access log'."""
    run_command(partial(_undo, applied=change, yes=yes, dry_run=dry_run, as_json=as_json), as_json=as_json)


@access.command()
@AS_JSON
def log(as_json: bool) -> None:
    """List the changes of policies that were made, the latest first."""
    run_command(partial(_log, as_json=as_json), as_json=as_json)


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
        other=identity(typed["other"], endpoint),
        applier=identity(applier, endpoint) if applier else None,
    )


async def _grant(engine: EngineAccess, *, command: GrantCommand) -> Exit:
    order = await command.order(engine)
    plan = await engine.ask(PlanGrant(order))
    if command.save:
        _save(command.save, plan)
    if command.form:
        click.echo(FORMATS[command.form](plan.changes), nl=False)
        return Exit.DONE
    done = await _carry_out(engine, plan, command)
    if done is None or not command.test:
        return Exit.DONE
    return await _say_test(engine, order, PATIENCE, as_json=command.as_json)


async def _revoke(engine: EngineAccess, *, command: GrantCommand) -> Exit:
    plan = await engine.ask(PlanRevoke(await command.order(engine)))
    await _carry_out(engine, plan, command)
    return Exit.DONE


async def _carry_out(engine: EngineAccess, plan: AccessPlan, command: GrantCommand) -> list[AppliedChange] | None:
    """Print a plan, and apply it if that is wanted; None: it was not."""
    if not command.as_json:
        _say_plan(plan)
    if command.dry_run or not await _agreed(command.yes):
        if command.as_json:
            say_json(plan)
        return None
    for change in plan.changes:
        _require_applicable(change)
    applied = [await engine.ask(ApplyChange(each)) for each in plan.changes if each.is_needed]
    for each in applied:
        _say_applied(each, as_json=command.as_json)
    return applied


async def _agreed(yes: bool) -> bool:
    """Whether to apply: said on the command line, or now at the terminal."""
    if yes or not can_ask():
        return yes
    click.echo("apply? [y/N] ", nl=False, err=True)
    return (await read_line()).strip().lower() in ("y", "yes")


def _require_applicable(change: Change) -> None:
    """Nothing is applied where a part of it cannot be: half of a grant helps nobody."""
    if change.is_needed and not change.can_be_applied:
        causes = [*change.stops, *([change.unread.sentence()] if change.unread else [])]
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID if change.stops else ProblemKind.DENIED,
                title=f"the {change.ref.title} cannot be changed from here",
                cause="; ".join(causes) or "no identity of that account is connected",
                remedy="name an identity that may: --applier PROFILE; or print it for others: --format cli",
            )
        )


async def _test(engine: EngineAccess, *, command: GrantCommand, patience: float) -> Exit:
    return await _say_test(engine, await command.order(engine), patience, as_json=command.as_json)


async def _say_test(engine: EngineAccess, order: GrantOrder, patience: float, *, as_json: bool) -> Exit:
    results: list[ProbeResult] = []
    async with aclosing(engine.follow(TestAccess(order, patience))) as answers:
        async for result in answers:
            results.append(result)
            if as_json:
                say_json({"probe": result, "agrees": result.agrees})
            else:
                click.echo(visible(probe_line(result)))
    return Exit.DONE if all(each.agrees for each in results) else Exit.SOME_FAILED


async def _undo(engine: EngineAccess, *, applied: str, yes: bool, dry_run: bool, as_json: bool) -> Exit:
    known = (await engine.ask(ListChanges())).changes
    change = await engine.ask(PlanUndo(applied))
    if not as_json:
        _say_changes([change])
    if dry_run or not await _agreed(yes):
        if as_json:
            say_json(change)
        return Exit.DONE
    undone = applied or known[0].id
    _say_applied(await engine.ask(ApplyChange(change, undone)), as_json=as_json)
    return Exit.DONE


async def _log(engine: EngineAccess, *, as_json: bool) -> Exit:
    for each in (await engine.ask(ListChanges())).changes:
        _say_applied(each, as_json=as_json)
    return Exit.DONE


def _say_plan(plan: AccessPlan) -> None:
    click.echo(visible(f"access for {plan.grantee}"))
    _say_changes(plan.changes)
    for note in plan.notes:
        click.echo(visible(f"! {note}"))
    if plan.profile_lines:
        click.echo("for the AWS config file of the other identity:")
        for line in plan.profile_lines.splitlines():
            click.echo(visible(f"  {line}"))


def _say_changes(changes: Sequence[Change]) -> None:
    for change in changes:
        for line in change_lines(change):
            click.echo(visible(line))


def _say_applied(applied: AppliedChange, *, as_json: bool) -> None:
    if as_json:
        say_json({"applied": applied})
        return
    what = f"undoes {applied.undoes}" if applied.undoes else "changed"
    click.echo(visible(f"{applied.id}  {time_exact(applied.at)}  {what}: {applied.ref.title} as {applied.identity}"))


def _save(directory: Path, plan: AccessPlan) -> None:
    """One file a document, for this user only."""
    for path in save_documents(directory, document_files(plan.changes)):
        click.echo(visible(f"saved {path}"), err=True)
