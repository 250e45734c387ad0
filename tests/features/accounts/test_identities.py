"""Who acts: chosen, signed in, what an identity needs and must not write, how long it lasts."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.aws.demo import OPERATOR, SERIAL, present_code, role_of, wrong_code
from tests.browser.browser import (
    LANDING,
    SMALL,
    VIDEO,
    WHO_A,
    A,
    B,
    Browser,
    PicturedEngine,
    line,
    opened,
    until_screen,
)
from tests.browser.passing import Passing
from tests.browser.scripted import HOLD
from tests.browser.world import NOW
from tests.engines import session_in
from tests.features.accounts.test_accounts_screen import SIGN_IN
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import START_URL, IdentityCenter, RoleKeys, identity_center
from tests.waiting import until
from tui.core.identity import Address, Identity, IdentitySpec
from tui.core.location import Location
from tui.core.transfer import TransferList
from tui.demo.demo_profiles import ROLE_ARN
from tui.features.accounts.details_screen import IdentityScreen
from tui.features.accounts.form_screen import NameAccountScreen
from tui.kit.sign_in_screens import CodeScreen
from tui.link.request import Feed
from tui.link.session import EngineLostError, EngineSession
from tui.messages.identity_requests import Connect, GiveKeys, ListProfiles, Secret, SignIn, SignInStep, WatchIdentity
from tui.messages.order_requests import WatchResults
from tui.saved.last_session import last_file, users_keeping, write_last
from tui.settings import AccountSettings, IdentitySettings, PaneStart, SafetySettings

ASSETS = Location("media-prod-assets")


async def test_a_role_with_mfa_asks_for_its_code_where_the_pane_failed(engine: EngineSession) -> None:
    async with opened(engine, specs=(role_of(OPERATOR), A), size=SMALL, listed=False) as browser:
        await until_screen(browser, CodeScreen)
        await browser.until_text(SERIAL)
        await browser.press(*wrong_code(), "enter", then="the MFA code was rejected")
        await browser.press(*present_code(), "enter", lists=Location())
        await until(lambda: bool(browser.left.identity and browser.left.identity.expires), "its end is known", 20)
        assert "media-prod-assets" in browser.names(browser.left)


async def test_an_account_has_the_name_and_the_colour_of_the_settings(engine: EngineSession) -> None:
    accounts = {"111111111111": AccountSettings("Production", "#ff0000")}
    async with opened(engine, ASSETS.uri, ASSETS.uri, accounts=accounts, right_accent="orange") as browser:
        await browser.until_text("111111111111 Production")
        await until(lambda: browser.app.get_css_variables()["left-accent"] == "#ff0000", "production is red")
        assert browser.app.get_css_variables()["right-accent"] == "orange"
        assert browser.left.strip.styles.background.rgb == (255, 0, 0)
        await until(lambda: on_one_line(browser, "README.md", "Production"), "the owner's name")
        await browser.move_to(browser.left, ASSETS.child("README.md"))
        browser.screen.naming.action_name_account()
        await browser.until_told('label of accounts."111111111111" in')
        await browser.press("e", front=IdentityScreen, then="Production")


def on_one_line(browser: Browser, *words: str) -> bool:
    return any(all(word in line for word in words) for line in browser.text.splitlines())


async def test_an_account_gets_a_name_by_hand_and_an_unknown_owner_a_number_too(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, ASSETS.uri) as browser:
        await browser.move_to(browser.left, ASSETS.child("README.md"))
        browser.screen.naming.action_name_account()
        await until_screen(browser, NameAccountScreen)
        await browser.until_text("111111111111")
        await browser.press(*"Movies", "enter", told="111111111111 is now named Movies")
        await until(lambda: on_one_line(browser, "README.md", "Movies"), "the owner's name")
        await until(lambda: "Movies" in str(browser.left.strip.render()), "the strip calls the account so, too")
        await browser.move_to(browser.right, ASSETS.child("video/"))
        browser.screen.naming.action_name_account()
        await until_screen(browser, NameAccountScreen)
        await browser.until_text("222222222222")
        await browser.press("escape")
        named: list[str | None] = []
        browser.screen.requester_pays.action_requester_pays()
        await browser.until_told("requester pays is on: you pay for requests")
        browser.app.push_screen(NameAccountScreen(engine, Address("f" * 64)), named.append)
        await until_screen(browser, NameAccountScreen)
        await browser.press(*"Partner", "tab", *"12345", "enter", then="account number of 12 digits")
        await browser.press(*"6789012", "enter")
        await until(lambda: named == ["Partner"], "it is entered")
        context = browser.screen.context
        await until(lambda: context.book.account_label("123456789012") == "Partner", "the book knows the name")
        assert context.book.entries["f" * 64] == Address("f" * 64, "123456789012", "Partner")


DISK = IdentitySpec(local=True)


@pytest.mark.thorough
async def test_a_chosen_identity_gets_what_the_settings_add(engine: EngineSession) -> None:
    kept = {"landing": IdentitySettings(profile="analytics", read_only=True)}
    write_last(last_file(), PaneStart(DISK), PaneStart(B))
    given: dict[str, Any] = {"identities": kept, "safety": SafetySettings(read_only=["*prod*"])}
    async with opened(engine, right="s3://analytics-landing/", keeping=users_keeping(), **given) as browser:
        await browser.press("a", then="landing")
        await browser.press(*"landing", "enter")
        await until(lambda: bool(browser.left.identity and browser.left.identity.read_only), "it is read-only")
        spec = browser.who(browser.left).spec
        assert (spec.name, spec.safety.read_only, spec.safety.patterns) == ("landing", True, ("*prod*",))
        await browser.press("a", then="local disk │ analytics")
        await browser.press(*"local disk analytics", "enter")
        await until(lambda: bool(browser.left.spec and browser.left.spec.local), "the left pane shows the local disk")
        assert browser.right.location == Location("analytics-landing")
        assert browser.right.spec == B


@pytest.mark.thorough
@pytest.mark.parametrize("known", [True, False], ids=["refused", "not known yet"])
async def test_who_is_chosen_after_one_that_was_refused_looks_at_the_same_place(
    engine: EngineSession, known: bool
) -> None:
    endpoint = next(profile.endpoint for profile in (await engine.ask(ListProfiles())).profiles)
    await engine.ask(GiveKeys("AKIASTRANGER00000001", Secret("wrong"), endpoint=endpoint))
    refused = IdentitySpec(endpoint=endpoint, access_key="AKIASTRANGER00000001")
    where, told = ASSETS.child("images/"), engine if known else SlowCallerIdentity(engine)
    async with opened(told, where.uri, specs=(refused, B), listed=known) as browser:
        await browser.until_text("rejected")
        assert known or browser.who(browser.left).problem is None
        await browser.press("a", then="analytics-as-media-reader")
        await browser.press(*"media-prod", "enter", lists=where)


class SlowCallerIdentity(Passing):
    """Sends what the configuration says of an identity, and nothing that comes after it."""

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        async with aclosing(self.engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer
                if isinstance(feed, Connect):
                    await asyncio.Event().wait()


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


def written(config: Path, server: S3Server) -> str:
    known = Path(server.environment["AWS_CONFIG_FILE"]).read_text()
    config.write_text(known + PROFILE.format(endpoint=server.endpoint, start=START_URL))
    return str(config)


@pytest.fixture
async def office(
    demo_server: S3Server, center: IdentityCenter, surroundings: Path, tmp_path: Path
) -> AsyncIterator[EngineSession]:
    config = written(tmp_path / "config", demo_server)
    async with session_in({**demo_server.environment, **center.environment, "AWS_CONFIG_FILE": config}) as session:
        yield session


@pytest.mark.thorough
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


NEEDING = msgspec.structs.replace(SIGN_IN, connection=WHO_A.connection)
MINUTE = 60.0


def lasting(seconds: float, **changes: Any) -> Identity:
    """A, with credentials that end so many seconds after the beginning of the test."""
    return msgspec.structs.replace(WHO_A, expires=NOW + seconds, **changes)


class RenewingEngine(PicturedEngine):
    """Tells of A what the test says, whenever it says it."""

    def __init__(self, first: Identity, transfers: TransferList | None = None) -> None:
        super().__init__(transfers)
        self.told = [first]
        self.sign_in: list[Any] = []

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        self._feeds = {**self._feeds, SignIn: self.sign_in, WatchResults: [HOLD]}
        if not isinstance(feed, WatchIdentity) or feed.connection != WHO_A.connection:
            async for answer in super().follow(feed):
                yield answer
            return
        self.asked.append(feed)
        for number in range(100):
            await until(lambda number=number: len(self.told) > number, "there is more to tell", 600.0)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            yield self.told[number]


@asynccontextmanager
async def watched(engine: RenewingEngine) -> AsyncIterator[Browser]:
    async with opened(engine, VIDEO.uri, LANDING.uri, size=SMALL, listed=False, clock=lambda: NOW) as browser:
        await until(lambda: bool(browser.left.contents.root.total), "A lists")
        yield browser


async def test_ten_minutes_before_expiry_one_notice_says_what_to_do() -> None:
    """None where they are renewed in time; their end is said, and a sign-in offered where it happened."""
    engine = RenewingEngine(lasting(41 * MINUTE))
    engine.sign_in = [SignInStep("https://x", "https://x?c", "ABCD", NOW + 600), SignInStep(done=True)]
    async with watched(engine) as browser:
        for minutes in (41, 59, 9, 8):
            engine.told.append(lasting(minutes * MINUTE, problem=NEEDING if minutes < 10 else None))
            await until(lambda minutes=minutes: f"{minutes} min" in line(browser.left.strip), "the strip says it")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            if minutes == 9:
                await browser.until_told("the credentials expire in 9 min · e, then enter: sign in")
            assert len(browser.app._notifications) <= (minutes < 10)
        engine.told.append(lasting(-1, problem=NEEDING))
        await until(lambda: line(browser.left.strip).endswith("expired  e"), "the strip says so, with the key")
        await browser.until_told("the credentials have expired")
        await browser.press("e", front=IdentityScreen)
        await browser.press("enter")
        await until(lambda: SignIn(WHO_A.connection) in engine.asked, "the sign-in is begun")
        await until(lambda: browser.app.screen is browser.screen, "it is done")
        engine.told.append(lasting(60 * MINUTE))
        await until(lambda: "1 h" in line(browser.left.strip), "they were renewed")


class EndingEngine(RenewingEngine):
    """As one that ends while it is found: its screen had just left."""

    def __init__(self) -> None:
        super().__init__(lasting(60 * MINUTE))
        self.left = {A, B}

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        if isinstance(feed, Connect) and feed.spec in self.left:
            self.left.remove(feed.spec)
            raise EngineLostError
        async for answer in super().follow(feed):
            yield answer


async def test_an_engine_that_is_just_ending_is_followed_by_the_next_one() -> None:
    async with watched(EndingEngine()) as browser:
        await until(lambda: bool(browser.right.contents.root.total), "B lists, too")
        assert browser.left.identity
        assert browser.right.identity
