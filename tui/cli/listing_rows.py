"""Objects and versions as lines of ``ls`` and ``versions``."""

from __future__ import annotations

import heapq
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.cells import cell_len

from tui.cli.exits import say_json
from tui.cli.identity_options import Typed
from tui.cli.json_output import Json
from tui.core.identity import AddressBook, Owner
from tui.core.json_text import encode_json, escaped
from tui.core.listing import UNKNOWN_INDEX, ObjectSummary, Page, make_page
from tui.core.location import Location
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.core.versions import ObjectVersion, VersionTally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListVersions
from tui.text.format import counted, cut_end, size, storage_class, time_exact, time_iso, visible
from tui.text.listing_lines import short_name, state_word

MOST_ROWS = 500_000
"""Rows that are sorted without a limit: they are held in memory, about 150 MB."""

SORT_OPTIONS = (
    click.option(
        "--sort",
        type=click.Choice(["name", "size", "time"]),
        help="Sort by name, by size (largest first) or by time (latest first), and not as they are listed.",
    ),
    click.option("--reverse", is_flag=True, help="The other way round: smallest, oldest or last name first."),
)

HUMAN = click.option(
    "-h",
    "--human-readable/--bytes",
    "human",
    default=None,
    help="Print sizes like 1.2 GiB, or as bytes. Default: as bytes if stdout is not a terminal.",
)

NO_SHORT_HELP = {"help_option_names": ["--help"]}
"""For commands with `HUMAN`: their -h is that of ls(1), du(1) and sort(1)."""


def sizes(typed: Typed) -> Callable[[int], str]:
    """How a size is printed: for people, or for awk(1) and sort(1) in one column."""
    return size if (sys.stdout.isatty() if typed.human is None else typed.human) else str


class SortedRows:
    """The objects of pages in a typed order: the first `limit` of them, or all, up to `MOST_ROWS`."""

    def __init__(self, by: str, limit: int | None, *, reverse: bool) -> None:
        self._by, self._limit = {"size": "size", "time": "modified"}.get(by, "key"), limit
        self._pick = heapq.nlargest if (self._by != "key") is not reverse else heapq.nsmallest
        self._rows: list[ObjectSummary] = []
        self._prefixes: list[str] = []

    def add(self, page: Page) -> None:
        self._rows += page.objects()
        self._prefixes += [page.prefix + name for name in page.prefixes]
        if self._limit is not None and len(self._rows) > 2 * self._limit + 1000:
            self._rows = self._first(self._limit)
        if len(self._rows) + len(self._prefixes) > MOST_ROWS:
            title, remedy = f"more than {MOST_ROWS:,} rows to sort", "xs3-tui find --sort … --limit N keeps only N"
            raise ProblemError(Problem(ProblemKind.INVALID, title, remedy=remedy))

    def page(self) -> Page:
        prefixes = sorted(self._prefixes, reverse=self._by == "key" and self._pick is heapq.nlargest)
        rows = self._first(len(self._rows) if self._limit is None else self._limit)
        return make_page("", prefixes, rows)

    def _first(self, number: int) -> list[ObjectSummary]:
        return self._pick(number, self._rows, key=lambda row: getattr(row, self._by))


async def say_versions(engine: EngineAccess, feed: ListVersions, typed: Typed) -> Exit:
    """Print each version and delete marker; NOT_FOUND where a key or prefix has none."""
    location, empty, as_json = feed.location, True, typed.as_json
    async for page in engine.follow(feed):
        for prefix in page.prefixes:
            if as_json:
                say_json(PrefixJson(Location(location.bucket, prefix).uri, prefix))
            else:
                click.echo(visible(f"{'':16}  {'':>9}  {'':14}  {'':32}  {shown_name(location, prefix)}"))
        for version in page.versions:
            _say_version(location, version, typed)
        empty = empty and not page.prefixes and not page.versions
    if empty and location.key:
        click.echo(visible(f"no version found at {location.uri}"), err=True)
        return Exit.NOT_FOUND
    return Exit.DONE


def say_tally(location: Location, tally: VersionTally, *, as_json: bool) -> None:
    if as_json:
        say_json(VersionSumJson(location.uri, tally))
        return
    click.echo(f"current     {counted(tally.current, 'object'):>20}  {size(tally.current_bytes):>9}")
    click.echo(f"noncurrent  {counted(tally.noncurrent, 'version'):>20}  {size(tally.noncurrent_bytes):>9}")
    click.echo(f"markers     {counted(tally.markers, 'delete marker'):>20}")
    click.echo(f"deleted     {counted(tally.deleted, 'key'):>20}")


def _say_version(location: Location, version: ObjectVersion, typed: Typed) -> None:
    if typed.as_json:
        say_json(
            VersionJson(
                "delete-marker" if version.marker else "version",
                Location(location.bucket, version.key).uri,
                version.key,
                version.version,
                version.latest,
                None if version.marker else version.size,
                time_iso(version.modified),
                version.etag or None,
                version.storage_class or None,
                version.owner,
            )
        )
        return
    amount = "" if version.marker else sizes(typed)(version.size)
    name = shown_name(location, version.key)
    when = time_exact(version.modified)
    click.echo(visible(f"{when:16}  {amount:>9}  {state_word(version):14}  {version.version:32}  {name}"))


