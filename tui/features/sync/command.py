"""``xs3-tui sync``: make one place the same as another."""

from __future__ import annotations

from contextlib import aclosing

import click
from msgspec import structs

from tui.cli.command_identity import settings
from tui.cli.copy_options import CopyCommand, attribute_options, filter_options, limits, options, pace_options
from tui.cli.dry_run_lines import say_dry_run, say_planned
from tui.cli.identity_options import DRY_RUN, READ_ONLY_ENDS, Typed, end_options
from tui.cli.json_output import TRANSFER_AS_JSON
from tui.cli.prompts import agreed_on, need_terminal
from tui.cli.running import with_engine
from tui.cli.transfer_run import submit
from tui.core.location import readable
from tui.core.orders import ConflictPolicy, Filters, SyncOrder
from tui.core.problem import Exit
from tui.features.sync.diff_command import compared_places, comparison_options
from tui.features.sync.values import PlanSync, SubmitSync, SyncPlan, sync_order
from tui.link.session import EngineAccess
from tui.messages.order_requests import DryRun
from tui.text.format import counted, number, size, visible


@click.command(cls=CopyCommand)
@comparison_options
@end_options
@READ_ONLY_ENDS
@click.option(
    "--delete",
    is_flag=True,
    help="Delete objects that only RIGHT has: shows them first, and asks; of more than five you type the number.",
)
@click.option("-y", "--yes", is_flag=True, help="With --delete: do not ask.")
@DRY_RUN
@filter_options
@attribute_options
@pace_options
@TRANSFER_AS_JSON
@with_engine
async def sync(engine: EngineAccess, typed: Typed) -> Exit:
    """Make RIGHT the same as LEFT: copy objects that are missing or differ.

    Compares as 'diff' does. If two objects have the same size and nothing proves them to be the same, it copies if LEFT
    is newer; --checksum compares their content, --compare time treats them as the same unless LEFT is newer. Objects
    that only RIGHT has stay, unless you add --delete. Then it deletes exactly the objects it has shown, if LEFT still
    does not have them and they have not changed.

    A sync is one transfer: you can pause and retry it, and it continues after an interruption.
    """
    places = compared_places(typed)
    copying = options(typed, settings().transfers, typed.right, conflict=ConflictPolicy.OVERWRITE, same_parts=True)
    order = sync_order(await places.connected(engine), copying, delete=typed.delete)
    if typed.dry_run:
        if order.delete and await _would_delete_all(engine, order):
            return _delete_nothing(order)
        return await say_dry_run(engine, order, typed)
    if order.delete:
        shown = await _agreed(engine, order, yes=typed.yes, as_json=typed.as_json)
        if isinstance(shown, Exit):
            return shown
        order = shown
    return await submit(engine, SubmitSync(order, limits(typed)), typed)


async def _agreed(engine: EngineAccess, order: SyncOrder, *, yes: bool, as_json: bool) -> SyncOrder | Exit:
    """Show the deletions, and ask; the order with that list, or the exit code."""
    if not yes:
        need_terminal()
    plan = SyncPlan()
    async for plan in engine.follow(PlanSync(order)):
        if not yes:
            for deletion in plan.deletions:
                say_planned(deletion, as_json=as_json)
    if plan.unlisted:
        click.echo(visible(f"nothing is deleted: {plan.unlisted.sentence()}"), err=True)
    if plan.deletes and not plan.source_objects:
        return _delete_nothing(order)
    if not plan.deletes:
        return structs.replace(order, delete=False)
    if not yes and not await _typed(plan):
        return Exit.SOME_FAILED
    return structs.replace(order, shown=plan.shown)


async def _would_delete_all(engine: EngineAccess, order: SyncOrder) -> bool:
    """Whether the source has nothing to compare and the target has something."""
    async with aclosing(engine.follow(PlanSync(structs.replace(order, delete=False)))) as plans:
        async for plan in plans:
            if plan.source_objects or plan.unlisted:
                return False
    async with aclosing(engine.follow(DryRun(order))) as deletions:
        async for _ in deletions:
            return True
    return False


def _delete_nothing(order: SyncOrder) -> Exit:
    source, target = (readable(place.uri) for place in (order.selection.base, order.destination.location))
    filtered = " that match the filters" if order.selection.filters != Filters() else ""
    words = (
        f"nothing was copied or deleted: {source} has no objects{filtered}; 'xs3-tui rm -r' deletes those of {target}"
    )
    click.echo(visible(words), err=True)
    return Exit.SOME_FAILED


async def _typed(plan: SyncPlan) -> bool:
    copies = counted(plan.copies + plan.overwrites, "object")
    click.echo(f"copy {copies} ({size(plan.copied_bytes)}), {number(plan.overwrites)} of them overwritten", err=True)
    what = f"{counted(plan.deletes, 'object')} ({size(plan.deleted_bytes)})"
    return await agreed_on(f"delete {what}", plan.deletes, otherwise="nothing was copied or deleted")
