"""``xs3-tui ls`` and ``versions``: buckets, what is below a prefix, versions of objects."""

from __future__ import annotations

import sys
from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing

import click
from msgspec.structs import replace

from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, identity_options, typed_identity
from tui.cli.json_output import Json, json_option
from tui.cli.listing_rows import (
    HUMAN,
    NO_SHORT_HELP,
    SORT_OPTIONS,
    ObjectJson,
    PrefixJson,
    SortedRows,
    VersionJson,
    VersionSumJson,
    json_lines,
    name_lines,
    say_tally,
    say_versions,
    shown_name,
    sizes,
    text_lines,
)
from tui.cli.parameter_types import S3_URI
from tui.cli.running import address_book, connect, connected, with_engine
from tui.cli.sources import LITERAL, Named, in_turn, named
from tui.cli.transfer_run import none_found
from tui.core.identity import AddressBook
from tui.core.listing import Page, chosen_rows
from tui.core.location import DELIMITER, Location, readable
from tui.core.problem import Exit
from tui.core.versions import VersionTally
from tui.core.wildcards import ANYTHING, literal_part, literally, matching
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CountVersions, ListBuckets, ListObjects, ListVersions
from tui.text.format import time_exact, time_iso, visible


class BucketJson(Json, frozen=True, tag="bucket"):
    """A bucket of the account."""

    name: str
    created: str | None
    region: str


class SumJson(Json, frozen=True, tag="sum"):
    """Of ``ls --summarize``."""

    uri: str
    objects: int
    bytes: int


@click.command(context_settings=NO_SHORT_HELP)
@click.argument("locations", metavar="[S3_URI]...", type=S3_URI, nargs=-1)
@identity_options
@LITERAL
@click.option("-r", "--recursive", is_flag=True, help="List every key below the prefix, not only one level.")
@click.option("--versions", "all_versions", is_flag=True, help="List all versions and delete markers.")
@click.option("-l", "--long", is_flag=True, help="Also print storage class and owner; for buckets, the region.")
@click.option("-1", "names_only", is_flag=True, help="Print only names, one a line.")
@HUMAN
@SORT_OPTIONS[0]
@SORT_OPTIONS[1]
@click.option("--summarize", is_flag=True, help="Print the number of objects and their size at the end.")
@json_option(BucketJson, PrefixJson, ObjectJson, VersionJson, SumJson)
@with_engine
async def ls(engine: EngineAccess, typed: Typed) -> Exit:
    """List buckets, prefixes and objects.

    S3_URI may have wildcards; without it the account's buckets are listed. ListBuckets never returns buckets of other
    accounts: name them. A local path works too: /PATH, ./PATH, ~/PATH or file:///PATH. Exits with 4 (not found) if no
    key begins with the prefix, and with 0 for an empty bucket or directory. --sort and --reverse hold the rows in
    memory, at most 500,000; 'find --sort size --limit 10' holds only ten.
    """
    places: tuple[Location, ...] = typed.locations or (Location(),)
    refuse_if(typed.all_versions and not all(each.bucket for each in places), "--versions needs a bucket: s3://bucket/")
    both = typed.long and (typed.all_versions or typed.as_json)
    refuse_if(both, "--long cannot be combined with --versions or --json, which print everything")
    refuse_if(typed.names_only and (typed.long or typed.as_json), "-1 prints names only: leave out --long and --json")
    other = typed.sort or typed.reverse or typed.names_only or typed.summarize
    refuse_if(typed.all_versions and other, "--versions has no -1, --sort, --reverse and --summarize")
    unsized = typed.sort == "size" and not all(each.bucket for each in places)
    refuse_if(unsized, "the list of buckets has no sizes: use --sort name or time")
    specs = [typed_identity(typed, place) for place in places]

    async def list_one(at: int) -> Exit:
        typed.location = places[at]
        if len(places) > 1 and not typed.as_json:
            click.echo("\n" * bool(at) + visible(f"{readable(typed.location.uri)}:"))
        return await _list(engine, (await connect(engine, specs[at])).connection, typed)

    return await in_turn(range(len(places)), list_one, typed)


