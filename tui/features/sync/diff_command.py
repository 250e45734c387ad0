"""``xs3-tui diff``: the differences between two places."""

from __future__ import annotations

from dataclasses import dataclass

import click
from msgspec import convert, structs

from tui.cli.copy_options import filter_options
from tui.cli.exits import say_json, say_problem
from tui.cli.identity_options import F, Typed, end_identities, end_options, taken, with_options
from tui.cli.json_output import Json, json_option
from tui.cli.parameter_types import END
from tui.cli.running import connect, with_engine
from tui.cli.transfer_run import filtered_below, none_match
from tui.core.identity import IdentitySpec
from tui.core.location import Location, readable
from tui.core.orders import CompareMode, Filters
from tui.core.problem import Exit, ProblemError
from tui.features.sync.values import (
    Compare,
    ComparedPlace,
    ComparedSide,
    Comparison,
    ComparisonEvidence,
    ComparisonState,
    ComparisonUpdate,
    CountsByState,
    different,
    unfit_words,
)
from tui.features.sync.words import BY, row_line, summary
from tui.link.session import EngineAccess
from tui.text.format import visible


class ComparedSideJson(ComparedSide, frozen=True, array_like=False):
    """What a listing has for a name: size in bytes, time in seconds since the epoch."""


class ComparedJson(Json, frozen=True, tag="compared"):
    """One name, relative to both places."""

    name: str
    state: ComparisonState
    evidence: ComparisonEvidence
    left: ComparedSideJson | None
    right: ComparedSideJson | None


class ComparisonJson(Json, frozen=True, tag="comparison"):
    """The end: how many there are of each state."""

    left: str
    right: str
    compare: CompareMode
    counts: CountsByState
    unfit: dict[str, int]
    """What LEFT has that is not an object, by its kind."""


places = (click.argument("left", metavar="LEFT", type=END), click.argument("right", metavar="RIGHT", type=END))


def comparison_options(command: F) -> F:
    return with_options(
        command,
        *places,
        click.option(
            "--compare",
            type=click.Choice([mode.value for mode in CompareMode]),
            callback=lambda _context, _parameter, value: CompareMode(value) if value else None,
            help="How to compare objects of the same size. auto (default): by ETags and times, and unknown if these "
            "prove nothing; time: the same unless LEFT is newer; size: always the same; checksum: by checksums,"
            " or by reading both.",
        ),
        click.option("--checksum", is_flag=True, help="The same as --compare checksum."),
        click.option("--size-only", is_flag=True, hidden=True),  # of aws s3
    )


@dataclass(frozen=True, slots=True)
class ComparedPlaces:
    """Two prefixes, directories or objects, and the identities that read them."""

    left: Location
    right: Location
    specs: tuple[IdentitySpec, IdentitySpec]
    comparison: Comparison

    async def connected(self, engine: EngineAccess) -> Comparison:
        """The comparison with connected identities. Raises `ProblemError`."""
        one, other = [(await connect(engine, spec)).connection for spec in self.specs]
        return structs.replace(
            self.comparison, left=ComparedPlace(one, self.left), right=ComparedPlace(other, self.right)
        )


def compared_places(typed: Typed, *, objects: bool = False) -> ComparedPlaces:
    """The typed places, or a usage error. `objects`: they may be two single objects."""
    left, right = (_place(typed.left, objects=objects), _place(typed.right, objects=objects))
    filters = taken(Filters, typed)
    comparison = Comparison(ComparedPlace("", left), ComparedPlace("", right), filters, _mode(typed))
    return ComparedPlaces(left, right, end_identities(typed, left, right), comparison)


def _mode(typed: Typed) -> CompareMode:
    """The typed mode, or a usage error for two that contradict each other."""
    mode: CompareMode | None = CompareMode.SIZE if typed.size_only else typed.compare
    if typed.size_only and typed.compare not in (None, mode):
        raise click.UsageError(f"--size-only and --compare {typed.compare} contradict one another: choose one of them")
    if typed.checksum and mode not in (None, CompareMode.CHECKSUM):
        raise click.UsageError(f"--checksum and --compare {mode} contradict one another: choose one of them")
    return CompareMode.CHECKSUM if typed.checksum else mode or CompareMode.AUTO


