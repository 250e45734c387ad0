"""``xs3-tui access log`` and ``undo``: the changes of documents that were made, and how they are taken back."""

from __future__ import annotations

import functools

import click

from tui.cli.changes import AS_JSON, DRY_RUN, YES, agreed, say_applied, say_changes
from tui.cli.exits import say_json
from tui.cli.running import run_command
from tui.model.exit_codes import Exit
from tui.protocol.messages.changes import ApplyChange, ListChanges, PlanUndo
from tui.protocol.session import EngineAccess


@click.command()
@click.argument("change", default="")
@YES
@DRY_RUN
@AS_JSON
def undo(change: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put back the document that a change has replaced: the latest one, or CHANGE of 'access log'."""
    run_command(functools.partial(_undo, applied=change, yes=yes, dry_run=dry_run, as_json=as_json), as_json=as_json)


@click.command()
@AS_JSON
def log(as_json: bool) -> None:
    """List the changes of policies that were made, the latest first."""
    run_command(functools.partial(_log, as_json=as_json), as_json=as_json)


async def _undo(engine: EngineAccess, *, applied: str, yes: bool, dry_run: bool, as_json: bool) -> Exit:
    known = (await engine.ask(ListChanges())).changes
    change = await engine.ask(PlanUndo(applied))
    if not as_json:
        say_changes([change])
    elif dry_run or not yes:
        say_json(change)
    if dry_run or not change.is_needed:
        return Exit.DONE
    if not await agreed(yes):
        return Exit.SOME_FAILED
    undone = applied or known[0].id
    say_applied(await engine.ask(ApplyChange(change, undone)), as_json=as_json)
    return Exit.DONE


async def _log(engine: EngineAccess, *, as_json: bool) -> Exit:
    for each in (await engine.ask(ListChanges())).changes:
        say_applied(each, as_json=as_json)
    return Exit.DONE
