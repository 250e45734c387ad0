"""Sign-ins to IAM Identity Center by device authorization, against a loopback service."""

import asyncio
import stat
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.credentials.company import (
    PROFILES,
    Clock,
    cached,
    plain_botocore,
    problem_of,
    refused,
    signed_in,
    tokens,
    work,
)
from tests.servers.daemon import free_ports
from tests.servers.sign_in.oidc import HOUR, SCOPE, START_URL, IdentityCenter
from tests.waiting import until
from tui.accounts.connections import Connections
from tui.accounts.credentials.properties import method_used
from tui.accounts.credentials.sso import sign_in
from tui.accounts.overrides.credentials import expiry_of
from tui.model.identity import AuthMethod
from tui.model.problem import Need, ProblemKind


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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("verificationUri", "javascript:alert(1)", "is not a web page URL"),
        ("verificationUri", "https://x/\nrm -rf ~\n", "is not a web page URL"),
        ("verificationUri", None, "has no"),
        ("verificationUriComplete", "https://x/\x1b]52;c;eA==\x07", "is not a web page URL"),
        ("verificationUriComplete", "https://x/" + "y" * 4000, "is not a web page URL"),
        ("userCode", "AB\x1b[2J", "is not a code"),
        ("userCode", 7, "is not a code"),
        ("expiresIn", -1, "is not a number"),
        ("expiresIn", 1e300, "is not a number"),
        ("interval", -5, "is not a number"),
    ],
)
async def test_nothing_odd_of_a_server_gets_to_the_user(
    center: IdentityCenter, connections: Connections, clock: Clock, name: str, value: object, said: str
) -> None:
    center.odd[name] = value
    problem = await refused(connections, clock)
    assert (problem.kind, problem.title) == (ProblemKind.SERVER, "the server's response cannot be read")
    assert said in problem.cause
    assert "CreateToken" not in center.asked


async def test_a_code_that_is_not_entered_expires(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.code_seconds, center.interval = 61, 20
    problem = await refused(connections, clock)
    assert (problem.kind, problem.title) == (ProblemKind.EXPIRED, "the sign-in code has expired")
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


@pytest.mark.parametrize("profile", ["work", "old form"])
async def test_a_sign_in_that_another_program_completes_counts(
    center: IdentityCenter, connections: Connections, clock: Clock, profile: str
) -> None:
    """The AWS CLI in another shell, or the other pane."""
    center.approved = True
    await signed_in(connections, clock, profile)
    center.end_tokens()
    center.approved, asked = False, center.asked.count("CreateToken")
    here = sign_in(await connections.settings(work(profile)), clock.sleep, clock.now)
    await anext(here)
    center.approved = True
    await signed_in(connections, clock, profile)
    assert [code async for code in here] == []
    assert center.asked.count("CreateToken") == asked + 1
    await connections.renew(work(profile))


async def test_a_registration_is_used_again(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.approved = True
    await signed_in(connections, clock)
    await signed_in(connections, clock)
    [client] = center.clients.values()
    assert (client["clientName"], client["clientType"], client["scopes"]) == ("xs3-tui", "public", [SCOPE])
    center.clients.clear()  # forgotten there
    await signed_in(connections, clock)
    assert center.asked.count("RegisterClient") == 2


@pytest.mark.parametrize(("profile", "said"), [("keys", "no sign-in is needed"), ("unfinished", "incomplete")])
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


async def test_a_cache_that_cannot_be_written(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    (surroundings / "home/.aws").write_text("in the way")
    problem = await refused(connections, clock)
    assert problem.title == "the sign-in cannot be saved"
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
