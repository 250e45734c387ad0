"""``xs3-tui login``: sign in to IAM Identity Center, or give what else an identity needs, without a screen."""

from __future__ import annotations

import time
from functools import partial

import click

from tui.cli.exits import Exit
from tui.cli.identities import identity
from tui.cli.needs import give, sign_in
from tui.cli.parameters import PROFILE
from tui.cli.running import identified, run_verb
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.problem import Need, Problem, ProblemError
from tui.protocol.messages import Stay
from tui.protocol.session import EngineAccess
from tui.ui.format import HOUR, duration, visible


@click.command()
@click.argument("name", metavar="[PROFILE]", type=PROFILE, required=False)
@click.option("--profile", type=PROFILE, help="The same, as the other verbs have it.")
def login(name: str | None, profile: str | None) -> None:
    """Sign in as PROFILE: an AWS profile, or an identity of the settings.

    For IAM Identity Center it says an address and a code for a browser on any machine, and waits; the AWS CLI is signed
    in, too. Where a role wants the code of an MFA device, or typed keys their secret, these are asked for; the engine
    then has them in its memory for the verbs and panes that follow, until the session ends, typed keys for an hour.
    """
    if name and profile:
        raise click.UsageError("the identity is named twice")
    run_verb(partial(_login, spec=identity(name or profile)), as_json=False)


async def _login(engine: EngineAccess, *, spec: IdentitySpec) -> Exit:
    try:
        found = await identified(engine, spec)
    except ProblemError as error:
        found = await _given(engine, spec, error.problem)
    else:
        if found.method is AuthMethod.SSO:  # who is signed in may want to be for longer
            await sign_in(engine, found.connection)
            found = await identified(engine, spec)
    click.echo(visible(f"{found.label}: {found.arn or found.account or found.method}"))
    return Exit.DONE


async def _given(engine: EngineAccess, spec: IdentitySpec, problem: Problem) -> Identity:
    """The identity, once it has what it lacks; a sign-in needs no terminal."""
    if problem.needs is Need.SIGN_IN:
        await sign_in(engine, problem.connection)
        return await identified(engine, spec)
    if not await give(engine, problem):
        raise ProblemError(problem)
    found = await identified(engine, spec)
    seconds = found.expires - time.time() if found.expires else HOUR
    await engine.ask(Stay(seconds))
    click.echo(f"in the engine's memory for {duration(seconds)}", err=True)
    return found
