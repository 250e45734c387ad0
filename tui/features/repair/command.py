"""``xs3-tui repair-ownership``: make the bucket owner the owner of objects that other accounts uploaded."""

from __future__ import annotations

from contextlib import aclosing

import click

from tui.cli.copy_options import filter_options, selection
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import exit_for, refuse_if, say_json, say_problem
from tui.cli.identity_options import BACKGROUND, READ_ONLY, RECEIPT, YES, Typed, identity_options
from tui.cli.json_output import Json, transfer_json
from tui.cli.parameter_types import ENDPOINT, FILE, PROFILE, S3_URI, SIZE
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import address_book, connected, connected_other, with_engine
from tui.cli.transfer_run import submit
from tui.core.facts import Half, RepairPlan
from tui.core.location import Location
from tui.core.orders import RepairOrder
from tui.core.problem import Exit
from tui.features.repair.values import PlanRepair, SubmitRepair
from tui.features.repair.words import commands_elsewhere, other_lines, rollback_file, step_columns, title
from tui.link.session import EngineAccess
from tui.text.format import visible


class RepairPlanJson(Json, frozen=True, tag="plan"):
    """What would be repaired."""

    uri: str
    plan: RepairPlan


@click.command("repair-ownership")
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option(
    "--other", type=PROFILE, help="Identity of the uploader, which grants access; --profile is the bucket owner's."
)
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the uploader's identity.")
@click.option(
    "--half",
    type=click.Choice([half.value for half in Half]),
    default=Half.BOTH.value,
    show_default=True,
    help="Do only the uploader's grant, or only the bucket owner's copy. Without --other: the half of --profile.",
)
@click.option("--inventory", type=S3_URI, metavar="S3_URI", help="Read the keys from this S3 Inventory manifest.json.")
@click.option("--multipart-threshold", type=SIZE, metavar="SIZE", help="Copy larger objects in parts. Default: 5G.")
@READ_ONLY
@click.option("--dry-run", is_flag=True, help="Show what would be repaired; change nothing.")
@YES
@filter_options
@RECEIPT
@click.option(
    "--rollback",
    type=FILE,
    metavar="FILE",
    help="Write the previous state of each object to FILE. Default: beside the receipt, or in the state directory.",
)
@BACKGROUND
@transfer_json(RepairPlanJson)
@with_engine
async def repair_ownership(engine: EngineAccess, typed: Typed) -> Exit:
    """Make the bucket owner the owner of S3_URI.

    S3_URI is an object, or a prefix or bucket with everything below it. For each object of another account, the
    uploader grants the bucket owner full control, then the bucket owner copies the object onto itself: type, headers,
    metadata, tags, storage class and encryption stay. Objects of the bucket owner do not change. With one identity it
    does only that identity's half, and prints the commands for the other half.

    Without --yes it shows the plan and asks for confirmation on a terminal.
    """
    place = typed.location
    refuse_if(not place.in_s3, "name an object, a prefix or a bucket: s3://bucket/key")
    below = not typed.inventory or place.is_prefix
    refuse_if(not below, "--inventory needs a prefix or a bucket: s3://bucket/prefix/")
    mine = await connected(engine, typed)
    other = await connected_other(engine, typed) or ""
    receipt = typed.receipt or ""
    order = RepairOrder(
        selection(typed, mine, place, recursive=place.is_prefix),
        other,
        Half(typed.half),
        receipt,
        typed.rollback or rollback_file(receipt),
        typed.inventory,
        typed.multipart_threshold,
    )
    if typed.dry_run or not other or not typed.yes:
        plan = await planned(engine, order)
        await say_plan(engine, plan, place, as_json=typed.as_json)
        if plan.problem:
            return exit_for(plan.problem)
        if not plan.objects:
            return _nothing(plan, place)
        if typed.dry_run:
            return await say_dry_run(engine, order, typed)
        if not typed.yes and not await _agreed(plan):
            return Exit.SOME_FAILED
    return await submit(engine, SubmitRepair(order), typed, note=f"rollback list: {order.rollback}")


async def planned(engine: EngineAccess, order: RepairOrder) -> RepairPlan:
    """The complete plan; raises `ProblemError`."""
    async with aclosing(engine.follow(PlanRepair(order))) as plans:
        return [plan async for plan in plans][-1]


async def say_plan(engine: EngineAccess, plan: RepairPlan, location: Location, *, as_json: bool) -> None:
    """Print the plan: a line of JSON, or lines on stderr and the commands for somebody else on stdout."""
    if as_json:
        say_json(RepairPlanJson(location.uri, plan))
        return
    if plan.problem:
        say_problem(plan.problem, as_json=False)
        return
    book = await address_book(engine)
    if plan.objects:
        click.echo(visible(f"{title(plan, book)} in {location.uri}"), err=True)
        for step, (who, what, amount) in enumerate(step_columns(plan), 1):
            click.echo(visible(f"{step}  {who}: {what}, {amount}"), err=True)
    for line in other_lines(plan, book):
        click.echo(visible(line), err=True)
    for line in commands_elsewhere(plan) if plan.objects else []:
        click.echo(visible(line))


def _nothing(plan: RepairPlan, place: Location) -> Exit:
    """Nothing to repair: DONE, or NOT_FOUND if there is no object at all."""
    if not plan.seen.owners:
        click.echo(visible(f"nothing found at {place.uri}"), err=True)
        return Exit.NOT_FOUND
    click.echo("nothing to repair", err=True)
    return Exit.DONE


async def _agreed(plan: RepairPlan) -> bool:
    """Make the user type the number: a reflex must not change 80,000 objects."""
    need_terminal()
    number = str(plan.objects)
    return await agreed(f"repair? type {number}: ", number, otherwise="nothing was changed")
