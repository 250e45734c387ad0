"""The places that a command names: wildcards in URIs, and several of them as few selections."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from tui.cli.copy_options import selection
from tui.cli.exits import exit_for, refuse_if, say_problem
from tui.cli.identity_options import Typed, taken
from tui.core.location import DELIMITER, Location
from tui.core.orders import Filters, Selection
from tui.core.problem import Exit, ProblemError
from tui.core.wildcards import ANYTHING, compile_wildcards, has_wildcards, literal_part, literally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects
from tui.text.format import visible

LITERAL = click.option(
    "--literal", is_flag=True, help="Take * ? [ in S3 URIs as they are. Without it: * ? [abc], and ** across /."
)

_SPECIAL = re.compile(r"[*?]|\[.+\]", re.DOTALL)

Order = TypeVar("Order")


class Named(Struct, frozen=True):
    """A place as it was meant. With a `pattern` it is what lies before the first wildcard, maybe a part of a name."""

    place: Location
    pattern: str = ""

    @property
    def match(self) -> list[str]:
        """What the pattern matches, with everything below it."""
        if not self.pattern or self.pattern.endswith(ANYTHING):
            return [self.pattern] if self.pattern else []
        return [self.pattern, f"{self.pattern.removesuffix(DELIMITER)}/{ANYTHING}"]

    @property
    def base(self) -> Location:
        """Where the names of what is found begin: the deepest prefix without wildcards."""
        return self.place if self.place.is_prefix else self.place.parent


async def named(engine: EngineAccess, connection: str, place: Location, typed: Typed) -> Named:
    """The place, with its wildcards read. A name that exists and could be a pattern is a usage error.

    Raises `ProblemError` as listings do, and for what is no pattern.
    """
    if typed.literal or not place.in_s3 or not _SPECIAL.search(place.key):
        return Named(place)
    if await _exists(engine, connection, place):
        escaped = visible(Location(place.bucket, literally(place.key)).uri)
        words = f"is a pattern, and the name of what exists: for that add --literal, or write {escaped}"
        raise click.UsageError(f"{visible(place.uri)} {words}")
    compile_wildcards(place.key)
    lead = Location(place.bucket, literal_part(place.key))
    return Named(lead, place.key if has_wildcards(place.key) else "")


async def _exists(engine: EngineAccess, connection: str, place: Location) -> bool:
    """Whether this key exists, or something below it."""
    async with aclosing(engine.follow(ListObjects(connection, place))) as pages:
        async for page in pages:
            names = [page.prefix + name for name in (*page.names, *page.prefixes)]
            if names:
                return place.is_prefix or any(name.removesuffix(DELIMITER) == place.key for name in names)
    return False


def selections(typed: Typed, connection: str, sources: Sequence[Named]) -> list[Selection]:
    """What the sources name: one selection for those whose names begin in the same prefix.

    One source without wildcards is what it always was. Of several the prefixes keep their own names, and with
    ``--recursive`` a name without ``/`` is an object, a prefix or both, as with cp(1).
    """
    first, *others = sources
    if not others and not first.pattern:
        return [selection(typed, connection, first.place, recursive=typed.recursive)]
    found = dict[Location, Selection]()
    for source in sources:
        place = source.place
        below = typed.recursive and (place.is_prefix or not place.kind.has_directories)
        base = source.base if source.pattern else (place.as_prefix if below else place).parent
        base = base if base.bucket else place
        known = found.get(base) or Selection(connection, base, filters=taken(Filters, typed))
        if source.pattern:
            match = source.match if typed.recursive else [source.pattern]
            known = replace(known, prefixes=[*known.prefixes, place.key], match=[*known.match, *match])
        elif below:
            key, prefix = place.key, place.as_prefix.key
            match = [literally(prefix) + ANYTHING, *([] if place.is_prefix else [literally(key)])]
            known = replace(known, prefixes=[*known.prefixes, key], match=[*known.match, *match])
        else:
            known = replace(known, keys=[*known.keys, place.key])
        found[base] = known
    patterns = any(source.pattern or (typed.recursive and not source.place.is_prefix) for source in sources)
    return [each if patterns else replace(each, match=[]) for each in found.values()]


def refuse_unlike(places: Sequence[Location]) -> None:
    unlike = len({place.kind for place in places}) > 1
    refuse_if(unlike, "some of the names are local paths, others S3 URIs: name them in two commands")


async def in_turn(orders: Sequence[Order], carry_out: Callable[[Order], Awaitable[Exit]], typed: Typed) -> Exit:
    """Carry out the orders of one command; the highest exit code. The problem of one does not keep the next one."""
    refuse_if(len(orders) > 1 and typed.receipt, "--receipt is written for one transfer: name sources of one prefix")
    ended = Exit.DONE
    for order in orders:
        try:
            ended = max(ended, await carry_out(order))
        except ProblemError as error:
            if len(orders) == 1 or error.problem.kind.meaning.unusable:
                raise
            say_problem(error.problem, as_json=typed.as_json)
            ended = max(ended, exit_for(error.problem))
    return ended


async def objects_of(engine: EngineAccess, connection: str, source: Named) -> AsyncGenerator[Location, None]:
    """The objects that a pattern matches."""
    fits = compile_wildcards(source.pattern).fullmatch
    async with aclosing(engine.follow(ListObjects(connection, source.place, recursive=True))) as pages:
        async for page in pages:
            for key in (page.prefix + name for name in page.names):
                if fits(key):
                    yield Location(source.place.bucket, key)
