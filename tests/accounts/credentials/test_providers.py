"""Credentials that a container, an instance or a web identity gives."""

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.having import had, key_of, lacking
from tests.servers.daemon import free_ports
from tests.servers.sign_in.container import ContainerEndpoint, container_endpoint
from tests.servers.sign_in.imds import MetadataService, metadata_service
from tests.servers.sign_in.web_identity import ROLE_ARN, WebIdentityService, web_identity_service
from tui.accounts.clients.connection import identity_of
from tui.accounts.connections import Connections
from tui.accounts.credentials.properties import method_used
from tui.accounts.overrides.credentials import expiry_of
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3 import S3Store


def use(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def container(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ContainerEndpoint]:
    async with container_endpoint() as endpoint:
        use(endpoint.environment, monkeypatch)
        yield endpoint


async def test_a_container_gives_its_role(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.authorization = "t0ken"
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t0ken")
    made = await had(connections, IdentitySpec())
    assert await key_of(made) == "ASIACONTAINER"
    assert method_used(made.credentials) is AuthMethod.CONTAINER
    assert identity_of(made.settings).method is AuthMethod.CONTAINER
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 6 * 3600, abs=60)


async def test_a_container_s_token_is_read_from_its_file(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container.authorization = "t0ken"
    file = tmp_path / "token"
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))
    problem = await lacking(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(file) in problem.cause
    file.write_text("t0ken")
    await had(connections, IdentitySpec())
    assert container.asked == ["t0ken"]


@pytest.mark.parametrize("answer", [{}, [], 7, {"AccessKeyId": "ASIA", "SecretAccessKey": "s3cr3t", "Token": None}])
async def test_an_incomplete_answer_of_a_container(
    connections: Connections, container: ContainerEndpoint, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.answer = answer
    problem = await lacking(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "has no" in problem.cause
    assert "Expiration" in problem.cause


async def test_a_container_that_refuses(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.authorization = "t0ken"
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    problem = await lacking(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "403" in problem.cause


@pytest.fixture
async def metadata(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MetadataService]:
    async with metadata_service() as service:
        use(service.environment, monkeypatch)
        yield service


async def test_an_instance_gives_its_role(connections: Connections, metadata: MetadataService) -> None:
    made = await had(connections, IdentitySpec())
    assert await key_of(made) == "ASIAINSTANCE"
    assert method_used(made.credentials) is AuthMethod.INSTANCE
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 6 * 3600, abs=60)
    assert metadata.asked[0] == "PUT /latest/api/token"


@pytest.mark.parametrize("obstacle", [{"too_far": True}, {"has_role": False}])
async def test_an_instance_that_gives_nothing(
    connections: Connections, metadata: MetadataService, obstacle: Mapping[str, bool]
) -> None:
    for name, value in obstacle.items():
        setattr(metadata, name, value)
    assert (await lacking(connections, IdentitySpec())).kind is ProblemKind.NO_CREDENTIALS
    assert metadata.asked


async def test_a_metadata_service_that_is_not_to_be_asked(
    connections: Connections, metadata: MetadataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert (await lacking(connections, IdentitySpec())).kind is ProblemKind.NO_CREDENTIALS
    assert metadata.asked == []


async def test_a_role_from_an_instance(
    connections: Connections, metadata: MetadataService, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(
        "[profile role]\nrole_arn = arn:aws:iam::111111111111:role/deploy\ncredential_source = Ec2InstanceMetadata\n"
        "region = eu-west-1\n",
        "",
    )
    [port] = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    problem = await lacking(connections, IdentitySpec("role"))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "STS" in problem.title  # and not the endpoint of S3
    assert metadata.asked[-1].endswith("/worker")


@pytest.fixture
async def web_identity(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebIdentityService]:
    async with web_identity_service() as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", service.endpoint)
        yield service


@pytest.mark.parametrize("where", ["profile", "environment"])
async def test_a_web_identity_gives_its_role(
    connections: Connections,
    web_identity: WebIdentityService,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    where: str,
) -> None:
    token, spec = tmp_path / "token", IdentitySpec()
    if where == "profile":
        write_settings(f"[profile ci]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = {token}\n", "")
        spec = IdentitySpec("ci")
    else:
        use({"AWS_ROLE_ARN": ROLE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}, monkeypatch)
    problem = await lacking(connections, spec)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(token) in problem.cause
    assert web_identity.asked == []
    token.write_text("t0ken")
    made = await had(connections, spec)
    assert await key_of(made) == "ASIAWEB"
    assert method_used(made.credentials) is AuthMethod.WEB_IDENTITY
    assert (identity_of(made.settings).method, identity_of(made.settings).detail) == (AuthMethod.WEB_IDENTITY, ROLE_ARN)
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 3600, abs=60)
    assert web_identity.asked == [ROLE_ARN]


async def test_a_web_identity_that_is_refused(
    connections: Connections, web_identity: WebIdentityService, write_settings: WriteSettings, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("s3cr3t")
    write_settings(f"[profile ci]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = {token}\n", "")
    problem = await lacking(connections, IdentitySpec("ci"))
    assert (problem.kind, problem.operation) == (ProblemKind.BAD_CREDENTIALS, "AssumeRoleWithWebIdentity")
    assert problem.code == "InvalidIdentityToken"


async def test_a_token_that_is_gone_when_it_is_needed_again_is_no_lost_network(
    connections: Connections, web_identity: WebIdentityService, write_settings: WriteSettings, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken")
    write_settings(f"[profile ci]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = {token}\n", "")
    made = await had(connections, IdentitySpec("ci"))
    token.unlink()
    made.credentials._expiry_time = made.credentials._time_fetcher()  # as if the hour was over
    made.settings.session.get_component("credential_provider").get_provider(
        "assume-role-with-web-identity"
    ).cache.clear()
    with pytest.raises(ProblemError) as caught:
        await S3Store(made).buckets()
    assert caught.value.problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(token) in caught.value.problem.cause
