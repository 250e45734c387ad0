"""What the tests of the accounts screen share: a scripted engine, what is kept, recent pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from textual.events import Paste
from textual.pilot import Pilot

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.world import PROFILES, A, B
from tests.ui.pressing import press
from tests.waiting import until
from tui.keeping.identities import IdentityKeeper
from tui.keeping.last_session import Pair
from tui.model.identity import AuthMethod, IdentitySpec, ProfileSummary, RoleSpec
from tui.model.problem import Problem
from tui.protocol.messages.base import Done
from tui.protocol.messages.identities import GiveKeys, ListProfiles, Profiles
from tui.protocol.session import EngineAccess
from tui.settings import IdentitySettings, RoleSettings, Settings
from tui.ui.accounts.account_option_list import AccountOptionList
from tui.ui.accounts.accounts_screen import AccountsScreen
from tui.ui.kit.messages import Side

SMALL, LARGE = (80, 24), (200, 50)

ROLE_ARN = "arn:aws:iam::111111111111:role/archive"
MFA = "arn:aws:iam::222222222222:mfa/bob"

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
    Pair(IdentitySpec(A), IdentitySpec(B)),
    Pair(IdentitySpec(local=True), IdentitySpec(B, roles=(RoleSpec(ROLE_ARN),))),
]

AMBIENT = Profiles([], [], ProfileSummary("", AuthMethod.ENVIRONMENT, "eu-west-1", detail="AWS_ACCESS_KEY_ID"))
NOBODY = Profiles([], [])


@dataclass
class Accounts:
    """The screen on an engine that is scripted unless a test brings one; `answer` is what it says of the profiles."""

    answer: Profiles | Problem = field(default_factory=lambda: PROFILES)
    settings: Settings = KEPT
    pairs: list[Pair] = field(default_factory=lambda: PAIRS)
    current: IdentitySpec | None = None
    other: IdentitySpec | None = None
    side: Side = Side.LEFT
    file: Path = Path("/home/ann/.config/xs3-tui/config.toml")
    aws_config: Path | None = Path("/home/ann/.aws/config")
    given: EngineAccess | None = None
    told: list[Settings] = field(default_factory=list)
    """The settings that others were told of."""

    def __post_init__(self) -> None:
        self.engine = ScriptedEngine({ListProfiles: self.answer, GiveKeys: Done()})
        keeper = IdentityKeeper(self.settings, self.file, self.aws_config, self.told.append)
        screen = AccountsScreen(
            self.given or self.engine, self.side, keeper, current=self.current, other=self.other, pairs=self.pairs
        )
        self.app = Host(dialog=screen)

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def words(self) -> str:
        """The text without its frames and line ends."""
        return " ".join(self.text.replace("│", " ").split())

    async def listed(self, pilot: Pilot[None]) -> AccountOptionList:
        """The list, as soon as it has rows."""
        listed = self.app.screen.query_one(AccountOptionList)
        await until(lambda: listed.option_count > 0, "the list has rows")
        await pilot.pause()
        return listed

    async def open(self, pilot: Pilot[None], name: str) -> None:
        """A form, by its name."""
        await self.listed(pilot)
        await press(pilot, *name, "enter")
        await until(lambda: bool(self.app.screen.query("#account-form")), f"{name} opens a form")
        await pilot.pause()

    async def fill(self, pilot: Pilot[None], *texts: str) -> None:
        """Paste each text into a line, from the one that has the focus on, with Tab between them."""
        for number, text in enumerate(texts):
            if number:
                await press(pilot, "tab")
            assert self.app.screen.focused
            self.app.screen.focused.post_message(Paste(text))
            await pilot.pause()

    async def answered(self) -> object:
        """What the screen answers."""
        await until(lambda: bool(self.app.answers), "the dialog answers")
        return self.app.answers[0]

    async def until_text(self, text: str) -> None:
        await until(lambda: text in self.text or text in self.words, f"the screen shows {text!r}")
