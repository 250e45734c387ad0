"""What the AWS config files and variables say takes effect in our clients: shown by the request as it would be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accounts.conftest import WriteSettings
from tests.servers.proxy.tunnel import tunnel
from tests.stores.faults import answer, certificate, error, faulty_server
from tests.stores.refusals import problem_of
from tests.stores.sent import Sent, sent_by
from tui.accounts import connection_id
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3 import S3Store

KEYS = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s3cr3t\n"
OTHER_KEYS = "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s3cr3t\n"
WEST = "[default]\nregion = us-west-2\n"
EAST = "[default]\nregion = us-east-1\n"
HERE, THERE = "http://here.example", "http://there.example"


async def sent(connections: Connections, spec: IdentitySpec | None = None) -> Sent:
    """The HeadObject of ``bucket/k`` that an identity, the default one if none is given, sends."""
    connection = await connections.get(connection_id(spec or IdentitySpec()))
    return await sent_by(connection, S3Store(connection).head("bucket", "k"))


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
async def test_the_profile_of_the_environment(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    write_settings(f"{WEST}[profile other]\nregion = eu-west-3\n", KEYS + OTHER_KEYS)
    monkeypatch.setenv(variable, "other")
    request = await sent(connections)
    assert "AKIAOTHER" in request.headers["authorization"]
    assert request.signing_region == "eu-west-3"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
async def test_the_region_of_the_environment(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    write_settings(WEST, KEYS)
    monkeypatch.setenv(variable, "eu-west-3")
    request = await sent(connections)
    assert request.url == "https://bucket.s3.eu-west-3.amazonaws.com/k"
    assert request.signing_region == "eu-west-3"


async def test_the_files_of_the_environment(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, text in (("AWS_CONFIG_FILE", WEST), ("AWS_SHARED_CREDENTIALS_FILE", KEYS)):
        (tmp_path / variable).write_text(text)
        monkeypatch.setenv(variable, str(tmp_path / variable))
    request = await sent(connections)
    assert "AKIADEFAULT" in request.headers["authorization"]
    assert request.signing_region == "us-west-2"


IGNORING = f"{WEST}endpoint_url = {HERE}\nignore_configured_endpoint_urls = true\n"
SERVICES = f"{WEST}endpoint_url = {THERE}\nservices = local\n[services local]\ns3 =\n  endpoint_url = {HERE}\n"
FIPS, DUAL = "https://bucket.s3-fips.us-west-2.amazonaws.com/k", "https://bucket.s3.dualstack.us-west-2.amazonaws.com/k"
REGIONAL, GLOBAL = "https://bucket.s3.us-east-1.amazonaws.com/k", "https://bucket.s3.amazonaws.com/k"
ACCELERATED = "https://bucket.s3-accelerate.amazonaws.com/k"
PLAIN = "https://bucket.s3.us-west-2.amazonaws.com/k"
VIRTUAL, PATH = "http://bucket.here.example/k", "http://here.example/bucket/k"


@pytest.mark.parametrize(
    ("config", "environment", "url"),
    [
        (WEST, {}, PLAIN),
        (f"{WEST}endpoint_url = {HERE}\n", {}, PATH),
        (SERVICES, {}, PATH),
        (f"{WEST}endpoint_url = {THERE}\n", {"AWS_ENDPOINT_URL": HERE}, PATH),
        (SERVICES.replace(HERE, THERE), {"AWS_ENDPOINT_URL": THERE, "AWS_ENDPOINT_URL_S3": HERE}, PATH),
        (IGNORING, {}, PLAIN),
        (WEST, {"AWS_ENDPOINT_URL_S3": HERE, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, PLAIN),
        (f"{WEST}use_fips_endpoint = true\n", {}, FIPS),
        (WEST, {"AWS_USE_FIPS_ENDPOINT": "true"}, FIPS),
        (f"{WEST}use_dualstack_endpoint = true\n", {}, DUAL),
        (WEST, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, DUAL),
        (f"{WEST}s3 =\n  use_dualstack_endpoint = true\n", {}, DUAL),
        (f"{WEST}s3 =\n  addressing_style = path\n", {}, "https://s3.us-west-2.amazonaws.com/bucket/k"),
        (f"{WEST}endpoint_url = {HERE}\ns3 =\n  addressing_style = virtual\n", {}, VIRTUAL),
        (f"{WEST}s3 =\n  use_accelerate_endpoint = true\n", {}, ACCELERATED),
        (EAST, {}, GLOBAL),
        (f"{EAST}s3 =\n  us_east_1_regional_endpoint = regional\n", {}, REGIONAL),
        (EAST, {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"}, REGIONAL),
    ],
)
async def test_where_requests_go(
    connections: Connections,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    environment: dict[str, str],
    url: str,
) -> None:
    write_settings(config, KEYS)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (await sent(connections)).url == url


async def test_path_style_of_the_spec_leaves_the_rest_of_the_settings(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings(f"{WEST}s3 =\n  use_dualstack_endpoint = true\n  addressing_style = virtual\n", KEYS)
    asked = await sent(connections, IdentitySpec(path_style=True))
    assert asked.url == "https://s3.dualstack.us-west-2.amazonaws.com/bucket/k"
    assert (await sent(connections, IdentitySpec(path_style=True, endpoint=HERE))).url == PATH
    assert (await sent(connections, IdentitySpec(endpoint=HERE))).url == VIRTUAL


@pytest.mark.parametrize("in_file", [True, False])
async def test_the_certificates_to_trust(
    connections: Connections,
    write_settings: WriteSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_file: bool,
) -> None:
    file, tls = certificate(tmp_path)
    write_settings(WEST + (f"ca_bundle = {file}\n" if in_file else ""), KEYS)
    if not in_file:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with faulty_server(answer("200 OK"), tls=tls) as server:
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        await S3Store(connection).head("bucket", "k")
    assert server.requests == ["HEAD /bucket/k HTTP/1.1"]


async def test_a_proxy_for_http(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(WEST, KEYS)
    async with faulty_server(answer("200 OK")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
        connection = await connections.get(connection_id(IdentitySpec(endpoint=HERE)))
        await S3Store(connection).head("bucket", "k")
    assert proxy.requests == ["HEAD http://here.example/bucket/k HTTP/1.1"]


async def test_a_proxy_for_https_carries_what_it_cannot_read(
    connections: Connections, write_settings: WriteSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tls = certificate(tmp_path)
    write_settings(f"{WEST}ca_bundle = {file}\n", KEYS)
    async with faulty_server(answer("200 OK"), tls=tls) as server, tunnel() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        await S3Store(connection).head("bucket", "k")
    assert proxy.asked == [server.endpoint.removeprefix("https://")]
    assert server.requests == ["HEAD /bucket/k HTTP/1.1"]


async def test_hosts_that_need_no_proxy(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(WEST, KEYS)
    async with faulty_server(answer("403 Forbidden")) as proxy, faulty_server(answer("200 OK")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        await S3Store(connection).head("bucket", "k")
    assert (len(server.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize(
    ("config", "environment", "attempts", "mode"),
    [
        ("max_attempts = 2\n", {}, 2, "standard"),
        ("", {"AWS_MAX_ATTEMPTS": "2"}, 2, "standard"),
        ("max_attempts = 2\nretry_mode = legacy\n", {}, 2, "legacy"),
        ("max_attempts = 2\n", {"AWS_RETRY_MODE": "adaptive"}, 2, "adaptive"),
    ],
)
async def test_how_often_and_how_is_retried(
    connections: Connections,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    environment: dict[str, str],
    attempts: int,
    mode: str,
) -> None:
    write_settings(WEST + config, KEYS)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with faulty_server(error("503 Slow Down", "SlowDown")) as server:
        spec = connection_id(IdentitySpec(endpoint=server.endpoint))
        watched = await connections.get(spec)
        await problem_of(S3Store(watched).settings.bucket_acl("bucket"))
        assert (len(server.requests), watched.attempts) == (attempts, attempts)
        assert watched.client.meta.config.retries["mode"] == mode  # type: ignore[attr-defined]  # not in its stub
        counted = await connections.get(spec, attempts=ONE_ATTEMPT)
        await problem_of(S3Store(counted).settings.bucket_acl("bucket"))
        assert len(server.requests) == attempts + 1, "transfers count their retries themselves"


@pytest.mark.parametrize(
    ("config", "says"),
    [("max_attempts = many\n", "many"), ("max_attempts = 0\n", "1 or more"), ("retry_mode = harder\n", "harder")],
)
async def test_retries_that_cannot_be(
    connections: Connections, write_settings: WriteSettings, config: str, says: str
) -> None:
    write_settings(WEST + config, KEYS)
    with pytest.raises(ProblemError) as caught:
        await connections.get(connection_id(IdentitySpec()))
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert says in caught.value.problem.cause


@pytest.mark.parametrize("validates", [True, False])
async def test_whether_parameters_are_validated_here(
    connections: Connections, write_settings: WriteSettings, validates: bool
) -> None:
    write_settings(f"{WEST}parameter_validation = {str(validates).lower()}\n", KEYS)
    async with faulty_server(answer("403 Forbidden")) as server:
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        problem = await problem_of(S3Store(connection).tags("bucket", ""))
    assert (problem.kind is ProblemKind.INVALID) == validates
    assert len(server.requests) == (0 if validates else 1)
