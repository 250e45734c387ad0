"""A problem as the terminal or the reader of JSON lines is told it."""

from __future__ import annotations

import click
import msgspec

from tui.model.problem import Problem
from tui.ui.format import visible


def say_problem(problem: Problem, *, as_json: bool) -> None:
    """A problem as one JSON object on stdout, or as lines on stderr."""
    if as_json:
        say_json({"problem": problem})
        return
    click.echo(visible(f"xs3-tui: {problem.title}"), err=True)
    details = (
        ("cause", problem.cause),
        ("operation", problem.operation),
        ("resource", problem.resource),
        ("identity", problem.identity),
        ("permission", problem.permission),
        ("request id", problem.request_id),
        ("what next", problem.remedy),
    )
    for name, text in details:
        if text:
            click.echo(f"  {name}: {visible(text)}", err=True)


def say_json(value: object) -> None:
    """One JSON object on a line of its own."""
    click.echo(msgspec.json.encode(value).decode())
