"""``xs3-tui undelete`` and ``undo``: deleted objects brought back, transfers taken back."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.dry_run_lines import say_dry_run, say_planned
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import (
    BACKGROUND,
    READ_ONLY,
    RECEIPT,
    TRANSFER_AS_JSON,
    YES,
    TypedIdentity,
    identity_options,
    typed_identity,
)
from tui.cli.parameter_types import S3_URI, TRANSFER
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import NOTHING_LEFT, CopyRun, none_found, to_its_end
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import Filters, RevertOrder, Selection, UndeleteOrder
from tui.core.problem import Exit, Problem, ProblemKind
from tui.core.transfer import PlannedAction
from tui.features.versions.words import left_out_words, undo_words, what_words
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListUndo, SubmitVersions, UndoEntry
from tui.messages.order_requests import DryRun
from tui.text.format import counted, size, time_exact, time_iso, visible


@click.command()
@click.argument("transfer", type=TRANSFER, required=False)
@click.option("--list", "only_list", is_flag=True, help="List the transfers that can be undone.")
@click.option(
    "--all", "with_all", is_flag=True, help="List also those that cannot be undone, or are already, as --json does."
)
@click.option("--dry-run", is_flag=True, help="Show what would happen to each object; change nothing.")
@YES
@RECEIPT
@TRANSFER_AS_JSON
def undo(
    transfer: str | None, only_list: bool, with_all: bool, dry_run: bool, yes: bool, receipt: str | None, as_json: bool
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


class TypedUndelete(TypedFilters, TypedIdentity):
    """The values of the options that other commands have, too."""


@dataclass(frozen=True, slots=True)
class UndeleteCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    recursive: bool
    filters: Filters
    receipt: str
    dry_run: bool
    yes: bool
    background: bool
    as_json: bool

    def order(self, connection: str) -> UndeleteOrder:
        """The order as the engine takes it."""
        if self.recursive:
            base = self.location.as_prefix
            return UndeleteOrder(Selection(connection, base, prefixes=[base.key], filters=self.filters), self.receipt)
        selection = Selection(connection, self.location.parent, keys=[self.location.key], filters=self.filters)
        return UndeleteOrder(selection, self.receipt)


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("-r", "--recursive", is_flag=True, help="Bring back everything deleted below the prefix.")
@click.option("--dry-run", is_flag=True, help="Show what would be brought back; change nothing.")
@YES
@filter_options
@RECEIPT
@BACKGROUND
@TRANSFER_AS_JSON
def undelete(
    location: Location,
    read_only: bool,
    recursive: bool,
    dry_run: bool,
    yes: bool,
    receipt: str | None,
    background: bool,
    as_json: bool,
    **typed: Unpack[TypedUndelete],
) -> None:
    """Bring deleted objects back, in a bucket that keeps versions.

    It removes the delete markers on top of each key, by their version ids. Where s3:DeleteObjectVersion is missing, it
    copies the version below over them. --newer-than and --older-than take the time of the deletion, --min-size and
    --max-size the size of the version that comes back.
    """
    if not location.bucket:
        raise click.UsageError("name the object or prefix to bring back: s3://bucket/key")
    if location.is_prefix and not recursive:
        raise click.UsageError(f"{visible(location.uri)} is a prefix: add --recursive for everything deleted below it")
    command = UndeleteCommand(
        location=location,
        spec=typed_identity(location, typed, read_only=read_only),
        recursive=recursive,
        filters=filters(typed),
        receipt=receipt or "",
        dry_run=dry_run,
        yes=yes,
        background=background,
        as_json=as_json,
    )
    run_command(partial(_undelete, command=command), as_json=as_json)


async def _undelete(engine: EngineAccess, *, command: UndeleteCommand) -> Exit:
    order = command.order((await connect(engine, command.spec)).connection)
    if command.dry_run:
        return await say_dry_run(engine, order, as_json=command.as_json)
    if command.recursive and not command.yes:
        need_terminal()
        if not (count := await _count(engine, order)):
            click.echo(visible(none_found(order.selection.base.uri, undelete=True)), err=True)
            return Exit.NOT_FOUND
        if not await agreed(f"undelete {counted(count, 'object')}?", otherwise="nothing was changed"):
            return Exit.SOME_FAILED
    transfer = (await engine.ask(SubmitVersions(order))).transfer
    return await to_its_end(engine, transfer, background=command.background, as_json=command.as_json)


async def _count(engine: EngineAccess, order: UndeleteOrder) -> int:
    """How many would come back: it is asked for, what was deleted may have been deleted for a reason."""
    count = 0
    async with aclosing(engine.follow(DryRun(order))) as planned:
        async for each in planned:
            count += each.action is PlannedAction.UNDELETE
    return count
