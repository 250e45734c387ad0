"""``xs3-tui restore``: temporary copies of archived objects."""

from __future__ import annotations

from contextlib import aclosing

import click

from tui.cli.copy_options import filter_options, selection
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import refuse_if
from tui.cli.files_from import files_from_options, named_selection, refuse_with_names
from tui.cli.identity_options import BACKGROUND, READ_ONLY, RECEIPT, YES, Typed, identity_options
from tui.cli.json_output import TRANSFER_AS_JSON
from tui.cli.parameter_types import S3_URI, VERSION_ID
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connected, with_engine
from tui.cli.transfer_run import filtered_of, none_match, submit
from tui.core.location import Location
from tui.core.orders import MOST_DAYS, USUAL_DAYS, RestoreOrder, RestorePlan, RestoreTier
from tui.core.problem import Exit
from tui.features.archive.values import PlanRestore, SubmitRestore
from tui.features.archive.words import cost_words, nothing_words, plan_words, wait_words
from tui.link.session import EngineAccess
from tui.messages.order_requests import CountSelected
from tui.text.format import counted, visible

TIER = click.Choice([tier.value for tier in RestoreTier], case_sensitive=False)
DAYS = click.IntRange(1, MOST_DAYS)


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("-r", "--recursive", is_flag=True, help="Restore everything archived below the prefix.")
@click.option("--version-id", type=VERSION_ID, metavar="ID", default="", help="This version of the object.")
@click.option(
    "--tier", type=TIER, default="Standard", show_default=True, help="Retrieval tier, which sets time and cost."
)
@click.option(
    "--days", type=DAYS, default=USUAL_DAYS, show_default=True, help="Days that S3 keeps the restored copies."
)
@click.option("--wait", is_flag=True, help="Wait until all objects can be read.")
@click.option("--dry-run", is_flag=True, help="Show what would be restored; request nothing.")
@YES
@files_from_options
@filter_options
@RECEIPT
@BACKGROUND
@TRANSFER_AS_JSON
@with_engine
async def restore(engine: EngineAccess, typed: Typed) -> Exit:
    """Restore an archived object, or all archived objects below a prefix.

    S3 makes a temporary copy that can be read for some days; the object keeps its storage class. Objects that are not
    archived, already restored or being restored are skipped. Standard takes 3 to 5 hours (DEEP_ARCHIVE up to 12), Bulk
    is cheapest and slowest, Expedited takes minutes (not DEEP_ARCHIVE). With --recursive or --files-from it counts the
    objects first and asks for confirmation on a terminal; without a terminal, add --yes. To copy objects once they are
    restored: 'xs3-tui cp --restore'.
    """
    place = typed.location
    refuse_if(not place.in_s3, "name an object or prefix in S3: s3://bucket/key")
    refuse_with_names(typed, [place])
    refuse_if(
        place.is_prefix and not (typed.recursive or typed.files_from),
        f"{visible(place.uri)} is a prefix: add --recursive to restore everything below it",
    )
    refuse_if(typed.version_id and typed.recursive, "--version-id needs exactly one object")
    asks = (typed.recursive or typed.files_from) and not typed.yes and not typed.dry_run
    if asks:
        need_terminal()
    connection = await connected(engine, typed)
    if typed.files_from:
        chosen = await named_selection(engine, typed, connection, place, sizes=False)  # they would not be looked at
    else:
        chosen = [selection(typed, connection, place, recursive=typed.recursive)]
    if not chosen:
        return Exit.NOT_FOUND
    order = RestoreOrder(chosen[0], RestoreTier(typed.tier), typed.days, typed.wait, typed.receipt or "")
    if not typed.files_from:
        return await _planned(engine, typed, order, asks=asks)
    return await _carry_out(engine, typed, order, (await engine.ask(CountSelected(chosen[0]))).objects if asks else 0)


async def _carry_out(engine: EngineAccess, typed: Typed, order: RestoreOrder, asked: int) -> Exit:
    """Restore; ask for so many objects first, because it costs money and cannot be undone."""
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    question = f"request the restore of {counted(asked, 'object')}?"
    if asked and not await agreed(question, otherwise="nothing was requested"):
        return Exit.SOME_FAILED
    return await submit(engine, SubmitRestore(order), typed)


async def _planned(engine: EngineAccess, typed: Typed, order: RestoreOrder, *, asks: bool) -> Exit:
    plan = RestorePlan()
    async with aclosing(engine.follow(PlanRestore(order))) as plans:
        async for each in plans:
            plan = each
    if plan.empty:
        return await _nothing(engine, order)
    if asks or not typed.as_json:
        _say_plan(plan, order)
    if typed.dry_run and not plan.archived:
        return Exit.DONE
    return await _carry_out(engine, typed, order, plan.objects if asks else 0)


async def _nothing(engine: EngineAccess, order: RestoreOrder) -> Exit:
    """Print why there is nothing to restore: the filters exclude it, or nothing exists."""
    if filtered := await filtered_of(engine, order.selection):
        click.echo(none_match(filtered), err=True)
        return Exit.DONE
    found_at = Location(order.selection.base.bucket, "".join(order.selection.prefixes))
    click.echo(visible(f"nothing found at {found_at.uri}"), err=True)
    return Exit.NOT_FOUND


def _say_plan(plan: RestorePlan, order: RestoreOrder) -> None:
    lines = [nothing_words(plan), *plan_words(plan)]
    if plan.archived:
        lines += [f"{order.tier.value}: {wait_words(plan.archived, order.tier)}", cost_words(plan.archived, order.tier)]
    for line in filter(None, lines):
        click.echo(visible(f"  {line}"), err=True)
