"""``xs3-tui access log`` and ``undo``: the changes of documents that were made, and how they are taken back."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES, agreed, applied_line, say_applied, say_changes
from tui.cli.exits import say_json
from tui.cli.parameter_types import CHANGE
from tui.cli.running import run_command
from tui.core.changes import AppliedChange, ChangeLog
from tui.core.naming import counted
from tui.core.problem import Exit, ProblemError
from tui.link.session import EngineAccess
from tui.messages.document_requests import ListChanges
from tui.saved.taking_back import UndoPart, plan_undo, take_back
from tui.text.format import visible


@click.command()
@click.argument("change", type=CHANGE, default="")
@YES
@DRY_RUN
@AS_JSON
def undo(change: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take back a grant or another change of documents: the latest that is not undone, or CHANGE of 'access log'.

    All that was made together with it is taken back, too. An undo is taken back only by its own CHANGE.
    """
    run_command(functools.partial(_undo, applied=change, yes=yes, dry_run=dry_run, as_json=as_json), as_json=as_json)


@click.command()
@AS_JSON
def log(as_json: bool) -> None:
    """List the changes of policies that were made, the latest first: what was made together, and what is undone."""
    run_command(functools.partial(_log, as_json=as_json), as_json=as_json)


async def _undo(engine: EngineAccess, *, applied: str, yes: bool, dry_run: bool, as_json: bool) -> Exit:
    log = ChangeLog((await engine.ask(ListChanges())).changes)
    wanted = log.to_take_back(applied)
    parts = await plan_undo(engine, wanted)
    if len(parts) == 1 and parts[0].problem:
        raise ProblemError(parts[0].problem)
    changes = [each.change for each in parts if each.change]
    if not as_json:
        _say_together(log, wanted)
        say_changes(changes)
    elif dry_run or not yes:
        for change in changes:
            say_json(change)
    stays = [each for each in parts if each.problem]
    _say_stays(stays, as_json=as_json)
    if not changes or dry_run:
        _raise_first(stays)
        return Exit.DONE
    question = f"take back these {counted(len(changes), 'change')}?" if len(changes) > 1 else "apply?"
    if any(each.is_needed for each in changes) and not await agreed(yes, question):
        return Exit.SOME_FAILED
    left = await take_back(
        engine, [each for each in parts if each.change], functools.partial(say_applied, as_json=as_json)
    )
    _say_stays(left, as_json=as_json)
    _raise_first([*left, *stays])
    return Exit.DONE


def _say_together(log: ChangeLog, wanted: Sequence[AppliedChange]) -> None:
    """That what is taken back was made together, and what of it is undone already."""
    if len(together := log.together(wanted[0])) > 1:
        undone = f"; {len(together) - len(wanted)} undone already" if len(together) > len(wanted) else ""
        ids = ", ".join(each.id for each in reversed(together))
        click.echo(
            visible(
                f"{counted(len(together), 'change')} that were made together are taken back together: {ids}{undone}"
            )
        )


def _say_stays(parts: Sequence[UndoPart], *, as_json: bool) -> None:
    """Each part that is not taken back, and why."""
    for each in parts:
        if as_json:
            say_json({"stays": each.applied, "problem": each.problem})
        elif each.problem:
            words = f"✗ {each.stays}: {each.applied.ref.title} (change {each.applied.id}): {each.problem.sentence()}"
            click.echo(visible(words), err=True)


def _raise_first(parts: Sequence[UndoPart]) -> None:
    for each in parts:
        if each.problem:
            raise ProblemError(each.problem)


async def _log(engine: EngineAccess, *, as_json: bool) -> Exit:
    log = ChangeLog((await engine.ask(ListChanges())).changes)
    for each in log.changes:
        undone = log.undone_by.get(each.id, "")
        if as_json:
            say_json({"applied": each, "unit": each.unit, "undone_by": undone})
            continue
        together = log.together(each)
        part = f" · part {len(together) - together.index(each)} of {len(together)}, made together"
        notes = (
            f"{part} from {each.unit} on" if len(together) > 1 else "",
            f" · undone by {undone}" if undone else "",
            " · interrupted: perhaps not made" if each.unsure else "",
        )
        click.echo(visible(applied_line(each) + "".join(notes)))
    return Exit.DONE
