"""The accounts screen and its forms; and what an identity needs: asked for where it failed, and again when wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.content import Content
from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tests.browser.host import OPEN, Host, press, screen_text, showing, text_of, until_shown
from tests.browser.scripted import HOLD, HeldEngine, ManyAnswers, ScriptedEngine
from tests.browser.world import BOOK, NOW, ORDER, PROFILES, TARGET, UPDATES, A, B, finished_card
from tests.features.transfer_list.world import WAITING
from tests.waiting import until
from tui.core.identity import AuthMethod, IdentitySpec, ProfileSummary, RoleSpec, Safety
from tui.core.problem import Need, Problem, ProblemKind
from tui.features.accounts.form_screen import AccountForm, IdentitySelect, KeepScreen, WriteProfileScreen
from tui.features.accounts.new_screen import KEY_FIELDS, NewKeysScreen
from tui.features.accounts.screen import AccountOptionList, AccountsScreen, ChosenIdentities
from tui.features.copy.screen import RouteCardScreen
from tui.features.inspect.screen import Inspector
from tui.features.transfer_list.transfer_lines_view import need_of, reason
from tui.features.transfer_list.transfer_screen import TransferScreen
from tui.kit.choice import Choice
from tui.kit.dialog import ConfirmScreen
from tui.kit.inputs import FormField
from tui.kit.need_dialogs import need_dialog
from tui.kit.problem_screen import ProblemScreen
from tui.link.request import Done
from tui.messages.identity_requests import GiveCode, GiveKeys, ListProfiles, Profiles, Secret, SignIn, SignInStep
from tui.messages.inspect_requests import Inspect
from tui.messages.order_requests import PlanCopy, WatchResults
from tui.panes.news import PaneSide
from tui.saved.kept_identities import IdentityKeeper
from tui.saved.last_session import IdentityPair
from tui.settings import IdentitySettings, RoleSettings, Settings, read_settings
from tui.settings.on_disk import keep_identity

SMALL, LARGE = (80, 24), (200, 50)

ROLE_ARN = "arn:aws:iam::111111111111:role/archive"
MFA = "arn:aws:iam::222222222222:mfa/bob"
KEY, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "hush/+=hush", "tokenhush"

KEPT = Settings(
    identities={
        "archive": IdentitySettings(profile=B, roles=[RoleSettings(arn=ROLE_ARN, mfa_serial=MFA)]),
        "lab": IdentitySettings(
            access_key="LABKEY", endpoint="https://s3.lab.example.com", region="lab", read_only=True
        ),
    }
)
ARCHIVE = IdentitySpec(B, roles=(RoleSpec(ROLE_ARN, mfa_serial=MFA),), name="archive")

PAIRS = [
    IdentityPair(IdentitySpec(A), IdentitySpec(B)),
    IdentityPair(IdentitySpec(local=True), IdentitySpec(B, roles=(RoleSpec(ROLE_ARN),))),
]

AMBIENT = Profiles([], [], ProfileSummary("", AuthMethod.ENVIRONMENT, "eu-west-1", detail="AWS_ACCESS_KEY_ID"))
NOBODY = Profiles([], [])


@dataclass
class Accounts:
    answer: Profiles | Problem = field(default_factory=lambda: PROFILES)
    settings: Settings = KEPT
    pairs: list[IdentityPair] = field(default_factory=lambda: PAIRS)
    current: IdentitySpec | None = None
    other: IdentitySpec | None = None
    side: PaneSide = PaneSide.LEFT
    file: Path = Path("/home/ann/.config/xs3-tui/config.toml")
    aws_config: Path | None = Path("/home/ann/.aws/config")
    told: list[Settings] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = ScriptedEngine({ListProfiles: self.answer, GiveKeys: Done()})
        keeper = IdentityKeeper(self.settings, self.file, self.aws_config, self.told.append)
        screen = AccountsScreen(
            self.engine, self.side, keeper, current=self.current, other=self.other, pairs=self.pairs
        )
        self.app = Host(dialog=screen)

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def words(self) -> str:
        return " ".join(self.text.replace("│", " ").split())

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    @asynccontextmanager
    async def shown(self, form: str = "", size: tuple[int, int] = SMALL) -> AsyncIterator[Accounts]:
        async with self.app.run_test(size=size) as self.pilot:
            self.listed = self.screen.query_one(AccountOptionList)
            await until(lambda: self.listed.option_count > 0, "the list has rows")
            await self.pilot.pause()
            if form:
                await self.open(form)
            yield self

    def line(self, name: str) -> Input:
        return self.screen.query_one(name, Input)

    async def press(
        self, *keys: str, then: str = "", front: type[Screen[Any]] | None = None, answer: Any = OPEN
    ) -> None:
        await press(self.pilot, *keys, answer=answer)
        if then:
            await self.until_text(then)
        if front:
            await self.until_screen(front)

    async def open(self, name: str) -> None:
        await self.press(*name, "enter")
        await until(lambda: bool(self.screen.query("#account-form")), f"{name} opens a form")
        await self.pilot.pause()

    async def fill(self, *texts: str) -> None:
        for number, text in enumerate(texts):
            if number:
                await self.press("tab")
            assert self.screen.focused
            self.screen.focused.post_message(Paste(text))
            await self.pilot.pause()

    async def until_screen(self, kind: type[Screen[Any]]) -> None:
        await until(lambda: isinstance(self.screen, kind), f"{kind.__name__} is in front")
        await self.pilot.pause()

    async def answered(self) -> object:
        return await self.app.answered()

    async def until_text(self, text: str) -> None:
        await until(lambda: text in self.text or text in self.words, f"the screen shows {text!r}")


async def test_pairs_come_first_then_ours_then_the_files_then_the_rest() -> None:
    async with Accounts().shown(size=LARGE) as accounts:
        shown = text_of(accounts.listed).splitlines()
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
    async with Accounts(current=IdentitySpec("analytics-as-media-reader")).shown() as accounts:
        shown = text_of(accounts.listed)
        assert "assume role" in shown
        assert "sso" in shown
        detail = " ".join(text_of(accounts.screen.query_one("#detail")).split())
        role = "arn:aws:iam::111111111111:role/media-reader from analytics"
        assert detail == f"{role} · ap-northeast-1 · https://s3.example.com"


async def test_what_the_environment_has_stands_among_the_files() -> None:
    async with Accounts(AMBIENT, Settings(), []).shown() as accounts:
        shown = text_of(accounts.listed).splitlines()
        assert shown[0].strip() == "AWS config files and environment"
        assert shown[1].split() == ["environment", "environment", "eu-west-1", "AWS_ACCESS_KEY_…"]
        assert "default chain" not in "\n".join(shown[2:])
        await accounts.press("enter", answer=ChosenIdentities(IdentitySpec()))


async def test_no_match_is_shown_and_enter_chooses_nothing() -> None:
    async with Accounts().shown() as accounts:
        await accounts.press(*"zz[b]", "enter", then="no match for 'zz[b]'")
        assert accounts.app.answers == []
        await accounts.press("ctrl+u", *"read-only", then="LABKEY · read-only · lab · https://s3.lab.example.com")


PLAIN = IdentitySpec("analytics", region="eu-west-1")
PAYING = replace(PLAIN, safety=Safety(read_only=True), requester_pays=("b",))


CHOICES: dict[str, tuple[dict[str, Any], tuple[str, ...], ChosenIdentities | None]] = {
    "a pair": ({"side": PaneSide.LEFT}, ("down", "enter"), ChosenIdentities(PAIRS[1].left, PAIRS[1].right)),
    "a pair for the right pane": (
        {"side": PaneSide.RIGHT},
        ("down", "enter"),
        ChosenIdentities(PAIRS[1].right, PAIRS[1].left),
    ),
    "by its name": ({}, (*"archive", "enter"), ChosenIdentities(ARCHIVE)),
    "by words of a row": ({}, (*"role anreader", "enter"), ChosenIdentities(IdentitySpec("analytics-as-media-reader"))),
    "no override for another": (
        {"current": KEPT.identity("lab")},
        (*"admin", "enter"),
        ChosenIdentities(IdentitySpec("admin")),
    ),
    "the current one, plain": ({"current": PAYING}, ("enter",), ChosenIdentities(PLAIN)),
    "nobody": ({}, ("escape",), None),
}


@pytest.mark.thorough
@pytest.mark.parametrize(("given", "keys", "answer"), CHOICES.values(), ids=CHOICES)
async def test_what_is_chosen_is_the_answer(
    given: dict[str, Any], keys: tuple[str, ...], answer: ChosenIdentities | None
) -> None:
    async with Accounts(**given).shown() as accounts:
        await accounts.press(*keys, answer=answer)


async def test_overrides_go_with_the_profile_and_wrong_ones_are_said() -> None:
    async with Accounts(current=IdentitySpec("analytics")).shown() as accounts:
        accounts.line("#endpoint").focus()
        await accounts.press(*"x:1", "tab", *"eu-west-1", "enter", then="✗ 'x:1' is not an endpoint")
        assert accounts.app.answers == []
        accounts.line("#endpoint").value = "http://x:1"
        await accounts.press("enter", answer=ChosenIdentities(IdentitySpec("analytics", "http://x:1", "eu-west-1")))


async def test_the_arrows_pass_over_headings_and_stop_at_the_ends() -> None:
    async with Accounts().shown() as accounts:
        listed = accounts.listed
        await accounts.press(*["down"] * 3)
        assert listed.row
        assert listed.row.title == "lab"
        await accounts.press(*["pagedown"] * 4)
        assert listed.row.title == "anonymous endpoint…"
        await accounts.press(*["pageup"] * 4)
        assert listed.row.title == "media-prod │ analytics"
        assert listed.scroll_offset.y == 0


async def test_a_click_moves_there_and_a_double_click_takes_it() -> None:
    async with Accounts().shown() as accounts:
        listed = accounts.listed
        await accounts.pilot.click(listed, offset=(3, 4))
        await accounts.pilot.pause()
        assert listed.row
        assert (listed.row.title, accounts.app.answers) == ("archive", [])
        await accounts.pilot.click(listed, offset=(3, 3), times=2)  # a heading
        await accounts.pilot.pause()
        assert (listed.row.title, accounts.app.answers) == ("archive", [])
        await accounts.pilot.click(listed, offset=(3, 7), times=2)
        assert await accounts.answered() == ChosenIdentities(IdentitySpec("media-prod"))


async def test_without_accounts_it_shows_how_to_get_one() -> None:
    async with Accounts(NOBODY, Settings(), []).shown() as accounts:
        listed = accounts.listed
        ways = ("aws configure sso", "export AWS_ACCESS_KEY_ID", "xs3-tui --demo", "the demo:")
        for words in ("No accounts yet", *ways):
            assert words in accounts.text
        assert listed.row
        assert listed.row.title == "access keys…"
        await accounts.press("enter", then="session token")


async def test_files_that_cannot_be_read_are_named_and_the_rest_works() -> None:
    refusal = Problem(ProblemKind.INVALID, "cannot parse [x]/config\x1b[2J", remedy="mend line 3")
    async with Accounts(refusal, pairs=[]).shown() as accounts:
        assert "✗ cannot parse [x]/config␛[2J · mend line 3" in accounts.text
        assert "No accounts yet" not in accounts.text
        await accounts.press(*"local", "enter", answer=ChosenIdentities(IdentitySpec(local=True)))


async def test_a_current_identity_that_is_in_no_file_can_be_chosen_for_either_pane() -> None:
    typed = IdentitySpec(access_key="AKIATYPED", endpoint="https://s3.x.org")
    current = IdentitySpec("analytics", "https://override")
    async with Accounts(current=current, other=typed, side=PaneSide.RIGHT).shown() as accounts:
        shown = text_of(accounts.listed).splitlines()
        at = next(number for number, line in enumerate(shown) if "in use" in line)
        assert shown[at + 1].split()[0] == "AKIATYPED"
        assert "saved in the settings" in shown[at + 2]
        accounts.line("#endpoint").value = ""
        await accounts.press(*"AKIAT", "enter", answer=ChosenIdentities(typed))


async def test_a_recent_pair_uses_the_current_settings() -> None:
    former = IdentitySpec("former", name="lab")
    forgotten = IdentitySpec("admin", region="eu-west-1", name="forgotten")
    foreign = IdentityPair(IdentitySpec("a\x1b[31m[b]"), IdentitySpec("b"))
    async with Accounts(pairs=[IdentityPair(former, forgotten), foreign]).shown() as accounts:
        assert "lab │ admin" in accounts.text
        assert "a␛[31m[b] │ b" in accounts.text, "names from outside are made visible"
        await accounts.press("enter")
        lab = KEPT.identity("lab")
        assert lab
        assert await accounts.answered() == ChosenIdentities(lab, IdentitySpec("admin", region="eu-west-1"))


@pytest.mark.thorough
async def test_typed_keys_go_to_the_engine_and_their_id_is_the_answer() -> None:
    async with Accounts().shown("access keys") as accounts:
        await accounts.fill(KEY, SECRET, TOKEN, "https://s3.x.org", "eu-west-1")
        lines = [accounts.screen.query_one(name, Input) for name in ("#secret", "#token")]
        assert [line.value for line in lines] == [SECRET, TOKEN]
        assert "hush" not in accounts.text
        await accounts.press("enter")
        spec = IdentitySpec(access_key=KEY, endpoint="https://s3.x.org", region="eu-west-1")
        assert await accounts.answered() == ChosenIdentities(spec)
        assert [line.value for line in lines] == ["", ""]
    assert accounts.engine.asked[-1] == GiveKeys(KEY, Secret(SECRET), Secret(TOKEN), "https://s3.x.org")
    assert "hush" not in repr(accounts.engine.asked)


@pytest.mark.thorough
async def test_every_line_is_explained_in_one_line_while_it_has_the_focus() -> None:
    async with Accounts().shown() as accounts:
        for form in ("access keys", "role…", "S3-comp", "anon endp"):
            await accounts.open(form)
            notes = []
            for line in [field.line for field in accounts.screen.query(FormField)]:
                line.focus()
                await accounts.pilot.pause()
                notes.append(text_of(accounts.screen.query_one("#note")))
            assert all(note.strip() and len(note.strip().splitlines()) == 1 for note in notes), notes
            assert len(set(notes)) == len(notes)
            await accounts.press("escape", front=AccountsScreen)
            await accounts.press("ctrl+u")


async def test_what_is_wrong_is_said_at_its_line_once_that_was_left() -> None:
    async with Accounts().shown("role…") as accounts:
        await accounts.fill("arn:aws:iam::1:user/x")
        assert "✗" not in accounts.text
        await accounts.press("tab", then="is not a role: write")
        await accounts.press("shift+tab", "end", "ctrl+u")
        await accounts.fill(ROLE_ARN)
        await accounts.until_text("in account 111111111111")
        assert "✗" not in accounts.text
        accounts.line("#duration").value = "5m"
        await accounts.press("enter", then="✗ a session lasts 15m to 12h")
        assert accounts.screen.focused is accounts.screen.query_one("#duration")
        assert accounts.app.answers == []


async def test_an_unusual_key_is_warned_of_and_a_missing_secret_is_asked_for() -> None:
    async with Accounts().shown("access keys") as accounts:
        await accounts.press(*"minio", "enter", then="⚠ AWS key IDs have 16 to 128")
        await accounts.until_text("✗ type or paste the secret")
        await accounts.press(*"s", "enter", answer=ChosenIdentities(IdentitySpec(access_key="minio")))


@pytest.mark.thorough
async def test_an_engine_that_takes_no_keys_is_said_and_nothing_is_lost() -> None:
    accounts = Accounts()
    refusal = Problem(ProblemKind.ENGINE, "the engine is gone", remedy="start again")
    accounts.engine._answers = {**accounts.engine._answers, GiveKeys: refusal}
    async with accounts.shown("access keys"):
        await accounts.fill(KEY, SECRET)
        await accounts.press("enter", then="✗ the engine is gone · start again")
        assert accounts.line("#secret").value == SECRET
        assert accounts.app.answers == []


async def test_escape_leads_back_to_the_list_and_only_the_secret_is_forgotten() -> None:
    async with Accounts().shown("access keys") as accounts:
        await accounts.fill(KEY, SECRET)
        await accounts.press("escape", front=AccountsScreen)
        assert accounts.line("#filter").value == "access keys"
        await accounts.press("enter", front=NewKeysScreen)
        assert [accounts.screen.query_one(name, Input).value for name in ("#access_key", "#secret")] == [KEY, ""]
    assert GiveKeys not in {type(asked) for asked in accounts.engine.asked}


@pytest.mark.thorough
async def test_a_role_starts_from_the_panes_identity_with_all_options_of_assume_role(tmp_path: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    file = tmp_path / "p.json"
    file.write_text(json.dumps(document, indent=2))
    async with Accounts(current=ARCHIVE).shown("role…", size=LARGE) as accounts:
        typed = (ROLE_ARN, "partner-7", "ann", "90m", "arn:aws:iam::222222222222:mfa/ann", f"@{file}", "eu-west-1")
        await accounts.fill(*typed)
        await accounts.until_text("= 1 h 30 min")
        accounts.screen.query_one("#arn").focus()
        await accounts.press("enter")
        policy = json.dumps(document, separators=(",", ":"))
        role = RoleSpec(ROLE_ARN, "partner-7", "ann", 5400, "arn:aws:iam::222222222222:mfa/ann", policy)
        assert await accounts.answered() == ChosenIdentities(
            IdentitySpec(B, region="eu-west-1", roles=(*ARCHIVE.roles, role))
        )


async def test_a_role_can_start_from_anybody_of_the_list() -> None:
    async with Accounts().shown("role…") as accounts:
        select = accounts.screen.query_one(IdentitySelect)
        select.focus()
        await accounts.press("enter", *"admin", "enter")
        await until(lambda: select.chosen == IdentitySpec("admin"), "the list of identities is used")
        accounts.screen.query_one("#arn").focus()
        await accounts.fill(ROLE_ARN)
        await accounts.press("enter", answer=ChosenIdentities(IdentitySpec("admin", roles=(RoleSpec(ROLE_ARN),))))


async def test_the_panes_identity_can_be_the_source_of_a_role_though_it_is_in_no_list() -> None:
    typed_in = IdentitySpec(access_key="LABKEY2", endpoint="https://lab", path_style=True)
    async with Accounts(current=typed_in).shown("role…") as accounts:
        await accounts.fill(ROLE_ARN)
        await accounts.press("enter")
        expected = IdentitySpec(
            access_key="LABKEY2", endpoint="https://lab", path_style=True, roles=(RoleSpec(ROLE_ARN),)
        )
        assert await accounts.answered() == ChosenIdentities(expected)


@pytest.mark.thorough
async def test_an_endpoint_with_keys_that_are_typed() -> None:
    async with Accounts(NOBODY, Settings(), []).shown("S3-compatible") as accounts:
        await accounts.press("enter", then="✗ enter the server's URL")
        await accounts.fill("http://s3.lab.org:9000", "lab")
        await accounts.until_text("⚠ not encrypted")
        await accounts.press("tab", "right", "tab", "tab")
        await accounts.fill(KEY, SECRET)
        await accounts.press("enter")
        spec = IdentitySpec(access_key=KEY, endpoint="http://s3.lab.org:9000", region="lab", path_style=True)
        assert await accounts.answered() == ChosenIdentities(spec)
    assert accounts.engine.asked[-1] == GiveKeys(KEY, Secret(SECRET), endpoint="http://s3.lab.org:9000")


async def test_an_endpoint_with_a_profile_asks_for_no_keys() -> None:
    async with Accounts().shown("S3-compatible") as accounts:
        accounts.screen.query_one(IdentitySelect).value = IdentitySpec(A)
        await accounts.pilot.pause()
        assert "secret" not in accounts.text
        accounts.screen.query_one("#endpoint").focus()
        await accounts.press(
            *"https://s3.lab.org", "enter", answer=ChosenIdentities(IdentitySpec(A, "https://s3.lab.org"))
        )
    assert [type(asked) for asked in accounts.engine.asked] == [ListProfiles]


async def test_nobody_signs_at_a_server_that_is_typed() -> None:
    async with Accounts().shown() as accounts:
        await accounts.press("pagedown", "pagedown", "pagedown", "enter", then="automatic")
        await accounts.pilot.pause()
        await accounts.fill("https://open.example.org")
        await accounts.pilot.click(Choice, offset=(24, 0))
        accounts.screen.query_one("#region").focus()
        await accounts.press("enter")
        spec = IdentitySpec(endpoint="https://open.example.org", anonymous=True, path_style=True)
        assert await accounts.answered() == ChosenIdentities(spec)


async def test_tab_goes_through_all_that_can_be_set_and_back() -> None:
    async with Accounts().shown("S3-compatible") as accounts:
        ids = ["endpoint", "region", "addressing", "identity", *(field.id for field in KEY_FIELDS), "connect"]
        passed = [accounts.screen.focused]
        for key in ["tab"] * 7 + ["shift+tab"] * 7:
            await accounts.press(key)
            passed.append(accounts.screen.focused)
        assert [widget.id for widget in passed if widget] == [*ids, *ids[-2::-1]]


async def test_a_secret_gets_into_no_clipboard() -> None:
    async with Accounts().shown("access keys") as accounts:
        await accounts.fill(KEY, SECRET)
        await accounts.press("ctrl+shift+a", "ctrl+c")
        assert accounts.line("#secret").selected_text == SECRET
        await accounts.press("ctrl+x")
        assert accounts.line("#secret").value == ""
        assert accounts.app.clipboard == ""


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    file = tmp_path / "config.toml"
    settings = KEPT
    for name in KEPT.identities:
        spec = KEPT.identity(name)
        assert spec
        settings = keep_identity(file, name, spec)
    return Accounts(settings=settings, file=file, aws_config=tmp_path / "aws" / "config")


@pytest.mark.thorough
async def test_typed_keys_are_kept_by_their_id_alone(accounts: Accounts) -> None:
    async with accounts.shown("access keys"):
        await accounts.fill("AKIAIOSFODNN7EXAMPLE", SECRET)
        await accounts.press("ctrl+s", then="Without the secret")
        await accounts.press(*"mine", "enter", then="✓ saved as mine")
        await accounts.press(
            "enter", answer=ChosenIdentities(IdentitySpec(access_key="AKIAIOSFODNN7EXAMPLE", name="mine"))
        )
    assert "hush" not in accounts.file.read_text()
    assert read_settings(accounts.file).identities["mine"].access_key == "AKIAIOSFODNN7EXAMPLE"
    assert accounts.told == [read_settings(accounts.file)]


async def test_what_is_changed_after_it_was_kept_is_another_identity(accounts: Accounts) -> None:
    async with accounts.shown("anon endp"):
        await accounts.fill("https://a.org")
        await accounts.press("ctrl+s", *"open", "enter", then="✓ saved as open")
        await accounts.press("end", "ctrl+u")
        await accounts.fill("https://b.org")
        await accounts.press("enter", answer=ChosenIdentities(IdentitySpec(anonymous=True, endpoint="https://b.org")))


async def test_a_row_is_kept_with_its_overrides_and_stands_in_the_list(accounts: Accounts) -> None:
    async with accounts.shown():
        listed = accounts.listed
        accounts.line("#region").value = "eu-west-3"
        await accounts.press(*"admin", "ctrl+s", front=KeepScreen)
        await accounts.press("enter", then="✗ use letters")
        await accounts.press(*"archive", then="replaces the identity with this name")
        await accounts.press("-", "2", "enter", then="✓ saved as archive-2")
        await accounts.press("ctrl+u")
        await until(lambda: bool(listed.row and listed.row.title == "archive-2"), "the cursor is on it")
    assert read_settings(accounts.file).identity("archive-2") == IdentitySpec(
        "admin", region="eu-west-3", name="archive-2"
    )


async def test_settings_that_cannot_be_written_are_said(accounts: Accounts) -> None:
    accounts.file.write_text("theme = 1\n")
    async with accounts.shown():
        await accounts.press(*"admin", "ctrl+s", front=KeepScreen)
        await accounts.press("x", "enter", then="config.toml:1: theme")
        assert isinstance(accounts.screen, KeepScreen)


@pytest.mark.thorough
async def test_a_role_goes_to_the_aws_config_file_after_its_lines_were_seen(accounts: Accounts) -> None:
    assert accounts.aws_config
    async with accounts.shown("role…"):
        await accounts.press("ctrl+s", then="✗ enter the role ARN")
        assert isinstance(accounts.screen, AccountForm), "a form with something wrong keeps nothing"
        accounts.screen.query_one("#identity").value = IdentitySpec(B)  # type: ignore[attr-defined]  # its select
        await accounts.fill(ROLE_ARN, "partner-7")
        await accounts.press("ctrl+s", *"admin", "ctrl+o", then="✗ an AWS profile already has this name")
        await accounts.press("2", "ctrl+o", front=WriteProfileScreen)
        lines = ("[profile admin2]", f"role_arn = {ROLE_ARN}", "source_profile = analytics", "external_id = partner-7")
        for line in (*lines, "region = us-east-1"):
            assert line in accounts.text
        assert not accounts.aws_config.exists()
        await accounts.press("escape")
        await accounts.pilot.pause()
        assert not accounts.aws_config.exists()
        await accounts.press("ctrl+o", front=WriteProfileScreen)
        await accounts.press("enter", then="✓ saved as admin2")
        await accounts.press("enter", answer=ChosenIdentities(IdentitySpec("admin2")))
    assert accounts.aws_config.read_text().splitlines()[0] == "[profile admin2]"
    assert accounts.told == []


async def test_a_section_that_another_program_added_is_not_overwritten(accounts: Accounts) -> None:
    assert accounts.aws_config
    accounts.aws_config.parent.mkdir()
    accounts.aws_config.write_text("[profile twin]\n")
    async with accounts.shown():
        await accounts.press(*"archive", "ctrl+s", front=KeepScreen)
        await accounts.press("end", "ctrl+u", *"twin", "ctrl+o", front=WriteProfileScreen)
        await accounts.press("enter", then="already has a section [profile twin]")
    assert accounts.aws_config.read_text() == "[profile twin]\n"


async def test_what_no_profile_can_express_is_said_instead_of_a_preview(accounts: Accounts) -> None:
    async with accounts.shown():
        await accounts.press(*"lab", "ctrl+s", front=KeepScreen)
        await accounts.press("ctrl+o", then="✗ not as an AWS profile: typed keys stay in memory")


async def test_a_demo_offers_no_aws_config_file(tmp_path: Path) -> None:
    async with Accounts(file=tmp_path / "config.toml", aws_config=None).shown() as accounts:
        await accounts.press(*"archive", "ctrl+s", front=KeepScreen)
        await accounts.press("ctrl+o")
        await accounts.pilot.pause()
        assert "AWS config" not in accounts.text.split("Save this identity")[1]
        assert isinstance(accounts.screen, KeepScreen)


@pytest.mark.thorough
async def test_del_removes_a_saved_identity_after_confirmation(accounts: Accounts) -> None:
    async with accounts.shown():
        listed = accounts.listed
        await accounts.press("delete")
        assert isinstance(accounts.screen, AccountsScreen)  # a pair
        await accounts.press(*"archive")
        assert "del forget" in accounts.text
        await accounts.press("home", "delete", "a", "end")
        assert accounts.line("#filter").value == "archive"
        await accounts.press("delete", "n")
        await accounts.pilot.pause()
        assert read_settings(accounts.file).identity("archive") == ARCHIVE
        await accounts.press("delete", "y", then="✓ archive was removed")
        await accounts.press("ctrl+u")
        await until(lambda: "archive" not in [row.title for row in listed._rows if row], "it is gone")
    assert set(read_settings(accounts.file).identities) == {"lab"}


async def test_after_escape_the_list_knows_what_was_kept_in_a_form(accounts: Accounts) -> None:
    async with accounts.shown():
        listed = accounts.listed
        await accounts.open("anon endp")
        await accounts.fill("https://a.org")
        await accounts.press("ctrl+s", *"open", "enter", then="✓ saved as open")
        await accounts.press("escape", "ctrl+u")
        await until(lambda: "open" in [row.title for row in listed._rows if row], "it stands in the list")
    assert [type(asked) for asked in accounts.engine.asked] == [ListProfiles, ListProfiles]


SERIAL, ROLE = "arn:aws:iam::222222222222:mfa/bob", "arn:aws:iam::111111111111:role/de\x1bploy"

CODE = Problem(
    ProblemKind.NO_CREDENTIALS, "a code is needed", resource=ROLE, identity="deploy",
    needs=Need.MFA_CODE, connection="c", subject=SERIAL,
)  # fmt: skip
SIGN_IN = Problem(
    ProblemKind.EXPIRED, "the sign-in has ended", identity="admin", needs=Need.SIGN_IN, connection="c", subject="corp"
)
KEYS = Problem(
    ProblemKind.NO_CREDENTIALS, "no secret", identity="AKIA1", needs=Need.KEYS, connection="c", subject="AKIA1"
)
WRONG = Problem(ProblemKind.DENIED, "the code was refused", remedy="wait for the next one")
DENIED = Problem(ProblemKind.DENIED, "the sign-in was denied")

STEP = SignInStep(
    "https://corp.awsapps.com/start/#/device", "https://corp.awsapps.com/d?c=ABCD-EFGH", "ABCD-EFGH", NOW + 600
)
URL = STEP.complete_url


@asynccontextmanager
async def asking(engine: ScriptedEngine, problem: Problem, words: str) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    dialog = need_dialog(engine, problem, lambda: NOW)
    assert dialog
    async with showing(dialog, words) as (app, pilot):
        yield app, pilot


async def test_a_refused_code_is_said_and_the_next_one_may_be_right() -> None:
    engine = ManyAnswers({GiveCode: [WRONG, Done()]})
    async with asking(engine, CODE, SERIAL) as (app, pilot):
        await until_shown(pilot, "role/de␛ploy")
        await press(pilot, *"12x3", "enter", then="an MFA code has 6 digits")
        assert not engine.asked
        await press(pilot, *"456", "enter", then="✗ the code was refused · wait for the next one")
        assert "123456" not in screen_text(app)
        assert app.screen.query_one(Input).value == ""
        await press(pilot, *"654", "space", *"321", "enter")
        assert await app.answered() is True
    assert engine.asked == [GiveCode("c", Secret("123456")), GiveCode("c", Secret("654321"))]


@pytest.mark.thorough
async def test_a_code_that_is_accepted_below_another_dialog_closes_its_own() -> None:
    engine = HeldEngine(GiveCode, {GiveCode: Done()})
    async with asking(engine, CODE, "MFA code") as (app, pilot):
        asks = app.screen
        await press(pilot, *"123456", "enter", then="checking…")
        above = ConfirmScreen("above", Content("?"), "Do it")
        app.push_screen(above)
        await until_shown(pilot, "Do it")
        engine.may_answer.set()
        await until(lambda: bool(engine.asked), "the code is accepted")
        await pilot.pause()
        assert app.screen is above
        await press(pilot, "n")
        await until(lambda: not {asks, above} & set(app.screen_stack), "both are closed")
    assert app.answers == [True]


@pytest.mark.parametrize("problem", [CODE, SIGN_IN, KEYS], ids=lambda problem: problem.needs)
async def test_everything_can_be_left(problem: Problem) -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, HOLD]]})
    async with asking(engine, problem, "") as (app, pilot):
        await pilot.pause()
        await press(pilot, "escape")
        assert await app.answered() is None
        await until(lambda: engine.closed == engine.asked, "what was begun is given up")


async def test_a_secret_and_a_token_are_hidden_and_given() -> None:
    engine = ManyAnswers({GiveKeys: [Done()]})
    async with asking(engine, KEYS, "secret") as (app, pilot):
        await press(pilot, "enter", then="✗ type or paste the secret")
        await press(pilot, *"s3cret", "tab", *"t0ken")
        shown = screen_text(app)
        assert "s3cret" not in shown
        assert "t0ken" not in shown
        await press(pilot, "enter")
        assert await app.answered() is True
    assert engine.asked == [GiveKeys("AKIA1", Secret("s3cret"), Secret("t0ken"))]


async def test_a_sign_in_shows_the_whole_address_and_copies_it_once_by_itself() -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, STEP, HOLD]]})
    async with asking(engine, SIGN_IN, "10 min left") as (app, pilot):
        await until_shown(pilot, STEP.url, URL, STEP.code, "corp")
        assert app.clipboard == URL
        await until_shown(pilot, "address sent to the clipboard")
        await pilot.click("#yank-code")
        assert app.clipboard == STEP.code
        await until_shown(pilot, "code sent to the clipboard")
        await press(pilot, "y")
        assert app.clipboard == URL
        await press(pilot, "tab", "r")
        assert engine.asked == [SignIn("c")], "while one waits no other is begun"


async def test_a_denied_sign_in_may_begin_again_and_ends_by_itself() -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, DENIED], [STEP, SignInStep(done=True)]]})
    async with asking(engine, SIGN_IN, "✗ the sign-in was denied") as (app, pilot):
        assert app.clipboard == URL, "a new code was copied by itself"
        assert STEP.code not in screen_text(app)
        await press(pilot, "enter")
        assert await app.answered() is True
    assert engine.asked == [SignIn("c"), SignIn("c")]


def test_what_the_user_cannot_enter_is_not_asked_for() -> None:
    assert need_dialog(ScriptedEngine(), DENIED) is None


NEEDING = replace(WAITING, waits_for=CODE)


async def give(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "MFA code")
    await press(pilot, *"123456", "enter")


async def test_a_card_that_failed_is_planned_again() -> None:
    engine = ManyAnswers({GiveCode: [Done()]}, {PlanCopy: [[CODE], [finished_card()]]})
    async with showing(RouteCardScreen(engine, ORDER, BOOK), "Enter the code") as (app, pilot):
        await press(pilot, "enter", then="MFA code")
        await press(pilot, "escape", then="Enter the code")
        assert len(engine.asked) == 1, "who cancels leaves the card as it is"
        await press(pilot, "enter")
        await give(pilot)
        await until_shown(pilot, "11,830")
        assert "Enter the code" not in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "it can be confirmed")


async def test_the_inspector_looks_again() -> None:
    widget = Inspector(ManyAnswers({GiveCode: [Done()]}, {Inspect: [[CODE], [*UPDATES, HOLD]]}))
    async with Host(widgets=[widget]).run_test(size=SMALL) as pilot:
        widget.show(TARGET)
        widget.focus()
        await until_shown(pilot, "enter: enter the code")
        await press(pilot, "enter")
        await give(pilot)
        await until_shown(pilot, "analytics owns this")


async def test_a_transfer_that_waits_says_by_which_key() -> None:
    engine = ManyAnswers({GiveCode: [Done()]}, {WatchResults: [[HOLD]]})
    async with showing(TransferScreen(engine, NEEDING, BOOK), "enter: enter the code, then it resumes") as (app, pilot):
        await press(pilot, "enter")
        await give(pilot)
        await until(lambda: isinstance(app.screen, TransferScreen), "the transfer is shown again")
    assert GiveCode in map(type, engine.asked)


async def test_a_problem_in_full_has_a_button_for_it() -> None:
    wanted: list[str] = []
    async with showing(ProblemScreen(CODE, meet=lambda: wanted.append("code")), "Enter the code") as (app, pilot):
        await press(pilot, "enter")
        await until(lambda: wanted == ["code"], "it is asked for")
    assert app.answers == [None]


def test_a_need_is_said_shortly_and_only_while_it_is_waited_for() -> None:
    assert reason(NEEDING) == "a code is needed · enter: enter the code, then it resumes"
    assert need_of(NEEDING) is CODE
    assert need_of(WAITING) is None
