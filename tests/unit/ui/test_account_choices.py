"""Who can be chosen, as rows and lines."""

from __future__ import annotations

import pytest

from tui.keeping.last_session import Pair
from tui.model.identity import AuthMethod, IdentitySpec, ProfileSummary, RoleSpec
from tui.protocol.messages.identities import Profiles
from tui.settings import Settings
from tui.text.spec_words import in_words, label_of
from tui.ui.accounts.account_choice_text import ShownRow, detail_lines, matching, row_line, title_width
from tui.ui.accounts.account_choices import AccountChoice, New, Section, account_choices, overridden, row_of
from tui.ui.kit.messages import Side

ROLE = RoleSpec("arn:aws:iam::111111111111:role/path/deploy", mfa_serial="arn:aws:iam::222222222222:mfa/ann")
ADMIN = ProfileSummary("admin", AuthMethod.SSO, "eu-central-1", detail="session corp")
PAIR = Pair(IdentitySpec("admin", region="eu-west-1"), IdentitySpec("other", region="us-east-1"))


def rows(*acting: IdentitySpec, pairs: tuple[Pair, ...] = (), side: Side = Side.LEFT) -> list[AccountChoice]:
    return account_choices(Profiles([ADMIN], []), Settings(), pairs, acting, side)


@pytest.mark.parametrize(
    ("spec", "label", "words"),
    [
        (IdentitySpec(), "default chain", "default chain · default credential chain"),
        (IdentitySpec("admin"), "admin", "admin · profile"),
        (IdentitySpec(local=True), "local disk", "local disk · this machine"),
        (IdentitySpec(anonymous=True, endpoint="https://x"), "anonymous", "anonymous · https://x"),
        (IdentitySpec(access_key="AKIA"), "AKIA", "AKIA · typed keys"),
        (IdentitySpec(access_key="AKIA", name="lab"), "lab", "lab · typed keys · AKIA"),
        (
            IdentitySpec("admin", roles=(ROLE,), region="eu-west-1"),
            "deploy of admin",
            f"deploy of admin · assume role · {ROLE.arn} with MFA from admin · eu-west-1",
        ),
        (
            IdentitySpec(roles=(RoleSpec("arn:aws:iam::1:role/first"), ROLE), name="ours"),
            "ours",
            f"ours · assume role · {ROLE.arn} with MFA from arn:aws:iam::1:role/first from default chain",
        ),
    ],
)
def test_an_identity_in_words(spec: IdentitySpec, label: str, words: str) -> None:
    assert label_of(spec) == label
    assert in_words(spec) == words


@pytest.mark.parametrize(("side", "region"), [(Side.LEFT, "eu-west-1"), (Side.RIGHT, "us-east-1")])
def test_a_pair_keeps_its_order_whichever_pane_asks(side: Side, region: str) -> None:
    (first, *_) = rows(pairs=(PAIR,), side=side)
    assert (first.section, first.title, first.region) == (Section.RECENT, "admin │ other", region)
    assert detail_lines(first).plain.splitlines() == [
        "left: admin · profile · eu-west-1",
        "right: other · profile · us-east-1",
    ]


def test_a_current_identity_has_its_own_row_only_if_no_other_row_is_equal() -> None:
    typed = IdentitySpec(access_key="AKIA")
    acting = [
        row.takes
        for row in rows(IdentitySpec("admin", "https://x"), typed, typed, IdentitySpec(local=True))
        if row.section is Section.ACTING
    ]
    assert acting == [typed]


def test_somebody_is_found_exactly_or_whatever_overrides_it() -> None:
    offered = rows(IdentitySpec(access_key="AKIA", endpoint="https://x"))
    found = row_of(offered, IdentitySpec("admin", "https://y", "eu-west-1"))
    assert found
    assert found.takes == IdentitySpec("admin")
    assert row_of(offered, New.ROLE)
    assert row_of(offered, IdentitySpec("nobody")) is None
    assert row_of(offered, None) is None


def test_overrides_are_for_s3_only() -> None:
    assert overridden(IdentitySpec("admin", "https://x"), None, "eu-west-1") == IdentitySpec(
        "admin", "https://x", "eu-west-1"
    )
    assert overridden(IdentitySpec(local=True), "https://x", "eu-west-1") == IdentitySpec(local=True)


def test_letters_that_fit_stand_out_and_columns_stay_in_line() -> None:
    offered = [AccountChoice(Section.AWS, IdentitySpec("日本"), "日本", "keys", "eu-west-1"), *rows()]
    width = title_width(offered)
    lines = [row_line(ShownRow(row), width).plain for row in offered if row.section is not Section.NEW]
    assert lines[0].index("keys") + 2 == lines[1].index("sso")  # each of its two letters has two cells
    (shown,) = matching(offered, "adm sso")
    assert shown.letters[:2] == (frozenset({0, 1, 2}), frozenset({0, 1, 2}))
    lit = [span for span in row_line(shown, width).spans if "underline" in str(span.style)]
    assert sorted(span.start for span in lit) == [1, 2, 3, *(1 + width + 2 + at for at in range(3))]


def test_a_row_without_region_uses_its_columns_for_words() -> None:
    [chain] = [row for row in rows() if row.title == "default chain"]
    assert row_line(ShownRow(chain), 14).plain.startswith(" default chain   default credential chain: environment")
