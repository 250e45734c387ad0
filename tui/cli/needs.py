"""What an identity needs of the user, asked for on the terminal: a code, a sign-in, the secret of typed keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

import click

from tui.cli.asking import can_ask, read_hidden
from tui.model.problem import Need, Problem, ProblemError
from tui.protocol.messages import Feed, GiveCode, GiveKeys, Request, Secret, SignIn, SignInStep
from tui.protocol.session import EngineAccess
from tui.ui.format import visible

A = TypeVar("A")

TRIES = 3
"""How often a code is asked for before its refusal ends the verb."""

GIVING = (GiveCode, GiveKeys, SignIn)
"""What gives: when it is refused, the refusal is the answer."""


class HelpedEngine:
    """The engine, asked a second time when the user could give what the first time lacked."""

    def __init__(self, engine: EngineAccess) -> None:
        self._engine = engine

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request; raise `ProblemError`."""
        try:
            return await self._engine.ask(request)
        except ProblemError as error:
            if isinstance(request, GIVING) or not await give(self._engine, error.problem):
                raise
        return await self._engine.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed; it is not begun again once there was one. Raises `ProblemError`."""
        answered = False
        try:
            async with aclosing(self._engine.follow(feed)) as answers:
                async for answer in answers:
                    answered = True
                    yield answer
        except ProblemError as error:
            if answered or isinstance(feed, GIVING) or not await give(self._engine, error.problem):
                raise
        else:
            return
        async with aclosing(self._engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer

    async def other_has_ended(self) -> None:
        """Wait until the engine of another version is gone."""
        await self._engine.other_has_ended()


async def give(engine: EngineAccess, problem: Problem) -> bool:
    """Ask for what `problem` needs and give it; False: there is nothing to give, nobody to ask, or no answer.

    Raises `ProblemError` when what was given is refused.
    """
    if not (problem.needs and problem.connection and can_ask()):
        return False
    click.echo(visible(problem.title), err=True)
    match problem.needs:
        case Need.MFA_CODE:
            return await _give_code(engine, problem)
        case Need.SIGN_IN:
            await sign_in(engine, problem.connection)
            return True
        case Need.KEYS:
            return await _give_keys(engine, problem)


async def sign_in(engine: EngineAccess, connection: str) -> None:
    """Say where to sign in and with which code, and wait until that was done; raise `ProblemError`."""
    said = SignInStep()
    async with aclosing(engine.follow(SignIn(connection))) as steps:
        async for step in steps:
            if step.code and step.code != said.code:
                _say_step(step)
                said = step
    click.echo("signed in", err=True)


def _say_step(step: SignInStep) -> None:
    lines = ["open in a browser, on any machine:", f"  {step.url}", f"and enter the code  {step.code}"]
    if step.complete_url:
        lines += ["or open this address, which holds the code:", f"  {step.complete_url}"]
    for line in [*lines, "waiting for your sign-in there; Ctrl-C gives up"]:
        click.echo(visible(line), err=True)


async def _give_code(engine: EngineAccess, problem: Problem) -> bool:
    """Ask for the code; one that is refused may have been mistyped, or the one before."""
    for left in reversed(range(TRIES)):
        code = (await read_hidden(visible(f"code of {problem.subject}: "))).strip()
        if not code:
            return False
        try:
            await engine.ask(GiveCode(problem.connection, Secret(code)))
        except ProblemError as error:
            if not left or error.problem.needs is not Need.MFA_CODE:
                raise
            click.echo(visible(f"✗ {error.problem.sentence()}"), err=True)
        else:
            return True
    raise AssertionError("unreachable")


async def _give_keys(engine: EngineAccess, problem: Problem) -> bool:
    secret = (await read_hidden(visible(f"secret access key of {problem.subject}: "))).strip()
    if not secret:
        return False
    token = (await read_hidden("session token (Enter for none): ")).strip()
    await engine.ask(GiveKeys(problem.subject, Secret(secret), Secret(token), problem.endpoint))
    return True
