"""Options that several verbs share: which objects, how they are copied, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict, TypeVar

import click

from tui.cli.parameters import TypedParameter
from tui.model.plan import AclChoice, ConflictPolicy, CopyOptions, Filters, Route
from tui.model.transfer import Limits
from tui.ui import typed_limits
from tui.ui.typed import instant, receipt_path, size

Command = TypeVar("Command", bound=Callable[..., object])

ENCRYPTIONS = ["AES256", "aws:kms"]


SIZE = TypedParameter("size", size)
WHEN = TypedParameter("when", lambda text: instant(text, time.time()))
RATE = TypedParameter("rate", typed_limits.rate)
FILE = TypedParameter("file", receipt_path)


class TypedFilters(TypedDict):
    """What the options of `filter_options` hold."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    newer_than: float | None
    older_than: float | None
    min_size: int | None
    max_size: int | None


class TypedCopy(TypedDict):
    """What the options of `copy_options` hold."""

    on_conflict: str
    route: str | None
    multipart_threshold: int | None
    part_size: int | None
    acl: str
    storage_class: str
    encryption: str | None
    kms_key: str
    receipt: str | None


class TypedPace(TypedDict):
    """What the options of `pace_options` hold."""

    limit_rate: int | None
    at_once: int | None
    background: bool


def filter_options(command: Command) -> Command:
    """Which objects below a prefix are meant."""
    return _with(
        command,
        click.option(
            "--include", multiple=True, metavar="GLOB", help="Only names below the prefix that match; may be repeated."
        ),
        click.option("--exclude", multiple=True, metavar="GLOB", help="No names that match; stronger than --include."),
        click.option("--newer-than", type=WHEN, metavar="TIME", help="Changed since: 2026-11-01, or 7d ago."),
        click.option("--older-than", type=WHEN, metavar="TIME", help="Not changed since."),
        click.option("--min-size", type=SIZE, metavar="SIZE", help="At least so large: 4096, 10M, 1.5G."),
        click.option("--max-size", type=SIZE, metavar="SIZE", help="At most so large."),
    )


def copy_options(command: Command) -> Command:
    """How objects are copied, and what copies get."""
    return _with(
        command,
        click.option(
            "--on-conflict",
            type=click.Choice([policy.value for policy in ConflictPolicy]),
            default=ConflictPolicy.ASK.value,
            show_default=True,
            help="What happens to objects that exist at the target; without a terminal, 'ask' counts them as failed.",
        ),
        click.option("--route", type=click.Choice([route.value for route in Route]), help="Try only this route."),
        click.option("--multipart-threshold", type=SIZE, metavar="SIZE", help="Copy larger objects in parts."),
        click.option("--part-size", type=SIZE, metavar="SIZE", help="Size of a part."),
        click.option(
            "--acl",
            type=click.Choice([acl.value for acl in AclChoice]),
            default=AclChoice.AUTO.value,
            show_default=True,
            help="The ACL of copies; 'copy' gives the source's grants again.",
        ),
        click.option("--storage-class", default="", metavar="CLASS", help="The class of copies; else the source's."),
        click.option("--encryption", type=click.Choice(ENCRYPTIONS), help="Else the target bucket's default."),
        click.option("--kms-key", default="", metavar="KEY", help="Id, ARN or alias of the key of aws:kms."),
        click.option("--receipt", type=FILE, metavar="FILE", help="Write what became of each object, as JSON lines."),
    )


def pace_options(command: Command) -> Command:
    """How fast, and whether to wait for the end."""
    return _with(
        command,
        click.option("--limit-rate", type=RATE, metavar="RATE", help="Relay at most so many bytes per second: 10M."),
        click.option("--at-once", type=click.IntRange(1), metavar="N", help="At most so many objects at once."),
        click.option("--background", is_flag=True, help="Return at once; 'xs3-tui transfers' shows how it goes on."),
    )


def filters(typed: TypedFilters) -> Filters:
    """The filters that were typed."""
    return Filters(
        include=list(typed["include"]),
        exclude=list(typed["exclude"]),
        newer_than=typed["newer_than"],
        older_than=typed["older_than"],
        min_size=typed["min_size"],
        max_size=typed["max_size"],
    )


def options(typed: TypedCopy, *, move: bool) -> CopyOptions:
    """The options that were typed."""
    return CopyOptions(
        conflict=ConflictPolicy(typed["on_conflict"]),
        route=Route(typed["route"]) if typed["route"] else None,
        multipart_threshold=typed["multipart_threshold"],
        part_size=typed["part_size"],
        move=move,
        acl=AclChoice(typed["acl"]),
        storage_class=typed["storage_class"],
        encryption=typed["encryption"] or "",
        kms_key=typed["kms_key"],
        receipt=typed["receipt"] or "",
    )


def limits(typed: TypedPace) -> Limits:
    """The bounds that were typed."""
    return Limits(rate=typed["limit_rate"], objects=typed["at_once"])


def _with(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    for decorate in reversed(decorators):
        command = decorate(command)
    return command
