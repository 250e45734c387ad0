"""Sign-ins to IAM Identity Center by device authorization, against a loopback service."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from aiohttp import web

from tests.accounts.conftest import WriteSettings
from tests.servers.daemon import free_ports
from tests.servers.loopback import loopback
from tests.servers.oidc import HOUR, SCOPE, START_URL, IdentityCenter, RoleKeys, identity_center
from tests.waiting import until
from tui.accounts import connection_id
from tui.accounts.connection import Timeouts
from tui.accounts.connections import Connections
from tui.accounts.credentials import expiry_of, method_used
from tui.accounts.sso import DeviceCode, sign_in
from tui.accounts.sso_cache import TokenCache
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.problem import Need, Problem, ProblemError, ProblemKind

ACCOUNT, ROLE = "222222222222", "Read"
PROFILES = f"""\
[profile work]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}
region = eu-west-1

[profile other]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = Admin

[profile "old form"]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}

[profile chained]
role_arn = arn:aws:iam::111111111111:role/deploy
source_profile = between

[profile between]
role_arn = arn:aws:iam::{ACCOUNT}:role/between
source_profile = work

[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s3cr3t

[profile unfinished]
sso_session = half
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}

[sso-session corp]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_registration_scopes = {SCOPE}

[sso-session half]
sso_region = eu-west-1
"""
PLAIN_BOTOCORE = """
import sys
import botocore.session
session = botocore.session.Session(profile=sys.argv[1])
keys = session.get_credentials().get_frozen_credentials()
print(keys.access_key, keys.secret_key, keys.token)
"""


class Clock:
    """A time that passes when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.time = 1e9
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
async def center(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityCenter]:
    async with identity_center() as service:
        service.roles[ACCOUNT, ROLE] = RoleKeys("ASIAREAD", "s3cr3t")
        write_settings(PROFILES, "")
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def work(profile: str = "work") -> str:
    return connection_id(IdentitySpec(profile))


async def signed_in(connections: Connections, clock: Clock, profile: str = "work") -> DeviceCode:
    """Sign in; returns the one code that was given."""
    settings = await connections.settings(work(profile))
    [code] = [code async for code in sign_in(settings, clock.sleep, clock.now)]
    return code


async def refused(connections: Connections, clock: Clock, profile: str = "work") -> Problem:
    with pytest.raises(ProblemError) as caught:
        await signed_in(connections, clock, profile)
    return caught.value.problem


async def problem_of(connections: Connections, profile: str = "work") -> Problem:
    with pytest.raises(ProblemError) as caught:
        await connections.renew(work(profile))
    return caught.value.problem


def cached(directory: Path) -> list[Path]:
    return sorted((directory / "home/.aws/sso/cache").glob("*.json"))


def tokens(directory: Path) -> list[dict[str, str]]:
    texts = [json.loads(file.read_text()) for file in cached(directory)]
    return [text for text in texts if "accessToken" in text]


def plain_botocore(profile: str) -> list[str]:
    """What an SDK of another program finds."""
    command = [sys.executable, "-c", PLAIN_BOTOCORE, profile]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout.split()


@pytest.mark.parametrize("profile", ["work", "old form", "chained"])
async def test_after_a_sign_in_the_role_is_had_here_and_by_everyone_else(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path, profile: str
) -> None:
    signing_in = "work" if profile == "chained" else profile
    assert (await problem_of(connections, signing_in)).needs is Need.SIGN_IN
    center.approved = True
    code = await signed_in(connections, clock, profile)
    assert code.url == f"{START_URL}/#/device"
    assert code.complete_url == f"{START_URL}/#/device?user_code={code.code}"
    assert code.expires == 1e9 + center.code_seconds
    made = await connections.renew(work(signing_in))
    assert (await made.credentials.get_frozen_credentials()).access_key == "ASIAREAD"
    assert method_used(made.credentials) is AuthMethod.SSO
    assert expiry_of(made.credentials) == pytest.approx(time.time() + HOUR, abs=60)
    assert await asyncio.to_thread(plain_botocore, signing_in) == ["ASIAREAD", "s3cr3t", "session"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in cached(surroundings)} == {0o600}
    assert stat.S_IMODE(cached(surroundings)[0].parent.stat().st_mode) == 0o700


