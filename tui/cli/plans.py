"""Plans of access on the command line: printed, applied once that is agreed, saved, or written for somebody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from tui.cli.change_lines import agreed, require_applicable, say_applied, say_changes, say_undo
from tui.cli.exits import say_json
from tui.cli.parameter_types import PathParameter
from tui.core.changes import AppliedChange, Change
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange
from tui.model.access.grants import AccessPlan
from tui.saved.editor import save_documents
from tui.text.document_lines import as_boto3, as_cli, as_terraform, document_files
from tui.text.format import visible

FORMATS: dict[str, Callable[[Sequence[Change]], str]] = {
    "cli": as_cli,
    "boto3": as_boto3,
    "terraform": as_terraform,
}

PARTIAL = click.option("--partial", is_flag=True, help="Apply the parts that can be applied from here.")
FORMAT = click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Print it for somebody else to run.")
SAVE = click.option(
    "--save", type=PathParameter(path_type=Path, file_okay=False), help="Save each document to this directory."
)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How a plan is carried out."""

    yes: bool = False
    dry_run: bool = False
    partial: bool = False
    as_json: bool = False


async def carry_out(
    engine: EngineAccess,
    plan: AccessPlan,
    options: PlanOptions,
    afterwards: Callable[[list[AppliedChange]], Awaitable[Exit]] | None = None,
    beforehand: Callable[[], Awaitable[None]] | None = None,
) -> Exit:
    """Print a plan, and apply it if that is wanted; then say how all of it is taken back.

    What comes `beforehand` comes once that is agreed; what comes `afterwards` gets the changes that stand, and leaves
    out of them what it takes back.
    """
    if not options.as_json:
        say_plan(plan)
    elif options.dry_run or not options.yes:
        say_json(plan)
    if options.dry_run:
        return Exit.DONE
    if any(each.is_needed for each in plan.changes) and not await agreed(options.yes):
        return Exit.SOME_FAILED
    if not options.partial:
        for change in plan.changes:
            require_applicable(change)
    if beforehand:
        await beforehand()
    made: list[AppliedChange] = []
    try:
        for each in (one for one in plan.changes if one.can_be_applied):
            made.append(await engine.ask(ApplyChange(each, group=made[0].unit if made else "")))
            say_applied(made[-1], as_json=options.as_json)
        return await afterwards(made) if afterwards else Exit.DONE
    finally:
        if made and not options.as_json:
            say_undo(made[0].unit)


def say_plan(plan: AccessPlan) -> None:
    """Print whom it is for, each change, and notes."""
    click.echo(visible(f"access for {plan.grantee}"))
    say_changes(plan.changes)
    for note in plan.notes:
        click.echo(visible(f"! {note}"))
    if plan.profile_lines:
        click.echo("for the AWS config file of the other identity:")
        for line in plan.profile_lines.splitlines():
            click.echo(visible(f"  {line}"))


def hand_over(plan: AccessPlan, form: str, save: Path | None) -> bool:
    """Save the documents, or print them for somebody else to run; whether that was all that was wanted."""
    if save:
        for path in save_documents(save, document_files(plan.changes)):
            click.echo(visible(f"saved {path}"), err=True)
    if form:
        click.echo(FORMATS[form](plan.changes), nl=False)
    return bool(form)
