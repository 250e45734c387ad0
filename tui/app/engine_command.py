"""``xs3-tui engine``: the process that sends the requests and runs the transfers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress

import click
from msgspec import Struct

from tui.cli.exits import exit_for, say_json, say_problem
from tui.cli.json_output import json_option
from tui.core.naming import counted
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.link.process import EngineProcess
from tui.link.request import Hello, Welcome
from tui.link.session import connect


class RunningEngine(Struct, frozen=True):
    """The engine's process, and what it is busy with, in words."""

    pid: int
    version: str
    work: str


class EngineJson(Struct, frozen=True):
    """What `status` prints."""

    engine: RunningEngine | None


@click.group()
def engine() -> None:
    """Show or stop the engine, which sends the requests.

    It stays five minutes after the last command, so that the next one starts faster (engine.stay in the settings).
    """


@engine.command()
@json_option(EngineJson, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Show the engine that runs for this environment. Exits with 4 if none runs."""
    _run(_status(EngineProcess(), as_json=as_json), as_json=as_json)


@engine.command()
@click.option("--force", is_flag=True, help="Also stop one that is in use: transfers resume with the next engine.")
def stop(force: bool) -> None:
    """Stop the engine. Exits with 1 if it is in use."""
    _run(_stop(EngineProcess(), force=force), as_json=False)


def _run(command: Coroutine[None, None, Exit], *, as_json: bool) -> None:
    try:
        code = asyncio.run(command)
    except ProblemError as error:
        say_problem(error.problem, as_json=as_json)
        code = exit_for(error.problem)
    sys.exit(code)


async def _status(process: EngineProcess, *, as_json: bool) -> Exit:
    welcome = await _welcome(process)
    if as_json:
        say_json(EngineJson(RunningEngine(welcome.pid, welcome.program, _work(welcome)) if welcome else None))
    else:
        click.echo(f"process {welcome.pid}, xs3-tui {welcome.program}: {_work(welcome)}" if welcome else "none runs")
    return Exit.DONE if welcome else Exit.NOT_FOUND


async def _stop(process: EngineProcess, *, force: bool) -> Exit:
    welcome = await _welcome(process)
    if welcome is None:
        return Exit.DONE
    if not (welcome.idle or force):
        title, remedy = f"the engine is in use: {_work(welcome)}", "close it there, or stop it with --force"
        raise ProblemError(Problem(ProblemKind.ENGINE, title, remedy=remedy))
    with suppress(ProcessLookupError):
        os.kill(welcome.pid, signal.SIGTERM)
    await asyncio.to_thread(process.wait_until_gone)
    return Exit.DONE


async def _welcome(process: EngineProcess) -> Welcome | None:
    """The greeting of the running engine; None if none runs."""
    if not process.running:
        return None
    client = await connect(process.socket)
    try:
        return await client.ask(Hello())
    finally:
        await client.close()


def _work(welcome: Welcome) -> str:
    if welcome.unfinished:
        return counted(welcome.unfinished, "unfinished transfer")
    return "idle" if welcome.idle else "other screens or commands use it"
