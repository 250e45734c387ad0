"""``xs3-tui tags``: the tags of an object or a bucket."""

from __future__ import annotations

import json
from functools import partial
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES
from tui.cli.commands.documents.document import LOCATION, change, document_command, get
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options
from tui.cli.parameter_types import TAG
from tui.cli.running import run_command
from tui.core.changes import DocumentKind
from tui.core.location import Location

_command = partial(document_command, DocumentKind.BUCKET_TAGS, DocumentKind.OBJECT_TAGS)


@click.group()
def tags() -> None:
    """Read and change the tags of an object or a bucket."""


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_tags(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print the tags."""
    run_command(partial(get, command=_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("set")
@LOCATION
@click.argument("pairs", metavar="NAME=VALUE...", type=TAG, nargs=-1)
@click.option("--replace", is_flag=True, help="Remove all other tags.")
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def set_tags(
    location: Location,
    pairs: tuple[str, ...],
    replace: bool,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Set tags; other tags stay, unless --replace is given.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes.
    """
    if not pairs and not replace:
        raise click.UsageError("name the tags: NAME=VALUE")
    wanted = dict(map(_pair, pairs))
    command = _command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)

    def edit(before: str | None) -> str:
        return json.dumps(wanted if replace else json.loads(before or "{}") | wanted, ensure_ascii=False)

    run_command(partial(change, command=command, edit=edit), as_json=as_json)


@click.command("remove")
@LOCATION
@click.argument("names", metavar="NAME...", type=TAG, nargs=-1, required=True)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def remove_tags(
    location: Location,
    names: tuple[str, ...],
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Remove tags by their names; shows the difference, and asks as 'tags set' does."""
    command = _command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)

    def edit(before: str | None) -> str:
        kept = {name: value for name, value in json.loads(before or "{}").items() if name not in names}
        return json.dumps(kept, ensure_ascii=False)

    run_command(partial(change, command=command, edit=edit), as_json=as_json)


def _pair(typed: str) -> tuple[str, str]:
    """A tag as it is typed; its name has no ``=``."""
    name, mark, value = typed.partition("=")
    if not mark or not name:
        raise click.UsageError(f"{typed!r} is not a tag: write NAME=VALUE")
    return name, value


for each in (get_tags, set_tags, remove_tags):
    tags.add_command(each)
