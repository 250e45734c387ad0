"""``xs3-tui find``: the objects below a prefix that match."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from tui.cli.copy_options import filter_options
from tui.cli.exits import refuse_if, say_problem
from tui.cli.identity_options import INVENTORY, Typed, identity_options, taken
from tui.cli.json_output import json_option
from tui.cli.listing_rows import HUMAN, NO_SHORT_HELP, SORT_OPTIONS, ObjectJson, SortedRows, json_lines, sizes
from tui.cli.parameter_types import S3_URI, STORAGE_CLASS, TEXT, TypedParameter
from tui.cli.running import connected, with_engine
from tui.cli.sources import LITERAL, named
from tui.cli.transfer_run import CLEAR_LINE, none_found
from tui.core.listing import Page, chosen_rows
from tui.core.location import Location
from tui.core.orders import Filters
from tui.core.problem import Exit
from tui.core.searching import MOST_TAG_REQUESTS, Criteria, FindProgress, Search
from tui.link.session import EngineAccess
from tui.messages.listing_requests import FindObjects
from tui.text.format import counted, number, storage_class, time_exact, visible
from tui.text.listing_lines import progress_line, regular, report_line, tag

TAG = TypedParameter("tag", tag)
REGEX = TypedParameter("regex", regular)


@click.command(context_settings=NO_SHORT_HELP)
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@LITERAL
@click.option(
    "--name",
    "names",
    type=TEXT,
    multiple=True,
    metavar="GLOB",
    help="Glob for the name, or without / for its last part; ignores case. Repeatable.",
)
@click.option("--contains", type=TEXT, default="", metavar="TEXT", help="Part of the name, ignoring case.")
@click.option("--regex", default="", type=REGEX, metavar="REGEX", help="Regular expression for a part of the name.")
@filter_options
@click.option(
    "--class",
    "classes",
    type=STORAGE_CLASS,
    multiple=True,
    metavar="CLASS",
    help="Storage class; other:NAME for a class that AWS does not have. Repeatable.",
)
@click.option(
    "--owner",
    "owners",
    type=TEXT,
    multiple=True,
    metavar="OWNER",
    help="Owner: account name, number or ID. Repeatable.",
)
@click.option("--foreign", is_flag=True, help="Only objects that the bucket owner does not own.")
@click.option(
    "--tag", "tags", multiple=True, type=TAG, metavar="KEY=VALUE", help="Tag, or KEY for any value. Repeatable."
)
@click.option(
    "--tag-requests",
    type=click.IntRange(0),
    default=MOST_TAG_REQUESTS,
    show_default=True,
    metavar="N",
    help="Maximum number of GetObjectTagging requests.",
)
@INVENTORY
@SORT_OPTIONS[0]
@SORT_OPTIONS[1]
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Print only the first N; holds no more in memory.")
@click.option("-l", "--long", is_flag=True, help="Also print time, size and storage class.")
@HUMAN
@click.option("-0", "--print0", is_flag=True, help="Print unescaped URIs, each followed by NUL.")
@json_option(ObjectJson)
@with_engine
async def find(engine: EngineAccess, typed: Typed) -> Exit:
    """Find objects below S3_URI, which may have wildcards.

    An object must match every option; of a repeated option, one value is enough, except for --tag. Lists every key,
    with many requests at a time. --regex uses RE2 syntax and is case-sensitive unless it begins with (?i). --tag sends
    one GetObjectTagging request for each object that matches the other options. Exits with 4 if nothing is found.
    """
    location = typed.location
    refuse_if(not location.bucket, "name a bucket or a prefix: s3://bucket/prefix/")
    forms = typed.as_json + typed.print0 + typed.long
    refuse_if(forms > 1, "choose one of --json, --print0 and --long")
    on_terminal = typed.print0 and sys.stdout.isatty()
    refuse_if(on_terminal, "--print0 prints names as they are: not to a terminal")
    search = Search(taken(Criteria, typed, filters=taken(Filters, typed)), typed.inventory, typed.tag_requests)
    connection = await connected(engine, typed)
    source = await named(engine, connection, location, typed)
    progress = FindProgress()
    rows = SortedRows(typed.sort or "name", typed.limit, reverse=typed.reverse) if typed.sort or typed.reverse else None
    left = typed.limit
    teller = _Teller(shows=sys.stderr.isatty() and not typed.as_json)
    async with aclosing(engine.follow(FindObjects(connection, source.place, search, source.match))) as founds:
        async for found in founds:
            progress = found.progress
            teller.tell(progress)
            if found.page and rows:
                rows.add(found.page)
            elif found.page:
                teller.clear()
                page = found.page if left is None else chosen_rows(found.page, range(min(left, len(found.page.names))))
                _say(typed, page)
                left = None if left is None else left - len(page.names)
            if left == 0:
                return Exit.DONE
    teller.clear()
    if rows:
        _say(typed, rows.page())
    if progress.why_unreadable:
        click.echo(f"the tags of {counted(progress.unreadable, 'object')} could not be read", err=True)
        say_problem(progress.why_unreadable, as_json=typed.as_json)
        return Exit.SOME_FAILED
    if not progress.found:
        keys = f": none of {counted(progress.looked_at, 'key')} matches" if progress.looked_at else ""
        click.echo(visible(f"{none_found(location.uri)}{keys}"), err=True)
        return Exit.NOT_FOUND
    return Exit.DONE


def _say(typed: Typed, page: Page) -> None:
    if page.names:
        click.echo(_lines(typed, page).encode(), nl=False)  # click edits escapes in text, not bytes


def _lines(typed: Typed, page: Page) -> str:
    """The output for a page, with line ends."""
    location = typed.location
    if typed.as_json:
        return json_lines(location, page) + "\n"
    if typed.print0:
        return "".join(f"{Location(location.bucket, page.prefix + name).uri}\0" for name in page.names)
    if not typed.long:
        uris = (Location(location.bucket, page.prefix + name).uri for name in page.names)
        return "".join(f"{visible(uri)}\n" for uri in uris)
    shown = sizes(typed)
    return "".join(
        f"{time_exact(each.modified):16}  {shown(each.size):>9}  {storage_class(each.storage_class):5}  "
        f"{visible(Location(location.bucket, each.key).uri)}\n"
        for each in page.objects()
    )


class _Teller:
    """Prints progress on stderr if `shows`; always prints the number of requests for tags."""

    def __init__(self, *, shows: bool) -> None:
        self._shows, self._requests, self._reported = shows, 0, False

    def tell(self, progress: FindProgress) -> None:
        if progress.report and not self._reported:
            self._reported = True
            click.echo(visible(report_line(progress.report)), err=True)
        if progress.tag_requests and not self._requests:
            self._requests = progress.tag_requests
            self.clear()
            click.echo(f"{number(self._requests)} GetObjectTagging requests follow", err=True)
        if self._shows:
            click.echo(f"{CLEAR_LINE}{progress_line(progress)}…", nl=False, err=True)

    def clear(self) -> None:
        if self._shows:
            click.echo(CLEAR_LINE, nl=False, err=True)
