"""Credentials that end while a transfer is at work, on the demo's cloud: renewed in time, or waited for."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.retry.proxied import SHORT, ProxiedServer, proxied_server
from tests.servers.proxy.faults import Answer
from tests.servers.server import S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.demo.profiles import ROLE_ARN
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemKind
from tui.transfers.retry import Interrupted

EXPIRED = Answer(400, "ExpiredToken", "The provided token has expired.")
LIFETIME = 1.0
"""Seconds between two sessions of the test's credential process; each says to live for twice as long."""
GRACE = 1.0
"""Seconds after its end that the proxy refuses a session."""


@dataclass(frozen=True, slots=True)
class Session:
    """The credentials of a session of the demo's role."""

    key: str
    secret: str
    token: str


@pytest.fixture
async def proxied(demo_server: S3Server) -> AsyncIterator[ProxiedServer]:
    async with proxied_server(demo_server, SHORT) as proxied:
        yield proxied


def sessions(server: S3Server, count: int) -> list[Session]:
    """Real sessions, which live for an hour on the server."""
    sts = server.client(server.b, "sts")
    answers = [sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName=f"s{i}")["Credentials"] for i in range(count)]
    return [Session(each["AccessKeyId"], each["SecretAccessKey"], each["SessionToken"]) for each in answers]


class Settings:
    """The AWS files of a user with one profile, `role`."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config, self._credentials = directory / "config", directory / "credentials"
        self.config.touch()
        self.log_out()
        monkeypatch.setenv("AWS_CONFIG_FILE", str(self.config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self._credentials))

    def log_in(self, session: Session) -> None:
        """Put a session where the profile's credentials are looked for."""
        self._credentials.write_text(
            f"[role]\naws_access_key_id = {session.key}\naws_secret_access_key = {session.secret}\n"
            f"aws_session_token = {session.token}\n"
        )

    def log_out(self) -> None:
        """Leave a profile without credentials."""
        self._credentials.write_text("[role]\n")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return Settings(tmp_path, monkeypatch)


def connection_of(proxied: ProxiedServer) -> str:
    return connection_id(IdentitySpec(profile="role", endpoint=proxied.proxy.endpoint, region="us-east-1"))


async def test_credentials_about_to_end_are_renewed_in_time(
    proxied: ProxiedServer, settings: Settings, tmp_path: Path
) -> None:
    """By a credential process, of which each session lives for a second or two."""
    made, began = sessions(proxied.server, 60), time.time()
    ends = {session.token: began + (i + 2) * LIFETIME for i, session in enumerate(made)}
    script = tmp_path / "process.py"
    script.write_text(
        "import datetime, json, time\n"
        f"made = json.loads({json.dumps([[s.key, s.secret, s.token] for s in made])!r})\n"
        f"now = int((time.time() - {began}) / {LIFETIME})\n"
        f"end = datetime.datetime.fromtimestamp({began} + (now + 2) * {LIFETIME}, datetime.timezone.utc)\n"
        "key, secret, token = made[now]\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': key, 'SecretAccessKey': secret, 'SessionToken': token,"
        " 'Expiration': end.isoformat()}))\n"
    )
    settings.config.write_text(f"[profile role]\ncredential_process = {sys.executable} -S {script}\n")
    store = await proxied.open(connection_of(proxied))
    proxied.befall(EXPIRED, when=lambda request: time.time() > ends[request.token] + GRACE)

    def seen() -> set[str]:
        return {each.token for each in proxied.proxy.seen}

    while len(seen()) < 2 or time.time() < ends[made[0].token] + GRACE:  # the first one is refused by now
        await store.buckets()
    assert len(seen()) >= 2
    assert {each.status for each in proxied.proxy.seen} == {200}


