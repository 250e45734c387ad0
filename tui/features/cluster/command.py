"""``xs3-tui workers``: the workers of a Dask cluster."""

from __future__ import annotations

import click

from tui.cli.copy_options import cluster, cluster_options
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, end_identities, end_options
from tui.cli.json_output import json_option
from tui.cli.parameter_types import ENGINE
from tui.cli.running import connect, with_engine
from tui.core.engines import EngineKind, WorkerReport
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import CheckWorkers
from tui.text.format import visible


@click.group()
def workers() -> None:
    """Check the workers of a Dask cluster."""


@workers.command()
@click.argument("engine", metavar="SCHEDULER", type=ENGINE)
@end_options
@cluster_options
@json_option(WorkerReport, help="Print one JSON object per line: each worker.")
@with_engine
async def check(engine: EngineAccess, typed: Typed) -> Exit:
    """Check whether the workers of SCHEDULER can carry out a copy between two identities.

    SCHEDULER is dask://HOST:PORT, or tls://HOST:PORT.

    Checks the versions of the scheduler and, for each worker, the versions of Python, distributed and xs3-tui, its
    clock, its connection to the endpoints, and whether its profiles are the same identities as here. Exits with 1 if
    anything is missing.
    """
    scheduler, anywhere = typed.engine, Location("", "")
    refuse_if(scheduler.kind is not EngineKind.DASK, "SCHEDULER must be dask://HOST:PORT or tls://HOST:PORT")
    specs = dict.fromkeys(end_identities(typed, anywhere, anywhere))
    connections = [(await connect(engine, spec)).connection for spec in specs]
    answer = await engine.ask(CheckWorkers(scheduler.text, cluster(typed), connections))
    for report in answer.reports:
        if typed.as_json:
            say_json(report)
        else:
            _say(report)
    complete = len(answer.reports) > 1 and not any(report.missing for report in answer.reports)
    if len(answer.reports) == 1 and not typed.as_json:
        click.echo("the scheduler has no workers")
    return Exit.DONE if complete else Exit.SOME_FAILED


def _say(report: WorkerReport) -> None:
    versions = ", ".join(f"{what} {version}" for what, version in report.versions.items())
    whole = "" if report.missing else "nothing is missing"
    click.echo(f"{visible(report.name)}  {whole}  {visible(versions)}".rstrip())
    for problem in report.missing:
        click.echo(f"  {visible(problem.sentence())}")
