"""``xs3-tui mb`` and ``rb``: create a bucket; remove one, with ``--force`` and everything in it."""

from __future__ import annotations

from contextlib import aclosing
from typing import Literal

import click
from msgspec.structs import replace

from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import refuse_if, say_json, say_problem
from tui.cli.identity_options import READ_ONLY, Typed, identity_options, typed_identity
from tui.cli.json_output import Json, json_option, transfer_json
from tui.cli.parameter_types import FILE, S3_URI
from tui.cli.prompts import agreed, can_ask, need_terminal
from tui.cli.running import connect, connected, with_engine
from tui.cli.transfer_run import submit
from tui.core.location import Location
from tui.core.orders import RemoveBucketOrder, Selection
from tui.core.problem import Exit, ProblemError
from tui.features.buckets.words import removal_steps, removal_words
from tui.link.session import EngineAccess
from tui.messages.listing_requests import CreateBucket, DeleteBucket, PlanRemoval, RemovalPlan, SubmitRemoval
from tui.text.format import visible


class CreatedJson(Json, frozen=True, tag="created"):
    """A bucket that was created."""

    name: str


class RemovedJson(Json, frozen=True, tag="bucket"):
    """An empty bucket that was deleted."""

    name: str
    outcome: Literal["deleted"] = "deleted"


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option(
    "--force", is_flag=True, help="Empty the bucket first: objects, versions, delete markers, incomplete uploads."
)
@click.option("--dry-run", is_flag=True, help="Show what would be deleted; delete nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for the bucket's name.")
@click.option(
    "--receipt", type=FILE, metavar="FILE", help="With --force: write the result of each version to FILE as JSON lines."
)
@click.option("--background", is_flag=True, help="With --force: return immediately; see 'xs3-tui transfers'.")
@transfer_json(RemovedJson)
@with_engine
async def rb(engine: EngineAccess, typed: Typed) -> Exit:
    """Remove a bucket.

    S3_URI is s3://BUCKET. S3 deletes only empty buckets: --force counts the content, deletes all of it permanently,
    then the bucket. You type the bucket's name to confirm; without a terminal, --force needs --yes.
    """
    place = _only_bucket(typed)
    connection = await connected(engine, typed)
    order = RemoveBucketOrder(Selection(connection, place, prefixes=[""]), typed.receipt or "")
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    plan = RemovalPlan(complete=typed.yes and not typed.force)
    if not plan.complete:
        async with aclosing(engine.follow(PlanRemoval(order))) as plans:
            async for each in plans:
                plan = each
    if plan.problem:
        raise ProblemError(plan.problem)
    if not typed.force and not plan.empty:
        full = f"{place.uri} is not empty: {removal_words(plan)}; add --force to delete that, too"
        click.echo(visible(full), err=True)
        return Exit.SOME_FAILED
    asks = not typed.yes and (typed.force or can_ask())  # an empty bucket is all that is removed without --force
    if asks and not await _agreed(place.bucket, plan):
        return Exit.SOME_FAILED
    if typed.force:
        return await submit(engine, SubmitRemoval(order), typed)
    return await _delete_empty(engine, connection, place, as_json=typed.as_json)


def _only_bucket(typed: Typed) -> Location:
    refuse_if(not typed.location.in_s3 or typed.location.key, "name only the bucket: s3://bucket")
    return typed.location


async def _delete_empty(engine: EngineAccess, connection: str, place: Location, *, as_json: bool) -> Exit:
    try:
        await engine.ask(DeleteBucket(connection, place.bucket))
    except ProblemError as error:
        if error.problem.code != "BucketNotEmpty":
            raise
        problem = replace(error.problem, title=f"{place.uri} is not empty", remedy="add --force to empty it first")
        say_problem(problem, as_json=as_json)
        return Exit.SOME_FAILED  # as where it was counted first
    if as_json:
        say_json(RemovedJson(place.bucket))
    else:
        click.echo(visible(f"deleted {place.uri}"))
    return Exit.DONE


async def _agreed(bucket: str, plan: RemovalPlan) -> bool:
    """Make the user type the name: a reflex must not delete a bucket."""
    need_terminal()
    for line in (removal_words(plan), *plan.warnings, removal_steps(plan)):
        click.echo(visible(f"  {line}"), err=True)
    question = f"remove s3://{bucket} for good? type {bucket}: "
    return await agreed(question, bucket, otherwise="nothing was deleted")


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@json_option(CreatedJson, help="Print one JSON object.")
@with_engine
async def mb(engine: EngineAccess, typed: Typed) -> Exit:
    """Create a bucket.

    S3_URI is s3://BUCKET. The bucket is created in the identity's region.
    """
    bucket, spec = _only_bucket(typed).bucket, typed_identity(typed, typed.location)
    connection = (await connect(engine, spec)).connection
    await engine.ask(CreateBucket(connection, bucket, spec.region or ""))
    if typed.as_json:
        say_json(CreatedJson(bucket))
    else:
        click.echo(visible(f"created s3://{bucket}"))
    return Exit.DONE