async def _list(engine: EngineAccess, connection: str, typed: Typed) -> Exit:
    location: Location = typed.location
    source = await named(engine, connection, location, typed)
    if typed.all_versions:
        refuse_if(source.pattern, "--versions takes no wildcards: name a prefix, or add --literal")
        feed = ListVersions(connection, source.place, typed.recursive)
        return await say_versions(engine, feed, typed)
    if not location.bucket:
        return await _buckets(engine, connection, typed)
    book = await address_book(engine) if typed.long else None
    ordered = typed.sort or typed.reverse
    rows = SortedRows(typed.sort or "name", None, reverse=typed.reverse) if ordered else None
    empty, objects, amount = True, 0, 0
    base = source.base if source.pattern else source.place
    if typed.recursive and base.in_s3 and not (typed.as_json or sys.stdout.isatty()):
        base = Location(base.bucket)  # whole keys, for what reads them
    async for page in _pages(engine, connection, source, recursive=typed.recursive):
        if rows:
            rows.add(page)
        else:
            _say_page(typed, base, page, book)
        for name, what in page.unfit:
            click.echo(visible(f"skipped: {shown_name(base, page.prefix + name)}: {what}"), err=True)
        empty = empty and not page.prefixes and not page.names
        objects, amount = objects + len(page.names), amount + sum(array("q", page.sizes))
    if rows:
        _say_page(typed, base, rows.page(), book)
    if typed.summarize and typed.as_json:
        say_json(SumJson(location.uri, objects, amount))
    elif typed.summarize:
        click.echo(f"\nTotal Objects: {objects}\n   Total Size: {sizes(typed)(amount)}")
    return _ended(location, empty=empty)


def _say_page(typed: Typed, base: Location, page: Page, book: AddressBook | None) -> None:
    if typed.as_json:
        lines = json_lines(base, page)
    else:
        lines = name_lines(base, page) if typed.names_only else text_lines(base, page, book, sizes(typed))
    if lines:
        click.echo(lines)


def _ended(location: Location, *, empty: bool) -> Exit:
    directory = location.kind.has_directories and location.is_prefix
    if not empty or not location.key or directory:  # a prefix is there only by what begins with it
        return Exit.DONE
    click.echo(visible(none_found(location.uri)), err=True)
    return Exit.NOT_FOUND


async def _pages(
    engine: EngineAccess, connection: str, source: Named, *, recursive: bool
) -> AsyncGenerator[Page, None]:
    """What is at a place or, of a pattern, what matches: each level of it is listed only below what fits so far."""
    if not source.pattern:
        async with aclosing(engine.follow(ListObjects(connection, source.place, recursive))) as pages:
            async for page in pages:
                yield page
        return
    whole = recursive or ANYTHING in source.pattern
    depth = source.base.key.count(DELIMITER) + 1
    segments = source.pattern.split(DELIMITER)
    goes_on = not whole and len(segments) > depth
    fits = matching(source.match if recursive else [DELIMITER.join(segments[:depth]) if goes_on else source.pattern])
    async with aclosing(engine.follow(ListObjects(connection, source.place, whole))) as pages:
        async for page in pages:
            below = [name for name in page.prefixes if fits((page.prefix + name).removesuffix(DELIMITER))]
            if not goes_on:
                rows = [row for row, name in enumerate(page.names) if fits(page.prefix + name)]
                yield replace(chosen_rows(page, rows), prefixes=below)
                continue
            for name in below:
                pattern = literally(page.prefix + name) + DELIMITER.join(segments[depth:])
                place = Location(source.place.bucket, literal_part(pattern))
                deeper = Named(place) if segments[depth:] == [""] else Named(place, pattern)
                async for each in _pages(engine, connection, deeper, recursive=False):
                    yield each


async def _buckets(engine: EngineAccess, connection: str, typed: Typed) -> Exit:
    buckets = (await engine.ask(ListBuckets(connection))).buckets
    if typed.sort or typed.reverse:
        by_time = typed.sort == "time"
        key = (lambda each: each.created) if by_time else (lambda each: each.name)
        buckets = sorted(buckets, key=key, reverse=by_time is not typed.reverse)
    for bucket in buckets:
        if typed.as_json:
            say_json(BucketJson(bucket.name, time_iso(bucket.created), bucket.region))
        elif typed.names_only:
            click.echo(visible(bucket.name))
        else:
            region = f"{bucket.region:14}  " if typed.long else ""
            click.echo(visible(f"{time_exact(bucket.created):16}  {region}{bucket.name}"))
    return Exit.DONE


@click.command(context_settings=NO_SHORT_HELP)
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("-r", "--recursive", is_flag=True, help="List the versions of every key below the prefix.")
@click.option("--sum", "only_sum", is_flag=True, help="Print only the number of versions and their size.")
@HUMAN
@json_option(PrefixJson, VersionJson, VersionSumJson)
@with_engine
async def versions(engine: EngineAccess, typed: Typed) -> Exit:
    """List the versions and delete markers of an object or prefix.

    Each line shows time, size, state, version ID and key. --sum counts everything below a prefix: current objects,
    noncurrent versions, delete markers and deleted keys. Exits with 4 (not found) if there is no version.
    """
    location = typed.location
    refuse_if(not location.bucket, "name an object, a prefix or a bucket: s3://bucket/key")
    connection = await connected(engine, typed)
    if not typed.only_sum:
        return await say_versions(engine, ListVersions(connection, location, typed.recursive), typed)
    tally = VersionTally()
    async for each in engine.follow(CountVersions(connection, location)):
        tally = each
    say_tally(location, tally, as_json=typed.as_json)
    return Exit.DONE
