"""AWS config files of a test's own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.aws.company import ACCOUNT, PROFILES, ROLE, Clock
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import IdentityCenter, RoleKeys, identity_center
from tests.servers.surroundings import use
from tui.aws.connections import Connections

WriteSettings = Callable[[str, str], tuple[Path, Path]]


@pytest.fixture
def write_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteSettings:
    """Returns a function that writes the texts of the config and the credentials file and makes them the user's."""

    def write(config: str = "", credentials: str = "") -> tuple[Path, Path]:
        files = (tmp_path / "config", tmp_path / "credentials")
        for file, text in zip(files, (config, credentials), strict=True):
            file.write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(files[0]))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files[1]))
        return files

    return write


@pytest_asyncio.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


@pytest.fixture
def demo(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The demo's server, and its profiles as the user's."""
    use(monkeypatch, demo_server.environment)
    return demo_server


@pytest_asyncio.fixture
async def center(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityCenter]:
    """A company's IAM Identity Center, and the profiles of `tests.aws.company` as the user's."""
    async with identity_center() as service:
        service.roles[ACCOUNT, ROLE] = RoleKeys("ASIAREAD", "s3cr3t")
        write_settings(PROFILES, "")
        use(monkeypatch, service.environment)
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()
