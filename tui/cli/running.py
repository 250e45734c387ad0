"""How a verb runs: an engine of its own, one coroutine, and every problem as text or JSON with an exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import click

from tui.cli.exits import Exit, exit_for
from tui.cli.problems import say_problem
from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import ProblemError
from tui.protocol.messages import Connect
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineAccess, EngineSession


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
        code = Exit.SOME_FAILED  # not all was said; a copy was cancelled
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
