"""Options of S3 Batch Operations jobs."""

from __future__ import annotations

import click
from msgspec.structs import replace

from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import exit_for, say_json, say_problem
from tui.cli.identity_options import F, Typed, with_options
from tui.cli.json_output import Json
from tui.cli.parameter_types import REGION, S3_URI, TypedParameter
from tui.cli.transfer_run import submit
from tui.core.jobs import JobPlan
from tui.core.location import parse_location
from tui.core.orders import MOST_PRIORITY, USUAL_PRIORITY, BatchOptions, BatchOrder, ManifestSource
from tui.core.problem import Exit
from tui.core.transfer import Limits
from tui.link.session import EngineAccess
from tui.messages.order_requests import PlanJob, SubmitJob
from tui.settings import ScaleSettings
from tui.settings.checks import role_arn
from tui.text.format import visible


class JobPlanJson(Json, frozen=True, tag="job"):
    """Of a dry run: the job that would be created."""

    plan: JobPlan


def pair(text: str) -> tuple[str, str]:
    """``NAME=VALUE``; raise `ValueError` that says how it is written."""
    name, mark, value = text.partition("=")
    if not name or not mark:
        raise ValueError(f"{text!r} is not a tag: write NAME=VALUE")
    return name, value


PAIR = TypedParameter("pair", pair)


def batch_options(command: F) -> F:
    return with_options(
        command,
        click.option(
            "--batch-role",
            type=TypedParameter("role", role_arn),
            metavar="ARN",
            help="IAM role that S3 assumes for the job. Default: batch_role in [scale] of the settings.",
        ),
        click.option(
            "--batch-reports",
            type=S3_URI,
            metavar="S3_URI",
            help="Bucket and prefix for manifest and completion report. Default: batch_reports in [scale].",
        ),
        click.option(
            "--batch-manifest",
            type=click.Choice([source.value for source in ManifestSource]),
            default=ManifestSource.AUTO.value,
            show_default=True,
            help="Source of the list of objects: a listing (list), an S3 Inventory report (inventory), or S3 itself "
            "(generator). auto: generator if its filters suffice, otherwise list.",
        ),
        click.option(
            "--batch-inventory",
            type=S3_URI,
            metavar="S3_URI",
            help="With --batch-manifest inventory: use this manifest.json. Default: the newest report.",
        ),
        click.option("--batch-versions", is_flag=True, help="Write the IDs of the current versions to the manifest."),
        click.option(
            "--batch-priority",
            type=click.IntRange(0, MOST_PRIORITY),
            metavar="N",
            help="Priority: jobs of the account with a higher number run first. Default: 10.",
        ),
        click.option("--batch-tag", type=PAIR, multiple=True, metavar="NAME=VALUE", help="Tag the job. Repeatable."),
        click.option(
            "--batch-region",
            type=REGION,
            help="Region of the job. Default: the region of the bucket that it writes to.",
        ),
        click.option(
            "--batch-confirm",
            is_flag=True,
            help="When S3 has counted the objects, the job waits until you confirm it: 'xs3-tui batch confirm', or "
            "in the transfers.",
        ),
        click.option(
            "--batch-failed-only",
            is_flag=True,
            help="List only failed objects in the completion report and in the receipt.",
        ),
    )


def job_options(typed: Typed, kept: ScaleSettings) -> BatchOptions:
    """The typed options, completed from the settings. Raises usage errors.

    Without a role, the engine names the command that creates one for this job.
    """
    place = typed.batch_reports or (parse_location(kept.batch_reports) if kept.batch_reports else None)
    if place is None:
        raise click.UsageError(
            "a job needs a place for its reports: add --batch-reports s3://BUCKET/PREFIX/, or batch_reports in "
            "[scale] of the settings"
        )
    if typed.batch_inventory and typed.batch_manifest != ManifestSource.INVENTORY.value:
        raise click.UsageError("--batch-inventory needs --batch-manifest inventory")
    return BatchOptions(
        role=typed.batch_role or kept.batch_role or "",
        reports=place.as_prefix,
        manifest=ManifestSource(typed.batch_manifest),
        inventory=typed.batch_inventory,
        versions=typed.batch_versions,
        priority=USUAL_PRIORITY if typed.batch_priority is None else typed.batch_priority,
        tags=dict(typed.batch_tag),
        confirm=typed.batch_confirm,
        region=typed.batch_region or "",
        failed_only=typed.batch_failed_only,
    )


SOURCES = {
    ManifestSource.LIST: "a CSV manifest, written from a listing",
    ManifestSource.INVENTORY: "an S3 Inventory report",
    ManifestSource.GENERATOR: "generated by S3 (S3JobManifestGenerator)",
}


async def carry_out_job(engine: EngineAccess, order: BatchOrder, typed: Typed, limits: Limits) -> Exit:
    """Create the job and follow it; refuse a role that certainly lacks permissions. A dry run prints the plan.

    `limits` apply to objects that this machine copies.
    """
    plan = await engine.ask(PlanJob(order))
    if typed.dry_run:
        _say_plan(plan, order, as_json=typed.as_json)
        shown = await say_dry_run(engine, order, typed)
        return exit_for(plan.missing[0]) if plan.missing else shown
    if plan.missing:
        for number, problem in enumerate(plan.missing, 1):
            same = not typed.as_json and problem.remedy in {each.remedy for each in plan.missing[number:]}
            say_problem(replace(problem, remedy="") if same else problem, as_json=typed.as_json)
        return exit_for(plan.missing[0])
    return await submit(engine, SubmitJob(order, limits), typed)


def _say_plan(plan: JobPlan, order: BatchOrder, *, as_json: bool) -> None:
    if as_json:
        say_json(JobPlanJson(plan))
        return
    where = f" in {plan.region}" if plan.region else ""
    lines = [
        f"S3 Batch Operations job in account {plan.account}{where}, with the role {order.options.role}",
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
