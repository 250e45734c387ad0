"""``xs3-tui login``: sign in to IAM Identity Center, or give what else an identity needs, without a screen."""

from __future__ import annotations

import time
from functools import partial

import click

from tui.cli.command_identity import identity
from tui.cli.parameter_types import PROFILE
from tui.cli.prompts import give, sign_in
from tui.cli.running import identified, run_command
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.problem import Exit, Need, Problem, ProblemError
from tui.link.request import Stay
from tui.link.session import EngineAccess
from tui.text.format import HOUR, duration, visible


@click.command()
@click.argument("name", metavar="[PROFILE]", type=PROFILE, required=False)
@click.option("--profile", type=PROFILE, help="The same as the argument PROFILE.")
def login(name: str | None, profile: str | None) -> None:
    """Sign in before running other commands.

    PROFILE is an AWS profile, or an identity from the settings file. For IAM Identity Center it shows an address and a
    code for a browser on any machine and waits; this signs in the AWS CLI too. For a role it asks for the MFA code, for
    typed access keys for the secret. The engine keeps the session in memory for later commands and panes: until the
    session expires, typed keys for one hour.
    """
    if name and profile:
        raise click.UsageError("name the identity once: as the argument or with --profile")
    run_command(partial(_login, spec=identity(name or profile)), as_json=False)


async def _login(engine: EngineAccess, *, spec: IdentitySpec) -> Exit:
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
    """The identity, once it has what it needs; a sign-in needs no terminal."""
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
