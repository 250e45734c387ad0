"""``xs3-tui undelete`` and ``undo``: deleted objects brought back, transfers taken back."""

from __future__ import annotations

from contextlib import aclosing

import click

from tui.cli.copy_options import filter_options, selection
from tui.cli.dry_run_lines import say_dry_run, say_planned
from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.identity_options import BACKGROUND, READ_ONLY, RECEIPT, YES, Typed, identity_options
from tui.cli.json_output import TRANSFER_AS_JSON, Json, transfer_json
from tui.cli.parameter_types import S3_URI, TRANSFER
from tui.cli.prompts import NAMED, agreed, agreed_on, need_terminal
from tui.cli.running import connected, with_engine
from tui.cli.transfer_run import NOTHING_LEFT, none_found, submit
from tui.core.orders import RevertOrder, UndeleteOrder
from tui.core.problem import Exit, Problem, ProblemKind
from tui.core.transfer import PlannedAction, TransferKind
from tui.features.versions.words import left_out_words, undo_words, what_words
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListUndo, SubmitVersions, UndoEntry
from tui.messages.order_requests import DryRun
from tui.text.format import counted, number, size, time_exact, time_iso, visible


class UndoJson(Json, frozen=True, tag="undo"):
    """A transfer that can be undone, or why it cannot."""

    transfer: str
    kind: TransferKind
    source: str
    target: str | None
    submitted: str | None
    objects: int
    """How many it wrote or deleted."""
    possible: int
    """How many of these can be undone."""
    why: str | None
    """Why the others cannot."""
    undone: str | None
    """The ID of the latest undo."""
    undone_objects: int


@click.command()
@click.argument("transfer", type=TRANSFER, required=False)
@click.option("--list", "only_list", is_flag=True, help="List the transfers that can be undone.")
@click.option(
    "--all", "with_all", is_flag=True, help="Also list transfers that cannot be undone, or are undone already."
)
@click.option("--dry-run", is_flag=True, help="Show what would happen to each object; change nothing.")
@YES
@RECEIPT
@transfer_json(UndoJson)
@with_engine
async def undo(engine: EngineAccess, typed: Typed) -> Exit:
    """Undo a copy, move or deletion in buckets with versioning.

    TRANSFER is an ID from 'xs3-tui transfers'; without it, lists the transfers that can be undone. Deletes the versions
    and delete markers that the transfer created, by their version IDs, unless something newer is on top; everything
    else stays. Shows each object first and asks for confirmation on a terminal; without a terminal, add --yes.
    """
    acts = typed.dry_run or typed.yes or typed.receipt
    refuse_if(typed.transfer is None and acts, "name the transfer: 'xs3-tui undo --list' shows them")
    unlisted = typed.transfer and not typed.only_list
    refuse_if(unlisted and typed.with_all, "--all lists transfers: leave out the ID")
    return await (_undo(engine, typed) if unlisted else _list(engine, typed))


async def _list(engine: EngineAccess, typed: Typed) -> Exit:
    entries = [entry async for entry in engine.follow(ListUndo())]
    left_out = [] if typed.with_all else [entry for entry in entries if not entry.is_open]
    for each in entries:
        if each not in left_out:
            _say(each, as_json=typed.as_json)
    if not entries and not typed.as_json:
        click.echo("no transfer has written or deleted anything", err=True)
    if left_out:
        click.echo(left_out_words(left_out, "'xs3-tui undo --list --all' lists them"), err=True)
    return Exit.DONE


async def _undo(engine: EngineAccess, typed: Typed) -> Exit:
    entries = {entry.transfer.id: entry async for entry in engine.follow(ListUndo())}
    entry = entries.get(typed.transfer)
    if entry is None or not entry.possible:
        say_problem(_cannot(typed.transfer, entry), as_json=typed.as_json)
        return Exit.NOT_FOUND if entry is None else Exit.SOME_FAILED
    order = entry.order
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    if not typed.yes and not await _agreed(engine, order, as_json=typed.as_json):
        return Exit.SOME_FAILED
    order = type(order)(order.selection, order.transfer, order.source, typed.receipt or "")
    ended = await submit(engine, SubmitVersions(order), typed)
    if left := entry.objects - entry.possible:
        click.echo(visible(f"{number(left)} of {counted(entry.objects, 'object')} not undone: {entry.why}"), err=True)
        ended = max(ended, Exit.SOME_FAILED)
    return ended


async def _agreed(engine: EngineAccess, order: RevertOrder, *, as_json: bool) -> bool:
    """Show what becomes of each object, and ask; the versions that are deleted do not come back."""
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
    what = f"undo {counted(objects, 'object')} ({size(total)})"
    return await agreed_on(what, objects, otherwise="nothing was undone")


def _say(entry: UndoEntry, *, as_json: bool) -> None:
    transfer = entry.transfer
    if as_json:
        say_json(
            UndoJson(
                transfer.id,
                transfer.kind,
                transfer.source,
                transfer.target or None,
                time_iso(transfer.submitted),
                entry.objects,
                entry.possible,
                entry.why or None,
                entry.undone or None,
                entry.undone_objects,
            )
        )
        return
    click.echo(visible(f"{transfer.id}  {time_exact(transfer.submitted)}  {what_words(transfer)}"))
    click.echo(visible(f"          {undo_words(entry)}"))


def _cannot(transfer: str, entry: UndoEntry | None) -> Problem:
    if entry is None:
        title = f"transfer {transfer} cannot be undone"
        cause = "the ID is unknown, or the transfer wrote and deleted nothing"
        return Problem(ProblemKind.INVALID, title, cause, "see 'xs3-tui undo --list'")
    return Problem(ProblemKind.UNSUPPORTED, f"transfer {transfer} cannot be undone", entry.why, "")


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
@with_engine
async def undelete(engine: EngineAccess, typed: Typed) -> Exit:
    """Bring back deleted objects in a bucket with versioning.

    Removes the delete markers on top of each key by their version IDs. Without s3:DeleteObjectVersion, it copies the
    version below over them. --newer-than and --older-than compare the time of the deletion, --min-size and --max-size
    the size of the version that comes back.
    """
    place = typed.location
    refuse_if(not place.bucket, "name the object or prefix to bring back: s3://bucket/key")
    refuse_if(
        place.is_prefix and not typed.recursive,
        f"{visible(place.uri)} is a prefix: add --recursive for everything deleted below it",
    )
    chosen = selection(typed, await connected(engine, typed), place, recursive=typed.recursive)
    order = UndeleteOrder(chosen, typed.receipt or "")
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    if typed.recursive and not typed.yes:
        need_terminal()
        count, names = await _count(engine, order)
        if not count:
            click.echo(visible(none_found(order.selection.base.uri, undelete=True)), err=True)
            return Exit.NOT_FOUND
        what = " and ".join(names) if count <= NAMED else counted(count, "object")
        if not await agreed(f"undelete {what}?", otherwise="nothing was changed"):
            return Exit.SOME_FAILED
    return await submit(engine, SubmitVersions(order), typed)


async def _count(engine: EngineAccess, order: UndeleteOrder) -> tuple[int, list[str]]:
    """How many would come back, and the first of them: what was deleted may have been deleted for a reason."""
    count, names = 0, list[str]()
    async with aclosing(engine.follow(DryRun(order))) as planned:
        async for each in planned:
            if each.action is PlannedAction.UNDELETE:
                count += 1
                names += [each.source] if count <= NAMED else []
    return count, names
