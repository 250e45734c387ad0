"""``batch tags``, ``acl``, ``restore`` and ``checksum``: one operation on everything below a prefix, by a job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click
from msgspec.structs import replace

from tui.cli.command_identity import settings
from tui.cli.commands.batch.job_run import carry_out_job
from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.identity_options import (
    BACKGROUND,
    DRY_RUN,
    READ_ONLY,
    RECEIPT,
    TRANSFER_AS_JSON,
    Command,
    TypedIdentity,
    identity_options,
    typed_identity,
    with_options,
)
from tui.cli.options.batch import PAIR, TypedBatch, batch_options, job_options
from tui.cli.parameter_types import S3_URI, TEXT
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import (
    MOST_DAYS,
    USUAL_DAYS,
    BatchAcl,
    BatchChecksum,
    BatchOperation,
    BatchOptions,
    BatchOrder,
    BatchRestore,
    BatchTags,
    Selection,
)
from tui.core.problem import Exit
from tui.core.transfer import Limits
from tui.link.session import EngineAccess


class TypedOperation(TypedFilters, TypedIdentity, TypedBatch):
    """The values of the options of all of them."""

    location: Location
    read_only: bool
    dry_run: bool
    receipt: str | None
    background: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class OperationCommand:
    """What was typed; the order has no identity yet."""

    spec: IdentitySpec
    selection: Selection
    operation: BatchOperation
    options: BatchOptions
    receipt: str
    dry_run: bool
    background: bool
    as_json: bool

    @property
    def limits(self) -> Limits:
        """This machine copies nothing."""
        return Limits()


def _operation(command: Command) -> Command:
    return with_options(
        command,
        click.argument("location", metavar="S3_URI", type=S3_URI),
        identity_options,
        READ_ONLY,
        filter_options,
        batch_options,
        DRY_RUN,
        RECEIPT,
        BACKGROUND,
        TRANSFER_AS_JSON,
    )


@click.command()
@_operation
@click.option("--set", "pairs", type=PAIR, multiple=True, metavar="NAME=VALUE", help="A tag. Repeatable.")
@click.option("--remove", is_flag=True, help="Remove all tags.")
def tags(pairs: tuple[tuple[str, str], ...], remove: bool, **typed: Unpack[TypedOperation]) -> None:
    """Replace the tags of everything below S3_URI, or remove them."""
    if bool(pairs) == remove:
        raise click.UsageError("name the tags with --set NAME=VALUE, or --remove all of them")
    _run(typed, BatchTags(list(pairs)))


@click.command()
@_operation
@click.option(
    "--acl", "canned", type=TEXT, required=True, metavar="ACL", help="A canned ACL: bucket-owner-full-control."
)
def acl(canned: str, **typed: Unpack[TypedOperation]) -> None:
    """Give everything below S3_URI a canned ACL: as the uploader, it lets the bucket owner repair ownership."""
    _run(typed, BatchAcl(canned))


@click.command()
@_operation
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help=f"How long. Without it: {USUAL_DAYS}.")
@click.option(
    "--intelligent-tiering",
    "tiering",
    is_flag=True,
    help="Restore what is in an archive tier of INTELLIGENT_TIERING, without an end, and nothing else.",
)
@click.option("--bulk", is_flag=True, help="The cheapest and slowest tier. Without it: Standard.")
def restore(days: int | None, tiering: bool, bulk: bool, **typed: Unpack[TypedOperation]) -> None:
    """Restore the objects below S3_URI in GLACIER and DEEP_ARCHIVE: copies that can be read for some days.

    A job cannot restore these and INTELLIGENT_TIERING: the others are skipped.
    """
    if tiering and days is not None:
        raise click.UsageError("restores of INTELLIGENT_TIERING have no end: leave out --days")
    _run(typed, BatchRestore(None if tiering else days or USUAL_DAYS, bulk))


@click.command()
@_operation
@click.option(
    "--algorithm", type=TEXT, default="CRC64NVME", show_default=True, help="The checksum: CRC64NVME, SHA256 …"
)
def checksum(algorithm: str, **typed: Unpack[TypedOperation]) -> None:
    """Have S3 compute the checksums of everything below S3_URI: they are in the results and the receipt."""
    _run(typed, BatchChecksum(algorithm))


def _run(typed: TypedOperation, operation: BatchOperation) -> None:
    place = typed["location"]
    if place.is_local or not place.bucket:
        raise click.UsageError("name an object or prefix in S3: s3://bucket/key")
    keys, prefixes = ([], [place.key]) if place.is_prefix else ([place.key], [])
    base = place if place.is_prefix else place.parent
    command = OperationCommand(
        typed_identity(place, typed, read_only=typed["read_only"]),
        Selection("", base, keys, prefixes, filters=filters(typed)),
        operation,
        job_options(typed, settings().scale),
        typed["receipt"] or "",
        typed["dry_run"],
        typed["background"],
        typed["as_json"],
    )
    run_command(partial(_carry_out, command=command), as_json=typed["as_json"])


async def _carry_out(engine: EngineAccess, *, command: OperationCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    selection = replace(command.selection, connection=connection)
    order = BatchOrder(selection, connection, command.operation, command.options, command.receipt)
    return await carry_out_job(engine, order, command)
