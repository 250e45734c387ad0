"""How a command ends: the exit codes, and how a problem is printed, as text or as JSON."""

from __future__ import annotations

import os
from shlex import quote
from typing import IO, Any

import click

from tui.core.json_text import encode_json
from tui.core.location import DELIMITER, SCHEME
from tui.core.problem import MEANINGS, Exit, Problem, ProblemKind
from tui.text.format import visible


def epilog() -> str:
    return "Exit codes: " + " · ".join(f"{int(code)} {meaning}" for code, meaning in MEANINGS.items())


def exit_for(problem: Problem) -> Exit:
    return problem.kind.meaning.exit


def refuse_if(wrong: object, words: str) -> None:
    """Raise a usage error if `wrong` is true."""
    if wrong:
        raise click.UsageError(words)


class Refused(click.ClickException):
    """A problem found before the engine is asked. It ends the command as `run_command` does."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.exit_code = exit_for(problem)  # type: ignore[misc]  # click reads it off the instance
        self._problem = problem
        context = click.get_current_context(silent=True)
        self._as_json = bool(context and context.params.get("as_json"))

    def show(self, _file: IO[Any] | None = None) -> None:
        say_problem(self._problem, as_json=self._as_json)


REMEDIES = {ProblemKind.ARCHIVED: "'xs3-tui restore' restores it; 'cp', 'mv' and 'sync' with --restore wait for it"}
"""Commands that solve a problem whose own remedy names none."""


def _next_step(problem: Problem) -> str:
    if "in progress" in problem.title:  # the restore of what is archived: it only has to end
        return problem.remedy
    path = problem.resource.removeprefix(SCHEME)
    if problem.kind is ProblemKind.NO_SUCH_BUCKET and os.path.exists(path):  # noqa: PTH110  # Path's raises for a NUL
        return f"the path exists here: write .{DELIMITER}{path} to name it"
    if problem.explainable and problem.resource.startswith(SCHEME) and not problem.remedy:
        action = f" --action {problem.permission}" if problem.permission.startswith("s3:") else ""
        return f"xs3-tui explain {quote(problem.resource)}{action} shows which policy denies it"
    return REMEDIES.get(problem.kind, problem.remedy)


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
        ("next step", _next_step(problem)),
    )
    for name, text in details:
        first, *more = text.split("\n") if name == "next step" else [text]
        if first:
            click.echo(f"  {name}: {visible(first)}", err=True)
        for step in more:
            click.echo(f"  {'':{len(name)}}  {visible(step)}", err=True)


def say_json(value: object) -> None:
    click.echo(encode_json(value).decode())
