"""What ``--json`` prints, as types, and its schema: ``--json-schema``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click
from msgspec import UNSET, Struct, UnsetType, defstruct
from msgspec.structs import fields

from tui.cli.json_schema import SchemaOption
from tui.core.changes import AppliedChange, PlannedChange
from tui.core.estimates import Estimate
from tui.core.orders import CompareMode
from tui.core.problem import Problem
from tui.core.transfer import ObjectResult, PlannedAction, PlannedObject, Transfer

F = TypeVar("F", bound=Callable[..., object])


class Json(Struct, frozen=True, tag_field="type"):
    """A line of JSON that says what it is."""


class ProblemJson(Struct, frozen=True):
    """Why the command failed, or a part of its work. Usage errors are text on stderr, with exit code 2."""

    problem: Problem


_LASTING_NAMES = """
    source target route submitted ended notes problem kind waits_for limits source_identity target_identity engine
    elsewhere workers
"""

LASTING = frozenset(_LASTING_NAMES.split())
"""Fields of a transfer that rarely change, some of them long."""

TransferProgress = defstruct(
    "TransferProgress",
    [
        (each.name, each.type | UnsetType, UNSET) if each.name in LASTING else (each.name, each.type)
        for each in fields(Transfer)
    ],
    namespace={"__doc__": "A transfer, without what has not changed since the line before."},
    kw_only=True,
)


class ProgressJson(Json, frozen=True, tag="progress"):
    """A second or more after the line before. The first one has all fields."""

    transfer: TransferProgress  # type: ignore[valid-type]  # it has the fields of a transfer


class ResultJson(Json, frozen=True, tag="object"):
    """One object has ended."""

    result: ObjectResult


class TransferJson(Json, frozen=True, tag="transfer"):
    """The end of the transfer."""

    transfer: Transfer


class AcceptedJson(Json, frozen=True, tag="accepted"):
    """With ``--background``: the ID of the transfer."""

    transfer: str


class PlannedJson(Json, frozen=True, tag="planned"):
    """Of a dry run: what would happen to an object."""

    object: PlannedObject


class EstimatesJson(Json, frozen=True, tag="estimates"):
    """Of a dry run: the duration and the cost, if something would be copied."""

    due: bool
    """Whether another engine than this machine is worth a thought."""
    prices: str
    engines: list[Estimate]


class PlanJson(Json, frozen=True, tag="plan"):
    """The end of a dry run."""

    actions: dict[PlannedAction, int]
    bytes: int
    """Without those of skips, refusals and questions."""
    bytes_by_action: dict[PlannedAction, int]
    compare: CompareMode | UnsetType = UNSET
    """Of a sync only."""


class ChangeJson(Struct, frozen=True):
    """A change that was not made: a dry run, not needed, or refused."""

    change: PlannedChange


class AppliedJson(Struct, frozen=True):
    """A change that was made."""

    applied: AppliedChange


def json_option(*lines: type, help: str = "Print one JSON object per line.") -> Callable[[F], F]:  # noqa: A002  # as click's
    """``--json`` of a command that prints these, or problems, and the option that prints their schema."""

    def decorate(command: F) -> F:
        schema = click.option(
            "--json-schema",
            cls=SchemaOption,
            lines=(*lines, ProblemJson),
            help="Print the JSON Schema of a line of --json.",
        )
        return click.option("--json", "as_json", is_flag=True, help=help)(schema(command))

    return decorate


def transfer_json(*more: type) -> Callable[[F], F]:
    """`json_option` of a command that begins a transfer, and prints `more`."""
    lines = (ProgressJson, ResultJson, TransferJson, AcceptedJson, PlannedJson, EstimatesJson, PlanJson, *more)
    return json_option(
        *lines, help="Print one JSON object per line: progress, the result of each object, then the total."
    )


TRANSFER_AS_JSON = transfer_json()
