"""Keeping what was added: in our settings, or as an AWS profile; forgetting it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.ui.dialogs.accounts.world import ARCHIVE, KEPT, ROLE_ARN, SMALL, Accounts
from tests.ui.dialogs.world import B
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.protocol.messages.identities import ListProfiles
from tui.settings import read_settings
from tui.settings.writing import keep_identity
from tui.ui.accounts.account_form import AccountForm
from tui.ui.accounts.accounts_screen import AccountsScreen, Chosen
from tui.ui.accounts.keep_identity import KeepScreen
from tui.ui.accounts.write_profile import WriteProfileScreen

SECRET = "hush/+=hush"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    file = tmp_path / "config.toml"
    settings = KEPT
    for name in KEPT.identities:
        spec = KEPT.identity(name)
        assert spec
        settings = keep_identity(file, name, spec)
    return Accounts(settings=settings, file=file, aws_config=tmp_path / "aws" / "config")


async def test_typed_keys_are_kept_by_their_id_alone(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await accounts.fill(pilot, "AKIAIOSFODNN7EXAMPLE", SECRET)
        await press(pilot, "ctrl+s")
        await accounts.until_text("Without the secret")
        await press(pilot, *"mine", "enter")
        await accounts.until_text("✓ saved as mine")
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec(access_key="AKIAIOSFODNN7EXAMPLE", name="mine"))
    assert "hush" not in accounts.file.read_text()
    assert read_settings(accounts.file).identities["mine"].access_key == "AKIAIOSFODNN7EXAMPLE"
    assert accounts.told == [read_settings(accounts.file)]


async def test_what_is_changed_after_it_was_kept_is_another_identity(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "anon endp")
        await accounts.fill(pilot, "https://a.org")
        await press(pilot, "ctrl+s", *"open", "enter")
        await accounts.until_text("✓ saved as open")
        await press(pilot, "end", "ctrl+u")
        await accounts.fill(pilot, "https://b.org")
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec(anonymous=True, endpoint="https://b.org"))


async def test_a_form_with_something_wrong_keeps_nothing(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "role…")
        await press(pilot, "ctrl+s")
        await accounts.until_text("✗ enter the role ARN")
        assert isinstance(accounts.app.screen, AccountForm)


async def test_a_row_is_kept_with_its_overrides_and_stands_in_the_list(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        accounts.app.screen.query_one("#region", Input).value = "eu-west-3"
        await press(pilot, *"admin", "ctrl+s")
        await until(lambda: isinstance(accounts.app.screen, KeepScreen), "a name is asked for")
        await pilot.pause()
        await press(pilot, "enter")
        await accounts.until_text("✗ use letters")
        await press(pilot, *"archive")
        await accounts.until_text("replaces the identity with this name")
        await press(pilot, "-", "2", "enter")
        await accounts.until_text("✓ saved as archive-2")
        await press(pilot, "ctrl+u")
        await until(lambda: bool(listed.row and listed.row.title == "archive-2"), "the cursor is on it")
    assert read_settings(accounts.file).identity("archive-2") == IdentitySpec(
        "admin", region="eu-west-3", name="archive-2"
    )


async def test_settings_that_cannot_be_written_are_said(accounts: Accounts) -> None:
    accounts.file.write_text("theme = 1\n")
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"admin", "ctrl+s")
        await until(lambda: isinstance(accounts.app.screen, KeepScreen), "a name is asked for")
        await pilot.pause()
        await press(pilot, "x", "enter")
        await accounts.until_text("config.toml:1: theme")
        assert isinstance(accounts.app.screen, KeepScreen)


async def test_a_role_goes_to_the_aws_config_file_after_its_lines_were_seen(accounts: Accounts) -> None:
    assert accounts.aws_config
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "role…")
        accounts.app.screen.query_one("#identity").value = IdentitySpec(B)  # type: ignore[attr-defined]  # its select
        await accounts.fill(pilot, ROLE_ARN, "partner-7")
        await press(pilot, "ctrl+s", *"admin", "ctrl+o")
        await accounts.until_text("✗ an AWS profile already has this name")
        await press(pilot, "2", "ctrl+o")
        await until(lambda: isinstance(accounts.app.screen, WriteProfileScreen), "the preview")
        await pilot.pause()
        for line in (
            "[profile admin2]",
            f"role_arn = {ROLE_ARN}",
            "source_profile = analytics",
            "external_id = partner-7",
            "region = us-east-1",
        ):
            assert line in accounts.text
        assert not accounts.aws_config.exists()
        await press(pilot, "escape")
        await pilot.pause()
        assert not accounts.aws_config.exists()
        await press(pilot, "ctrl+o")
        await until(lambda: isinstance(accounts.app.screen, WriteProfileScreen), "the preview")
        await pilot.pause()
        await press(pilot, "enter")
        await accounts.until_text("✓ saved as admin2")
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("admin2"))
    text = accounts.aws_config.read_text()
    assert text.splitlines()[0] == "[profile admin2]"
    assert accounts.told == []


async def test_a_section_that_another_program_added_is_not_overwritten(accounts: Accounts) -> None:
    assert accounts.aws_config
    accounts.aws_config.parent.mkdir()
    accounts.aws_config.write_text("[profile twin]\n")
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"archive", "ctrl+s")
        await until(lambda: isinstance(accounts.app.screen, KeepScreen), "a name is asked for")
        await pilot.pause()
        await press(pilot, "end", "ctrl+u", *"twin", "ctrl+o")
        await until(lambda: isinstance(accounts.app.screen, WriteProfileScreen), "the preview")
        await pilot.pause()
        await press(pilot, "enter")
        await accounts.until_text("already has a section [profile twin]")
    assert accounts.aws_config.read_text() == "[profile twin]\n"


async def test_what_no_profile_can_express_is_said_instead_of_a_preview(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, *"lab", "ctrl+s")
        await until(lambda: isinstance(accounts.app.screen, KeepScreen), "a name is asked for")
        await pilot.pause()
        await press(pilot, "ctrl+o")
        await accounts.until_text("✗ not as an AWS profile: typed keys stay in memory")


async def test_a_demo_offers_no_aws_config_file(accounts: Accounts) -> None:
    demos = Accounts(file=accounts.file, aws_config=None)
    async with demos.app.run_test(size=SMALL) as pilot:
        await demos.listed(pilot)
        await press(pilot, *"archive", "ctrl+s")
        await until(lambda: isinstance(demos.app.screen, KeepScreen), "a name is asked for")
        await pilot.pause()
        await press(pilot, "ctrl+o")
        await pilot.pause()
        assert "AWS config" not in demos.text.split("Save this identity")[1]
        assert isinstance(demos.app.screen, KeepScreen)


async def test_del_removes_a_saved_identity_after_confirmation(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        await press(pilot, "delete")
        assert isinstance(accounts.app.screen, AccountsScreen)  # a pair
        await press(pilot, *"archive")
        assert "del forget" in accounts.text
        await press(pilot, "home", "delete", "a", "end")
        assert accounts.app.screen.query_one("#filter", Input).value == "archive"
        await press(pilot, "delete", "n")
        await pilot.pause()
        assert read_settings(accounts.file).identity("archive") == ARCHIVE
        await press(pilot, "delete", "y")
        await accounts.until_text("✓ archive was removed")
        await press(pilot, "ctrl+u")
        await until(lambda: "archive" not in [row.title for row in listed._rows if row], "it is gone")
    assert set(read_settings(accounts.file).identities) == {"lab"}


async def test_after_escape_the_list_knows_what_was_kept_in_a_form(accounts: Accounts) -> None:
    async with accounts.app.run_test(size=SMALL) as pilot:
        listed = await accounts.listed(pilot)
        await accounts.open(pilot, "anon endp")
        await accounts.fill(pilot, "https://a.org")
        await press(pilot, "ctrl+s", *"open", "enter")
        await accounts.until_text("✓ saved as open")
        await press(pilot, "escape", "ctrl+u")
        await until(lambda: "open" in [row.title for row in listed._rows if row], "it stands in the list")
    assert [type(asked) for asked in accounts.engine.asked] == [ListProfiles, ListProfiles]
