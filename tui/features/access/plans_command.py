"""Access plans on the command line: print, apply, save, or export for somebody else to apply."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import click

from tui.cli.change_lines import DRY_RUN, YES, agreed, require_applicable, say_applied, say_changes, say_undo
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, F, Typed, identity_options, taken, with_options
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI, TEXT, PathParameter, TypedParameter
from tui.core.changes import AppliedChange, PlannedChange
from tui.core.identity import Identity
from tui.core.network import Certainty, OfferedCondition
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.access.values import TYPED_CONDITIONS, AccessPlan, Allow, GrantConditions, GrantMethod, TypedCondition
from tui.features.access.words import condition_value
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange
from tui.messages.inspect_requests import FindNetworkPath
from tui.saved.editor import save_documents
from tui.text.document_lines import as_boto3, as_cli, as_terraform, document_files
from tui.text.format import visible

FORMATS: dict[str, Callable[[Sequence[PlannedChange]], str]] = {
    "cli": as_cli,
    "boto3": as_boto3,
    "terraform": as_terraform,
}

PARTIAL = click.option("--partial", is_flag=True, help="Apply only the changes that your identities can make.")
FORMAT = click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="Print the changes for somebody else to apply."
)
SAVE = click.option(
    "--save", type=PathParameter(path_type=Path, file_okay=False), help="Save each document to this directory."
)


def plan_options(command: F) -> F:
    return with_options(command, READ_ONLY, YES, DRY_RUN, PARTIAL)


async def carry_out(
    engine: EngineAccess,
    plan: AccessPlan,
    typed: Typed,
    afterwards: Callable[[list[AppliedChange]], Awaitable[Exit]] | None = None,
    beforehand: Callable[[], Awaitable[None]] | None = None,
) -> Exit:
    """Print a plan, apply it if the user agrees, and print how to undo it.

    `beforehand` runs after the user has agreed. `afterwards` gets the list of changes, and removes from it those that
    it undoes.
    """
    if not typed.as_json:
        say_plan(plan)
    elif typed.dry_run or not typed.yes:
        say_json(plan)
    if typed.dry_run:
        return Exit.DONE
    if any(each.is_needed for each in plan.changes) and not await agreed(typed.yes):
        return Exit.SOME_FAILED
    if not typed.partial:
        for change in plan.changes:
            require_applicable(change)
    if beforehand:
        await beforehand()
    made: list[AppliedChange] = []
    try:
        for each in (one for one in plan.changes if one.can_be_applied):
            made.append(await engine.ask(ApplyChange(each, group=made[0].unit if made else "")))
            say_applied(made[-1], as_json=typed.as_json)
        return await afterwards(made) if afterwards else Exit.DONE
    finally:
        if made and not typed.as_json:
            say_undo(made[0].unit)


def say_plan(plan: AccessPlan) -> None:
    click.echo(visible(f"access for {plan.grantee}"))
    say_changes(plan.changes)
    for note in plan.notes:
        click.echo(visible(f"! {note}"))
    if plan.profile_lines:
        click.echo("add this to the AWS config file of the other identity:")
        for line in plan.profile_lines.splitlines():
            click.echo(visible(f"  {line}"))


def hand_over(plan: AccessPlan, typed: Typed) -> bool:
    """Save the documents, or print them for somebody else; return whether the command is finished."""
    if typed.save:
        for path in save_documents(typed.save, document_files(plan.changes)):
            click.echo(visible(f"saved {path}"), err=True)
    if typed.form:
        click.echo(FORMATS[typed.form](plan.changes), nl=False)
    return bool(typed.form)


WAYS = click.Choice([each.value for each in GrantMethod])
ALLOWS = click.Choice([each.value for each in Allow])


def _condition_option(condition: TypedCondition) -> Callable[[F], F]:
    value = TypedParameter(condition.metavar.lower(), functools.partial(condition_value, condition))
    return click.option(
        *(condition.option, condition.field),
        type=value,
        multiple=condition.several,
        metavar=condition.metavar,
        help=condition.help,
    )


def grant_options(command: F) -> F:
    return with_options(
        command,
        click.argument("location", metavar="S3_URI", type=S3_URI),
        click.option("--way", type=WAYS, required=True, help="How access is granted."),
        click.option("--allow", type=ALLOWS, required=True, help="What the other identity may do."),
        click.option("--other", type=PROFILE, required=True, help="Identity that gets access."),
        click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of that identity."),
        click.option(
            "--applier", type=PROFILE, help="Identity that applies the other account's part. Default: --other."
        ),
        click.option(
            "--principal", type=TEXT, default="", metavar="ARN", help="ARN of --other, if STS does not return it."
        ),
        click.option(
            "--whole-account", is_flag=True, help="Grant to the whole account of --other, not to --other alone."
        ),
        click.option("--role-name", type=TEXT, default="", metavar="NAME", help="With --way role: the role's name."),
        click.option(
            "--require-external-id",
            "required_id",
            type=TEXT,
            default="",
            metavar="ID",
            help="With --way role: require this external ID.",
        ),
        click.option(
            "--require-session-name",
            "session_name",
            type=TEXT,
            default="",
            metavar="NAME",
            help="With --way role: require this session name; * matches any text.",
        ),
        click.option("--require-mfa", "mfa", is_flag=True, help="With --way role: require an MFA code."),
        click.option(
            "--from-here",
            is_flag=True,
            help="Only from here: through the VPC endpoint that your requests use, or from your address.",
        ),
        *map(_condition_option, TYPED_CONDITIONS),
        click.option("--https", "secure_transport", is_flag=True, help="Only over TLS."),
        click.option("--owner-full-control", is_flag=True, help="Uploads must have the ACL bucket-owner-full-control."),
        click.option("--kms-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of the objects."),
        identity_options,
    )


async def conditions(
    engine: EngineAccess, typed: Typed, bucket: str, other: Identity, owner: Identity
) -> GrantConditions:
    """The conditions of the grant. Raises `ProblemError` if the network path of your requests is not known."""
    given = taken(GrantConditions, typed)
    return given.on_path(await _path(engine, bucket, other, owner)) if typed.from_here else given


async def _path(engine: EngineAccess, bucket: str, other: Identity, owner: Identity) -> OfferedCondition:
    offered = (await engine.ask(FindNetworkPath(other.connection, bucket, owner.connection))).condition
    if offered.condition is None:
        remedy = "name it: --source-vpce ID, --source-vpc ID or --source-ip CIDR"
        raise ProblemError(
            Problem(ProblemKind.INVALID, "the network path of your requests is not known", offered.words, remedy)
        )
    if offered.certainty is not Certainty.CERTAIN:
        click.echo(visible(f"{offered.certainty.value}: {offered.words}"), err=True)
    return offered
