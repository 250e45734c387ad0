"""The two places of ``diff`` and ``sync``."""

from __future__ import annotations

from dataclasses import dataclass

import click
from msgspec import structs

from tui.cli.copy_options import TypedFilters, filters
from tui.cli.identity_options import Command, TypedEnds, end_identities, with_options
from tui.cli.parameter_types import END
from tui.cli.running import connect
from tui.core.identity import IdentitySpec
from tui.core.location import DELIMITER, Location
from tui.core.orders import CompareMode
from tui.link.session import EngineAccess
from tui.model.comparing.comparison import Comparison, Place

places = (click.argument("left", metavar="LEFT", type=END), click.argument("right", metavar="RIGHT", type=END))


class TypedComparison(TypedEnds, TypedFilters):
    """What is typed with both."""

    left: Location
    right: Location
    compare: CompareMode | None
    checksum: bool
    as_json: bool


def comparison_options(command: Command) -> Command:
    """The two places, and how they are compared."""
    return with_options(
        command,
        *places,
        click.option(
            "--compare",
            type=click.Choice([mode.value for mode in CompareMode]),
            callback=lambda _context, _parameter, value: CompareMode(value) if value else None,
            help="What decides where sizes are equal: 'auto' (the default) what ETags and times prove, the rest is "
            "unknown; 'time' LEFT is not newer; 'size' nothing else; 'checksum' checksums, or reading both.",
        ),
        click.option("--checksum", is_flag=True, help="The same as --compare checksum."),
    )


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
    comparison = Comparison(Place("", left), Place("", right), filters(typed), _mode(typed))
    return ComparedPlaces(left, right, end_identities(left, right, typed, read_only=read_only), comparison)


def _mode(typed: TypedComparison) -> CompareMode:
    """What was typed; a usage error for two that contradict one another."""
    mode = typed["compare"]
    if typed["checksum"] and mode not in (None, CompareMode.CHECKSUM):
        raise click.UsageError(f"--checksum and --compare {mode} contradict one another: choose one of them")
    return CompareMode.CHECKSUM if typed["checksum"] else mode or CompareMode.AUTO


def _place(location: Location, *, objects: bool) -> Location:
    """``a/b`` means all below ``a/b/``, unless it may be an object: then the engine looks."""
    if not location.bucket:
        raise click.UsageError("LEFT and RIGHT must each name a bucket, prefix or directory: s3://bucket/prefix/")
    return location if location.is_prefix or objects else Location(location.bucket, location.key + DELIMITER)
