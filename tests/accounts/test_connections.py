"""Connections made from ids, and why they cannot be made. No server is asked."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from tests.accounts.conftest import WriteSettings
from tests.waiting import until
from tui.accounts import connection_id, spec_of
from tui.accounts.clients.connection import Connection, identity_of
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.accounts.credentials.properties import method_used
from tui.accounts.probing import probe
from tui.accounts.profiles import list_profiles
from tui.model.identity import AuthMethod, Identity, IdentitySpec, Safety
from tui.model.problem import Need, Problem, ProblemError, ProblemKind

KEYS = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s3cr3t\n"


async def problem_of(connections: Connections, spec: IdentitySpec) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await connections.get(connection_id(spec))
    assert "s3cr3t" not in repr(caught.value.problem)
    return caught.value.problem


def test_an_id_is_its_spec() -> None:
    spec = IdentitySpec("ü [x]", "http://x", "eu-west-1", anonymous=True)
    assert spec_of(connection_id(spec)) == spec
    assert connection_id(spec) != connection_id(IdentitySpec("ü [x]"))
    with pytest.raises(ProblemError) as caught:
        spec_of("rubbish")
    assert (caught.value.problem.kind, caught.value.problem.resource) == (ProblemKind.INVALID, "rubbish")


def test_equal_specs_have_equal_ids() -> None:
    one, other = IdentitySpec("x"), IdentitySpec("x", safety=Safety())
    assert one == other
    assert connection_id(one) == connection_id(other)
    assert connection_id(IdentitySpec("x", safety=Safety(read_only=True))) != connection_id(one)


async def test_an_id_has_one_connection(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", KEYS)
    connection = await connections.get(connection_id(IdentitySpec()))
    assert connection is await connections.get(connection_id(IdentitySpec()))
    assert connection.label == "default"
    assert connection.endpoint == "https://s3.amazonaws.com"
    assert method_used(connection.credentials) is AuthMethod.KEYS


async def test_settings_are_read_again_for_each_new_connection(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings("[default]\nregion = eu-west-1\n", KEYS)
    spec = IdentitySpec(anonymous=True)
    before = await connections.get(connection_id(spec))
    write_settings("[default]\nregion = eu-west-2\n", KEYS)
    assert await connections.get(connection_id(spec)) is before
    regions = {identity.region async for identity in connections.identify(spec)}
    assert regions == {"eu-west-2"}
    after = await connections.get(connection_id(spec))
    assert (before.settings.region, after.settings.region) == ("eu-west-1", "eu-west-2")


async def test_all_connections_of_an_id_have_the_same_identity(
    connections: Connections, write_settings: WriteSettings
) -> None:
    """What is forbidden is judged by who was asked who he is: no transfer may be another."""
    write_settings("", KEYS)
    name = connection_id(IdentitySpec())
    asked = await connections.get(name)
    write_settings("", KEYS.replace("AKIADEFAULT", "AKIAOTHER"))
    transfers = await connections.get(name, ONE_ATTEMPT)
    assert transfers is not asked
    assert (transfers.attempts, transfers.credentials.access_key) == (1, "AKIADEFAULT")
    renewed = await connections.renew(name)
    assert renewed.credentials.access_key == "AKIAOTHER"
    assert (await connections.get(name)).credentials is renewed.credentials


async def test_who_is_known_in_part_is_not_taken_for_known(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ask at once, and the one ends when the other has not heard the account yet."""
    write_settings("", KEYS)
    name, steps = connection_id(IdentitySpec()), [asyncio.Event() for _ in range(3)]
    asking: list[asyncio.Event] = []
    steps[2].set()

    async def slowly(connection: Connection) -> AsyncGenerator[Identity, None]:
        known, step = identity_of(connection.settings), steps[len(asking)]
        asking.append(step)
        await step.wait()
        yield known
        step.clear()
        await step.wait()
        yield msgspec.structs.replace(known, account="111111111111")

    monkeypatch.setattr("tui.accounts.connections.identify", slowly)
    first, second = (asyncio.create_task(connections.identity(name)) for _ in range(2))
    await until(lambda: len(asking) == 2, "both are asking")
    steps[0].set()
    await until(lambda: not steps[0].is_set(), "the first knows a part")
    steps[0].set()
    assert (await first).account
    steps[1].set()
    await until(lambda: not steps[1].is_set(), "the second knows a part")
    third = asyncio.create_task(connections.identity(name))
    await until(lambda: third.done() or (len(asking) == 3 and not steps[2].is_set()), "it is asked once more")
    steps[2].set()
    assert (await third).account
    steps[1].set()
    assert (await second).account


