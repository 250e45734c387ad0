"""How a command ends: the exit codes, and how a problem is printed, as text or as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from shlex import quote
from typing import IO, Any

import click
from msgspec import Struct

from tui.cli.json_output import ProblemJson
from tui.core.json_text import encode_json
from tui.core.location import DELIMITER, SCHEME, readable
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


STAYS = "* stops at /, ** does not"


def stays(place: str) -> bool:
    """Whether the URI has a ``*`` that may have been meant to match ``/``, too."""
    return place.startswith(SCHEME) and "*" in place and "**" not in place


_IDENTITY = ("profile", "endpoint", "region", "role_arn", "external_id", "mfa_serial", "role_session_name")
"""Options of a command with one place, as Click names them."""


def _next_step(problem: Problem) -> str:
    if "in progress" in problem.title:  # the restore of what is archived: it only has to end
        return problem.remedy
    path = problem.resource.removeprefix(SCHEME)
    given = context.params if (context := click.get_current_context(silent=True)) else {}
    names_file = problem.kind is ProblemKind.NO_SUCH_BUCKET and os.path.exists(path)  # noqa: PTH110  # Path's raises for a NUL
    if names_file and not (context and context.info_name == "rm"):  # which would then delete it
        return f"the path exists here: write .{DELIMITER}{path} to name it"
    if problem.kind is ProblemKind.NO_SUCH_KEY and path.startswith("file:") and {"*", "?"} & {*readable(path)}:
        return "check the path; the shell expands wildcards of local paths: leave out the quotes"
    if problem.kind is ProblemKind.NO_SUCH_KEY and stays(problem.resource):
        return f"check the key; {STAYS}"
    if problem.explainable and problem.resource.startswith(SCHEME) and not problem.remedy:
        action = f" --action {problem.permission}" if problem.permission.startswith("s3:") else ""
        action += _identity_options(problem.identity, given)
        return f"xs3-tui explain {quote(problem.resource)}{action} shows which policy denies it"
    return REMEDIES.get(problem.kind, problem.remedy)


def _identity_options(label: str, given: Mapping[str, Any]) -> str:
    """Which options name this identity of the command for another command; none for the default credential chain."""
    chosen = {name: given.get(name) for name in _IDENTITY}
    for end in ("other", "from", "to"):
        if label and label == (name := given.get(end) or given.get(f"{end}_profile")):
            endpoint = given.get(f"{end}_endpoint") or given.get("endpoint")
            chosen = {"profile": name, "endpoint": endpoint, "region": given.get("region")}
            break
    words = [f" --{name.replace('_', '-')} {quote(str(value))}" for name, value in chosen.items() if value]
    return "".join([*words, " --anonymous" if given.get("anonymous") else ""])


def say_problem(problem: Problem, *, as_json: bool) -> None:
    """A problem as one JSON object on stdout, or as lines on stderr."""
    if as_json:
        say_json(ProblemJson(problem))
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


def say_json(line: Struct) -> None:
    click.echo(encode_json(line).decode())