async def test_the_code_is_waited_for_at_the_pace_of_the_server(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.approved, center.interval = True, 2
    center.answers.extend(["AuthorizationPendingException", "SlowDownException", "AuthorizationPendingException"])
    center.answers.extend(["SlowDownException", "AuthorizationPendingException"])
    await signed_in(connections, clock)
    assert clock.slept == [2, 2, 7, 7, 12, 12]
    assert center.asked.count("CreateToken") == 6


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("AccessDeniedException", ProblemKind.DENIED),
        ("ExpiredTokenException", ProblemKind.EXPIRED),
        ("InternalServerException", ProblemKind.INVALID),
    ],
)
async def test_a_refusal_ends_the_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path, answer: str, kind: ProblemKind
) -> None:
    center.answers.extend(["AuthorizationPendingException", answer])
    problem = await refused(connections, clock)
    assert (problem.kind, problem.operation, problem.code) == (kind, "CreateToken", answer)
    assert (problem.needs, problem.subject, problem.connection) == (Need.SIGN_IN, "corp", work())
    assert center.asked.count("CreateToken") == 2
    assert tokens(surroundings) == []


async def test_a_code_that_nobody_enters_ends(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.code_seconds, center.interval = 61, 20
    problem = await refused(connections, clock)
    assert (problem.kind, problem.title) == (ProblemKind.EXPIRED, "the code of the sign-in has expired")
    assert "new code" in problem.remedy
    assert clock.slept == [20, 20, 20, 1]
    assert center.asked.count("CreateToken") == 3


async def test_leaving_gives_the_sign_in_up_at_once(
    center: IdentityCenter, connections: Connections, surroundings: Path
) -> None:
    before = asyncio.all_tasks()
    settings = await connections.settings(work())
    asleep = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    signing_in = sign_in(settings, sleep)
    await anext(signing_in)
    async with aclosing(signing_in):
        waiting = asyncio.create_task(anext(signing_in))
        await asleep.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await until(lambda: asyncio.all_tasks() <= before, "nothing of it is left")
    assert "CreateToken" not in center.asked
    assert tokens(surroundings) == []


async def test_a_registration_is_used_again(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.approved = True
    await signed_in(connections, clock)
    await signed_in(connections, clock)
    [client] = center.clients.values()
    assert (client["clientName"], client["clientType"], client["scopes"]) == ("xs3-tui", "public", [SCOPE])
    center.clients.clear()  # forgotten there
    await signed_in(connections, clock)
    assert center.asked.count("RegisterClient") == 2


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
async def test_without_a_token_nobody_is_asked(center: IdentityCenter, connections: Connections, profile: str) -> None:
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


@pytest.mark.parametrize(("profile", "said"), [("keys", "nothing to sign in to"), ("unfinished", "not configured")])
async def test_what_cannot_be_signed_in_to(
    center: IdentityCenter, connections: Connections, clock: Clock, profile: str, said: str
) -> None:
    problem = await refused(connections, clock, profile)
    assert (problem.kind, problem.needs) == (ProblemKind.INVALID, None)
    assert said in problem.title
    assert center.asked == []


async def test_a_start_url_that_is_wrong(
    center: IdentityCenter, connections: Connections, clock: Clock, write_settings: WriteSettings
) -> None:
    write_settings(PROFILES.replace(START_URL, "https://crop.awsapps.com/start"), "")
    problem = await refused(connections, clock)
    assert (problem.kind, problem.operation) == (ProblemKind.INVALID, "StartDeviceAuthorization")
    assert problem.cause == "no such start URL"


async def test_a_service_that_cannot_be_reached(
    center: IdentityCenter, connections: Connections, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [port] = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO_OIDC", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    problem = await refused(connections, clock)
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "IAM Identity Center in eu-west-1" in problem.title
    assert problem.needs is Need.SIGN_IN


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
    assert "no answer" in problem.cause


async def test_a_cache_that_cannot_be_written(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    (surroundings / "home/.aws").write_text("in the way")
    problem = await refused(connections, clock)
    assert problem.title == "the sign-in cannot be kept"
    assert ".aws" in problem.cause


async def test_endpoints_of_the_services_section_are_asked(
    center: IdentityCenter,
    connections: Connections,
    clock: Clock,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in center.environment:
        monkeypatch.delenv(name)
    section = f"[services loopback]\nsso_oidc =\n  endpoint_url = {center.endpoint}\nsso =\n"
    section += f"  endpoint_url = {center.endpoint}\n"
    write_settings(PROFILES.replace("[profile work]\n", "[profile work]\nservices = loopback\n") + section, "")
    center.approved = True
    await signed_in(connections, clock)
    await connections.renew(work())
    assert center.asked[-1] == "GetRoleCredentials"


def test_old_times_are_read(surroundings: Path) -> None:
    TokenCache()["key"] = {"accessToken": "t", "expiresAt": "2030-01-01T00:00:00UTC"}
    assert "key" in TokenCache()