async def test_a_missing_profile(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[profile media-prod]\n", KEYS)
    problem = await problem_of(connections, IdentitySpec("media-prd"))
    assert problem.kind is ProblemKind.NO_PROFILE
    assert "media-prod" in problem.remedy


async def test_a_profile_of_the_environment_that_is_missing(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("", KEYS)
    monkeypatch.setenv("AWS_PROFILE", "gone")
    assert (await problem_of(connections, IdentitySpec())).kind is ProblemKind.NO_PROFILE


async def test_no_credentials(connections: Connections, surroundings: Path) -> None:
    problem = await problem_of(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "choose a profile" in problem.remedy


async def test_a_profile_without_credentials(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[profile empty]\n", "")
    problem = await problem_of(connections, IdentitySpec("empty"))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "empty" in problem.remedy


async def test_half_a_key(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", "[default]\naws_access_key_id = AKIA\n")
    assert (await problem_of(connections, IdentitySpec())).kind is ProblemKind.NO_CREDENTIALS


async def test_a_broken_file(connections: Connections, write_settings: WriteSettings) -> None:
    config, _ = write_settings("[default\n", KEYS)
    problem = await problem_of(connections, IdentitySpec())
    assert problem.kind is ProblemKind.INVALID
    assert str(config) in problem.cause


@pytest.mark.parametrize("endpoint", ["no url", "http://", "ftp//x"])
async def test_an_endpoint_that_is_no_url(
    connections: Connections, write_settings: WriteSettings, endpoint: str
) -> None:
    write_settings("", KEYS)
    problem = await problem_of(connections, IdentitySpec(endpoint=endpoint))
    assert problem.kind is ProblemKind.INVALID
    assert endpoint in problem.cause


async def test_no_password_of_an_endpoint_is_shown(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[default]\nendpoint_url = https://me:s3cr3t@host:9000\n", KEYS)
    problem = await problem_of(connections, IdentitySpec())
    assert (problem.kind, problem.cause.split(",")[0]) == (ProblemKind.INVALID, "https://…@host:9000")
    [profile], _ = list_profiles()
    assert profile.endpoint == "https://…@host:9000"


async def test_no_password_of_a_proxy_is_shown(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("", KEYS)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cr3t@")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ProblemError) as caught:
        await probe(connections, connection_id(IdentitySpec()))
    assert caught.value.problem.kind is ProblemKind.UNREACHABLE
    assert "s3cr3t" not in repr(caught.value.problem)


async def test_a_region_that_cannot_be(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", KEYS)
    assert (await problem_of(connections, IdentitySpec(region="not a region"))).kind is ProblemKind.INVALID


async def test_a_services_section_that_is_missing(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[default]\nservices = gone\n", KEYS)
    problem = await problem_of(connections, IdentitySpec())
    assert problem.kind is ProblemKind.INVALID
    assert "gone" in problem.cause


async def test_an_expired_sso_session_says_how_to_sign_in(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings(
        "[profile work]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = Read\nregion = eu-west-1\n"
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n",
        "",
    )
    problem = await problem_of(connections, IdentitySpec("work"))
    assert problem.kind is ProblemKind.EXPIRED
    assert "aws sso login --profile work" in problem.remedy


async def test_a_role_that_wants_a_code_never_asks_on_a_terminal(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings(
        "[profile role]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = default\n"
        "mfa_serial = arn:aws:iam::222222222222:mfa/bob\n",
        KEYS,
    )
    problem = await problem_of(connections, IdentitySpec("role"))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert (problem.needs, problem.subject) == (Need.MFA_CODE, "arn:aws:iam::222222222222:mfa/bob")


def process_profile(program: str) -> str:
    return f"[profile process]\ncredential_process = {sys.executable} -c '{program}'\n"


async def test_a_credential_process(connections: Connections, write_settings: WriteSettings) -> None:
    program = 'print("""{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s3cr3t"}""")'
    write_settings(process_profile(program), "")
    connection = await connections.get(connection_id(IdentitySpec("process")))
    assert method_used(connection.credentials) is AuthMethod.PROCESS


@pytest.mark.parametrize("program", ['import sys; sys.exit("vault is locked")', 'print("not JSON")'])
async def test_a_credential_process_that_fails(
    connections: Connections, write_settings: WriteSettings, program: str
) -> None:
    write_settings(process_profile(program), "")
    problem = await problem_of(connections, IdentitySpec("process"))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert problem.identity == "process"


async def test_a_credential_process_that_is_not_there(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[profile process]\ncredential_process = /no/such/program\n", "")
    problem = await problem_of(connections, IdentitySpec("process"))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "/no/such/program cannot be run: No such file or directory" in problem.cause
