"""The forms for who is new: what is asked, checked, explained and answered; where a secret goes."""

from __future__ import annotations

import json
from pathlib import Path

from textual.widgets import Input

from tests.ui.dialogs.accounts.world import ARCHIVE, LARGE, NOBODY, ROLE_ARN, SMALL, Accounts
from tests.ui.dialogs.host import text_of
from tests.ui.dialogs.world import A, B
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.identity import IdentitySpec, RoleSpec
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.identities import GiveKeys, ListProfiles, Secret
from tui.settings import Settings
from tui.ui.accounts.accounts_screen import AccountsScreen, Chosen
from tui.ui.accounts.identity_select import IdentitySelect
from tui.ui.accounts.new_keys import KEY_FIELDS, NewKeysScreen
from tui.ui.kit.choice import Choice
from tui.ui.kit.form_field import FormField

KEY, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "hush/+=hush", "tokenhush"


async def test_typed_keys_go_to_the_engine_and_their_id_is_the_answer() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await accounts.fill(pilot, KEY, SECRET, TOKEN, "https://s3.x.org", "eu-west-1")
        lines = [accounts.app.screen.query_one(name, Input) for name in ("#secret", "#token")]
        assert [line.value for line in lines] == [SECRET, TOKEN]
        assert "hush" not in accounts.text
        await press(pilot, "enter")
        spec = IdentitySpec(access_key=KEY, endpoint="https://s3.x.org", region="eu-west-1")
        assert await accounts.answered() == Chosen(spec)
        assert [line.value for line in lines] == ["", ""]
    assert accounts.engine.asked[-1] == GiveKeys(KEY, Secret(SECRET), Secret(TOKEN), "https://s3.x.org")
    assert "hush" not in repr(accounts.engine.asked)


async def test_every_line_is_explained_in_one_line_while_it_has_the_focus() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        for form in ("access keys", "role…", "S3-comp", "anon endp"):
            await accounts.open(pilot, form)
            notes = []
            for line in [field.line for field in accounts.app.screen.query(FormField)]:
                line.focus()
                await pilot.pause()
                notes.append(text_of(accounts.app.screen.query_one("#note")))
            assert all(note.strip() and len(note.strip().splitlines()) == 1 for note in notes), notes
            assert len(set(notes)) == len(notes)
            await press(pilot, "escape")
            await until(lambda: isinstance(accounts.app.screen, AccountsScreen), "back in the list")
            await press(pilot, "ctrl+u")


async def test_what_is_wrong_is_said_at_its_line_once_that_was_left() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "role…")
        await accounts.fill(pilot, "arn:aws:iam::1:user/x")
        assert "✗" not in accounts.text
        await press(pilot, "tab")
        await accounts.until_text("is not a role: write")
        await press(pilot, "shift+tab", "end", "ctrl+u")
        await accounts.fill(pilot, ROLE_ARN)
        await accounts.until_text("in account 111111111111")
        assert "✗" not in accounts.text
        accounts.app.screen.query_one("#duration", Input).value = "5m"
        await press(pilot, "enter")
        await accounts.until_text("✗ a session lasts 15m to 12h")
        assert accounts.app.screen.focused is accounts.app.screen.query_one("#duration")
        assert accounts.app.answers == []


async def test_an_unusual_key_is_warned_of_and_a_missing_secret_is_asked_for() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await press(pilot, *"minio", "enter")
        await accounts.until_text("⚠ AWS key IDs have 16 to 128")
        await accounts.until_text("✗ type or paste the secret")
        await press(pilot, *"s", "enter")
        assert await accounts.answered() == Chosen(IdentitySpec(access_key="minio"))


async def test_an_engine_that_takes_no_keys_is_said_and_nothing_is_lost() -> None:
    accounts = Accounts()
    refusal = Problem(ProblemKind.ENGINE, "the engine is gone", remedy="start again")
    accounts.engine._answers = {**accounts.engine._answers, GiveKeys: refusal}
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await accounts.fill(pilot, KEY, SECRET)
        await press(pilot, "enter")
        await accounts.until_text("✗ the engine is gone · start again")
        assert accounts.app.screen.query_one("#secret", Input).value == SECRET
        assert accounts.app.answers == []


async def test_escape_leads_back_to_the_list_and_only_the_secret_is_forgotten() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await accounts.fill(pilot, KEY, SECRET)
        await press(pilot, "escape")
        await until(lambda: isinstance(accounts.app.screen, AccountsScreen), "back in the list")
        assert accounts.app.screen.query_one("#filter", Input).value == "access keys"
        await press(pilot, "enter")
        await until(lambda: isinstance(accounts.app.screen, NewKeysScreen), "the form is there again")
        await pilot.pause()
        values = [accounts.app.screen.query_one(name, Input).value for name in ("#access_key", "#secret")]
        assert values == [KEY, ""]
    assert GiveKeys not in {type(asked) for asked in accounts.engine.asked}


