"""Identities that are watched: their credentials are renewed in time, and their end is told."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tests.accounts.conftest import WriteSettings
from tests.accounts.credentials.test_mfa import end_sessions
from tests.accounts.demo import OPERATOR, READER, last_identity, present_code, role_of
from tests.servers.proxy.faults import Answer, Rule
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.accounts.overrides.credentials import expiry_of
from tui.accounts.renewal import watch_identity
from tui.demo.profiles import ANALYTICS, ROLE_ARN
from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import Need, Problem, ProblemError, ProblemKind

USER = IdentitySpec(ANALYTICS.label)


class Watch:
    """What a watcher of a connection has been told."""

    def __init__(self, identities: AsyncGenerator[Identity, None]) -> None:
        self.told: list[Identity] = []
        self._task = asyncio.create_task(self._follow(identities))

    async def _follow(self, identities: AsyncGenerator[Identity, None]) -> None:
        async with aclosing(identities):
            async for identity in identities:
                self.told.append(identity)

    @property
    def last(self) -> Identity:
        return self.told[-1]

    def trouble(self) -> Problem | None:
        """The problem of the last one."""
        return self.last.problem

    def needs(self) -> Need | None:
        """What the last one needs."""
        trouble = self.trouble()
        return trouble.needs if trouble else None

    async def until_told(self, count: int) -> None:
        await until(lambda: len(self.told) >= count or self._task.done(), f"{count} identities were told")
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Watching:
    """Begins to watch."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.watches: list[Watch] = []

    def __call__(self, spec: IdentitySpec) -> Watch:
        self.watches.append(Watch(watch_identity(self._connections, connection_id(spec))))
        return self.watches[-1]


@pytest_asyncio.fixture
async def watch(connections: Connections) -> AsyncIterator[Watching]:
    watching = Watching(connections)
    yield watching
    for each in watching.watches:
        await each.stop()


@pytest.fixture
def lasting_seconds(demo: S3Server, write_settings: WriteSettings) -> IdentitySpec:
    """A role whose sessions end after two seconds, and one who may assume it."""
    write_settings(
        f"[profile bob]\nendpoint_url = {demo.endpoint}\nregion = us-east-1\n"
        "parameter_validation = false\n",  # botocore refuses sessions of less than 15 minutes by itself
        f"[bob]\naws_access_key_id = {demo.b.access_key}\naws_secret_access_key = {demo.b.secret_key}\n",
    )
    return IdentitySpec("bob", roles=(type(READER)(READER.arn, duration=2),))


