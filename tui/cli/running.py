"""How a verb runs: as a client of the engine, one coroutine, and every problem as text or JSON with an exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import click

from tui.cli.exits import Exit, exit_for
from tui.cli.needs import HelpedEngine, give
from tui.cli.problems import say_problem
from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import ProblemError
from tui.protocol.messages import Connect
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineAccess, EngineSession


def run_verb(verb: Callable[[EngineAccess], Awaitable[Exit]], *, as_json: bool) -> None:
    """Run `verb` against the engine and leave the process with its exit code.

    SIGINT and SIGTERM cancel it, so that it can undo what it has begun; a terminal that vanishes does not: what was
    begun goes on in the engine.
    """
    try:
        code = asyncio.run(_with_engine(verb))
    except ProblemError as error:
        say_problem(error.problem, as_json=as_json)
        code = exit_for(error.problem)
    except KeyboardInterrupt:
        code = Exit.SOME_FAILED
        click.echo("interrupted", err=True)
    except Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)  # whoever waits for us is told the true reason
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has left: no complaint at exit
        code = Exit.SOME_FAILED  # not all was said; a copy was cancelled
    sys.exit(code)


class Terminated(Exception):  # noqa: N818  # it is no error, it is what happened
    """SIGTERM has come."""


async def _with_engine(verb: Callable[[EngineAccess], Awaitable[Exit]]) -> Exit:
    session = EngineSession(EngineProcess())
    running = asyncio.ensure_future(verb(HelpedEngine(session)))
    terminated = asyncio.Event()

    def terminate() -> None:
        terminated.set()
        running.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    try:
        return await running
    except asyncio.CancelledError:
        if terminated.is_set():
            raise Terminated from None
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise
    finally:
        await session.close()


async def connect(engine: EngineAccess, spec: IdentitySpec) -> Identity:
    """Make an identity usable, by what the user gives where it lacks that, and return all that is known about it."""
    try:
        return await identified(engine, spec)
    except ProblemError as error:
        if not await give(engine, error.problem):
            raise
    return await identified(engine, spec)


async def identified(engine: EngineAccess, spec: IdentitySpec) -> Identity:
    """All that is known about an identity; raise `ProblemError` for one that needs something of the user."""
    known = [identity async for identity in engine.follow(Connect(spec))]
    problem = known[-1].problem
    if problem and problem.needs:
        raise ProblemError(problem)
    return known[-1]
