"""``xs3-tui repair-ownership``: objects that other accounts uploaded become the bucket owner's."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.command_identity import identity
from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import exit_for, say_json, say_problem
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
from tui.cli.parameter_types import ENDPOINT, FILE, PROFILE, S3_URI, SIZE
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import address_book, connect, run_command
from tui.cli.transfer_run import to_its_end
from tui.core.facts import Half, RepairPlan
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import Filters, RepairOrder, Selection
from tui.core.problem import Exit
from tui.features.repair.values import PlanRepair, SubmitRepair
from tui.features.repair.words import commands_elsewhere, other_lines, rollback_file, step_columns, title
from tui.link.session import EngineAccess
from tui.text.format import visible


class TypedRepair(TypedFilters, TypedIdentity):
    """The values of the options."""

    location: Location
    other: str | None
    other_endpoint: str | None
    half: str
    inventory: Location | None
    multipart_threshold: int | None
    read_only: bool
    dry_run: bool
    yes: bool
    receipt: str | None
    rollback: str | None
    background: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class RepairCommand:
    """What was typed."""

    location: Location
    mine: IdentitySpec
    other: IdentitySpec | None
    half: Half
    inventory: Location | None
    threshold: int | None
    filters: Filters
    dry_run: bool
    yes: bool
    receipt: str
    rollback: str
    background: bool
    as_json: bool

    def order(self, connection: str, uploader: str) -> RepairOrder:
        """The repair as the engine takes it."""
        place = self.location
        keys, prefixes = ([], [place.key]) if place.is_prefix else ([place.key], [])
        base = place if place.is_prefix else place.parent
        return RepairOrder(
            Selection(connection, base, keys, prefixes, filters=self.filters),
            uploader,
            self.half,
            self.receipt,
            self.rollback or rollback_file(self.receipt),
            self.inventory,
            self.threshold,
        )


@click.command("repair-ownership")
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="The uploader's identity, which grants; --profile is the bucket owner's.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the uploader's identity.")
@click.option(
    "--half",
    type=click.Choice([half.value for half in Half]),
    default=Half.BOTH.value,
    show_default=True,
    help="Only the uploader's grant, or only the bucket owner's copy. Without --other: the half of --profile.",
)
@click.option("--inventory", type=S3_URI, metavar="S3_URI", help="Read the keys from this S3 Inventory manifest.json.")
@click.option("--multipart-threshold", type=SIZE, metavar="SIZE", help="Copy larger objects in parts. Without it: 5G.")
@READ_ONLY
@click.option("--dry-run", is_flag=True, help="Show what would be repaired; change nothing.")
@YES
@filter_options
@RECEIPT
@click.option(
    "--rollback",
    type=FILE,
    metavar="FILE",
    help="Write what each object was to FILE. Without it: beside the receipt, or in the state directory.",
)
@BACKGROUND
@TRANSFER_AS_JSON
def repair_ownership(**typed: Unpack[TypedRepair]) -> None:
    """Make the bucket owner the owner of S3_URI.

    S3_URI is an object, or a prefix or bucket with everything below it. For each object of another account the
    uploader grants the bucket owner full control, then the bucket owner copies the object onto itself: type, headers,
    metadata, tags, storage class and encryption stay. Objects of the bucket owner are not touched. With one identity
    only its half is done, and the commands for the other half are printed.

    Without --yes it shows the plan and asks for confirmation on a terminal.
    """
    location = typed["location"]
    if not location.in_s3:
        raise click.UsageError("name an object, a prefix or a bucket: s3://bucket/key")
    if typed["inventory"] and not location.is_prefix:
        raise click.UsageError("--inventory needs a prefix or a bucket: s3://bucket/prefix/")
    command = RepairCommand(
        location=location,
        mine=typed_identity(location, typed, read_only=typed["read_only"]),
        other=_other(typed),
        half=Half(typed["half"]),
        inventory=typed["inventory"],
        threshold=typed["multipart_threshold"],
        filters=filters(typed),
        dry_run=typed["dry_run"],
        yes=typed["yes"],
        receipt=typed["receipt"] or "",
        rollback=typed["rollback"] or "",
        background=typed["background"],
        as_json=typed["as_json"],
    )
    run_command(partial(_repair, command=command), as_json=command.as_json)


def _other(typed: TypedRepair) -> IdentitySpec | None:
    if not (typed["other"] or typed["other_endpoint"]):
        return None
    return identity(typed["other"], typed["other_endpoint"], read_only=typed["read_only"])


async def _repair(engine: EngineAccess, *, command: RepairCommand) -> Exit:
    mine = (await connect(engine, command.mine)).connection
    other = (await connect(engine, command.other)).connection if command.other else ""
    order = command.order(mine, other)
    if command.dry_run or not other or not command.yes:
        plan = await planned(engine, order)
        await say_plan(engine, plan, command.location, as_json=command.as_json)
        if plan.problem:
            return exit_for(plan.problem)
        if not plan.objects:
            return _nothing(plan, command)
        if command.dry_run:
            return await say_dry_run(engine, order, as_json=command.as_json)
        if not command.yes and not await _agreed(plan):
            return Exit.SOME_FAILED
    transfer = (await engine.ask(SubmitRepair(order))).transfer
    if not command.as_json:
        click.echo(visible(f"rollback list: {order.rollback}"), err=True)
    return await to_its_end(engine, transfer, background=command.background, as_json=command.as_json)


async def planned(engine: EngineAccess, order: RepairOrder) -> RepairPlan:
    """The complete plan; raises `ProblemError`."""
    async with aclosing(engine.follow(PlanRepair(order))) as plans:
        return [plan async for plan in plans][-1]


async def say_plan(engine: EngineAccess, plan: RepairPlan, location: Location, *, as_json: bool) -> None:
    """Print the plan: a line of JSON, or lines on stderr and the commands for somebody else on stdout."""
    if as_json:
        say_json({"type": "plan", "uri": location.uri, "plan": plan})
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


def _nothing(plan: RepairPlan, command: RepairCommand) -> Exit:
    """There is nothing to repair: that is well, unless nothing is there at all."""
    if not plan.seen.owners:
        click.echo(visible(f"nothing found at {command.location.uri}"), err=True)
        return Exit.NOT_FOUND
    click.echo("nothing to repair", err=True)
    return Exit.DONE


async def _agreed(plan: RepairPlan) -> bool:
    """Have the number typed, as for a deletion: a reflex must not change 80,000 objects."""
    need_terminal()
    number = str(plan.objects)
    return await agreed(f"repair? type {number}: ", number, otherwise="nothing was changed")
