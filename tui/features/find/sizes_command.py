"""``xs3-tui du``: how much is stored below a prefix, by prefix, class, owner or age, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.command_identity import settings
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import INVENTORY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI
from tui.cli.running import address_book, connect, run_command
from tui.cli.transfer_run import CLEAR_LINE
from tui.core.costs import PriceTable, cost
from tui.core.identity import AddressBook, IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.core.searching import Amount, Share, SizeProgress, StorageUse
from tui.link.session import EngineAccess
from tui.messages.listing_requests import MeasureSizes
from tui.settings.prices import price_table
from tui.text.format import counted, number, size, visible
from tui.text.listing_lines import report_line
from tui.text.size_lines import (
    OVERHEADS,
    Breakdown,
    SizeNode,
    SizeTree,
    broken_down,
    label_words,
    measuring_words,
    money,
)

PREFIX, HERE = "prefix", "here"

Shares = Mapping[Share, Amount]


@dataclass(frozen=True, slots=True)
class DuCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    by: str
    depth: int
    stored: tuple[StorageUse, ...]
    inventory: str
    prices: PriceTable
    as_json: bool


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option(
    "--by",
    type=click.Choice([PREFIX, *(each.value for each in Breakdown)]),
    default=PREFIX,
    show_default=True,
    help="One line per prefix, storage class, owner, age, or what is stored (objects, noncurrent versions, uploads).",
)
@click.option(
    "--depth", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Levels of prefixes; 0: total."
)
@click.option("--versions", is_flag=True, help="Count noncurrent versions and delete markers, too.")
@click.option("--uploads", is_flag=True, help="Count incomplete uploads, too: one ListParts request each.")
@INVENTORY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, with exact bytes.")
def du(
    location: Location,
    by: str,
    depth: int,
    versions: bool,
    uploads: bool,
    inventory: str,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Measure what is stored below S3_URI.

    Sums are by prefix, storage class, owner or age, with an estimate of what the storage costs in a month at AWS's list
    prices of us-east-1, wherever the bucket is; the settings file can have others ([prices]).
    """
    if not location.bucket:
        raise click.UsageError("name a bucket or a prefix: s3://bucket/prefix/")
    stored = (
        StorageUse.CURRENT,
        *([StorageUse.NONCURRENT] if versions else []),
        *([StorageUse.UPLOADS] if uploads else []),
    )
    spec, prices = typed_identity(location, typed), price_table(settings())
    command = DuCommand(location, spec, by, depth, stored, inventory, prices, as_json)
    run_command(partial(_du, command=command), as_json=as_json)


async def _du(engine: EngineAccess, *, command: DuCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    tree, code = SizeTree(), Exit.DONE
    depth = max(1, command.depth) if command.by == PREFIX else 1
    for stored in command.stored:
        progress = await _measure(
            engine, MeasureSizes(connection, command.location, stored, depth, command.inventory), tree, command
        )
        if progress.why_unreadable:
            click.echo(f"{counted(progress.unreadable, 'upload')} of unknown size", err=True)
            say_problem(progress.why_unreadable, as_json=command.as_json)
            code = Exit.SOME_FAILED
    if not tree.root.objects and command.location.key and not command.location.kind.has_directories:
        click.echo(visible(f"nothing found at {command.location.uri}"), err=True)
        return Exit.NOT_FOUND
    book = await address_book(engine)
    for line in _lines(tree, command, book):
        line.say(command)
    _end(tree, command)
    return code


async def _measure(engine: EngineAccess, feed: MeasureSizes, tree: SizeTree, command: DuCommand) -> SizeProgress:
    shows, progress = sys.stderr.isatty() and not command.as_json, SizeProgress()
    async with aclosing(engine.follow(feed)) as founds:
        async for found in founds:
            if found.progress.report and not progress.report:
                click.echo(visible(report_line(found.progress.report)), err=True)
            tree.add(found.parts)
            progress = found.progress
            if shows:
                click.echo(f"{CLEAR_LINE}{feed.stored}: {measuring_words(feed.stored, progress)}…", nl=False, err=True)
    if shows:
        click.echo(CLEAR_LINE, nl=False, err=True)
    return progress


@dataclass(frozen=True, slots=True)
class _SumLine:
    """One sum: what it is about, as type and label, and how that is shown."""

    kind: str
    label: str
    shown: str
    shares: Shares

    def say(self, command: DuCommand) -> None:
        objects = sum(each.objects for each in self.shares.values())
        total = sum(each.bytes for each in self.shares.values())
        price, stored = cost(self.shares, command.prices), broken_down(self.shares, Breakdown.STORED)
        if not command.as_json:
            click.echo(f"{size(total):>9}  {number(objects):>12}  {money(price):>9}  {visible(self.shown)}")
            return
        say_json(
            {
                "type": self.kind,
                self.kind if self.kind not in ("total", HERE) else "uri": self.label,
                "objects": objects,
                "bytes": total,
                "usd_per_month": round(price.usd, 6),
                "unpriced_classes": price.unpriced,
                "bytes_by_stored": {label: amount.bytes for label, amount in stored.items()},
            }
        )


def _lines(tree: SizeTree, command: DuCommand, book: AddressBook) -> Iterator[_SumLine]:
    root, base = tree.root, command.location if command.location.is_prefix else command.location.parent
    if command.by == PREFIX:
        for node in _nodes(root, command.depth):
            uri = Location(base.bucket, base.key + node.prefix).uri
            yield _SumLine(PREFIX, uri, uri, node.shares)
        if command.depth and (root.children or command.location.is_prefix) and (own := root.own()):
            yield _SumLine(HERE, command.location.uri, f"{command.location.uri} (objects here)", own)
    else:
        by = Breakdown(command.by)
        for label in broken_down(root.shares, by):
            some = {share: amount for share, amount in root.shares.items() if label in broken_down({share: amount}, by)}
            yield _SumLine(command.by, label, label_words(label, by, book), some)
    uri = command.location.uri
    yield _SumLine("total", uri, f"{uri} in all", root.shares)


def _nodes(node: SizeNode, depth: int) -> Iterator[SizeNode]:
    """The nodes below one, the largest first, each before those below it."""
    if depth:
        for child in sorted(node.children.values(), key=lambda each: (-each.bytes, each.name)):
            yield child
            yield from _nodes(child, depth - 1)


def _end(tree: SizeTree, command: DuCommand) -> None:
    """By which prices, and what is not exact."""
    unpriced = cost(tree.root.shares, command.prices).unpriced
    if command.as_json:
        say_json({"type": "prices", "table": command.prices.words, "unpriced_classes": unpriced})
    else:
        click.echo(visible(f"Prices are US$ a month, {command.prices.words}. {OVERHEADS}"), err=True)
        if unpriced:
            click.echo(visible(f"no price for {', '.join(unpriced)}: set it in [prices] of the settings"), err=True)
    if tree.folded:
        click.echo("too many prefixes to keep apart: the deepest count for those above them", err=True)
