"""Profiles of `aws login`: their cache is read and renewed as the AWS CLI does it, without awscrt."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.aws.conftest import WriteSettings
from tests.servers.sign_in.console import QUARTER, SESSION, Console, console
from tests.stores.refusals import problem_of as refusal_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import AuthMethod, IdentitySpec
from tui.core.problem import Problem, ProblemKind

PROFILES = f"""\
[profile console]
login_session = {SESSION}
region = eu-west-1

[profile chained]
role_arn = arn:aws:iam::111111111111:role/deploy
source_profile = console
region = eu-west-1
"""
HOUR = 3600.0


@pytest_asyncio.fixture
async def service(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Console]:
    async with console() as made:
        write_settings(PROFILES, "")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", made.endpoint)
        monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", str(cache_of(tmp_path)))
        yield made


def cache_of(tmp_path: Path) -> Path:
    return tmp_path / "login" / "cache"


async def keys_of(connections: Connections, profile: str = "console") -> tuple[str, str, str]:
    made = await connections.get(connection_id(IdentitySpec(profile)))
    assert made.settings.method is AuthMethod.LOGIN
    frozen = await made.credentials.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


async def problem_of(connections: Connections, profile: str = "console") -> Problem:
    return await refusal_of(connections.fresh(connection_id(IdentitySpec(profile))))


async def test_credentials_that_live_are_used_as_they_are(
    service: Console, connections: Connections, tmp_path: Path
) -> None:
    service.write_cache(cache_of(tmp_path), seconds=HOUR)
    assert await keys_of(connections) == ("ASIACONSOLE0", "s3cr3t-0", "session-0")
    assert service.renewals == 0


async def test_credentials_at_their_end_are_renewed_and_kept(
    service: Console, connections: Connections, tmp_path: Path
) -> None:
    file = service.write_cache(cache_of(tmp_path), seconds=60)
    assert await keys_of(connections) == ("ASIACONSOLE1", "s3cr3t-1", "session-1")
    kept = json.loads(file.read_text())
    assert (kept["accessToken"]["accessKeyId"], kept["refreshToken"]) == ("ASIACONSOLE1", service.refresh)
    assert kept["accessToken"]["accountId"] == "222222222222"
    assert kept["idToken"] == "id"  # what is not ours to know stays
    assert file.stat().st_mode & 0o777 == 0o600
    another = Connections()
    assert await keys_of(another) == ("ASIACONSOLE1", "s3cr3t-1", "session-1")
    await another.close()
    assert service.renewals == 1


async def test_what_the_aws_cli_has_renewed_is_used(service: Console, connections: Connections, tmp_path: Path) -> None:
    """A refresh token is good once: who comes second is refused, and finds what the first has got."""
    service.write_cache(cache_of(tmp_path), seconds=60)

    def renew_elsewhere() -> None:
        service.refresh = "refresh-elsewhere"
        service.write_cache(cache_of(tmp_path), seconds=QUARTER, number=7)

    service.between = renew_elsewhere
    assert await keys_of(connections) == ("ASIACONSOLE7", "s3cr3t-7", "session-7")
    assert service.renewals == 0


async def test_a_sign_in_that_is_over_says_what_to_run(
    service: Console, connections: Connections, tmp_path: Path
) -> None:
    for reason, cause in (
        ("TOKEN_EXPIRED", "it has ended"),
        ("USER_CREDENTIALS_CHANGED", "the user's credentials have changed"),
    ):
        service.write_cache(cache_of(tmp_path), seconds=-60)
        service.refusal = reason
        problem = await problem_of(connections)
        assert (problem.kind, problem.title) == (ProblemKind.EXPIRED, "the console sign-in has expired")
        assert (problem.cause, problem.remedy) == (cause, "run `aws login --profile console`, then try again")
        assert not any(secret in repr(problem) for secret in ("s3cr3t", "session-0", "refresh-0", "PRIVATE"))
    chained = await problem_of(connections, "chained")
    assert "`aws login --profile console`" in chained.remedy, "it names the profile that signs in"


async def test_a_missing_permission_is_named(service: Console, connections: Connections, tmp_path: Path) -> None:
    service.write_cache(cache_of(tmp_path), seconds=-60)
    service.refusal = "INSUFFICIENT_PERMISSIONS"
    problem = await problem_of(connections)
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "signin:CreateOAuth2Token")


DAMAGED: dict[str, dict[str, Any]] = {
    "no refresh token": {"refreshToken": None},
    "no key": {"dpopKey": ""},
    "another key": {"dpopKey": "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"},
    "no credentials": {"accessToken": {}},
    "no fields": {"accessToken": ["x"]},
}


async def test_a_damaged_cache_is_a_missing_sign_in(service: Console, connections: Connections, tmp_path: Path) -> None:
    for damage in DAMAGED.values():
        service.write_cache(cache_of(tmp_path), seconds=-60, **damage)
        problem = await problem_of(connections)
        assert (problem.kind, problem.title) == (ProblemKind.EXPIRED, "not signed in to the console")
        assert "`aws login --profile console`" in problem.remedy
    file = service.write_cache(cache_of(tmp_path), seconds=HOUR)
    for text in ("", "{", "[]", "null"):
        file.write_text(text)
        assert (await problem_of(connections)).title == "not signed in to the console"
    file.unlink()
    assert (await problem_of(connections)).title == "not signed in to the console"


async def test_an_answer_without_what_it_must_have_changes_nothing(
    service: Console, connections: Connections, tmp_path: Path
) -> None:
    for odd in ({"expiresIn": None}, {"accessToken": None}, {"refreshToken": 7}):
        file = service.write_cache(cache_of(tmp_path), seconds=-60)
        before, service.odd = file.read_text(), odd
        assert (await problem_of(connections)).kind in (ProblemKind.EXPIRED, ProblemKind.SERVER)
        assert file.read_text() == before