_WHOLE_MINUTES = 63_072_000
"""Since 1972, in seconds since the epoch, all time zones differ by whole minutes (IANA Time Zone Database)."""

T = TypeVar("T")
_OWNER = 20
"""Cells for the owner's name."""

_encoder = msgspec.json.Encoder()


class PrefixJson(Json, frozen=True, tag="prefix"):
    """What has further keys below it; not of a recursive listing."""

    uri: str
    key: str


class ObjectJson(Json, frozen=True, tag="object"):
    """An object or a file."""

    uri: str
    key: str
    size: int
    modified: str | None
    storage_class: str
    owner: Owner | None


class VersionJson(Struct, frozen=True):
    """A version of an object."""

    type: Literal["version", "delete-marker"]
    uri: str
    key: str
    version: str
    latest: bool
    size: int | None
    """None: of a delete marker."""
    modified: str | None
    etag: str | None
    storage_class: str | None
    owner: Owner | None


class VersionSumJson(Json, frozen=True, tag="sum"):
    """Of ``versions --sum``."""

    uri: str
    versions: VersionTally


def json_lines(location: Location, page: Page) -> str:
    """One JSON object per prefix and object; empty for an empty page."""
    rows: list[Struct] = [
        PrefixJson(uri, key) for uri, key in zip(*_uris_and_keys(location, page, page.prefixes), strict=True)
    ]
    modified = array("q", page.modified)
    rows += map(
        ObjectJson,
        *_uris_and_keys(location, page, page.names),
        array("q", page.sizes),
        map({each: time_iso(each) for each in set(modified)}.__getitem__, modified),
        _values(page.classes, page.class_index, "STANDARD"),
        _values(page.owners, page.owner_index, None),
    )
    try:
        lines = _encoder.encode_lines(rows).decode().rstrip("\n")
    except UnicodeEncodeError:
        return "\n".join(encode_json(row).decode() for row in rows)
    plain = lines.isascii() and "\x7f" not in lines
    return lines if plain else "\n".join(map(escaped, lines.split("\n")))


def text_lines(
    location: Location, page: Page, book: AddressBook | None = None, shown: Callable[[int], str] = size
) -> str:
    """One line per prefix and object: time, size, with a `book` class and owner, name. Empty for an empty page."""
    modified, amounts = array("q", page.modified), array("q", page.sizes)
    times = {each: f"{_time(each):16}  " for each in set(modified)}
    counts = {each: f"{shown(each):>9}  " for each in set(amounts)}
    cells: list[Iterable[str]] = [map(times.__getitem__, modified), map(counts.__getitem__, amounts)]
    cells += _long_cells(page, book) if book else []
    cells.append(_shown(location, page, page.names))
    indent = f"{'':16}  {'':>9}  " + (f"{'':5}  {'':{_OWNER}}  " if book else "")
    begun = [f"{indent}{name}\n" for name in _shown(location, page, page.prefixes)]
    columns = ["\n"] * ((len(cells) + 1) * len(page.names))
    for column, values in enumerate(cells):
        columns[column :: len(cells) + 1] = values
    return "".join(begun + columns)[:-1]


def name_lines(location: Location, page: Page) -> str:
    return "\n".join([*_shown(location, page, page.prefixes), *_shown(location, page, page.names)])


def _long_cells(page: Page, book: AddressBook) -> list[Iterable[str]]:
    classes = [f"{storage_class(each):5}  " for each in page.classes]
    names = [cut_end(short_name(each, book), _OWNER) for each in page.owners]
    owners = [name + " " * (_OWNER + 2 - cell_len(name)) for name in names]
    return [
        _values(classes, page.class_index, f"{storage_class('STANDARD'):5}  "),
        _values(owners, page.owner_index, " " * (_OWNER + 2)),
    ]


def shown_name(location: Location, key: str) -> str:
    """The key without the prefix, or without the parent of an incomplete name."""
    base = location if location.is_prefix else location.parent
    return key[len(base.key) :] or key


def _shown(location: Location, page: Page, names: Sequence[str]) -> Iterable[str]:
    base = location.key if location.is_prefix else location.parent.key
    if page.prefix == base and "" not in names:
        shown = names
    else:
        shown = [key[len(base) :] or key for key in [page.prefix + name for name in names]]
    joined = "".join(shown)
    return shown if joined.isascii() and joined.isprintable() else map(visible, shown)


def _uris_and_keys(location: Location, page: Page, names: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    keys = [page.prefix + name for name in names]
    return location.uris_below(keys), keys


def _values(values: Sequence[T], index: bytes, absent: T) -> list[T]:
    return [values[each] if each != UNKNOWN_INDEX else absent for each in array("H", index)]


def _time(seconds: int) -> str:
    return _minute(seconds // 60) if seconds >= _WHOLE_MINUTES else time_exact(seconds)


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    return time_exact(60 * minutes)
