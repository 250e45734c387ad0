"""``xs3-tui find``: the objects below a prefix that match."""

from __future__ import annotations

import sys
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypedDict, Unpack, cast

import click

from tui.cli.copy_options import TypedFilters, filter_options, filters
from tui.cli.exits import say_problem
from tui.cli.identity_options import INVENTORY, LINES_AS_JSON, TypedIdentity, identity_options, typed_identity
from tui.cli.listing_rows import json_lines
from tui.cli.parameter_types import S3_URI, STORAGE_CLASS, TEXT, TypedParameter
from tui.cli.running import connect, run_command
from tui.cli.transfer_run import CLEAR_LINE
from tui.core.identity import IdentitySpec
from tui.core.listing import Page
from tui.core.location import Location
from tui.core.problem import Exit
from tui.core.searching import MOST_TAG_REQUESTS, Criteria, FindProgress, Search
from tui.link.session import EngineAccess
from tui.messages.listing_requests import FindObjects
from tui.text.format import counted, number, size, storage_class, time_exact, visible
from tui.text.listing_lines import progress_line, regular, report_line, tag

TAG = TypedParameter("tag", tag)
REGEX = TypedParameter("regex", regular)


class TypedCriteria(TypedDict):
    """The values of the options of ``find`` that say what is looked for."""

    name: tuple[str, ...]
    contains: str
    regex: str
    storage_class: tuple[str, ...]
    owner: tuple[str, ...]
    foreign: bool
    tag: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FindCommand:
    """What was typed."""

    location: Location
    spec: IdentitySpec
    search: Search
    long: bool
    as_json: bool
    print0: bool

    def lines(self, page: Page) -> str:
        """What is printed of a page, with what ends each line."""
        if self.as_json:
            return json_lines(self.location, page) + "\n"
        if self.print0:
            return "".join(f"{Location(self.location.bucket, page.prefix + name).uri}\0" for name in page.names)
        if not self.long:
            uris = (Location(self.location.bucket, page.prefix + name).uri for name in page.names)
            return "".join(f"{visible(uri)}\n" for uri in uris)
        return "".join(
            f"{time_exact(each.modified):16}  {size(each.size):>9}  {storage_class(each.storage_class):5}  "
            f"{visible(Location(self.location.bucket, each.key).uri)}\n"
            for each in page.objects()
        )


class TypedFind(TypedCriteria, TypedIdentity, TypedFilters):
    """All options of ``find``."""


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option(
    "--name",
    type=TEXT,
    multiple=True,
    metavar="GLOB",
    help="Name, or without / the last part of it, ignoring case. Repeatable.",
)
@click.option("--contains", type=TEXT, default="", metavar="TEXT", help="Part of the name, ignoring case.")
@click.option("--regex", default="", type=REGEX, metavar="REGEX", help="Regular expression for a part of the name.")
@filter_options
@click.option(
    "--class",
    "storage_class",
    type=STORAGE_CLASS,
    multiple=True,
    metavar="CLASS",
    help="Storage class; one that only another server has: other:NAME. Repeatable.",
)
@click.option(
    "--owner", type=TEXT, multiple=True, metavar="OWNER", help="Owner: account name, number or ID. Repeatable."
)
@click.option("--foreign", is_flag=True, help="Only objects that another account than the bucket owner owns.")
@click.option("--tag", multiple=True, type=TAG, metavar="KEY=VALUE", help="Tag, or KEY for any value. Repeatable.")
@click.option(
    "--tag-requests",
    type=click.IntRange(0),
    default=MOST_TAG_REQUESTS,
    show_default=True,
    metavar="N",
    help="Maximum number of GetObjectTagging requests.",
)
@INVENTORY
@click.option("-l", "--long", is_flag=True, help="Print time, size and class, too.")
@click.option("-0", "--print0", is_flag=True, help="Print URIs as they are, each ended by NUL.")
@LINES_AS_JSON
def find(
    location: Location,
    tag_requests: int,
    inventory: str,
    long: bool,
    print0: bool,
    as_json: bool,
    **typed: Unpack[TypedFind],
) -> None:
    """Find objects below S3_URI.

    All conditions must be met; of a repeated option one is enough, except --tag. Every key is listed, many lists at
    once. --regex has the syntax of RE2; case matters unless it begins with (?i). --tag sends one GetObjectTagging
    request for each object that meets all other conditions. If nothing is found the exit code is 4.
    """
    if not location.bucket:
        raise click.UsageError("name a bucket or a prefix: s3://bucket/prefix/")
    if as_json + print0 + long > 1:
        raise click.UsageError("choose one of --json, --print0 and --long")
    if print0 and sys.stdout.isatty():
        raise click.UsageError("--print0 prints names as they are: not to a terminal")
    search = Search(_criteria(typed), inventory, tag_requests)
    spec = typed_identity(location, cast("TypedIdentity", typed))
    command = FindCommand(location, spec, search, long, as_json, print0)
    run_command(partial(_find, command=command), as_json=as_json)


def _criteria(typed: TypedFind) -> Criteria:
    return Criteria(
        filters=filters(cast("TypedFilters", typed)),
        names=list(typed["name"]),
        contains=typed["contains"],
        regex=typed["regex"],
        classes=list(typed["storage_class"]),
        owners=list(typed["owner"]),
        foreign=typed["foreign"],
        tags=list(typed["tag"]),
    )


async def _find(engine: EngineAccess, *, command: FindCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    progress = FindProgress()
    teller = _Teller(shows=sys.stderr.isatty() and not command.as_json)
    async with aclosing(engine.follow(FindObjects(connection, command.location, command.search))) as founds:
        async for found in founds:
            progress = found.progress
            teller.tell(progress)
            if found.page:
                teller.clear()
                click.echo(command.lines(found.page).encode(), nl=False)  # as bytes: in a text click edits escapes
    teller.clear()
    if progress.why_unreadable:
        click.echo(f"the tags of {counted(progress.unreadable, 'object')} could not be read", err=True)
        say_problem(progress.why_unreadable, as_json=command.as_json)
        return Exit.SOME_FAILED
    if not progress.found:
        keys = f": none of {counted(progress.looked_at, 'key')} matches" if progress.looked_at else ""
        click.echo(visible(f"nothing found at {command.location.uri}{keys}"), err=True)
        return Exit.NOT_FOUND
    return Exit.DONE


class _Teller:
    """Says on stderr how far it has come; how many requests tags will take it says in any case."""

    def __init__(self, *, shows: bool) -> None:
        self._shows, self._requests, self._reported = shows, 0, False

    def tell(self, progress: FindProgress) -> None:
        if progress.report and not self._reported:
            self._reported = True
            click.echo(visible(report_line(progress.report)), err=True)
        if progress.tag_requests and not self._requests:
            self._requests = progress.tag_requests
            self.clear()
            click.echo(f"{number(self._requests)} GetObjectTagging requests are sent", err=True)
        if self._shows:
            click.echo(f"{CLEAR_LINE}{progress_line(progress)}…", nl=False, err=True)

    def clear(self) -> None:
        if self._shows:
            click.echo(CLEAR_LINE, nl=False, err=True)