async def test_credentials_that_are_renewed_and_have_expired_all_the_same(
    proxied: ProxiedServer, settings: Settings, tmp_path: Path
) -> None:
    """By a credential process that keeps its answer for too long."""
    [session] = sessions(proxied.server, 1)
    answer = tmp_path / "answer.json"

    def print_until(end: datetime) -> None:
        said = {"Version": 1, "AccessKeyId": session.key, "SecretAccessKey": session.secret}
        answer.write_text(json.dumps(said | {"SessionToken": session.token, "Expiration": end.isoformat()}))

    now = datetime.now(UTC)
    print_until(now + timedelta(hours=1))
    settings.config.write_text(f"[profile role]\ncredential_process = cat {answer}\n")
    store = await proxied.open(connection_of(proxied))
    await store.buckets()
    made = await proxied.connections.get(connection_of(proxied), attempts=ONE_ATTEMPT)
    made.credentials._expiry_time = now  # as if the hour was over
    print_until(now)
    with pytest.raises(Interrupted) as caught:
        await store.buckets()
    assert caught.value.problem.kind is ProblemKind.EXPIRED
    waiting = asyncio.create_task(proxied.retries.wait_until_usable(caught.value))
    await until(lambda: proxied.probes > 2, "it was looked several times")
    print_until(now + timedelta(hours=2))
    await waiting


async def test_a_transfer_resumes_after_the_login(proxied: ProxiedServer, settings: Settings) -> None:
    first, second = sessions(proxied.server, 2)
    settings.log_in(first)
    store = await proxied.open(connection_of(proxied))
    await store.buckets()
    proxied.befall(EXPIRED, when=lambda request: request.token == first.token)
    with pytest.raises(Interrupted) as caught:
        await store.buckets()
    assert (caught.value.problem.kind, caught.value.problem.identity) == (ProblemKind.EXPIRED, "role")
    waiting = asyncio.create_task(proxied.retries.wait_until_usable(caught.value))
    await until(lambda: len(proxied.proxy.seen) > 4, "it was looked several times")
    assert not waiting.done()
    settings.log_in(second)
    await waiting
    store = await proxied.open(connection_of(proxied))
    await store.buckets()
    assert proxied.proxy.seen[-1].token == second.token


async def test_no_request_is_sent_without_credentials(proxied: ProxiedServer, settings: Settings) -> None:
    first, second = sessions(proxied.server, 2)
    settings.log_in(first)
    store = await proxied.open(connection_of(proxied))
    proxied.befall(EXPIRED, when=lambda request: request.token == first.token)
    with pytest.raises(Interrupted) as caught:
        await store.buckets()
    settings.log_out()
    asked = len(proxied.proxy.seen)
    waiting = asyncio.create_task(proxied.retries.wait_until_usable(caught.value))
    await until(lambda: proxied.probes > 2, "it was looked several times")
    assert len(proxied.proxy.seen) == asked
    settings.log_in(second)
    await waiting


async def test_clients_of_replaced_connections_are_closed(proxied: ProxiedServer, settings: Settings) -> None:
    connection = connection_of(proxied)
    for session in sessions(proxied.server, 5):
        settings.log_in(session)
        await proxied.connections.renew(connection)
    gc.collect()
    await until(lambda: len(proxied.connections.clients) == 1, "the clients that nobody uses are closed")
    kept = await proxied.connections.get(connection, attempts=ONE_ATTEMPT)
    assert kept is await proxied.connections.renew(connection)  # nothing has changed
    await kept.client.list_buckets()


async def test_a_client_at_work_is_left_open(proxied: ProxiedServer, settings: Settings) -> None:
    first, second = sessions(proxied.server, 2)
    settings.log_in(first)
    store = await proxied.open(connection_of(proxied))
    settings.log_in(second)
    await proxied.connections.renew(connection_of(proxied))
    gc.collect()
    await store.buckets()
    assert proxied.proxy.seen[-1].token == first.token
    assert len(proxied.connections.clients) == 2


async def test_an_identity_that_was_out_is_asked_again(proxied: ProxiedServer, settings: Settings) -> None:
    [session] = sessions(proxied.server, 1)
    settings.log_in(session)
    rule = proxied.befall(EXPIRED)
    assert (await proxied.connections.identity(connection_of(proxied))).canonical_id == ""
    proxied.proxy.rules.remove(rule)
    found = await proxied.connections.identity(connection_of(proxied))
    assert found.canonical_id == proxied.server.a.canonical_id
    asked = len(proxied.proxy.seen)
    assert await proxied.connections.identity(connection_of(proxied)) == found
    assert len(proxied.proxy.seen) == asked