async def test_credentials_without_an_expiry_are_sent_once(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    watching = watch(USER)
    await watching.until_told(1)
    assert (watching.last.arn, watching.last.expires) == (ANALYTICS.user_arn, None)
    assert watching.last == await connections.identity(connection_id(USER))


async def test_credentials_are_renewed_without_being_asked(
    connections: Connections, lasting_seconds: IdentitySpec, watch: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, fresh = [0], connections.fresh

    async def counted(connection: str) -> object:
        looks[0] += 1
        return await fresh(connection)

    monkeypatch.setattr(connections, "fresh", counted)
    watching = watch(lasting_seconds)
    await watching.until_told(3)
    ends = [identity.expires or 0.0 for identity in watching.told]
    assert ends == sorted(ends)
    assert len(set(ends)) == 3
    assert ends[-1] > time.time()
    assert [identity.problem for identity in watching.told] == [None] * 3
    assert looks[0] < 30  # it waits for the moments that matter


async def test_a_role_that_is_not_trusted_any_more(
    connections: Connections,
    lasting_seconds: IdentitySpec,
    watch: Watching,
    demo: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with fault_proxy(demo.endpoint) as proxy:
        spec = msgspec.structs.replace(lasting_seconds, endpoint=proxy.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", proxy.endpoint)
        watching = watch(spec)
        await watching.until_told(1)
        assert watching.trouble() is None
        denial = Answer(403, "AccessDenied", "no more")
        proxy.rules.append(Rule(denial, when=lambda request: request.method == "POST"))
        await until(lambda: watching.trouble() is not None, "its end is told")
        trouble = watching.trouble()
        assert trouble is not None
        assert (trouble.operation, trouble.needs) == ("AssumeRole", None)
        assert watching.last.principal == "role/partner-read"
        proxy.rules.clear()
        connections.watchers.wake(connection_id(spec))
        await until(lambda: watching.trouble() is None, "it is trusted again")
        await watching.stop()


async def test_what_a_request_renewed_is_sent(connections: Connections, demo: S3Server, watch: Watching) -> None:
    spec = role_of(READER)
    watching = watch(spec)
    await watching.until_told(1)
    await connections.renew(connection_id(spec))  # as a transfer does that waited
    made = await connections.get(connection_id(spec))
    await until(lambda: watching.last.expires == expiry_of(made.credentials), "the new end was told")
    assert watching.trouble() is None


async def test_the_end_of_a_session_that_was_had_by_a_code(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    spec = role_of(OPERATOR)
    watching = watch(spec)
    await watching.until_told(1)
    assert watching.needs() is Need.MFA_CODE
    assert watching.last.label == "partner-operator"
    await connections.give_code(connection_id(spec), present_code())
    await watching.until_told(2)
    assert watching.trouble() is None
    assert watching.last.principal == "role/partner-operator"
    made = await connections.get(connection_id(spec))
    end_sessions(connections)
    made.credentials._expiry_time = datetime.now(UTC)
    connections.watchers.wake()  # its timer was set for an hour
    await watching.until_told(3)
    assert watching.needs() is Need.MFA_CODE
    assert watching.last.principal == "role/partner-operator"  # who it was stays known
    await connections.give_code(connection_id(spec), present_code())
    await watching.until_told(4)
    assert watching.trouble() is None


async def test_keys_that_are_typed_while_it_is_watched(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    watching = watch(IdentitySpec(endpoint=demo.endpoint, access_key=ANALYTICS.access_key_id))
    await watching.until_told(1)
    assert watching.needs() is Need.KEYS
    connections.give_keys(ANALYTICS.access_key_id, ANALYTICS.secret_access_key, endpoint=demo.endpoint)
    await watching.until_told(2)
    assert watching.trouble() is None
    assert watching.last.arn == ANALYTICS.user_arn


async def test_the_end_of_what_cannot_be_renewed(
    connections: Connections, demo: S3Server, watch: Watching, write_settings: WriteSettings, tmp_path: Path
) -> None:
    """A credential process that gives the same session again."""
    made = demo.client(demo.b, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="kept")["Credentials"]
    end = datetime.now(UTC) + timedelta(seconds=1)
    said = {"Version": 1, "AccessKeyId": made["AccessKeyId"], "SecretAccessKey": made["SecretAccessKey"]}
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(said | {"SessionToken": made["SessionToken"], "Expiration": end.isoformat()}))
    program = f"import pathlib; print(pathlib.Path({str(answer)!r}).read_text())"
    write_settings(
        f'[profile kept]\ncredential_process = "{sys.executable}" -c "{program}"\nendpoint_url = {demo.endpoint}\n', ""
    )
    spec = IdentitySpec("kept")
    watching = watch(spec)
    await until(lambda: bool(watching.told) and watching.trouble() is not None, "its end was told")
    trouble = watching.trouble()
    assert trouble is not None
    assert trouble.kind is ProblemKind.EXPIRED
    assert watching.needs() is None
    later = (end + timedelta(hours=1)).isoformat()
    answer.write_text(json.dumps(said | {"SessionToken": made["SessionToken"], "Expiration": later}))
    await last_identity(connections, spec)  # the user connects again
    await until(lambda: watching.trouble() is None, "it works again")


async def test_an_identity_that_the_settings_do_not_hold(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings("", "")
    with pytest.raises(ProblemError) as caught:
        await anext(watch_identity(connections, connection_id(IdentitySpec("gone"))))
    assert caught.value.problem.kind is ProblemKind.NO_PROFILE


async def test_who_has_no_credentials(connections: Connections, demo: S3Server, watch: Watching) -> None:
    for spec in (IdentitySpec(local=True), IdentitySpec(endpoint=demo.endpoint, anonymous=True)):
        watching = watch(spec)
        await watching.until_told(1)
        assert (watching.last.spec, watching.last.problem) == (spec, None)


async def test_nobody_is_left_in_the_list_of_watchers(connections: Connections, demo: S3Server) -> None:
    async with aclosing(watch_identity(connections, connection_id(USER))) as identities:
        await anext(identities)
        assert len(connections.watchers._watching) == 1
    assert len(connections.watchers._watching) == 0
