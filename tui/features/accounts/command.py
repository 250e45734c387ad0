"""``xs3-tui login``: sign in to IAM Identity Center, or enter what else an identity needs."""

from __future__ import annotations

import time

import click

from tui.cli.command_identity import identity
from tui.cli.exits import refuse_if
from tui.cli.identity_options import Typed
from tui.cli.parameter_types import PROFILE
from tui.cli.prompts import give, sign_in
from tui.cli.running import identified, with_engine
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.problem import Exit, Need, Problem, ProblemError
from tui.link.request import Stay
from tui.link.session import EngineAccess
from tui.text.format import HOUR, duration, visible


@click.command()
@click.argument("name", metavar="[PROFILE]", type=PROFILE, required=False)
@click.option("--profile", type=PROFILE, help="The same as the argument PROFILE.")
@with_engine
async def login(engine: EngineAccess, typed: Typed) -> Exit:
    """Sign in before running other commands.

    PROFILE is an AWS profile, or an identity from the settings file. For IAM Identity Center it shows an address and a
    code for a browser on any machine and waits; this signs in the AWS CLI too. For a role it asks for the MFA code, for
    typed access keys for the secret. The engine keeps the session in memory for later commands and panes: until the
    session expires, typed keys for one hour.
    """
    refuse_if(typed.name and typed.profile, "name the identity once: as the argument or with --profile")
    spec = identity(typed.name or typed.profile)
    try:
        found = await identified(engine, spec)
    except ProblemError as error:
        found = await _given(engine, spec, error.problem)
    else:
        if found.method is AuthMethod.SSO:  # a new sign-in lasts longer
            await sign_in(engine, found.connection)
            found = await identified(engine, spec)
    click.echo(visible(f"{found.label}: {found.arn or found.account or found.method}"))
    return Exit.DONE


async def _given(engine: EngineAccess, spec: IdentitySpec, problem: Problem) -> Identity:
    """The identity, after the user has signed in (which needs no terminal) or entered what it needs."""
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
