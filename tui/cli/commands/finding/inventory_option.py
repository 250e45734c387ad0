"""The option that reads an S3 Inventory report in place of a listing."""

from __future__ import annotations

import click

from tui.cli.parameter_types import TEXT

INVENTORY = click.option(
    "--inventory",
    type=TEXT,
    default="",
    metavar="auto|S3_URI",
    help="Read an S3 Inventory report in place of a listing: the newest (auto), or that of a manifest.json.",
)
