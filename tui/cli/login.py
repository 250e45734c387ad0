"""``xs3-tui login``: sign in to IAM Identity Center, or give what else an identity needs, without a screen."""

from __future__ import annotations

from functools import partial

import click

from tui.cli.exits import Exit
from tui.cli.identities import identity
from tui.cli.needs import give, lacks, sign_in
from tui.cli.parameters import PROFILE
from tui.cli.running import run_verb
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.problem import Need, ProblemError
from tui.protocol.messages import Connect
from tui.protocol.session import EngineAccess
from tui.ui.format import visible


@click.command()
@click.argument("name", metavar="[PROFILE]", type=PROFILE, required=False)
def login(name: str | None) -> None:
    """Sign in as PROFILE: an AWS profile, or an identity of the settings.

    For IAM Identity Center it says an address and a code for a browser on any machine, and waits; the AWS CLI is signed
    in, too. Where a role wants the code of an MFA device, or typed keys their secret, these are asked for.
    """
    run_verb(partial(_login, spec=identity(name)), as_json=False)


async def _login(engine: EngineAccess, *, spec: IdentitySpec) -> Exit:
    stages = [stage async for stage in engine.follow(Connect(spec))]
    found = stages[-1]
    problem = lacks(found)
    if problem and problem.needs is not Need.SIGN_IN:
        if not await give(engine, problem):
            raise ProblemError(problem)
    elif problem or found.method is AuthMethod.SSO:
        await sign_in(engine, found.connection)
    stages = [stage async for stage in engine.follow(Connect(spec))]
    found = stages[-1]
    if found.problem and lacks(found):
        raise ProblemError(found.problem)
    click.echo(visible(f"{found.label}: {found.arn or found.account or found.method}"))
    return Exit.DONE
