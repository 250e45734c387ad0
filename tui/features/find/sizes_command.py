"""``xs3-tui du``: how much is stored below a prefix, by prefix, class, owner or age, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import click
from msgspec import defstruct

from tui.cli.command_identity import settings
from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.identity_options import INVENTORY, Typed, identity_options
from tui.cli.json_output import Json, json_option
from tui.cli.listing_rows import HUMAN, NO_SHORT_HELP, sizes
from tui.cli.parameter_types import S3_URI
from tui.cli.running import address_book, connected, with_engine
from tui.cli.sources import LITERAL, named
from tui.cli.transfer_run import CLEAR_LINE, none_found
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.price_table import PriceTable, cost
from tui.core.problem import Exit
from tui.core.searching import Amount, Share, SizeProgress, StorageUse
from tui.link.session import EngineAccess
from tui.messages.listing_requests import MeasureSizes
from tui.settings.prices import price_table
from tui.text.format import counted, number, visible
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

_SUM_FIELDS: list[tuple[str, type]] = [
    *(("objects", int), ("bytes", int), ("usd_per_month", float)),
    *(("unpriced_classes", list[str]), ("bytes_by_stored", dict[str, int])),
]

SUM_LINES = {
    kind: defstruct(
        f"{kind.capitalize()}SumJson",
        [("uri" if kind in ("total", HERE) else kind, str), *_SUM_FIELDS],
        tag_field="type",
        tag=kind,
        namespace={"__doc__": "A sum, and what storing it costs."},
    )
    for kind in (PREFIX, HERE, *(str(each) for each in Breakdown), "total")
}
"""The lines, by what they are sums of."""


class PricesJson(Json, frozen=True, tag="prices"):
    """The end: the price table, and the classes that it does not have."""

    table: str
    unpriced_classes: list[str]


@click.command(context_settings=NO_SHORT_HELP)
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@LITERAL
@click.option(
    "--by",
    type=click.Choice([PREFIX, *(each.value for each in Breakdown)]),
    default=PREFIX,
    show_default=True,
    help="Print one line per prefix, storage class, owner, age, or kind (objects, noncurrent versions, uploads).",
)
@click.option(
    "--depth",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="Levels of prefixes; 0: only the total.",
)
@click.option("--versions", is_flag=True, help="Also count noncurrent versions and delete markers.")
@click.option("--uploads", is_flag=True, help="Also count incomplete multipart uploads (one ListParts request each).")
@INVENTORY
@HUMAN
@click.option("-s", "depth", flag_value=0, hidden=True)  # of du(1)
@json_option(*SUM_LINES.values(), PricesJson, help="Print one JSON object per line, with exact bytes.")
@with_engine
async def du(engine: EngineAccess, typed: Typed) -> Exit:
    """Measure what is stored below S3_URI, which may have wildcards.

    Prints sums by prefix, storage class, owner or age, each with an estimate of its cost per month. Prices are AWS's
    list prices of us-east-1, wherever the bucket is; the settings file can have others ([prices]).
    """
    location = typed.location
    refuse_if(not location.bucket, "name a bucket or a prefix: s3://bucket/prefix/")
    wanted = {StorageUse.CURRENT: True, StorageUse.NONCURRENT: typed.versions, StorageUse.UPLOADS: typed.uploads}
    prices = price_table(settings())
    connection = await connected(engine, typed)
    source = await named(engine, connection, location, typed)
    more = typed.versions or typed.uploads
    refuse_if(source.pattern and more, "wildcards are for current objects: leave out --versions and --uploads")
    tree, code = SizeTree(), Exit.DONE
    depth = max(1, typed.depth) if typed.by == PREFIX else 1
    for stored in (each for each, is_wanted in wanted.items() if is_wanted):
        feed = MeasureSizes(connection, source.place, stored, depth, typed.inventory, source.match)
        progress = await _measure(engine, feed, tree, as_json=typed.as_json)
        if progress.why_unreadable:
            click.echo(f"{counted(progress.unreadable, 'upload')} of unknown size", err=True)
            say_problem(progress.why_unreadable, as_json=typed.as_json)
            code = Exit.SOME_FAILED
    if not tree.root.objects and location.key and not location.kind.has_directories:
        click.echo(visible(none_found(location.uri)), err=True)
        return Exit.NOT_FOUND
    for line in _lines(tree, typed, source.base, await address_book(engine)):
        line.say(prices, typed)
    _end(tree, prices, as_json=typed.as_json)
    return code


async def _measure(engine: EngineAccess, feed: MeasureSizes, tree: SizeTree, *, as_json: bool) -> SizeProgress:
    shows, progress = sys.stderr.isatty() and not as_json, SizeProgress()
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
    """One sum: its kind, its label, and how the label is shown."""

    kind: str
    label: str
    shown: str
    shares: Shares

    def say(self, prices: PriceTable, typed: Typed) -> None:
        objects = sum(each.objects for each in self.shares.values())
        total = sum(each.bytes for each in self.shares.values())
        price, stored = cost(self.shares, prices), broken_down(self.shares, Breakdown.STORED)
        if not typed.as_json:
            shown = sizes(typed)
            count = str(objects) if shown is str else number(objects)
            click.echo(f"{shown(total):>9}  {count:>12}  {money(price):>9}  {visible(self.shown)}")
            return
        by_stored = {label: amount.bytes for label, amount in stored.items()}
        say_json(SUM_LINES[self.kind](self.label, objects, total, round(price.usd, 6), price.unpriced, by_stored))


def _lines(tree: SizeTree, typed: Typed, base: Location, book: AddressBook) -> Iterator[_SumLine]:
    root, location = tree.root, typed.location
    if typed.by == PREFIX:
        for node in _nodes(root, typed.depth):
            uri = Location(base.bucket, base.key + node.prefix).uri
            yield _SumLine(PREFIX, uri, uri, node.shares)
        if typed.depth and (root.children or location.is_prefix) and (own := root.own()):
            yield _SumLine(HERE, location.uri, f"{location.uri} (objects here)", own)
    else:
        by = Breakdown(typed.by)
        for label in broken_down(root.shares, by):
            some = {share: amount for share, amount in root.shares.items() if label in broken_down({share: amount}, by)}
            yield _SumLine(typed.by, label, label_words(label, by, book), some)
    uri = location.uri
    yield _SumLine("total", uri, f"{uri} in all", root.shares)


def _nodes(node: SizeNode, depth: int) -> Iterator[SizeNode]:
    """The nodes below one, largest first, each before its own children."""
    if depth:
        for child in sorted(node.children.values(), key=lambda each: (-each.bytes, each.name)):
            yield child
            yield from _nodes(child, depth - 1)


def _end(tree: SizeTree, prices: PriceTable, *, as_json: bool) -> None:
    unpriced = cost(tree.root.shares, prices).unpriced
    if as_json:
        say_json(PricesJson(prices.words, unpriced))
    else:
        click.echo(visible(f"Prices are US$ a month, {prices.words}. {OVERHEADS}"), err=True)
        if unpriced:
            click.echo(visible(f"no price for {', '.join(unpriced)}: set it in [prices] of the settings"), err=True)
    if tree.folded:
        click.echo("too many prefixes: the deepest are counted with those above them", err=True)
