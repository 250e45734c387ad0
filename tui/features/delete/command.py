"""``xs3-tui rm``: delete an object, or everything below a prefix, without a screen."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
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
from tui.cli.parameter_types import S3_URI, VERSION_ID
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import to_its_end
from tui.core.identity import IdentitySpec
from tui.core.location import DELIMITER, Location
from tui.core.orders import DeleteOrder, Filters, Selection
from tui.core.problem import Exit
from tui.core.transfer import Tally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import AskUndo
from tui.messages.order_requests import PlanDelete, SubmitDelete
from tui.text.format import counted, size, visible
from tui.text.order_lines import deletions


class TypedDelete(TypedFilters, TypedIdentity):
    """The values of the options that other commands have, too."""


@dataclass(frozen=True, slots=True)
class DeleteCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    recursive: bool
    filters: Filters
    receipt: str
    dry_run: bool
    yes: bool
    version: str
    background: bool
    as_json: bool

    def order(self, connection: str) -> DeleteOrder:
        """The deletion as the engine takes it."""
        if self.recursive and not (self.location.kind.has_directories and not self.location.is_prefix):
            base = self.location.as_prefix
            if _is_link(base):
                return DeleteOrder(Selection(connection, base.parent, prefixes=[base.key]), self.receipt)
            return DeleteOrder(Selection(connection, base, prefixes=[base.key], filters=self.filters), self.receipt)
        selection = Selection(
            connection, self.location.parent, keys=[self.location.key], filters=self.filters, version=self.version
        )
        return DeleteOrder(selection, self.receipt)


def _is_link(place: Location) -> bool:
    """Whether a directory is named by a symbolic link: the link goes, not what it leads to."""
    return not place.in_s3 and Path(place.path).is_symlink()


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("-r", "--recursive", is_flag=True, help="Delete everything below the prefix.")
@click.option("--marker", is_flag=True, help="Delete the folder marker S3_URI/ itself, and nothing below it.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted; delete nothing.")
@YES
@click.option("--version-id", type=VERSION_ID, default="", help="Delete this version of the object permanently.")
@filter_options
@RECEIPT
@BACKGROUND
@TRANSFER_AS_JSON
def rm(
    location: Location,
    read_only: bool,
    recursive: bool,
    marker: bool,
    dry_run: bool,
    yes: bool,
    version_id: str,
    receipt: str | None,
    background: bool,
    as_json: bool,
    **typed: Unpack[TypedDelete],
) -> None:
    """Delete an object, or everything below a prefix.

    It counts first and asks for confirmation on a terminal; without a terminal, add --yes. In a bucket with versioning
    it adds delete markers and keeps the versions; --version-id deletes one version permanently.
    """
    if not location.bucket:
        raise click.UsageError("name the object or prefix to delete: s3://bucket/key")
    if marker and (recursive or location.kind.has_directories or not location.key.endswith(DELIMITER)):
        raise click.UsageError("--marker needs one folder marker in S3, whose name ends in /, and no --recursive")
    if location.is_prefix and not recursive and not marker:
        what = location.kind.prefix
        alone = (
            ""
            if location.kind.has_directories or not location.key
            else ", --marker for the folder marker of this name alone"
        )
        raise click.UsageError(
            f"{visible(location.uri)} is a {what}: add --recursive to delete everything below it{alone}"
        )
    if version_id and (recursive or not location.kind.has_versions):
        raise click.UsageError("--version-id needs exactly one object in S3")
    command = DeleteCommand(
        location=location,
        spec=typed_identity(location, typed, read_only=read_only),
        recursive=recursive,
        filters=filters(typed),
        receipt=receipt or "",
        dry_run=dry_run,
        yes=yes,
        version=version_id,
        background=background,
        as_json=as_json,
    )
    run_command(partial(_rm, command=command), as_json=as_json)


async def _rm(engine: EngineAccess, *, command: DeleteCommand) -> Exit:
    order = command.order((await connect(engine, command.spec)).connection)
    if command.dry_run:
        return await say_dry_run(engine, order, as_json=command.as_json)
    if not command.yes and not await _agreed(engine, order):
        return Exit.SOME_FAILED
    transfer = (await engine.ask(SubmitDelete(order))).transfer
    return await to_its_end(engine, transfer, background=command.background, as_json=command.as_json)


async def _agreed(engine: EngineAccess, order: DeleteOrder) -> bool:
    """Count, and have the number typed: a reflex must not delete 80,000 objects."""
    need_terminal()
    async with aclosing(engine.follow(PlanDelete(order))) as tallies:
        counted_up = [each async for each in tallies]
    tally = counted_up[-1] if counted_up else Tally()
    what = f"{counted(tally.objects, 'object')} ({size(tally.bytes)})"
    if order.selection.version:
        what = f"this version ({size(tally.bytes)}) permanently"
    elif order.selection.base.kind.has_versions:
        forecast = await engine.ask(AskUndo(order.selection.connection, order.selection.base.bucket))
        click.echo(visible(deletions(forecast)), err=True)
    number = str(tally.objects)
    return await agreed(f"delete {what}? type {number}: ", number, otherwise="nothing was deleted")
