"""``xs3-tui rename``: other names for objects, by a pattern."""

from __future__ import annotations

import os
import re
from contextlib import aclosing

import click

from tui.cli.command_identity import settings
from tui.cli.copy_options import filter_options, limits, on_conflict, pace_options
from tui.cli.dry_run_lines import say_dry_run
from tui.cli.exits import refuse_if
from tui.cli.identity_options import DRY_RUN, READ_ONLY, RECEIPT, YES, Typed, identity_options, taken, typed_identity
from tui.cli.json_output import TRANSFER_AS_JSON
from tui.cli.parameter_types import S3_URI, TEXT
from tui.cli.prompts import agreed, need_terminal
from tui.cli.running import connect, with_engine
from tui.cli.transfer_run import none_found, submit
from tui.core.location import DELIMITER, Location, readable
from tui.core.orders import CopyOptions, Filters, Selection
from tui.core.problem import Exit
from tui.features.copy.values import PlanRename, RenamePlan
from tui.link.session import EngineAccess
from tui.messages.order_requests import SubmitCopy
from tui.text.format import counted, number, visible


@click.command()
@click.argument("locations", metavar="S3_URI...", type=S3_URI, nargs=-1, required=True)
@click.option("--match", type=TEXT, required=True, metavar="REGEX", help="Regular expression for a part of the name.")
@click.option(
    "--to",
    type=TEXT,
    required=True,
    metavar="TEXT",
    help="What replaces it: {n} or {1} is a group, {n:04} one as a number.",
)
@identity_options
@READ_ONLY
@click.option("-r", "--recursive", is_flag=True, help="Include everything below the prefixes.")
@DRY_RUN
@YES
@on_conflict
@filter_options
@pace_options
@RECEIPT
@TRANSFER_AS_JSON
@with_engine
async def rename(engine: EngineAccess, typed: Typed) -> Exit:
    """Rename objects of a bucket by a pattern.

    Replaces the first match of --match in each name by --to: --match 'IMG_(?P<n>\\d+)' --to 'photo-{n:04}'. The name is
    the last part of the key; for a pattern that contains /, it is everything below the prefix. Uses RE2 syntax, as
    'find' does.

    Shows old and new names first, and asks; without a terminal, add --yes. It renames nothing if two objects would get
    one name. S3 cannot rename: each object is copied, the copy verified, and the object deleted, as by 'mv'.
    """
    base = _base(typed)
    if group := re.search(r"\\(\d)", typed.to):
        raise click.UsageError(f"in --to write {{{group[1]}}} for {group[0]}")
    if not (typed.yes or typed.dry_run):
        need_terminal()
    identity = await connect(engine, typed_identity(typed, base))
    keys, prefixes = [[each.key for each in typed.locations if each.is_prefix is which] for which in (False, True)]
    selection = Selection(identity.connection, base, keys, prefixes, taken(Filters, typed))
    async with aclosing(engine.follow(PlanRename(selection, typed.match, typed.to))) as plans:
        plan = [each async for each in plans if each.complete][-1]
    if plan.refused:
        return _refused(plan, selection.base)
    if not plan.renamed:
        none = f"none of {counted(plan.looked_at, 'object')} matches {typed.match}" if plan.looked_at else ""
        click.echo(visible(none or none_found(selection.base.uri)), err=True)
        return Exit.NOT_FOUND
    cut = settings().transfers
    copying = taken(CopyOptions, typed, multipart_threshold=cut.multipart_threshold, part_size=cut.part_size)
    order = plan.order(selection, copying)
    if typed.dry_run:
        return await say_dry_run(engine, order, typed)
    if not typed.yes:
        await say_dry_run(engine, order, typed)
        if not await agreed(f"rename {counted(plan.renamed, 'object')}?", otherwise="nothing was renamed"):
            return Exit.SOME_FAILED
    return await submit(engine, SubmitCopy(order, limits(typed)), typed)


def _base(typed: Typed) -> Location:
    """The deepest prefix that all places lie below; raises a usage error for places that are not renamed together."""
    places: tuple[Location, ...] = typed.locations
    for place in places:
        refuse_if(not place.in_s3, f"name objects of a bucket: {visible(place.uri)} is none, and mv moves files")
        refuse_if(place.bucket != places[0].bucket, "name objects of one bucket")
        refuse_if(
            place.is_prefix and not typed.recursive,
            f"{visible(place.uri)} is a {place.kind.prefix}: add --recursive to include everything below it",
        )
    bases = [(place if place.is_prefix else place.parent).key for place in places]
    common = os.path.commonprefix(bases)  # noqa: RUF071  # keys are no paths, and the end is cut
    return Location(places[0].bucket, common[: common.rfind(DELIMITER) + 1])


def _refused(plan: RenamePlan, base: Location) -> Exit:
    for row in plan.rows:
        old, new = readable(Location(base.bucket, row.old).uri), row.new and f" → {row.new[len(base.key) :]}"
        click.echo(visible(f"{old}{new}: {row.why}"), err=True)
    more = plan.refused - len(plan.rows)
    and_more = f" (and {number(more)} more)" if more > 0 else ""
    click.echo(f"nothing was renamed: {counted(plan.refused, 'object')} cannot get the new name{and_more}", err=True)
    return Exit.SOME_FAILED
