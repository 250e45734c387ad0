"""Identities found out, on every server."""

import asyncio

import pytest

from tests.servers.daemon import free_ports
from tests.servers.server import Feature, S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.demo.profiles import ROLE_ARN, ROLE_PROFILE
from tui.model.identity import AuthMethod, EndpointSource, Identity, IdentitySpec
from tui.model.problem import ProblemError, ProblemKind


async def identities(connections: Connections, spec: IdentitySpec) -> list[Identity]:
    return [identity async for identity in connections.identify(spec)]


async def test_first_what_the_configuration_says_then_who_it_is(
    connections: Connections, server_environment: S3Server
) -> None:
    account, spec = server_environment.a, IdentitySpec(server_environment.a.profile)
    seen = await identities(connections, spec)
    assert len(seen) >= 3
    first, last = seen[0], seen[-1]
    assert (first.label, first.method, first.region) == (account.profile, AuthMethod.KEYS, account.region)
    assert (first.endpoint, first.endpoint_source) == (server_environment.endpoint, EndpointSource.PROFILE)
    assert (first.arn, first.canonical_id) == ("", "")
    assert last.connection == connection_id(spec)
    assert last.canonical_id == account.canonical_id
    assert last.expires is None
    assert account.secret_key not in repr(seen)


async def test_account_and_arn_where_the_server_tells_them(
    connections: Connections, server_environment: S3Server
) -> None:
    last = (await identities(connections, IdentitySpec(server_environment.b.profile)))[-1]
    if Feature.CALLER_IDENTITY in server_environment.features:
        assert (last.account, last.arn, last.problem) == ("222222222222", "arn:aws:iam::222222222222:user/bob", None)
        assert last.principal == "user/bob"
    else:
        assert (last.account, last.arn) == ("", "")
        assert last.problem is not None
        assert (last.problem.kind, last.problem.operation) == (ProblemKind.UNSUPPORTED, "GetCallerIdentity")


async def test_the_address_book_learns_both_accounts(connections: Connections, server_environment: S3Server) -> None:
    for account in (server_environment.a, server_environment.b):
        await identities(connections, IdentitySpec(account.profile))
    for account in (server_environment.a, server_environment.b):
        assert connections.addresses.book.name(account.canonical_id) == account.profile


async def test_a_role_is_assumed_and_expires(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(demo_server, monkeypatch)
    last = (await identities(connections, IdentitySpec(ROLE_PROFILE)))[-1]
    assert (last.method, last.account, last.principal) == (AuthMethod.ROLE, "111111111111", "role/partner-read")
    assert last.expires is not None
    assert last.expires > 1.7e9
    assert connections.addresses.book.name(last.canonical_id) == ROLE_PROFILE
    await identities(connections, IdentitySpec(demo_server.a.profile))
    assert connections.addresses.book.name(last.canonical_id) == demo_server.a.profile


async def test_a_role_that_may_not_be_assumed(
    connections: Connections,
    demo_server: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    use(demo_server, monkeypatch)
    config = tmp_path_factory.mktemp("aws") / "config"
    config.write_text(
        f"[profile wrong]\nrole_arn = {ROLE_ARN}-no\nsource_profile = {demo_server.b.profile}\n"
        f"endpoint_url = {demo_server.endpoint}\nregion = us-east-1\n[profile {demo_server.b.profile}]\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(ProblemError) as caught:
        await identities(connections, IdentitySpec("wrong"))
    problem = caught.value.problem
    assert (problem.kind, problem.operation, problem.permission) == (ProblemKind.DENIED, "AssumeRole", "sts:AssumeRole")
    assert problem.identity == "wrong"


async def test_a_wrong_secret_is_the_problem_of_the_identity(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.a.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    last = (await identities(connections, IdentitySpec(endpoint=demo_server.endpoint)))[-1]
    assert last.method is AuthMethod.ENVIRONMENT
    assert last.problem is not None
    assert last.problem.kind is ProblemKind.BAD_CREDENTIALS


async def test_an_unreachable_endpoint_is_the_identitys_problem(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    [port] = free_ports(1)
    last = (await identities(connections, IdentitySpec(endpoint=f"http://127.0.0.1:{port}")))[-1]
    assert last.problem is not None
    assert last.problem.kind is ProblemKind.UNREACHABLE
    assert str(port) in last.problem.title


async def test_where_sts_is_out_of_reach_it_is_not_asked_by_everything_that_is_looked_at(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network with a way to S3 alone: each question lasts until it times out."""
    asked: list[str] = []

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("GetCallerIdentity")
        writer.close()

    [port] = free_ports(1)
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    async with await asyncio.start_server(hang_up, "127.0.0.1") as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{sts.sockets[0].getsockname()[1]}")
        name = connection_id(IdentitySpec())
        first = await connections.identity(name, again=False)
        assert first.problem is not None
        assert await connections.identity(name, again=False) == first
        assert len(asked) == 1
        await connections.identity(name)
        monkeypatch.setattr("tui.accounts.connections.RENEW_AGAIN", 0.0)
        await connections.identity(name, again=False)
        assert len(asked) == 3, "at once for who must know, and after a while"


async def test_an_anonymous_identity_sends_no_request(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(None)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
        seen = await identities(connections, IdentitySpec(endpoint=endpoint, anonymous=True))
    assert (seen[-1].method, seen[-1].label, seen[-1].problem) == (AuthMethod.ANONYMOUS, "anonymous", None)
    assert asked == []


async def test_leaving_early_leaves_nothing_running(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(demo_server, monkeypatch)
    before = asyncio.all_tasks()
    found = connections.identify(IdentitySpec(demo_server.a.profile))
    seen = await anext(found)
    while not (seen.account or seen.canonical_id):  # the answer to one of two questions that are asked at once
        seen = await anext(found)
    await found.aclose()
    await until(lambda: asyncio.all_tasks() <= before, "no task is left")


def use(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
