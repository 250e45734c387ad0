"""How a verb runs: an engine of its own, one coroutine, and every problem as text or JSON with an exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import click
import msgspec

from tui.cli.exits import Exit, exit_for
from tui.model.identity import Identity, IdentitySpec
from tui.model.location import Location, LocationError, parse_location
from tui.model.problem import Problem, ProblemError
from tui.protocol.messages import Connect
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineAccess, EngineSession
from tui.ui.format import visible


class LocationParameter(click.ParamType[Location]):
    """An S3 URI, ``bucket/key`` or bucket ARN on the command line."""

    name = "s3_uri"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        """The location, or a usage error that says what is wrong with the text."""
        if isinstance(value, Location):
            return value
        try:
            return parse_location(str(value))
        except LocationError as error:
            self.fail(str(error), param, ctx)


S3_URI = LocationParameter()


def run_verb(verb: Callable[[EngineAccess], Awaitable[Exit]], *, as_json: bool) -> None:
    """Run `verb` against an engine of its own and leave the process with its exit code."""
    try:
        code = asyncio.run(_with_engine(verb))
    except ProblemError as error:
        say_problem(error.problem, as_json=as_json)
        code = exit_for(error.problem)
    except KeyboardInterrupt:
        code = Exit.SOME_FAILED
        click.echo("interrupted", err=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has left: no complaint at exit
        code = Exit.DONE
    sys.exit(code)


async def _with_engine(verb: Callable[[EngineAccess], Awaitable[Exit]]) -> Exit:
    session = EngineSession(EngineProcess())
    try:
        return await verb(session)
    finally:
        await session.close()


async def connect(engine: EngineAccess, spec: IdentitySpec) -> Identity:
    """Make an identity usable and return all that is known about it."""
    known = [identity async for identity in engine.follow(Connect(spec))]
    return known[-1]


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
