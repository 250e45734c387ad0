"""Policy, ACL and settings changes on the command line: show them, ask, report."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli import prompts
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, F, identity_options, with_options
from tui.cli.json_output import AppliedJson
from tui.core.changes import AppliedChange, PlannedChange
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.text.document_lines import change_lines
from tui.text.format import time_exact, visible

YES = click.option("-y", "--yes", is_flag=True, help="Apply the changes without asking.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the changes; apply nothing.")


def changing_options(command: F) -> F:
    """The identity, and how a change is shown and confirmed."""
    return with_options(command, identity_options, READ_ONLY, YES, DRY_RUN)


async def agreed(yes: bool, question: str = "apply?") -> bool:
    """Whether the user agrees: by ``--yes`` or at the terminal. Raises a usage error without a terminal."""
    if yes:
        return True
    prompts.need_terminal()
    return await prompts.agreed(question, otherwise="nothing was changed")


def require_applicable(change: PlannedChange) -> None:
    """Raise `ProblemError` for a change that cannot be applied: half of a grant helps nobody."""
    if change.is_needed and not change.can_be_applied:
        causes = [*change.stops, *([change.unread.sentence()] if change.unread else [])]
        title = f"the {change.ref.title} cannot be changed from here"
        cause = "; ".join(causes) or "no identity of that account is connected"
        remedy = "name an identity with permission: --applier PROFILE; or apply the other parts only: --partial"
        raise ProblemError(Problem(ProblemKind.INVALID if change.stops else ProblemKind.DENIED, title, cause, remedy))


def require_bucket(changes: Sequence[PlannedChange]) -> None:
    """Raise `ProblemError` if the bucket does not exist: nobody can apply that plan."""
    for change in changes:
        if change.unread and change.unread.kind is ProblemKind.NO_SUCH_BUCKET:
            raise ProblemError(change.unread)


def say_changes(changes: Sequence[PlannedChange]) -> None:
    for change in changes:
        for line in change_lines(change):
            click.echo(visible(line))


def say_applied(applied: AppliedChange, *, as_json: bool) -> None:
    if as_json:
        say_json(AppliedJson(applied))
        return
    click.echo(visible(applied_line(applied)))


def applied_line(applied: AppliedChange) -> str:
    what = f"undoes {applied.undoes}" if applied.undoes else "changed"
    return f"{applied.id}  {time_exact(applied.at)}  {what}: {applied.ref.title} as {applied.identity}"


def say_undo(unit: str) -> None:
    """Print how to undo a change and those made together with it."""
    click.echo(f"xs3-tui access undo {unit} undoes it", err=True)
