"""The list of the accounts screen: what stands in it, how it is found and chosen."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.ui.dialogs.accounts.world import AMBIENT, ARCHIVE, KEPT, LARGE, NOBODY, PAIRS, SMALL, Accounts
from tests.ui.dialogs.host import text_of
from tests.ui.pressing import press
from tui.keeping.last_session import Pair
from tui.model.identity import IdentitySpec, Safety
from tui.model.problem import Problem, ProblemKind
from tui.protocol.session import EngineSession
from tui.settings import Settings
from tui.ui.accounts.accounts_screen import Chosen
from tui.ui.kit.messages import Side


async def test_pairs_come_first_then_ours_then_the_files_then_the_rest() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=LARGE) as pilot:
        shown = text_of(await accounts.listed(pilot)).splitlines()
        firsts = [line.split("  ")[0].strip() or line.strip().split("  ")[0] for line in shown if line.strip()]
    assert firsts == [
        "recent pairs",
        "media-prod │ analytics",
        "local disk │ archive of analytics",
        "saved in the settings",
        "archive",
        "lab",
        "AWS config files and environment",
        "media-prod",
        "analytics",
        "analytics-as-media-reader",
        "admin",
        "no profile",
        "default chain",
        "anonymous",
        "local disk",
        "new",
        "access keys…",
        "role…",
        "S3-compatible endpoint…",
        "anonymous endpoint…",
    ]


async def test_a_row_says_how_it_authenticates_and_the_line_below_all_that_is_known() -> None:
    accounts = Accounts(current=IdentitySpec("analytics-as-media-reader"))
    async with accounts.app.run_test(size=SMALL) as pilot:
        shown = text_of(await accounts.listed(pilot))
        assert "assume role" in shown
        assert "sso" in shown
        detail = " ".join(text_of(accounts.app.screen.query_one("#detail")).split())
        role = "arn:aws:iam::111111111111:role/media-reader from analytics"
        assert detail == f"{role} · ap-northeast-1 · https://s3.example.com"


async def test_a_kept_identity_that_writes_nothing_says_so() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"read-only")
        await accounts.until_text("LABKEY · read-only · lab · https://s3.lab.example.com")


async def test_what_the_environment_has_stands_among_the_files() -> None:
    accounts = Accounts(AMBIENT, Settings(), [])
    async with accounts.app.run_test(size=SMALL) as pilot:
        shown = text_of(await accounts.listed(pilot)).splitlines()
        assert shown[0].strip() == "AWS config files and environment"
        assert shown[1].split() == ["environment", "environment", "eu-west-1", "AWS_ACCESS_KEY_…"]
        assert "default chain" not in "\n".join(shown[2:])
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec())


async def test_what_is_typed_finds_across_sections_and_enter_takes_the_best() -> None:
    accounts = Accounts(current=IdentitySpec("analytics"))
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"role anreader")
        await pilot.pause()
        shown = text_of(accounts.app.screen.query_one("#accounts")).split("\n")
        assert [line.split()[0] for line in shown if line] == ["analytics-as-media-reader"]
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("analytics-as-media-reader"))


async def test_no_match_is_shown_and_enter_chooses_nothing() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"zz[b]", "enter")
        await accounts.until_text("no match for 'zz[b]'")
        assert accounts.app.answers == []


@pytest.mark.parametrize("side", list(Side))
async def test_a_pair_sets_both_panes(side: Side) -> None:
    accounts = Accounts(side=side)
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, "down", "enter")
        left, right = PAIRS[1].left, PAIRS[1].right
        assert await accounts.answered() == (Chosen(left, right) if side is Side.LEFT else Chosen(right, left))


async def test_an_identity_of_the_settings_is_chosen_by_its_name() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"archive", "enter")
        assert await accounts.answered() == Chosen(ARCHIVE)


async def test_the_cursor_starts_on_the_current_identity_and_the_answer_is_its_plain_spec() -> None:
    current = IdentitySpec("analytics", region="eu-west-1", safety=Safety(read_only=True), requester_pays=("b",))
    accounts = Accounts(current=current)
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("analytics", region="eu-west-1"))


async def test_the_endpoint_of_a_kept_identity_is_no_override_for_another() -> None:
    accounts = Accounts(current=KEPT.identity("lab"))
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        assert accounts.app.screen.query_one("#endpoint", Input).value == ""
        await press(pilot, *"admin", "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("admin"))


async def test_overrides_go_with_the_profile_and_wrong_ones_are_said() -> None:
    accounts = Accounts(current=IdentitySpec("analytics"))
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        accounts.app.screen.query_one("#endpoint", Input).focus()
        await press(pilot, *"x:1", "tab", *"eu-west-1", "enter")
        await accounts.until_text("✗ 'x:1' is not an endpoint")
        assert accounts.app.answers == []
        accounts.app.screen.query_one("#endpoint", Input).value = "http://x:1"
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("analytics", "http://x:1", "eu-west-1"))


async def test_the_arrows_pass_over_headings_and_stop_at_the_ends() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        await press(pilot, *["down"] * 3)
        assert listed.row
        assert listed.row.title == "lab"
        await press(pilot, *["pagedown"] * 4)
        assert listed.row.title == "anonymous endpoint…"
        await press(pilot, *["pageup"] * 4)
        assert listed.row.title == "media-prod │ analytics"
        assert listed.scroll_offset.y == 0


async def test_a_click_moves_there_and_a_double_click_takes_it() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        await pilot.click(listed, offset=(3, 4))
        await pilot.pause()
        assert listed.row
        assert (listed.row.title, accounts.app.answers) == ("archive", [])
        await pilot.click(listed, offset=(3, 3), times=2)  # a heading
        await pilot.pause()
        assert (listed.row.title, accounts.app.answers) == ("archive", [])
        await pilot.click(listed, offset=(3, 7), times=2)
        assert await accounts.answered() == Chosen(IdentitySpec("media-prod"))


async def test_escape_chooses_nothing() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, "escape")
        assert await accounts.answered() is None


async def test_without_accounts_it_shows_how_to_get_one() -> None:
    accounts = Accounts(NOBODY, Settings(), [])
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        for words in (
            "No accounts yet",
            "aws configure sso",
            "export AWS_ACCESS_KEY_ID",
            "xs3-tui --demo",
            "the demo:",
        ):
            assert words in accounts.text
        assert listed.row
        assert listed.row.title == "access keys…"
        await press(pilot, "enter")
        await accounts.until_text("session token")


async def test_files_that_cannot_be_read_are_named_and_the_rest_works() -> None:
    refusal = Problem(ProblemKind.INVALID, "cannot parse [x]/config\x1b[2J", remedy="mend line 3")
    accounts = Accounts(refusal, pairs=[])
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        assert "✗ cannot parse [x]/config␛[2J · mend line 3" in accounts.text
        assert "No accounts yet" not in accounts.text
        await press(pilot, *"local", "enter")
        assert await accounts.answered() == Chosen(IdentitySpec(local=True))


async def test_names_from_outside_are_made_visible() -> None:
    accounts = Accounts(pairs=[Pair(IdentitySpec("a\x1b[31m[b]"), IdentitySpec("b"))])
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        assert "a␛[31m[b] │ b" in accounts.text


async def test_the_profiles_of_the_files_are_those_of_a_real_engine(engine: EngineSession) -> None:
    accounts = Accounts(given=engine, settings=Settings(), pairs=[])
    async with accounts.app.run_test(size=LARGE) as pilot:
        shown = text_of(await accounts.listed(pilot))
        for words in ("media-prod", "analytics-as-media-reader", "assume role", "ap-northeast-1"):
            assert words in shown
        assert "read: " in accounts.text


async def test_a_current_identity_that_is_in_no_file_can_be_chosen_for_either_pane() -> None:
    typed = IdentitySpec(access_key="AKIATYPED", endpoint="https://s3.x.org")
    accounts = Accounts(current=IdentitySpec("analytics", "https://override"), other=typed, side=Side.RIGHT)
    async with accounts.app.run_test(size=SMALL) as pilot:
        shown = text_of(await accounts.listed(pilot)).splitlines()
        at = next(number for number, line in enumerate(shown) if "in use" in line)
        assert shown[at + 1].split()[0] == "AKIATYPED"
        assert "saved in the settings" in shown[at + 2]
        accounts.app.screen.query_one("#endpoint", Input).value = ""
        await press(pilot, *"AKIAT", "enter")
        assert await accounts.answered() == Chosen(typed)


async def test_a_recent_pair_uses_the_current_settings() -> None:
    former = IdentitySpec("former", name="lab")
    forgotten = IdentitySpec("admin", region="eu-west-1", name="forgotten")
    accounts = Accounts(pairs=[Pair(former, forgotten)])
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        assert "lab │ admin" in accounts.text
        await press(pilot, "enter")
        lab = KEPT.identity("lab")
        assert lab
        assert await accounts.answered() == Chosen(lab, IdentitySpec("admin", region="eu-west-1"))
