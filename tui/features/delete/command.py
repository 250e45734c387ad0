"""``xs3-tui rm``: delete an object, or everything below a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import click

from tui.cli.copy_options import filter_options
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import refuse_if
from tui.cli.files_from import files_from_options, named_selection, refuse_with_names
from tui.cli.identity_options import BACKGROUND, READ_ONLY, RECEIPT, YES, Typed, identity_options, typed_identity
from tui.cli.json_output import TRANSFER_AS_JSON
from tui.cli.parameter_types import S3_URI, VERSION_ID
from tui.cli.prompts import NAMED, agreed_on, need_terminal
from tui.cli.running import connect, with_engine
from tui.cli.sources import LITERAL, Named, in_turn, named, refuse_unlike, selections
from tui.cli.transfer_run import submit
from tui.core.location import DELIMITER, Location
from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import Exit
from tui.core.transfer import Tally
from tui.core.versions import BucketVersioning
from tui.link.session import EngineAccess
from tui.messages.listing_requests import AskUndo
from tui.messages.order_requests import PlanDelete, SubmitDelete
from tui.text.format import counted, size, visible
from tui.text.order_lines import HANDFUL, deletions


@click.command()
@click.argument("locations", metavar="S3_URI...", type=S3_URI, nargs=-1, required=True)
@identity_options
@READ_ONLY
@LITERAL
@click.option("-r", "--recursive", is_flag=True, help="Delete everything below the prefix.")
@click.option(
    "--marker", is_flag=True, help="Delete only the folder marker, the object whose key is S3_URI with its /."
)
@click.option("--dry-run", is_flag=True, help="Show what would be deleted; delete nothing.")
@YES
@click.option("--version-id", type=VERSION_ID, default="", help="Delete this version of the object permanently.")
@files_from_options
@filter_options
@RECEIPT
@BACKGROUND
@TRANSFER_AS_JSON
@with_engine
async def rm(engine: EngineAccess, typed: Typed) -> Exit:
    """Delete objects, or everything below prefixes.

    S3_URI may have wildcards. Local paths (/PATH, ./PATH) are deleted, too, for good. Counts the objects first and asks
    for confirmation on a terminal; without a terminal, add --yes. In a bucket with versioning it adds delete markers
    and keeps the versions; --version-id deletes one version permanently.

    With --files-from, missing objects are reported, but not those with a size: they are deleted without a look. What
    has another ETag than FILE says is kept.
    """
    places: tuple[Location, ...] = typed.locations
    refuse_with_names(typed, places)
    for place in places:
        _refuse_misnamed(place, typed)
    refuse_unlike(places)
    one = len(places) == 1 and not typed.recursive and places[0].kind.has_versions
    refuse_if(typed.version_id and not one, "--version-id needs exactly one object in S3")
    refuse_if(typed.marker and len(places) > 1, "--marker needs exactly one folder marker")
    connection = (await connect(engine, typed_identity(typed, places[0]))).connection
    if typed.files_from:
        selected = await named_selection(engine, typed, connection, places[0])
    else:
        selected = selections(typed, connection, await _named(engine, typed, connection))
    if not selected:
        return Exit.NOT_FOUND
    orders = [delete_order(typed, each) for each in selected]
    if not typed.dry_run and not typed.yes and not await _agreed(engine, orders):
        return Exit.SOME_FAILED
    return await in_turn(orders, lambda order: _carry_out(engine, typed, order), typed)


async def _named(engine: EngineAccess, typed: Typed, connection: str) -> list[Named]:
    chosen = [await named(engine, connection, place, typed) for place in typed.locations]
    refuse_if((typed.version_id or typed.marker) and chosen[0].pattern, "--version-id and --marker take no wildcards")
    unclear = next((each.pattern for each in chosen if each.pattern and not {"*", "?"} & {*each.pattern}), "")
    refuse_if(unclear, f"{visible(unclear)} may be the name of an object that is gone: add --literal, or use * or ?")
    return chosen


async def _carry_out(engine: EngineAccess, typed: Typed, order: DeleteOrder) -> Exit:
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    return await submit(engine, SubmitDelete(order), typed)


def _refuse_misnamed(place: Location, typed: Typed) -> None:
    refuse_if(not place.bucket, "name the object or prefix to delete: s3://bucket/key")
    on_disk = place.kind.has_directories
    refuse_if(
        typed.marker and (typed.recursive or on_disk or not place.key.endswith(DELIMITER)),
        "--marker needs one folder marker in S3, whose name ends in /, and no --recursive",
    )
    alone = "" if on_disk or not place.key else ", --marker for the folder marker of this name alone"
    refuse_if(
        place.is_prefix and not (typed.recursive or typed.marker or typed.files_from),
        f"{visible(place.uri)} is a {place.kind.prefix}: add --recursive to delete everything below it{alone}",
    )


def delete_order(typed: Typed, chosen: Selection) -> DeleteOrder:
    base = chosen.base
    if chosen.prefixes and base.is_local and Path(base.path).is_symlink():  # rm deletes the link, not its target
        chosen = Selection(chosen.connection, base.parent, prefixes=chosen.prefixes)
    return DeleteOrder(chosen, typed.receipt or "")


async def _agreed(engine: EngineAccess, orders: Sequence[DeleteOrder]) -> bool:
    """Count all, and ask; make the user type the number of many: a reflex must not delete 80,000 objects."""
    need_terminal()
    tally, order, enter = Tally(), orders[0], False
    for each in orders:
        async with aclosing(engine.follow(PlanDelete(each))) as tallies:
            counts = [growing async for growing in tallies][-1:]
        tally = Tally(tally.objects + sum(n.objects for n in counts), tally.bytes + sum(n.bytes for n in counts))
    amount = f" ({size(tally.bytes)})" if tally.bytes or not order.selection.listed else ""
    keys = [Location(each.selection.base.bucket, key).uri for each in orders for key in each.selection.keys]
    named = 0 < tally.objects == len(keys) <= NAMED
    what = (" and ".join(keys) if named else counted(tally.objects, "object")) + amount
    if order.selection.version:
        what = f"this version ({size(tally.bytes)}) permanently"
    elif order.selection.base.kind.has_versions:
        forecast = await engine.ask(AskUndo(order.selection.connection, order.selection.base.bucket))
        click.echo(visible(deletions(forecast)), err=True)
        one = len({each.selection.base.bucket for each in orders}) == 1
        enter = one and forecast.versioning is BucketVersioning.ENABLED
    least = 0 if order.selection.version else HANDFUL
    return await agreed_on(f"delete {what}", tally.objects, least, otherwise="nothing was deleted", enter=enter)