def _place(location: Location, *, objects: bool) -> Location:
    """``a/b`` means everything below ``a/b/``; if `objects`, the engine finds out whether it is an object."""
    if not location.bucket:
        raise click.UsageError("LEFT and RIGHT must each name a bucket, prefix or directory: s3://bucket/prefix/")
    return location if objects else location.as_prefix


STATES = [state.value for state in ComparisonState]

UNKNOWN_HINT = (
    "for unknown objects: --checksum compares their content, --compare time compares sizes and times as 'aws s3"
    " sync' does"
)


def _states(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[ComparisonState]:
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in STATES:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(STATES)}")
    return [ComparisonState(name) for name in names]


@click.command()
@comparison_options
@end_options
@filter_options
@click.option(
    "--only",
    multiple=True,
    callback=_states,
    metavar="STATES",
    help=f"Print only objects of these states: {', '.join(STATES)}. Repeatable, or with commas. "
    "Default: all but 'same'.",
)
@json_option(ComparedJson, ComparisonJson, help="Print one JSON object per line: each difference, then the counts.")
@with_engine
async def diff(engine: EngineAccess, typed: Typed) -> Exit:
    """Compare everything below LEFT with everything below RIGHT, or two objects.

    Each is an S3 URI or a local path. Compares sizes, then ETags if they are MD5s of the content or of the same parts;
    an object is unknown if these prove nothing. Reads objects only with --checksum. With --compare time, objects of the
    same size are the same unless LEFT is newer.

    Exits with 0 if both are the same or the filters exclude everything, 1 if anything differs, is unknown or could not
    be listed, 4 if there is nothing at either place.
    """
    places = compared_places(typed, objects=True)
    comparison = await places.connected(engine)
    wanted = typed.only or [state for state in ComparisonState if state is not ComparisonState.SAME]
    latest = ComparisonUpdate()
    try:
        async for latest in engine.follow(Compare(comparison, wanted)):
            for row in latest.rows:
                if typed.as_json:
                    say_json(convert(row, ComparedJson, from_attributes=True))
                else:
                    click.echo(row_line(row))
    except ProblemError:
        if latest.counts and not typed.as_json:
            click.echo(f"compared before it failed: {summary(latest.counts)}")
        raise
    filtered = 0
    if not latest.counts and not latest.unlisted:
        for place in (comparison.left, comparison.right):
            filtered += await filtered_below(engine, place.connection, place.location, comparison.filters)
    return _end(places, latest, filtered, as_json=typed.as_json)


def _end(places: ComparedPlaces, latest: ComparisonUpdate, filtered: int, *, as_json: bool) -> Exit:
    by = places.comparison.by
    _say_left_out(places, latest, as_json=as_json)
    if as_json:
        say_json(ComparisonJson(places.left.uri, places.right.uri, by, latest.counts, latest.unfit))
    if filtered:
        click.echo(none_match(filtered), err=True)
        return Exit.DONE
    if not latest.counts and not latest.unlisted:
        click.echo("nothing found at either place", err=True)
        return Exit.NOT_FOUND
    for place, without in ((places.left, ComparisonState.RIGHT), (places.right, ComparisonState.LEFT)):
        if set(latest.counts) == {without}:
            click.echo(visible(f"nothing found at {place.uri}"), err=True)
    if not as_json:
        click.echo(summary(latest.counts))
        if by.trusts and latest.counts.get(ComparisonState.SAME):
            click.echo(f"compared {BY[by]}: 'same' is not proven by content", err=True)
        if latest.counts.get(ComparisonState.UNKNOWN) and by is CompareMode.AUTO:
            click.echo(UNKNOWN_HINT, err=True)
    return Exit.SOME_FAILED if different(latest.counts) or latest.unlisted else Exit.DONE


def _say_left_out(places: ComparedPlaces, latest: ComparisonUpdate, *, as_json: bool) -> None:
    if latest.unlisted and as_json:
        say_problem(latest.unlisted, as_json=True)
    elif latest.unlisted:
        click.echo(visible(f"not compared: {latest.unlisted.sentence()}"), err=True)
    if latest.unfit and not as_json:
        click.echo(visible(f"{readable(places.left.uri)}: {unfit_words(latest.unfit)}"), err=True)
