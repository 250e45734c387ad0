"""Credentials are read again as configured: after `aws sso login` the new ones are used."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.tokens import SSOTokenProvider

from tests.accounts.conftest import WriteSettings
from tests.stores.faults import answer, faulty_server
from tui.accounts import connection_id
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind

SSO = (
    "[profile work]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = Read\nregion = eu-west-1\n"
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
)


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sign-ins are kept; botocore decides that when it is imported."""
    monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def sign_in(cache: Path) -> None:
    """Leave behind what `aws sso login` does: a token, in the cache file of the session."""
    end = datetime.now(UTC) + timedelta(hours=1)
    token = {"accessToken": "t0ken", "expiresAt": f"{end:%Y-%m-%dT%H:%M:%SZ}", "region": "eu-west-1"}
    (cache / f"{hashlib.sha1(b'corp', usedforsecurity=False).hexdigest()}.json").write_text(json.dumps(token))


async def test_a_connection_is_renewed_after_the_sign_in(
    connections: Connections, write_settings: WriteSettings, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(SSO, "")
    work = connection_id(IdentitySpec("work"))
    granted = {"accessKeyId": "ASIANEW", "secretAccessKey": "s3cr3t", "sessionToken": "session"}
    said = json.dumps({"roleCredentials": granted | {"expiration": int((time.time() + 3600) * 1000)}}).encode()
    async with faulty_server(answer("200 OK", said, "Content-Type: application/json")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", server.endpoint)
        with pytest.raises(ProblemError) as caught:
            await connections.renew(work)
        assert caught.value.problem.kind is ProblemKind.EXPIRED
        assert "aws sso login --profile work" in caught.value.problem.remedy
        assert server.requests == []  # a look at the disk was enough
        sign_in(cache)
        renewed = await connections.renew(work)
    assert (await renewed.credentials.get_frozen_credentials()).access_key == "ASIANEW"
    assert renewed is await connections.get(work, attempts=ONE_ATTEMPT)
    assert len(server.requests) == 1


async def test_keys_that_were_changed_are_found(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", "[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = s3cr3t\n")
    default = connection_id(IdentitySpec())
    seen, old = await connections.get(default), await connections.get(default, attempts=ONE_ATTEMPT)
    assert await connections.renew(default) is old
    write_settings("", "[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = s3cr3t\n")
    new = await connections.renew(default)
    assert (await new.credentials.get_frozen_credentials()).access_key == "AKIANEW"
    assert await connections.get(default) is not seen  # whoever browses has them, too


async def test_what_cannot_be_renewed_stays_as_it_is(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", "[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = s3cr3t\n")
    default = connection_id(IdentitySpec())
    old = await connections.get(default, attempts=ONE_ATTEMPT)
    write_settings("", "[default]\n")
    with pytest.raises(ProblemError) as caught:
        await connections.renew(default)
    assert caught.value.problem.kind is ProblemKind.NO_CREDENTIALS
    assert await connections.get(default, attempts=ONE_ATTEMPT) is old
