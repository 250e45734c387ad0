"""Runs a command: one coroutine that uses the engine; problems become text or JSON, and an exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import wraps

import click
from msgspec import structs

from tui.cli.command_identity import settings
from tui.cli.exits import exit_for, say_problem
from tui.cli.identity_options import Typed, other_identity, typed_identity
from tui.cli.prompts import PromptingEngine, give
from tui.cli.stdout import discard_output
from tui.core.identity import IN_CLEAR, AddressBook, Identity, IdentitySpec
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.link.frames import WaitingFrame, on_waiting
from tui.link.process import EngineProcess
from tui.link.session import EngineAccess, EngineLostError, EngineSession
from tui.messages.identity_requests import Connect, WatchAddresses
from tui.text.format import visible

RUN_AGAIN = "run the command again: the engine restarts and resumes its transfers; the log file has the details"
"""A command that only reads ends with its engine: the user decides whether to run it again."""


Carried = Callable[[EngineAccess, Typed], Awaitable[Exit]]
"""A command's coroutine. It raises usage errors before it asks the engine."""


def with_engine(carried: Carried) -> Callable[..., None]:
    """The function of a click command that runs this coroutine; put it below the decorators of the options."""

    @wraps(carried)
    def command(**given: object) -> None:
        run_command(lambda engine: carried(engine, Typed(**given)), as_json=bool(given.get("as_json")))

    return command


def run_command(command: Callable[[EngineAccess], Awaitable[Exit]], *, as_json: bool) -> None:
    """Run `command` with the engine and exit with its code.

    SIGINT and SIGTERM cancel it, so that it can cancel its transfer. A closed terminal does not: transfers continue in
    the engine.
    """
    try:
        code = asyncio.run(_with_engine(command))
    except EngineLostError as lost:
        problem = structs.replace(lost.problem, remedy=RUN_AGAIN)
        say_problem(problem, as_json=as_json)
        code = exit_for(problem)
    except ProblemError as error:
        say_problem(error.problem, as_json=as_json)
        code = exit_for(error.problem)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = _end_by(signal.SIGINT)
    except Terminated:
        code = _end_by(signal.SIGTERM)
    except UnicodeEncodeError as error:  # it was typed: what a server sends is UTF-8, or refused
        title, cause = f"{error.object!r} is not UTF-8", "names, keys and paths must be UTF-8"
        problem = Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy="enter it as UTF-8")
        say_problem(problem, as_json=as_json)
        code = Exit.USAGE
    except BrokenPipeError:
        discard_output()  # the reader has left
        code = Exit.SOME_FAILED  # not everything was printed
    sys.exit(code)


def _end_by(number: signal.Signals) -> Exit:
    """End this process by the signal: a waiting shell then ends its loop, and reports 128 plus the number.

    Returns the exit code if the system does not deliver the signal, as to the first process of a container.
    """
    sys.stdout.flush()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
    return Exit(128 + number)


class Terminated(Exception):  # noqa: N818  # it is no error, it is what happened
    """The process received SIGTERM."""


class WaitingMessages:
    """Prints on stderr that a host does not answer: at once, and each time the wait has doubled."""

    def __init__(self) -> None:
        self._host, self._next = "", 0

    def __call__(self, waiting: WaitingFrame) -> None:
        if waiting.host != self._host or waiting.seconds < self._next // 4:
            self._host, self._next = waiting.host, 0
        if waiting.seconds >= self._next:
            self._next = 2 * waiting.seconds
            click.echo(f"no answer from {visible(waiting.host)} for {waiting.seconds} s", err=True)


async def _with_engine(command: Callable[[EngineAccess], Awaitable[Exit]]) -> Exit:
    session = EngineSession(EngineProcess())
    on_waiting.set(WaitingMessages())  # of this context, which the command's task inherits
    running = asyncio.ensure_future(explaining(command, PromptingEngine(session)))
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


async def explaining(command: Callable[[EngineAccess], Awaitable[Exit]], engine: PromptingEngine) -> Exit:
    """Run the command; add cause and remedy to a denial that ends it."""
    try:
        return await command(engine)
    except ProblemError as error:
        told = await engine.explained(error.problem)
        if told is error.problem:
            raise
        raise ProblemError(told) from error


async def connected(engine: EngineAccess, typed: Typed) -> str:
    """The connection of the typed identity, for the typed location."""
    return (await connect(engine, typed_identity(typed, typed.location))).connection


async def connected_other(engine: EngineAccess, typed: Typed) -> str | None:
    """The connection of the identity of ``--other``; None without it."""
    spec = other_identity(typed)
    return (await connect(engine, spec)).connection if spec else None


async def connect(engine: EngineAccess, spec: IdentitySpec) -> Identity:
    """Connect an identity, asking the user for what it needs."""
    try:
        identity = await identified(engine, spec)
    except ProblemError as error:
        if not await give(engine, error.problem):
            raise
        identity = await identified(engine, spec)
    if identity.in_clear:
        click.echo(f"{visible(identity.endpoint)} is {IN_CLEAR}", err=True)
    return identity


async def identified(engine: EngineAccess, spec: IdentitySpec) -> Identity:
    """Connect an identity; raise `ProblemError` if it needs something from the user."""
    known = [identity async for identity in engine.follow(Connect(spec))]
    problem = known[-1].problem
    if problem and problem.needs:
        raise ProblemError(problem)
    return known[-1]


async def address_book(engine: EngineAccess) -> AddressBook:
    async with aclosing(engine.follow(WatchAddresses())) as books:
        return settings().name_accounts(await anext(books))
