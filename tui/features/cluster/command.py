"""``xs3-tui workers``: the workers of a Dask cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.copy_options import TypedCluster, cluster, cluster_options
from tui.cli.exits import say_json
from tui.cli.identity_options import TypedEnds, end_identities, end_options
from tui.cli.parameter_types import ENGINE
from tui.cli.running import connect, run_command
from tui.core.engines import ClusterOptions, Engine, EngineKind, WorkerReport
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import CheckWorkers
from tui.text.format import visible


class TypedCheck(TypedEnds, TypedCluster):
    """All that is typed with ``workers check``."""

    engine: Engine
    as_json: bool


@dataclass(frozen=True, slots=True)
class CheckCommand:
    """What was typed."""

    engine: Engine
    options: ClusterOptions
    specs: tuple[IdentitySpec, IdentitySpec]
    as_json: bool


@click.group()
def workers() -> None:
    """Look at the workers of a Dask cluster."""


@workers.command()
@click.argument("engine", metavar="SCHEDULER", type=ENGINE)
@end_options
@cluster_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line: each worker.")
def check(**typed: Unpack[TypedCheck]) -> None:
    """Say what is missing on the workers of SCHEDULER for a copy between two identities.

    SCHEDULER is dask://HOST:PORT, or tls://HOST:PORT.

    Of the scheduler: versions. Of each worker: the versions of Python, distributed and xs3-tui, its clock, the way to
    the endpoints, and whether its profiles are the same identities as here. Exits with 1 if anything is missing.
    """
    if typed["engine"].kind is not EngineKind.DASK:
        raise click.UsageError("SCHEDULER must be dask://HOST:PORT or tls://HOST:PORT")
    anywhere = Location("", "")
    command = CheckCommand(typed["engine"], cluster(typed), end_identities(anywhere, anywhere, typed), typed["as_json"])
    run_command(partial(_check, command=command), as_json=command.as_json)


async def _check(engine: EngineAccess, *, command: CheckCommand) -> Exit:
    connections = [(await connect(engine, spec)).connection for spec in dict.fromkeys(command.specs)]
    answer = await engine.ask(CheckWorkers(command.engine.text, command.options, connections))
    for report in answer.reports:
        if command.as_json:
            say_json(report)
        else:
            _say(report)
    complete = len(answer.reports) > 1 and not any(report.missing for report in answer.reports)
    if len(answer.reports) == 1 and not command.as_json:
        click.echo("the scheduler has no workers")
    return Exit.DONE if complete else Exit.SOME_FAILED


def _say(report: WorkerReport) -> None:
    versions = ", ".join(f"{what} {version}" for what, version in report.versions.items())
    whole = "" if report.missing else "nothing is missing"
    click.echo(f"{visible(report.name)}  {whole}  {visible(versions)}".rstrip())
    for problem in report.missing:
        click.echo(f"  {visible(problem.sentence())}")
