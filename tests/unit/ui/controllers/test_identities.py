"""What is told of identities: how long their credentials last, their accounts' colours, all about one."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.ui.controllers.host import NOW, Browser, identity, mounted, show
from tui.model.problem import Need, Problem, ProblemKind
from tui.settings import AccountSettings, Settings
from tui.ui.accounts.identity_details import IdentityScreen
from tui.ui.browser.controllers.identities import Identities
from tui.ui.kit.messages import AccentChosen, CredentialsAged, Lifetime, Side
from tui.ui.needs.code import CodeScreen

NUMBER = "111111111111"


def browser(settings: Settings | None = None) -> tuple[Browser, Identities]:
    made = Browser(settings=settings)
    return made, Identities(made.context, made.panes, made.guard, made.needs)


@pytest.mark.parametrize(
    ("lifetime", "left", "severity"),
    [(Lifetime.ENDING, "expire in 5 min", "warning"), (Lifetime.ENDED, "have expired", "error")],
)
def test_expired_credentials_are_reported(lifetime: Lifetime, left: str, severity: str) -> None:
    made, identities = browser()
    show(made.right, "s3://bucket/", who=identity("b", expires=NOW + 300))
    identities.credentials_aged(CredentialsAged(Side.RIGHT, lifetime))
    [(words, shown)] = made.host.toasts
    assert words.startswith(f"b, right pane: the credentials {left} · ")
    assert shown == severity


def test_credentials_that_last_are_not_told_of() -> None:
    made, identities = browser()
    show(made.right, "s3://bucket/", who=identity("b", expires=NOW + 300))
    identities.credentials_aged(CredentialsAged(Side.RIGHT, Lifetime.LASTING))
    show(made.right, "s3://bucket/", who=identity("b"))
    identities.credentials_aged(CredentialsAged(Side.RIGHT, Lifetime.ENDING))
    assert made.host.toasts == []


async def test_an_accounts_colour_is_set_once_and_again_for_another_account() -> None:
    made, identities = browser(Settings(accounts={NUMBER: AccountSettings(colour="red")}))
    show(made.left, "s3://bucket/", who=identity("a", account=NUMBER))
    async with mounted(made):
        identities.choose_accents()
        identities.choose_accents()
        assert made.host.messages == [AccentChosen(Side.LEFT, "red")]
        made.left.identity = identity("c", account="222222222222")
        identities.choose_accents()
    assert made.host.messages[1:] == [AccentChosen(Side.LEFT, "")]


def test_all_about_an_identity_leads_to_what_it_needs() -> None:
    made, identities = browser()
    identities.open(Side.LEFT)
    assert made.host.dialogs == [], "there is no identity"
    needing = Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="device", connection="a")
    show(made.left, "s3://bucket/", who=structs.replace(identity("a"), problem=needing))
    identities.open(Side.LEFT)
    made.host.expect(IdentityScreen)
    made.host.answer(True)
    made.host.expect(CodeScreen)
