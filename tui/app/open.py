"""``xs3-tui`` itself: the two panes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from msgspec import structs

from tui.cli.command_identity import identity, identity_at, settings
from tui.cli.exits import exit_for, say_problem
from tui.cli.parameter_types import BOOKMARK, ENDPOINT, PROFILE, REGION, S3_URI
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.process import EngineProcess
from tui.settings import AppStart, PaneStart, SafetySettings, Settings
from tui.settings.schema import without_settings

if TYPE_CHECKING:
    from tui.saved.bookmarks import Bookmark

PANES = ("left", "right")


@click.command("open")
@click.argument("left_location", metavar="[S3_URI", type=S3_URI, required=False)
@click.argument("right_location", metavar="[S3_URI]]", type=S3_URI, required=False)
@click.option("--left", type=PROFILE, help="Identity of the left pane: an AWS profile or one from the settings.")
@click.option("--right", type=PROFILE, help="Identity of the right pane.")
@click.option(
    "--left-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the left pane. Default: as configured."
)
@click.option("--right-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the right pane.")
@click.option(
    "--left-region", type=REGION, metavar="REGION", help="Region of the left pane. Default: the profile's region."
)
@click.option("--right-region", type=REGION, metavar="REGION", help="Region of the right pane.")
@click.option("--bookmark", type=BOOKMARK, help="Open this bookmark.")
@click.option("--read-only", type=click.Choice([*PANES, "both"]), help="Make panes read-only.")
@click.option("--no-restore", is_flag=True, help="Do not restore the last session.")
@click.option("--demo", is_flag=True, help="Use an embedded S3 with two accounts. Nothing leaves this machine.")
def open_app(
    left_location: Location | None,
    right_location: Location | None,
    left: str | None,
    right: str | None,
    left_endpoint: str | None,
    right_endpoint: str | None,
    left_region: str | None,
    right_region: str | None,
    bookmark: Bookmark | None,
    read_only: str | None,
    no_restore: bool,
    demo: bool,
) -> None:
    """Open the two panes. This is the default command.

    Without profiles it restores the last session, or shows the list of accounts.
    """
    # Textual reads keys from stdin and paints on stderr: into a pipe it would write escape sequences.
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise click.UsageError("the panes need a terminal; without one, use a command (xs3-tui --help)")
    gc.disable()  # nothing of what is imported until the first paint is garbage; the app collects again after it
    known = settings()
    panes = (
        _pane(left, left_endpoint, left_region, left_location),
        _pane(right, right_endpoint, right_region, right_location),
    )
    if bookmark:
        if demo or panes != (PaneStart(), PaneStart()):
            raise click.UsageError("--bookmark sets both panes: leave out profiles and locations")
        panes = (_with_settings(bookmark.left, known), _with_settings(bookmark.right, known))
    start = AppStart(
        *panes,
        demo=demo,
        restore=known.restore and not no_restore and not demo,
        read_only=frozenset(pane for pane in PANES if read_only in (pane, "both")),
    )
    try:
        with _surroundings(start) as (start, engine, painted):
            from tui.app.app import run_app  # slow: the engine imports its libraries at the same time

            code = run_app(start, demo_settings(known) if demo else known, engine, painted)
    except ProblemError as error:
        say_problem(error.problem, as_json=False)
        code = exit_for(error.problem)
    _leave_terminal()
    sys.exit(code)


def _leave_terminal() -> None:
    """Flush the last output; if the terminal is gone, keep Python from failing because of it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _pane(profile: str | None, endpoint: str | None, region: str | None, location: Location | None) -> PaneStart:
    if location and not location.kind.has_accounts:
        return PaneStart(identity_at(location, profile, endpoint, region), location)
    named = profile or endpoint or region
    spec = identity(profile, endpoint, region) if named else None
    return PaneStart(spec, location or Location())


def _with_settings(pane: PaneStart, known: Settings) -> PaneStart:
    return PaneStart(known.apply(pane.spec) if pane.spec else None, pane.location)


@contextmanager
def _surroundings(start: AppStart) -> Iterator[tuple[AppStart, EngineProcess, Callable[[], None]]]:
    """The engine, which starts while the screen is imported, and what to do after the first paint.

    The demo's server is spawned only then: it takes as much of the machine as the screen's own start.
    """
    if not start.demo:
        yield start, _started(EngineProcess()), _clear_left
        return
    from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD
    from tui.demo.launch import DemoError, prepare
    from tui.saved.own_files import DEMO, scratch_directory

    with scratch_directory(DEMO) as (directory, _):
        try:
            server = prepare(directory)
        except DemoError as error:
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title=error.message, remedy=error.remedy)) from error
        try:
            engine = _started(EngineProcess(server.environment, directory))
            try:

                def painted() -> None:
                    server.spawn()
                    _clear_left()

                yield demo_start(start, MEDIA_PROD.label, ANALYTICS.label), engine, painted
            finally:
                engine.stop()
        finally:
            server.stop()


def _clear_left() -> None:
    from tui.saved.editor import clear_left  # the first paint does not wait for it

    clear_left()


def demo_start(start: AppStart, left: str, right: str) -> AppStart:
    """The demo's two profiles, unless others were named; a lone endpoint or region goes with the demo's profile."""
    return structs.replace(start, left=_demo_pane(start.left, left), right=_demo_pane(start.right, right))


def demo_settings(known: Settings) -> Settings:
    """The settings without the user's own accounts."""
    return structs.replace(known, safety=SafetySettings(), accounts={}, buckets={}, identities={})


def _demo_pane(pane: PaneStart, profile: str) -> PaneStart:
    spec = pane.spec or IdentitySpec()
    if not spec.kind.has_accounts:
        return pane
    return PaneStart(structs.replace(without_settings(spec), profile=spec.profile or profile), pane.location)


def _started(engine: EngineProcess) -> EngineProcess:
    engine.start()
    return engine
