"""Questions at the terminal: how to solve a conflict, and what an identity needs (code, sign-in, secret).

They use no thread: whatever ends the command ends the question, too.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

import click

from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.problem import Need, Problem, ProblemError
from tui.core.transfer import ANSWERS, Conflict, ConflictAnswer
from tui.link.request import Feed, Request
from tui.link.session import EngineAccess
from tui.messages.identity_requests import GiveCode, GiveKeys, Secret, SignIn, SignInStep
from tui.saved.taking_back import explained, place_of
from tui.text.format import size, visible
from tui.text.order_lines import HANDFUL, sameness

LINE_BYTES = 4096
"""The longest line that a terminal in its usual mode hands over (termios(3), "Canonical and noncanonical mode")."""

QUESTION = ", ".join(f"{key} {policy}" for key, policy in ANSWERS.items())
"""Each answer after its key."""


async def decide(conflict: Conflict) -> ConflictAnswer | None:
    """Ask on stderr what happens to an object that exists; None when the user gives no answer (end of input)."""
    ours, unseen = f"source {size(conflict.source_size)}", conflict.target_size < 0
    exists = f"{conflict.target} exists"
    if unseen:
        words = (
            f"{exists}, but cannot be seen: {ours}"
            if conflict.refused
            else f"it cannot be seen whether {exists}: {ours}"
        )
    else:
        words = f"{exists}: target {size(conflict.target_size)}, {ours}; {sameness(conflict)}"
    click.echo(visible(words), err=True)
    while True:
        click.echo(f"{QUESTION}; a capital letter applies to all: ", nl=False, err=True)
        line = await read_line()
        if not line:
            click.echo(err=True)
            return None
        typed = line.strip()
        decision = ANSWERS.get(typed[:1].lower())
        if decision and decision.startswith(typed.lower()):
            return ConflictAnswer(conflict.id, decision, for_all=typed.isupper())
        letters = ", ".join(ANSWERS)
        click.echo(f"type one letter: {letters}, or {letters.upper()} for all", err=True)


async def read_line() -> str:
    """The next line of the terminal on stdin, empty at its end."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, LINE_BYTES).decode(errors="replace")


def need_terminal() -> None:
    if not can_ask():
        raise click.UsageError("there is no terminal to ask for confirmation: add --yes, or --dry-run")


async def agreed(question: str, answer: str = "", *, otherwise: str, enter: bool = False) -> bool:
    """Ask on stderr; return whether the user typed `answer` (without one: y or yes). If not, print `otherwise`.

    With `enter` Enter alone is a yes: for what can be undone, as the button with the focus on the screen.

    Needs a terminal: see `need_terminal`. If the user does not agree, the command ends with `Exit.SOME_FAILED`.
    """
    if enter:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # an Enter from before the question is no answer
    click.echo(visible(question if answer else f"{question} {'[Y/n]' if enter else '[y/N]'} "), nl=False, err=True)
    line = await read_line()
    typed = line.strip()
    if typed == answer if answer else typed.lower() in ("y", "yes") or (enter and line and not typed):
        return True
    click.echo(otherwise, err=True)
    return False


NAMED = 2
"""Up to so many objects are named in a question."""


async def agreed_on(what: str, number: int, handful: int = HANDFUL, *, otherwise: str, enter: bool = False) -> bool:
    """Ask as `agreed` does whether so many objects may be changed; the user has to type the number of many."""
    if number <= handful:
        return await agreed(f"{what}?", otherwise=otherwise, enter=enter)
    return await agreed(f"{what}? type {number}: ", str(number), otherwise=otherwise)


async def read_hidden(prompt: str) -> str:
    """A line that the terminal does not show, without its line end; empty at the end of input."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)  # before it is asked for: what is typed at once is hidden
    try:
        click.echo(prompt, nl=False, err=True)
        return (await read_line()).rstrip("\r\n")
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        click.echo(err=True)


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


A = TypeVar("A")

TRIES = 3
"""How often the user may enter a code before its refusal ends the command."""

GIVING = (GiveCode, GiveKeys, SignIn)
"""Requests that give something: their refusal is the answer, and is not asked about again."""


class PromptingEngine:
    """The engine; asks the user for a missing code, sign-in or secret, then sends the request again."""

    def __init__(self, engine: EngineAccess) -> None:
        self._engine = engine
        self._connections: dict[str, str] = {}
        """By identity label."""
        self._asked: Location | None = None
        """Location of the latest request: a denied listing does not name its prefix."""

    async def explained(self, problem: Problem) -> Problem:
        """The problem, with cause and remedy if it is a denial."""
        connection, place = self._connections.get(problem.identity), place_of(problem)
        if connection is None or place is None:
            return problem
        asked = self._asked if self._asked and not place.key and self._asked.bucket == place.bucket else place
        beside = next((one for label, one in self._connections.items() if label != problem.identity), None)
        return await explained(self._engine, problem, connection, beside, asked)

    def _note(self, request: object) -> None:
        where = getattr(request, "location", None)
        self._asked = where if isinstance(where, Location) else self._asked

    async def ask(self, request: Request[A]) -> A:
        self._note(request)
        try:
            return await self._engine.ask(request)
        except ProblemError as error:
            if isinstance(request, GIVING) or not await give(self._engine, error.problem):
                raise
        return await self._engine.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed. Retries only before the first answer. Raises `ProblemError`."""
        answered = False
        self._note(feed)
        try:
            async with aclosing(self._engine.follow(feed)) as answers:
                async for answer in answers:
                    answered = True
                    if isinstance(answer, Identity):
                        self._connections[answer.label] = answer.connection
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
        await self._engine.other_has_ended()


async def give(engine: EngineAccess, problem: Problem) -> bool:
    """Ask the user for what `problem` needs and send it; False if nothing is needed, without a terminal or an answer.

    Raises `ProblemError` if the server refuses it.
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
            secret = (await read_hidden(visible(f"secret access key of {problem.subject}: "))).strip()
            if not secret:
                return False
            token = (await read_hidden("session token (Enter for none): ")).strip()
            await engine.ask(GiveKeys(problem.subject, Secret(secret), Secret(token), problem.endpoint))
            return True


async def sign_in(engine: EngineAccess, connection: str) -> None:
    """Print where to sign in and with which code, and wait for the sign-in; raise `ProblemError`."""
    said = SignInStep()
    async with aclosing(engine.follow(SignIn(connection))) as steps:
        async for step in steps:
            if step.code and step.code != said.code:
                lines = ["open this address in a browser on any machine:", f"  {step.url}"]
                lines += [f"and enter the code  {step.code}"]
                if step.complete_url:
                    lines += ["or this address, which includes the code:", f"  {step.complete_url}"]
                for line in [*lines, "waiting for your sign-in; Ctrl-C cancels"]:
                    click.echo(visible(line), err=True)
                said = step
    click.echo("signed in", err=True)


async def _give_code(engine: EngineAccess, problem: Problem) -> bool:
    """Ask for the code, and again if it is refused: it may be mistyped or have expired."""
    for left in reversed(range(TRIES)):
        code = (await read_hidden(visible(f"MFA code of {problem.subject}: "))).strip()
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
