"""A transfer by S3 Batch Operations, from its plan to its end."""

from __future__ import annotations

from typing import Protocol

import click
from msgspec.structs import replace

from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import exit_for, say_json, say_problem
from tui.cli.transfer_run import to_its_end
from tui.core.jobs import JobPlan
from tui.core.orders import BatchOrder, ManifestSource
from tui.core.problem import Exit
from tui.core.transfer import Limits
from tui.link.session import EngineAccess
from tui.messages.batch_requests import PlanJob, SubmitJob
from tui.text.format import visible

SOURCES = {
    ManifestSource.LIST: "a CSV manifest, written of a listing",
    ManifestSource.INVENTORY: "a report of S3 Inventory",
    ManifestSource.GENERATOR: "made by S3 itself (S3JobManifestGenerator)",
}


class JobCommand(Protocol):
    """What was typed besides the order."""

    @property
    def limits(self) -> Limits:
        """Of what this machine copies."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing is written."""

    @property
    def background(self) -> bool:
        """Whether its end is not waited for."""

    @property
    def as_json(self) -> bool:
        """Whether JSON is printed."""


async def carry_out_job(engine: EngineAccess, order: BatchOrder, command: JobCommand) -> Exit:
    """Say how the job is made, then have it made and follow it; a role that surely cannot do it is refused."""
    plan = await engine.ask(PlanJob(order))
    if command.dry_run:
        _say_plan(plan, order, as_json=command.as_json)
        shown = await say_dry_run(engine, order, as_json=command.as_json)
        return exit_for(plan.missing[0]) if plan.missing else shown
    if plan.missing:
        for number, problem in enumerate(plan.missing, 1):
            same = not command.as_json and problem.remedy in {each.remedy for each in plan.missing[number:]}
            say_problem(replace(problem, remedy="") if same else problem, as_json=command.as_json)
        return exit_for(plan.missing[0])
    transfer = (await engine.ask(SubmitJob(order, command.limits))).transfer
    return await to_its_end(engine, transfer, background=command.background, as_json=command.as_json)


def _say_plan(plan: JobPlan, order: BatchOrder, *, as_json: bool) -> None:
    if as_json:
        say_json({"type": "job", "plan": plan})
        return
    where = f" in {plan.region}" if plan.region else ""
    lines = [
        f"a job of S3 Batch Operations in account {plan.account}{where}, by the role {order.options.role}",
        f"list of objects: {SOURCES[plan.source]}",
        f"manifest and completion report: {plan.folder}",
        "requests: one CreateJob, then DescribeJob until it ends; S3 makes one request for each object",
        *plan.notes,
    ]
    for line in lines:
        click.echo(visible(line))
    for problem in plan.missing:
        click.echo(visible(f"missing: {problem.sentence()}"))
    for problem in plan.unknown:
        click.echo(visible(f"not known: {problem.sentence()}"))
