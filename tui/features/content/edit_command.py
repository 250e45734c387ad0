"""``xs3-tui edit``: edit an object in the user's editor."""

from __future__ import annotations

import asyncio
import signal

import click

from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import READ_ONLY, Typed, identity_options, typed_identity
from tui.cli.json_output import Json, json_option
from tui.cli.parameter_types import S3_URI
from tui.cli.prompts import agreed, can_ask
from tui.cli.running import connect, with_engine
from tui.core.location import Location
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.content.words import is_binary
from tui.link.session import EngineAccess
from tui.messages.content_requests import SavedContent
from tui.messages.listing_requests import AskUndo
from tui.saved.editor import clear_left, edited_beside, read_whole, write_back
from tui.text.format import size_exact, visible
from tui.text.order_lines import overwrites


class EditedJson(Json, frozen=True, tag="edited"):
    """The object now."""

    uri: str
    written: bool
    etag: str
    size: int
    notes: list[str]
    transfer: str | None
    """The ID for 'undo'; None if it cannot be undone."""


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@READ_ONLY
@click.option("-y", "--yes", is_flag=True, help="Edit binary content without asking.")
@json_option(EditedJson, help="Print the result as one JSON object.")
@with_engine
async def edit(engine: EngineAccess, typed: Typed) -> Exit:
    """Edit an object of at most 16 MiB in $VISUAL, $EDITOR or vi.

    Writes the content back only if you changed it and nobody else has changed the object (If-Match). Content type,
    headers, metadata, tags, storage class, encryption and ACL stay. If the write fails, your content is kept, and the
    error names the file.
    """
    location = typed.location
    refuse_if(location.is_prefix, f"{visible(location.uri)}: give a full key, for example s3://bucket/dir/name")
    clear_left()
    identity = await connect(engine, typed_identity(typed, location))
    if why := identity.read_only:
        title, label = f"writing to {location.uri} as {identity.label} is blocked", identity.label
        remedy = "edit it as an identity that is not read-only; cat prints it"
        raise ProblemError(Problem(ProblemKind.READ_ONLY, title, why, remedy, resource=location.uri, identity=label))
    facts, content = await read_whole(engine, identity.connection, location)
    if is_binary(content) and not typed.yes:
        if not can_ask():
            title = f"{location.uri} is not text and was not edited"
            raise ProblemError(Problem(ProblemKind.INVALID, title, "", "--yes edits it anyway", resource=location.uri))
        question = f"{location.uri} is not text: many editors damage such content. Edit it?"
        if not await agreed(question, otherwise="nothing was changed"):
            return Exit.SOME_FAILED
    # if the terminal closes, end the editor as on a signal; the file that it saved is kept
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, signal.raise_signal, signal.SIGTERM)
    changed = await edited_beside(location, content)
    if changed == content:
        _say(location, SavedContent(facts.etag), as_json=typed.as_json, written=False, size=facts.size)
        return Exit.DONE
    if not typed.as_json:
        await say_forecast(engine, identity.connection, location)
    saved = await write_back(engine, identity.connection, location, facts.etag, changed)
    _say(location, saved, as_json=typed.as_json, written=True, size=len(changed))
    return Exit.DONE


def _say(location: Location, saved: SavedContent, *, as_json: bool, written: bool, size: int) -> None:
    if as_json:
        say_json(EditedJson(location.uri, written, saved.etag, size, saved.notes, saved.transfer or None))
        return
    what = f"written: {size_exact(size)}" if written else "unchanged, nothing written"
    click.echo(visible(" · ".join((f"{location.uri} {what}", *saved.notes, *take_back(saved.transfer)))), err=True)


async def say_forecast(engine: EngineAccess, connection: str, location: Location) -> None:
    """Print whether overwriting the object can be undone."""
    if location.kind.has_versions:
        click.echo(visible(overwrites(await engine.ask(AskUndo(connection, location.bucket)))), err=True)


def take_back(transfer: str) -> list[str]:
    """How to undo the write; empty if it cannot be undone."""
    return [f"'xs3-tui undo {transfer}' undoes it"] if transfer else []
