"""``xs3-tui acl``: the ACL of an object or a bucket."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Unpack

import click

from tui.cli.change_lines import AS_JSON, DRY_RUN, YES
from tui.cli.commands.documents.document import LOCATION, SOURCE, change, document_command, get, read_source
from tui.cli.identity_options import READ_ONLY, TypedIdentity, identity_options
from tui.cli.parameter_types import TEXT
from tui.cli.running import run_command
from tui.core.changes import DocumentKind
from tui.core.location import Location

_command = partial(document_command, DocumentKind.BUCKET_ACL, DocumentKind.OBJECT_ACL)


@click.group()
def acl() -> None:
    """Read and change the ACL of an object or a bucket.

    Grantees are canonical IDs, or the labels and numbers of accounts that xs3-tui knows the ID of. An ACL that would
    let everyone in is not written.
    """


@click.command("get")
@LOCATION
@identity_options
@AS_JSON
def get_acl(location: Location, as_json: bool, **typed: Unpack[TypedIdentity]) -> None:
    """Print owner and grants, in the form that 'acl put' takes."""
    run_command(partial(get, command=_command(location, typed, as_json=as_json)), as_json=as_json)


@click.command("put")
@LOCATION
@click.argument("source", metavar="[FILE]", type=SOURCE, required=False)
@click.option(
    "--canned", type=TEXT, metavar="NAME", help="A canned ACL instead of FILE, such as bucket-owner-full-control."
)
@identity_options
@READ_ONLY
@YES
@DRY_RUN
@AS_JSON
def put_acl(
    location: Location,
    source: Path | None,
    canned: str | None,
    read_only: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Put the ACL of FILE ('-': the standard input), or a canned one, in the place of the present one.

    Prints the difference. On a terminal it asks before it applies it; without a terminal, add --yes. An ACL that was
    changed in between is not overwritten.
    """
    if (source is None) == (canned is None):
        raise click.UsageError("name a FILE, or a canned ACL: --canned NAME")
    command = _command(location, typed, read_only=read_only, yes=yes, dry_run=dry_run, as_json=as_json)
    text = read_source(source) if source else json.dumps({"canned": canned})
    run_command(partial(change, command=command, edit=lambda _: text), as_json=as_json)


for each in (get_acl, put_acl):
    acl.add_command(each)
