"""``xs3-tui policy``: the policy of a bucket."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES
from tui.cli.commands.documents.document import LOCATION, SOURCE, change, document_command, get, read_source
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options
from tui.cli.running import run_command
from tui.core.changes import DocumentKind
from tui.core.location import Location

_command = partial(document_command, DocumentKind.BUCKET_POLICY, None)


@click.group()
def policy() -> None:
    """Read and change the policy of a bucket.

    A policy that would let everyone in, or lock its author out, is not written.
    """


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_policy(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print the bucket policy; exit code 4 if there is none."""
    run_command(partial(get, command=_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def put_policy(
    location: Location,
    source: Path,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Put the policy of FILE, or of the standard input, in the place of the present one.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes. A policy that was
    changed in between is not overwritten.
    """
    command = _command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    text = read_source(source)
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


@click.command("diff")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, default="-")
@identity_options
@AS_JSON
def diff_policy(location: Location, source: Path, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Show what 'policy put' would change, and what speaks against it; nothing is written."""
    command = _command(location, typed, dry_run=True, as_json=as_json)
    text = read_source(source)
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


@click.command("delete")
@LOCATION
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def delete_policy(
    location: Location, read_only: bool, yes: bool, dry_run: bool, as_json: bool, **typed: Unpack[TypedIdentity]
) -> None:
    """Delete the bucket policy; shows it, and asks as 'policy put' does."""
    command = _command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    run_command(partial(change, command=command, edit=lambda _: None), as_json=as_json)


for each in (get_policy, put_policy, diff_policy, delete_policy):
    policy.add_command(each)
