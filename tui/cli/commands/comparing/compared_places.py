"""The two places of ``diff`` and ``sync``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click
from msgspec import structs

from tui.cli.copy_options import TypedFilters, filters
from tui.cli.end_options import TypedEnds, end_identities
from tui.cli.parameter_types import END
from tui.cli.running import connect
from tui.model.comparing.comparison import Comparison, Place
from tui.model.identity import IdentitySpec
from tui.model.location import DELIMITER, Location
from tui.protocol.session import EngineAccess

Command = TypeVar("Command", bound=Callable[..., object])

places = (click.argument("left", metavar="LEFT", type=END), click.argument("right", metavar="RIGHT", type=END))


class TypedComparison(TypedEnds, TypedFilters):
    """What is typed with both."""

    left: Location
    right: Location
    checksum: bool
    as_json: bool


def comparison_options(command: Command) -> Command:
    """The two places, and how they are compared."""
    for decorate in reversed(
        (
            *places,
            click.option(
                "--checksum",
                is_flag=True,
                help="Where sizes are equal and ETags prove nothing: compare checksums, or read both objects.",
            ),
        )
    ):
        command = decorate(command)
    return command


@dataclass(frozen=True, slots=True)
class ComparedPlaces:
    """Two prefixes or directories, or two objects, and who reads them."""

    left: Location
    right: Location
    specs: tuple[IdentitySpec, IdentitySpec]
    comparison: Comparison

    async def connected(self, engine: EngineAccess) -> Comparison:
        """The comparison by identities that can be used. Raises `ProblemError`."""
        one, other = [(await connect(engine, spec)).connection for spec in self.specs]
        return structs.replace(self.comparison, left=Place(one, self.left), right=Place(other, self.right))


def compared_places(
    typed: TypedComparison, *, read_only: tuple[bool, bool] = (False, False), objects: bool = False
) -> ComparedPlaces:
    """The places that were typed; a usage error for what is none. `objects`: they may be two single objects."""
    left, right = (_place(typed["left"], objects=objects), _place(typed["right"], objects=objects))
    comparison = Comparison(Place("", left), Place("", right), filters(typed), typed["checksum"])
    return ComparedPlaces(left, right, end_identities(left, right, typed, read_only=read_only), comparison)


def _place(location: Location, *, objects: bool) -> Location:
    """``a/b`` means all below ``a/b/``, unless it may be an object: then the engine looks."""
    if not location.bucket:
        raise click.UsageError("LEFT and RIGHT must each name a bucket, prefix or directory: s3://bucket/prefix/")
    return location if location.is_prefix or objects else Location(location.bucket, location.key + DELIMITER)
