"""A sign-in to IAM Identity Center in the panes: a real engine, a loopback service, nobody's browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import START_URL, IdentityCenter, RoleKeys, identity_center
from tests.ui.browser.browser import SMALL, B, line, opened
from tests.waiting import until
from tui.demo.profiles import ROLE_ARN
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession
from tui.ui.needs.sign_in import SignInScreen

WORK, ALSO = IdentitySpec("work"), IdentitySpec("work", region="us-west-2")

PROFILE = """
[profile work]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Read
region = us-east-1
endpoint_url = {endpoint}
[sso-session corp]
sso_start_url = {start}
sso_region = eu-west-1
"""


@pytest.fixture
async def center(demo_server: S3Server) -> AsyncIterator[IdentityCenter]:
    """The service, which gives a session of the demo's role."""
    made = demo_server.client(demo_server.b, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="work")["Credentials"]
    async with identity_center() as service:
        keys = RoleKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        service.roles["111111111111", "Read"] = keys
        yield service


@pytest.fixture
def config(demo_server: S3Server, tmp_path: Path) -> Path:
    """The demo's profiles and one of Identity Center."""
    known = Path(demo_server.environment["AWS_CONFIG_FILE"]).read_text()
    file = tmp_path / "config"
    file.write_text(known + PROFILE.format(endpoint=demo_server.endpoint, start=START_URL))
    return file


@pytest.fixture
async def office(
    demo_server: S3Server, center: IdentityCenter, surroundings: Path, config: Path
) -> AsyncIterator[EngineSession]:
    """An engine that knows them."""
    process = EngineProcess({**demo_server.environment, **center.environment, "AWS_CONFIG_FILE": str(config)})
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


async def test_one_sign_in_connects_both_panes(office: EngineSession, center: IdentityCenter) -> None:
    async with opened(office, specs=(WORK, ALSO), size=SMALL, listed=False) as browser:
        await browser.until_text(f"{START_URL}/#/device")
        center.approved = True
        for pane in browser.screen.panes:
            await until(lambda pane=pane: "media-prod-assets" in browser.names(pane), "the pane lists", 20)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        await until(lambda: browser.app.screen is browser.screen, "nothing is asked any more")
        await until(lambda: "work ▸partner-read" in line(browser.left.strip), "the strip says who acts", 20)
        assert center.asked.count("StartDeviceAuthorization") == 1
        assert browser.app.clipboard.startswith(f"{START_URL}/#/device?user_code=")


async def test_a_denied_sign_in_can_be_repeated_while_the_other_pane_works(
    office: EngineSession, center: IdentityCenter
) -> None:
    center.answers.append("AccessDeniedException")
    async with opened(office, specs=(WORK, B), size=SMALL, listed=False) as browser:
        await until(lambda: isinstance(browser.app.screen, SignInScreen), "it asks by itself", 20)
        await browser.until_listed(browser.right, Location())
        await browser.until_text("Start again")
        await browser.press("escape")
        await browser.until_text("enter: sign in")
        center.approved = True
        await browser.press("enter")
        await until(lambda: "media-prod-assets" in browser.names(browser.left), "the left pane lists", 20)
