"""Who acts: what an identity needs, what it must not write, how long it lasts, how its account looks."""

from __future__ import annotations

from tests.accounts.demo import OPERATOR, SERIAL, present_code, role_of, wrong_code
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.ui.browser.browser import SMALL, A, Browser, line, opened
from tests.waiting import until
from tui.model.identity import Address, IdentitySpec
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.settings import AccountSettings, SafetySettings, read_settings, settings_file
from tui.ui.accounts.identity_details import IdentityScreen
from tui.ui.accounts.name_account import NameAccountScreen
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.messages import Side
from tui.ui.needs.code import CodeScreen
from tui.ui.needs.secret import SecretScreen
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.route_card import RouteCardScreen


async def until_on(browser: Browser, screen: type) -> None:
    await until(lambda: isinstance(browser.app.screen, screen), f"{screen.__name__} is in front", 20)
    await browser.pilot.pause()


def typed_keys(server: S3Server) -> IdentitySpec:
    return IdentitySpec(access_key=server.b.access_key, endpoint=server.endpoint, region=server.b.region)


async def test_typed_keys_ask_for_their_secret_and_the_other_pane_keeps_working(
    engine: EngineSession, demo_server: S3Server
) -> None:
    async with opened(engine, specs=(A, typed_keys(demo_server)), size=SMALL, listed=False) as browser:
        await until_on(browser, SecretScreen)
        await browser.until_listed(browser.left, Location())
        await browser.press("escape")
        await browser.until_text("enter: enter the secret")
        await browser.press("tab", "enter")
        await until_on(browser, SecretScreen)
        await browser.press(*demo_server.b.secret_key, "enter")
        await browser.until_listed(browser.right, Location())
        assert "analytics-landing" in browser.names(browser.right)
        assert demo_server.b.secret_key not in browser.text


async def test_a_role_with_mfa_asks_for_its_code_where_the_pane_failed(engine: EngineSession) -> None:
    async with opened(engine, specs=(role_of(OPERATOR), A), size=SMALL, listed=False) as browser:
        await until_on(browser, CodeScreen)
        await browser.until_text(SERIAL)
        await browser.press(*wrong_code(), "enter")
        await browser.until_text("the MFA code was rejected")
        await browser.press(*present_code(), "enter")
        await browser.until_listed(browser.left, Location())
        await until(lambda: bool(browser.left.identity and browser.left.identity.expires), "its end is known", 20)
        assert "media-prod-assets" in browser.names(browser.left)


async def test_a_problem_in_full_leads_to_what_would_help(engine: EngineSession, demo_server: S3Server) -> None:
    async with opened(engine, specs=(A, typed_keys(demo_server)), size=SMALL, listed=False) as browser:
        await until_on(browser, SecretScreen)
        await browser.press("escape", "tab", "e")
        await until_on(browser, ProblemScreen)
        await browser.until_text("Enter the secret")
        await browser.press("enter")
        await until_on(browser, SecretScreen)


async def test_a_read_only_pane_is_not_written_to_until_the_key_lifts_that(
    engine: EngineSession, buckets: BucketPair
) -> None:
    left, right = f"s3://{buckets.a}/", f"s3://{buckets.b}/"
    async with opened(engine, left, right, read_only=frozenset({"right"})) as browser:
        assert "read-only" in line(browser.right.strip)
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("c")
        await browser.until_told("the right pane is read-only · W allows writes")
        await browser.press("tab", "d")
        assert browser.app.screen is browser.screen
        identity = browser.right.identity
        assert identity
        assert identity.read_only
        await browser.press("W")
        await until(lambda: browser.right.identity not in (None, identity), "it is connected again")
        await browser.until_listed(browser.right, Location(buckets.b))
        assert "read-only" not in line(browser.right.strip)
        await browser.press("tab", "c")
        await until_on(browser, RouteCardScreen)


