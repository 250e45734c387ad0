"""``xs3-tui undelete``: deleted objects are brought back by removing their delete markers."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

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
from tui.cli.parameter_types import S3_URI
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import none_found, to_its_end
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import Filters, Selection, UndeleteOrder
from tui.core.problem import Exit
from tui.core.transfer import PlannedAction
from tui.link.session import EngineAccess
from tui.messages.listing_requests import SubmitVersions
from tui.messages.order_requests import DryRun
from tui.text.format import counted, visible


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
