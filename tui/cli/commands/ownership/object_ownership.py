"""``xs3-tui object-ownership``: a bucket's Object Ownership setting, shown and changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES, agreed, require_applicable, say_applied, say_changes
from tui.cli.exits import say_json
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options, typed_identity
from tui.cli.parameter_types import S3_URI
from tui.cli.running import connect, run_command
from tui.core.changes import Change, DocumentKind, DocumentRef
from tui.core.facts import ObjectOwnership
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Exit, ProblemError
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, ReadDocument
from tui.protocol.messages.ownership import PlanOwnership
from tui.text.format import visible


@dataclass(frozen=True, slots=True)
class OwnershipCommand:
    """What was typed of a change."""

    location: Location
    setting: ObjectOwnership
    spec: IdentitySpec
    yes: bool
    dry_run: bool
    as_json: bool


@click.command("object-ownership")
@click.argument("location", metavar="S3_URI", type=S3_URI)
@click.argument("setting", type=click.Choice([each.value for each in ObjectOwnership]), required=False)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def object_ownership(
    location: Location,
    setting: str | None,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Show the Object Ownership of a bucket, or change it to SETTING.

    A change is shown with all that it means: grants that stop working, policy conditions on s3:x-amz-acl, and the
    grants of the bucket's ACL for which S3 refuses it. 'xs3-tui access undo' takes it back.
    """
    if not location.bucket or location.key or location.is_local:
        raise click.UsageError("name a bucket: s3://bucket")
    wanted = ObjectOwnership(setting) if setting else None
    spec = typed_identity(location, typed, read_only=read_only)
    if wanted is None:
        run_command(partial(_show, bucket=location, spec=spec, as_json=as_json), as_json=as_json)
    else:
        command = OwnershipCommand(location, wanted, spec, yes, dry_run, as_json)
        run_command(partial(_change, command=command), as_json=as_json)


async def _show(engine: EngineAccess, *, bucket: Location, spec: IdentitySpec, as_json: bool) -> Exit:
    connection = (await connect(engine, spec)).connection
    change = await engine.ask(ReadDocument(DocumentRef(DocumentKind.OBJECT_OWNERSHIP, bucket, connection=connection)))
    _require_readable(change)
    if as_json:
        say_json({"uri": bucket.uri, "object_ownership": change.before})
    else:
        click.echo(visible(change.before or "not set: who uploads an object owns it"))
    return Exit.DONE


async def _change(engine: EngineAccess, *, command: OwnershipCommand) -> Exit:
    connection = (await connect(engine, command.spec)).connection
    change = await engine.ask(PlanOwnership(connection, command.location.bucket, command.setting))
    if command.as_json:
        say_json({"change": change})
    else:
        say_changes([change])
    _require_readable(change)
    if not change.is_needed:
        return Exit.DONE
    require_applicable(change)
    if command.dry_run:
        return Exit.DONE
    if not await agreed(command.yes):
        return Exit.SOME_FAILED
    say_applied(await engine.ask(ApplyChange(change)), as_json=command.as_json)
    return Exit.DONE


def _require_readable(change: Change) -> None:
    if change.unread:
        raise ProblemError(change.unread)