async def test_a_role_starts_from_the_panes_identity_with_all_options_of_assume_role(tmp_path: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    file = tmp_path / "p.json"
    file.write_text(json.dumps(document, indent=2))
    accounts = Accounts(current=ARCHIVE)
    async with accounts.app.run_test(size=LARGE) as pilot:
        await accounts.open(pilot, "role…")
        typed = (ROLE_ARN, "partner-7", "ann", "90m", "arn:aws:iam::222222222222:mfa/ann", f"@{file}", "eu-west-1")
        await accounts.fill(pilot, *typed)
        await accounts.until_text("= 1 h 30 min")
        accounts.app.screen.query_one("#arn").focus()
        await press(pilot, "enter")
        policy = json.dumps(document, separators=(",", ":"))
        role = RoleSpec(ROLE_ARN, "partner-7", "ann", 5400, "arn:aws:iam::222222222222:mfa/ann", policy)
        expected = IdentitySpec(B, region="eu-west-1", roles=(*ARCHIVE.roles, role))
        assert await accounts.answered() == Chosen(expected)


async def test_a_role_can_start_from_anybody_of_the_list() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "role…")
        select = accounts.app.screen.query_one(IdentitySelect)
        select.focus()
        await press(pilot, "enter", *"admin", "enter")
        await until(lambda: select.chosen == IdentitySpec("admin"), "the list of identities is used")
        accounts.app.screen.query_one("#arn").focus()
        await accounts.fill(pilot, ROLE_ARN)
        await press(pilot, "enter")
        assert await accounts.answered() == Chosen(IdentitySpec("admin", roles=(RoleSpec(ROLE_ARN),)))


async def test_the_panes_identity_can_be_the_source_of_a_role_though_it_is_in_no_list() -> None:
    typed_in = IdentitySpec(access_key="LABKEY2", endpoint="https://lab", path_style=True)
    accounts = Accounts(current=typed_in)
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "role…")
        await accounts.fill(pilot, ROLE_ARN)
        await press(pilot, "enter")
        expected = IdentitySpec(
            access_key="LABKEY2", endpoint="https://lab", path_style=True, roles=(RoleSpec(ROLE_ARN),)
        )
        assert await accounts.answered() == Chosen(expected)


async def test_an_endpoint_with_keys_that_are_typed() -> None:
    accounts = Accounts(NOBODY, Settings(), [])
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "S3-compatible")
        await press(pilot, "enter")
        await accounts.until_text("✗ enter the server's URL")
        await accounts.fill(pilot, "http://s3.lab.org:9000", "lab")
        await accounts.until_text("⚠ not encrypted")
        await press(pilot, "tab", "right", "tab", "tab")
        await accounts.fill(pilot, KEY, SECRET)
        await press(pilot, "enter")
        spec = IdentitySpec(access_key=KEY, endpoint="http://s3.lab.org:9000", region="lab", path_style=True)
        assert await accounts.answered() == Chosen(spec)
    assert accounts.engine.asked[-1] == GiveKeys(KEY, Secret(SECRET), endpoint="http://s3.lab.org:9000")


async def test_an_endpoint_with_a_profile_asks_for_no_keys() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "S3-compatible")
        select = accounts.app.screen.query_one(IdentitySelect)
        select.value = IdentitySpec(A)
        await pilot.pause()
        assert "secret" not in accounts.text
        accounts.app.screen.query_one("#endpoint").focus()
        await press(pilot, *"https://s3.lab.org", "enter")
        assert await accounts.answered() == Chosen(IdentitySpec(A, "https://s3.lab.org"))
    assert [type(asked) for asked in accounts.engine.asked] == [ListProfiles]


async def test_nobody_signs_at_a_server_that_is_typed() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.listed(pilot)
        await press(pilot, "pagedown", "pagedown", "pagedown", "enter")
        await accounts.until_text("automatic")
        await pilot.pause()
        await accounts.fill(pilot, "https://open.example.org")
        await pilot.click(Choice, offset=(24, 0))
        accounts.app.screen.query_one("#region").focus()
        await press(pilot, "enter")
        spec = IdentitySpec(endpoint="https://open.example.org", anonymous=True, path_style=True)
        assert await accounts.answered() == Chosen(spec)


async def test_tab_goes_through_all_that_can_be_set_and_back() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "S3-compatible")
        ids = ["endpoint", "region", "addressing", "identity", *(field.id for field in KEY_FIELDS), "connect"]
        passed = [accounts.app.screen.focused]
        for key in ["tab"] * 7 + ["shift+tab"] * 7:
            await press(pilot, key)
            passed.append(accounts.app.screen.focused)
        assert [widget.id for widget in passed if widget] == [*ids, *ids[-2::-1]]


async def test_a_secret_gets_into_no_clipboard() -> None:
    accounts = Accounts()
    async with accounts.app.run_test(size=SMALL) as pilot:
        await accounts.open(pilot, "access keys")
        await accounts.fill(pilot, KEY, SECRET)
        await press(pilot, "ctrl+shift+a", "ctrl+c")
        assert accounts.app.screen.query_one("#secret", Input).selected_text == SECRET
        await press(pilot, "ctrl+x")
        assert accounts.app.screen.query_one("#secret", Input).value == ""
        assert accounts.app.clipboard == ""
