"""``xs3-tui restore``: copies of archived objects that can be read for some days."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click
from msgspec.structs import replace

from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.dry_run_lines import say_dry_run
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
from tui.cli.parameter_types import S3_URI, VERSION_ID
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import filtered_of, none_match, to_its_end
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import MOST_DAYS, USUAL_DAYS, RestoreOrder, RestorePlan, RestoreTier, Selection
from tui.core.problem import Exit
from tui.features.archive.values import PlanRestore, SubmitRestore
from tui.features.archive.words import cost_words, nothing_words, plan_words, wait_words
from tui.link.session import EngineAccess
from tui.text.format import counted, visible


class TypedRestore(TypedFilters, TypedIdentity):
    """The values of the options that other commands have, too."""


@dataclass(frozen=True, slots=True)
class RestoreCommand:
    """What was typed; the order has no identity yet."""

    spec: IdentitySpec
    order: RestoreOrder
    dry_run: bool
    yes: bool
    background: bool
    as_json: bool


TIER = click.Choice([tier.value for tier in RestoreTier], case_sensitive=False)
DAYS = click.IntRange(1, MOST_DAYS)


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("-r", "--recursive", is_flag=True, help="Restore everything archived below the prefix.")
@click.option("--version-id", type=VERSION_ID, metavar="ID", default="", help="This version of the object.")
@click.option("--tier", type=TIER, default="Standard", show_default=True, help="How fast, and how dear.")
@click.option("--days", type=DAYS, default=USUAL_DAYS, show_default=True, help="How long the copies are kept.")
@click.option("--wait", is_flag=True, help="End when all of it can be read.")
@click.option("--dry-run", is_flag=True, help="Show what would be restored; request nothing.")
@YES
@filter_options
@RECEIPT
@BACKGROUND
@TRANSFER_AS_JSON
def restore(
    location: Location,
    read_only: bool,
    recursive: bool,
    version_id: str,
    tier: str,
    days: int,
    wait: bool,
    dry_run: bool,
    yes: bool,
    receipt: str | None,
    background: bool,
    as_json: bool,
    **typed: Unpack[TypedRestore],
) -> None:
    """Restore archived objects: one, or everything archived below a prefix.

    Each gets a copy that can be read for some days; the object stays in its class. What is restored, being restored or
    not archived is left alone. Standard takes 3 to 5 hours (DEEP_ARCHIVE up to 12), Bulk is cheapest and slowest,
    Expedited takes minutes (not DEEP_ARCHIVE). With --recursive it counts first and asks for confirmation on a
    terminal; without a terminal, add --yes. To copy when it is restored: 'xs3-tui cp --restore'.
    """
    if not location.in_s3:
        raise click.UsageError("name an object or prefix in S3: s3://bucket/key")
    if location.is_prefix and not recursive:
        raise click.UsageError(f"{visible(location.uri)} is a prefix: add --recursive to restore everything below it")
    if version_id and recursive:
        raise click.UsageError("--version-id needs exactly one object")
    selection = Selection("", location.parent, keys=[location.key], filters=filters(typed), version=version_id)
    if recursive:
        base = location.as_prefix
        selection = Selection("", base, prefixes=[base.key], filters=filters(typed))
    command = RestoreCommand(
        typed_identity(location, typed, read_only=read_only),
        RestoreOrder(selection, RestoreTier(tier), days, wait, receipt or ""),
        dry_run,
        yes,
        background,
        as_json,
    )
    run_command(partial(_restore, command=command), as_json=as_json)


async def _restore(engine: EngineAccess, *, command: RestoreCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    order = replace(command.order, selection=replace(command.order.selection, connection=connection))
    asks = bool(order.selection.prefixes) and not command.yes and not command.dry_run
    if asks:
        need_terminal()
    plan = await _plan(engine, order)
    if plan.empty and (filtered := await filtered_of(engine, order.selection)):
        click.echo(none_match(filtered), err=True)
        return Exit.DONE
    if plan.empty:
        found_at = Location(order.selection.base.bucket, "".join(order.selection.prefixes))
        click.echo(visible(f"nothing found at {found_at.uri}"), err=True)
        return Exit.NOT_FOUND
    if asks or not command.as_json:
        _say_plan(plan, order)
    if command.dry_run and plan.archived:
        return await say_dry_run(engine, order, as_json=command.as_json)
    if command.dry_run:
        return Exit.DONE
    if asks and plan.archived and not await _agreed(plan):
        return Exit.SOME_FAILED
    transfer = (await engine.ask(SubmitRestore(order))).transfer
    return await to_its_end(engine, transfer, background=command.background, as_json=command.as_json)


async def _plan(engine: EngineAccess, order: RestoreOrder) -> RestorePlan:
    plan = RestorePlan()
    async with aclosing(engine.follow(PlanRestore(order))) as plans:
        async for each in plans:
            plan = each
    return plan


def _say_plan(plan: RestorePlan, order: RestoreOrder) -> None:
    """Print what there is to restore, how long that takes and about what it costs."""
    lines = [nothing_words(plan), *plan_words(plan)]
    if plan.archived:
        lines += [f"{order.tier.value}: {wait_words(plan.archived, order.tier)}", cost_words(plan.archived, order.tier)]
    for line in filter(None, lines):
        click.echo(visible(f"  {line}"), err=True)


async def _agreed(plan: RestorePlan) -> bool:
    """Ask: a restore costs money, and is not taken back."""
    question = f"request the restore of {counted(plan.objects, 'object')}?"
    return await agreed(question, otherwise="nothing was requested")
