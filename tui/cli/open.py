"""``xs3-tui`` itself: the two panes."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import structs

from tui.cli.exits import exit_for
from tui.cli.parameters import S3_URI, identity, identity_at
from tui.cli.problems import say_problem
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.process import EngineProcess
from tui.settings import PaneStart, Start, read_settings, settings_file


@click.command("open")
@click.argument("left_location", metavar="[S3_URI", type=S3_URI, required=False)
@click.argument("right_location", metavar="[S3_URI]]", type=S3_URI, required=False)
@click.option("--left", metavar="PROFILE", help="Profile of the left pane.")
@click.option("--right", metavar="PROFILE", help="Profile of the right pane.")
@click.option("--left-endpoint", metavar="URL", help="Endpoint of the left pane, instead of the configured one.")
@click.option("--right-endpoint", metavar="URL", help="Endpoint of the right pane.")
@click.option("--left-region", metavar="REGION", help="Region of the left pane, instead of the profile's.")
@click.option("--right-region", metavar="REGION", help="Region of the right pane.")
@click.option("--demo", is_flag=True, help="Use an embedded S3 with two accounts; nothing leaves this machine.")
def open_app(
    left_location: Location | None,
    right_location: Location | None,
    left: str | None,
    right: str | None,
    left_endpoint: str | None,
    right_endpoint: str | None,
    left_region: str | None,
    right_region: str | None,
    demo: bool,
) -> None:
    """Open the two panes (the word 'open' may be left out).

    Without profiles a chooser shows what the AWS config files hold.
    """
    _need_terminal()
    gc.disable()  # nothing of what is imported until the first paint is garbage; the app collects again after it
    start = Start(
        left=_pane(left, left_endpoint, left_region, left_location),
        right=_pane(right, right_endpoint, right_region, right_location),
        demo=demo,
    )
    try:
        settings = read_settings(settings_file())
        with _surroundings(start) as (start, engine, painted):
            from tui.app import run_app  # Textual takes its time: the engine imports its libraries meanwhile

            code = run_app(start, settings, engine, painted)
    except ProblemError as error:
        say_problem(error.problem, as_json=False)
        code = exit_for(error.problem)
    sys.exit(code)


def _need_terminal() -> None:
    """Textual reads the keys from stdin and paints on stderr: in a pipe it would fill it with escape sequences."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise click.UsageError("the panes need a terminal; without one there are the verbs ls, cp and inspect")


def _pane(profile: str | None, endpoint: str | None, region: str | None, location: Location | None) -> PaneStart:
    if location and location.is_local:
        return PaneStart(identity_at(location, profile, endpoint, region), location)
    named = profile or endpoint or region
    spec = identity(profile, endpoint, region) if named else None
    return PaneStart(spec, location or Location())


@contextmanager
def _surroundings(start: Start) -> Iterator[tuple[Start, EngineProcess, Callable[[], None]]]:
    """The engine, already starting while the screen is imported, and what is to be done once that has painted.

    The demo's server is spawned only then: it takes as much of the machine as the screen's own start.
    """
    if not start.demo:
        yield start, _started(EngineProcess()), lambda: None
        return
    from tui.demo.launch import DemoError, prepare
    from tui.demo.profiles import ANALYTICS, MEDIA_PROD

    with tempfile.TemporaryDirectory(prefix="xs3-tui-demo-") as directory:
        try:
            server = prepare(Path(directory))
        except DemoError as error:
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title=error.message, remedy=error.remedy)) from error
        try:
            engine = _started(EngineProcess(server.environment, Path(directory)))
            try:
                yield demo_start(start, MEDIA_PROD.label, ANALYTICS.label), engine, server.spawn
            finally:
                engine.stop()
        finally:
            server.stop()


def demo_start(start: Start, left: str, right: str) -> Start:
    """The demo's two profiles, unless others were named; an endpoint or region alone goes with the demo's profile."""
    return Start(left=_demo_pane(start.left, left), right=_demo_pane(start.right, right), demo=True)


def _demo_pane(pane: PaneStart, profile: str) -> PaneStart:
    spec = pane.spec or IdentitySpec()
    if spec.local:
        return pane
    return PaneStart(structs.replace(spec, profile=spec.profile or profile), pane.location)


def _started(engine: EngineProcess) -> EngineProcess:
    engine.start()
    return engine
