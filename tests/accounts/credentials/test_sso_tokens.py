"""What becomes of a sign-in: its token is renewed, ends, is taken back, or does not reach far enough."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from botocore.exceptions import LoginRefreshRequired, LoginTokenLoadError

from tests.accounts.credentials.company import (
    ACCOUNT,
    Clock,
    cached,
    plain_botocore,
    problem_of,
    signed_in,
    tokens,
    work,
)
from tests.servers.loopback import loopback
from tests.servers.sign_in.oidc import HOUR, START_URL, IdentityCenter
from tui.accounts.clients.connection import Timeouts
from tui.accounts.connections import Connections
from tui.accounts.credentials.sso_cache import TokenCache
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import problem_of as problem_of_error
from tui.model.problem import Need, ProblemKind


async def test_a_token_is_renewed_without_the_user(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    """botocore renews what has less than a quarter of an hour left."""
    center.approved, center.token_seconds = True, 5 * 60
    await signed_in(connections, clock)
    [first] = tokens(surroundings)
    center.token_seconds = HOUR
    await connections.renew(work())
    [second] = tokens(surroundings)
    assert center.asked[-2:] == ["RenewToken", "GetRoleCredentials"]
    assert second["accessToken"] in center.tokens
    assert second["accessToken"] != first["accessToken"]
    assert second["refreshToken"] != first["refreshToken"]
    assert await asyncio.to_thread(plain_botocore, "work") == ["ASIAREAD", "s3cr3t", "session"]


async def test_a_token_that_cannot_be_renewed_needs_a_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.approved, center.token_seconds = True, 0
    await signed_in(connections, clock)
    center.end_tokens()
    problem = await problem_of(connections)
    assert center.asked[-1] == "RenewToken"
    assert (problem.kind, problem.needs, problem.subject) == (ProblemKind.EXPIRED, Need.SIGN_IN, "corp")


@pytest.mark.parametrize("profile", ["work", "old form"])
async def test_a_token_that_was_taken_back_needs_a_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock, profile: str
) -> None:
    center.approved = True
    await signed_in(connections, clock, profile)
    center.end_tokens()
    problem = await problem_of(connections, profile)
    assert center.asked[-1] == "GetRoleCredentials"
    assert (problem.kind, problem.needs, problem.connection) == (ProblemKind.EXPIRED, Need.SIGN_IN, work(profile))
    assert problem.subject == ("corp" if profile == "work" else START_URL)
    assert "sign in" in problem.remedy


@pytest.mark.parametrize("profile", ["work", "old form", "chained"])
async def test_without_a_token_no_request_is_sent(
    center: IdentityCenter, connections: Connections, profile: str
) -> None:
    problem = await problem_of(connections, profile)
    assert (problem.kind, problem.needs) == (ProblemKind.EXPIRED, Need.SIGN_IN)
    assert problem.title.startswith("not signed in")
    login = "'old form'" if profile == "old form" else "work"
    assert f"aws sso login --profile {login}" in problem.remedy
    assert center.asked == []


@pytest.mark.parametrize("rubbish", ["", "{", "[]", "7", '{"accessToken": "t", "expiresAt": "soon"}'])
async def test_a_broken_token_is_none(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path, rubbish: str
) -> None:
    center.approved = True
    await signed_in(connections, clock)
    for file in cached(surroundings):
        file.write_text(rubbish)
    assert (await problem_of(connections)).needs is Need.SIGN_IN
    await signed_in(connections, clock)
    await connections.renew(work())


async def test_a_role_that_is_not_assigned(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.approved = True
    await signed_in(connections, clock, "other")
    problem = await problem_of(connections, "other")
    assert (problem.kind, problem.needs, problem.status) == (ProblemKind.DENIED, None, 403)
    assert "Admin" in problem.title
    assert ACCOUNT in problem.title
    assert "sso_role_name" in problem.remedy


async def test_a_service_that_never_answers(
    center: IdentityCenter, connections: Connections, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    center.approved = True
    await signed_in(connections, clock)

    over = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    async with loopback([web.get("/federation/credentials", silent)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", endpoint)
        impatient = Connections(timeouts=Timeouts(read=0.2))
        problem = await problem_of(impatient)
        over.set()
    assert (problem.kind, problem.title) == (ProblemKind.UNREACHABLE, f"cannot reach {endpoint}")
    assert "no response" in problem.cause


@pytest.mark.parametrize("error", [LoginRefreshRequired(), LoginTokenLoadError(error_msg="no token")])
def test_a_console_sign_in_is_renewed_by_the_aws_cli(error: Exception) -> None:
    problem = problem_of_error(error, Attempt("console", profile="console"))
    assert (problem.kind, problem.needs) == (ProblemKind.EXPIRED, None)
    assert "`aws login --profile console`" in problem.remedy


def test_old_times_are_read(surroundings: Path) -> None:
    TokenCache()["key"] = {"accessToken": "t", "expiresAt": "2030-01-01T00:00:00UTC"}
    assert "key" in TokenCache()