async def test_what_is_made_read_only_is_copied_from_but_not_moved(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("space", "W")
        await browser.until_told("the left pane is read-only")
        await browser.until_listed(browser.left, Location(buckets.a))
        assert len(browser.left.contents.marks) == 1
        await browser.press("m")
        assert browser.app.screen is browser.screen
        await browser.press("c")
        await until_on(browser, RouteCardScreen)


async def test_what_a_setting_demands_is_not_lifted_by_the_key(engine: EngineSession) -> None:
    safety = SafetySettings(read_only=["*prod*"])
    async with opened(engine, "s3://media-prod-assets/", size=SMALL, safety=safety) as browser:
        await until(lambda: "ro" in line(browser.left.strip), "the strip says so")
        await browser.press("W")
        await browser.until_told("the pattern *prod*")
        await browser.until_told(str(settings_file()))
        assert not browser.screen.guard.locked
        await browser.press("d")
        assert not isinstance(browser.app.screen, DeleteScreen)


async def test_an_account_has_the_name_and_the_colour_of_the_settings(engine: EngineSession) -> None:
    accounts = {"111111111111": AccountSettings("Production", "#ff0000")}
    async with opened(engine, accounts=accounts, right_accent="orange") as browser:
        await browser.until_text("111111111111 Production")
        await until(lambda: browser.app.get_css_variables()["left-accent"] == "#ff0000", "production is red")
        assert browser.app.get_css_variables()["right-accent"] == "orange"
        assert browser.left.strip.styles.background.rgb == (255, 0, 0)
        browser.screen.panes.activate(browser.left)
        await browser.press("e")
        await until_on(browser, IdentityScreen)
        await browser.until_text("Production")


async def test_owners_go_by_the_names_of_the_settings(engine: EngineSession) -> None:
    accounts = {"111111111111": AccountSettings("Production")}
    async with opened(engine, "s3://media-prod-assets/", "s3://media-prod-assets/", accounts=accounts) as browser:
        await until(
            lambda: any("README.md" in line and "Production" in line for line in browser.text.splitlines()),
            "the owner's name",
        )
        await browser.move_to(browser.left, Location("media-prod-assets", "README.md"))
        browser.screen.naming.action_name_account()
        await browser.until_told('label of accounts."111111111111" in')


async def test_a_name_by_hand_is_shown_for_owners_and_for_the_pane(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/", "s3://media-prod-assets/") as browser:
        await browser.move_to(browser.left, Location("media-prod-assets", "README.md"))
        browser.screen.naming.action_name_account()
        await until_on(browser, NameAccountScreen)
        await browser.until_text("111111111111")
        await browser.press(*"Movies", "enter")
        await browser.until_told("111111111111 is now named Movies")
        await until(
            lambda: any("README.md" in each and "Movies" in each for each in browser.text.splitlines()), "owner"
        )
        await until(lambda: "Movies" in str(browser.left.strip.render()), "the strip calls the account so, too")
        await browser.move_to(browser.right, Location("media-prod-assets", "video/"))
        browser.screen.naming.action_name_account()
        await until_on(browser, NameAccountScreen)
        await browser.until_text("222222222222")
        await browser.press("escape")


async def test_an_unknown_owner_gets_a_number_and_a_name(engine: EngineSession) -> None:
    async with opened(engine, size=SMALL) as browser:
        named: list[str | None] = []
        browser.app.push_screen(NameAccountScreen(engine, Address("f" * 64)), named.append)
        await until_on(browser, NameAccountScreen)
        await browser.press(*"Partner", "tab", *"12345", "enter")
        await browser.until_text("account number of 12 digits")
        await browser.press(*"6789012", "enter")
        await until(lambda: named == ["Partner"], "it is entered")
        context = browser.screen.context
        await until(lambda: context.book.account_label("123456789012") == "Partner", "the book knows the name")
        assert context.book.entries["f" * 64] == Address("f" * 64, "123456789012", "Partner")


async def test_requester_pays_is_a_choice_for_a_bucket(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/", "s3://media-prod-assets/") as browser:
        browser.screen.requester_pays.action_requester_pays()
        await browser.until_told("media-prod-assets: requester pays is on: you pay for requests")

        def paid(pane: object) -> bool:
            identity = browser.screen.panes.pane(Side(str(pane))).identity
            return bool(identity and identity.spec.requester_pays == ("media-prod-assets",))

        await until(lambda: paid("left") and paid("right"), "both panes are connected again", 20)
        assert read_settings(settings_file()).buckets["media-prod-assets"].requester_pays
        browser.screen.requester_pays.action_requester_pays()
        await browser.until_told("requester pays is off")
        assert not read_settings(settings_file()).buckets.get("media-prod-assets")
