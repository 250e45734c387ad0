"""``xs3-tui undo``: a transfer is taken back by the version ids that it noted."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial

import click

from tui.cli.dry_run_lines import say_dry_run, say_planned
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import RECEIPT, TRANSFER_AS_JSON, YES
from tui.cli.parameter_types import TRANSFER
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import run_command
from tui.cli.transfer_run import NOTHING_LEFT, CopyRun
from tui.core.orders import RevertOrder
from tui.core.problem import Exit, Problem, ProblemKind
from tui.core.transfer import PlannedAction
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListUndo, SubmitVersions, UndoEntry
from tui.messages.order_requests import DryRun
from tui.text.format import counted, size, time_exact, time_iso, visible
from tui.text.versions.undo import left_out_words, undo_words, what_words


@click.command()
@click.argument("transfer", type=TRANSFER, required=False)
@click.option("--list", "only_list", is_flag=True, help="List the transfers that can be undone.")
@click.option(
    "--all",
    "with_all",
    is_flag=True,
    help="List also those that cannot be undone, or are already, as --json does.",
)
@click.option("--dry-run", is_flag=True, help="Show what would happen to each object; change nothing.")
@YES
@RECEIPT
@TRANSFER_AS_JSON
def undo(
    transfer: str | None,
    only_list: bool,
    with_all: bool,
    dry_run: bool,
    yes: bool,
    receipt: str | None,
    as_json: bool,
) -> None:
    """Take back a copy, move or deletion in buckets that keep versions.

    TRANSFER is an id of 'xs3-tui transfers'; without one it lists what can be undone. Delete markers that the transfer
    made and versions that it wrote are deleted by their ids, as long as nothing newer is on top; all else is left
    as it is. It shows each object first and asks for confirmation on a terminal; without a terminal, add --yes.
    """
    if transfer is None and (dry_run or yes or receipt):
        raise click.UsageError("name the transfer: 'xs3-tui undo --list' shows them")
    if transfer and with_all and not only_list:
        raise click.UsageError("--all is for the list: leave out the transfer")
    if transfer is None or only_list:
        run_command(partial(_list, with_all=with_all, as_json=as_json), as_json=as_json)
        return
    run_command(
        partial(_undo, transfer=transfer, dry_run=dry_run, yes=yes, receipt=receipt or "", as_json=as_json),
        as_json=as_json,
    )


async def _list(engine: EngineAccess, *, with_all: bool, as_json: bool) -> Exit:
    entries = [entry async for entry in engine.follow(ListUndo())]
    left_out = [] if with_all else [entry for entry in entries if not entry.is_open]
    for each in entries:
        if each not in left_out:
            _say(each, as_json=as_json)
    if not entries and not as_json:
        click.echo("no transfer has written or deleted anything", err=True)
    if left_out:
        click.echo(left_out_words(left_out, "'xs3-tui undo --list --all' lists them"), err=True)
    return Exit.DONE


async def _undo(engine: EngineAccess, *, transfer: str, dry_run: bool, yes: bool, receipt: str, as_json: bool) -> Exit:
    entries = {entry.transfer.id: entry async for entry in engine.follow(ListUndo())}
    entry = entries.get(transfer)
    if entry is None or not entry.possible:
        say_problem(_cannot(transfer, entry), as_json=as_json)
        return Exit.NOT_FOUND if entry is None else Exit.SOME_FAILED
    order = entry.order
    if dry_run:
        return await say_dry_run(engine, order, as_json=as_json)
    if not yes and not await _agreed(engine, order, as_json=as_json):
        return Exit.SOME_FAILED
    submitted = await engine.ask(SubmitVersions(type(order)(order.selection, order.transfer, order.source, receipt)))
    return await CopyRun(engine, submitted.transfer, as_json=as_json).follow()


async def _agreed(engine: EngineAccess, order: RevertOrder, *, as_json: bool) -> bool:
    """Show what becomes of each object, and have the number typed: versions that are deleted do not come back."""
    need_terminal()
    objects = total = 0
    async with aclosing(engine.follow(DryRun(order))) as planned:
        async for each in planned:
            say_planned(each, as_json=as_json)
            if each.action is PlannedAction.UNDO:
                objects, total = objects + 1, total + (each.size or 0)
    if not objects:
        click.echo(NOTHING_LEFT, err=True)
        return False
    question = f"undo {counted(objects, 'object')} ({size(total)})? type {objects}: "
    return await agreed(question, str(objects), otherwise="nothing was undone")


def _say(entry: UndoEntry, *, as_json: bool) -> None:
    transfer = entry.transfer
    if as_json:
        say_json(
            {
                "type": "undo",
                "transfer": transfer.id,
                "kind": transfer.kind,
                "source": transfer.source,
                "target": transfer.target or None,
                "submitted": time_iso(transfer.submitted),
                "objects": entry.objects,
                "possible": entry.possible,
                "why": entry.why or None,
                "undone": entry.undone or None,
                "undone_objects": entry.undone_objects,
            }
        )
        return
    click.echo(visible(f"{transfer.id}  {time_exact(transfer.submitted)}  {what_words(transfer)}"))
    click.echo(visible(f"          {undo_words(entry)}"))


def _cannot(transfer: str, entry: UndoEntry | None) -> Problem:
    if entry is None:
        title = f"transfer {transfer} cannot be undone"
        cause = "it is not known, or it has written and deleted nothing"
        return Problem(ProblemKind.INVALID, title, cause, "see 'xs3-tui undo --list'")
    return Problem(ProblemKind.UNSUPPORTED, f"transfer {transfer} cannot be undone", entry.why, "")
