"""The upper part of the access assistant: who is let in by whom, what is allowed, by which way, on which conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from tui.core.identity import Identity
from tui.kit.choice import Choice, CollapsibleTitle
from tui.kit.lines import KEY, MUTED, outside
from tui.model.access.grants import AccessNeed, Allow, GrantOrder, Way
from tui.text.format import counted
from tui.ui.access.access_choices import AccessChoices
from tui.ui.access.access_form import AccessForm, FindPath

WAYS = {"bucket policy": Way.POLICY, "role to assume": Way.ROLE, "IAM user here": Way.USER}
"""The ways as they are offered."""

NO_CONDITION = "VPC endpoint, source IP, https, KMS key, whole account"


class GrantHead(VerticalGroup):
    """Every other choice is posted at once."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they cannot be meant, empty if they can."""

        choices: AccessChoices
        wrong: str

    def __init__(self, choices: AccessChoices, base: GrantOrder, find_path: FindPath) -> None:
        """As `AccessForm` takes them."""
        super().__init__(id="grant-head")
        self._form, self._needs = AccessForm(choices, base, find_path), base.needs

    def compose(self) -> ComposeResult:
        """One line each."""
        with HorizontalGroup(classes="choice"):
            yield Label("who")
            yield Static(id="who")
        with HorizontalGroup(classes="choice"):
            if self._needs:
                yield Label("allow")
                yield Static(outside(needs_words(self._needs)), id="needs")
            else:
                yield Label(Content.assemble("allow   ", ("a", KEY)))
                yield Choice(tuple(Allow), self._form.choices.allow, gap=" ", id="allow")
        with HorizontalGroup(classes="choice"):
            yield Label(Content.assemble("way     ", ("w", KEY)))
            way = next(words for words, each in WAYS.items() if each is self._form.choices.way)
            yield Choice(tuple(WAYS), way, gap=" ", id="way")
        with HorizontalGroup(classes="choice"):
            yield Label(Content.assemble("only if ", ("o", KEY)))
            yield CollapsibleTitle(NO_CONDITION, id="options")
        yield self._form

    def on_mount(self) -> None:
        """The rarer choices are folded."""
        self._form.display = False
        self._tell("")

    def show_parties(self, owner: Identity, other: Identity) -> None:
        """Say who is let in, and by whom."""
        who = outside(f"{other.label} {other.account} · {other.principal}".rstrip(" ·"))
        by = outside(f"  by {owner.label}", MUTED)
        swap = Content("") if self._needs else Content.assemble("  ", ("ctrl+u", KEY), (" swap", MUTED))
        self.query_one("#who", Static).update(Content.assemble(who, by, swap))

    @property
    def expanded(self) -> bool:
        """Whether the rarer choices are shown."""
        return self._form.display

    def show_options(self, expanded: bool) -> None:
        """Show the rarer choices, the first of them ready to be typed; or put them away."""
        title = self.query_one(CollapsibleTitle)
        title.expanded = self._form.display = expanded
        self._tell(self._form.wrong)
        if expanded:
            self.screen.set_focus(self._form.query(Input).first())  # at once: typing follows
        else:
            self.screen.set_focus(None)  # every letter is a command again

    def step(self, choice: str) -> None:
        """Take the next of the options of ``allow`` or ``way``, if there are any."""
        for one in self.query(f"#{choice}").results(Choice):
            one.action_step(1)

    @on(CollapsibleTitle.Toggled)
    def _toggled(self, event: CollapsibleTitle.Toggled) -> None:
        event.stop()
        self.show_options(not self.expanded)

    @on(Choice.Changed, "#allow")
    def _take_allow(self, event: Choice.Changed) -> None:
        event.stop()
        self._form.take(replace(self._form.choices, allow=Allow(event.value)))

    @on(Choice.Changed, "#way")
    def _take_way(self, event: Choice.Changed) -> None:
        event.stop()
        self._form.take(replace(self._form.choices, way=WAYS[event.value]))

    @on(AccessForm.Changed)
    def _changed(self, event: AccessForm.Changed) -> None:
        event.stop()
        self._tell(event.wrong)
        self.post_message(self.Changed(event.choices, event.wrong))

    @on(AccessForm.Submitted)
    def _submitted(self, event: AccessForm.Submitted) -> None:
        """Enter in a line applies nothing yet: the changes are looked at once more."""
        event.stop()
        if not self._form.wrong:
            self.show_options(False)

    def _tell(self, wrong: str) -> None:
        """The words beside the folded options; what is wrong with them must not be hidden."""
        hidden = wrong and not self.expanded
        words = (f"✗ {wrong}",) if hidden else tuple(self._form.choices.words)
        self.query_one(CollapsibleTitle).words = words


def needs_words(needs: list[AccessNeed]) -> str:
    """What a copy needs: ``GetObject, GetObjectTagging on 2 objects; ListBucket``."""
    return "; ".join(f"{', '.join(one.removeprefix('s3:') for one in need.actions)}{_where(need)}" for need in needs)


def _where(need: AccessNeed) -> str:
    if need.on_bucket:
        return ""
    parts = [counted(len(need.keys), "object")] if need.keys else []
    return " on " + " and ".join([*parts, *(["all below"] if need.prefixes else [])])
