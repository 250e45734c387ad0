"""The access assistant: the changes of a grant, applied after they were shown, tested, and undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from msgspec import structs
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Label, Static

from tui.core.identity import Identity
from tui.core.network import OfferedCondition
from tui.core.problem import Problem, ProblemError
from tui.features.access.plan_panel_view import PlanPanel, PlanView, changes_for_others
from tui.features.access.plan_screen import PATIENCE, AccessFoot, PlanDialog
from tui.features.access.values import (
    TYPED_CONDITIONS,
    AccessNeed,
    AccessPlan,
    Allow,
    GrantConditions,
    GrantMethod,
    GrantOrder,
    PlanGrant,
    TypedCondition,
)
from tui.features.access.words import condition_value, too_open
from tui.kit.choice import Choice, CollapsibleTitle, Stepper
from tui.kit.dialog import Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, KEY, MUTED, fill, outside
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import FindNetworkPath
from tui.text.format import counted, cut_middle, visible
from tui.text.typed import TypedError, patterns

IDENTITY, ACCOUNT = "this identity alone", "its whole account"
ANY, TLS = "http and https", "https only"
ANY_ACL, FULL_CONTROL = "any ACL", "bucket-owner-full-control"
NO_MFA, MFA = "without MFA", "with MFA"


@dataclass(frozen=True, slots=True)
class AccessChoices:
    """Typed texts; empty ones choose nothing. IDs, networks and keys are separated by commas."""

    way: GrantMethod
    allow: Allow
    source_vpce: str = ""
    source_vpc: str = ""
    source_ip: str = ""
    principal_org: str = ""
    kms_keys: str = ""
    principal: str = ""
    role: str = ""
    external_id: str = ""
    whole_account: bool = False
    https: bool = False
    owner_full_control: bool = False
    mfa: bool = False

    def order(self, base: GrantOrder) -> GrantOrder:
        """`base` with these choices; raise `TypedError`."""
        role = self.way is GrantMethod.ROLE
        return structs.replace(
            base,
            way=self.way,
            allow=self.allow,
            conditions=GrantConditions(
                **{each.field: self._values(each) for each in TYPED_CONDITIONS},
                secure_transport=self.https,
                owner_full_control=self.owner_full_control,
            ),
            principal=_arn(self.principal),
            whole_account=self.whole_account,
            role=self.role.strip() if role else "",
            external_id=self.external_id.strip() if role else "",
            mfa=self.mfa and role,
            kms_keys=[_arn(each) for each in patterns(self.kms_keys)],
        )

    def _values(self, condition: TypedCondition) -> Any:
        typed: str = getattr(self, condition.field)
        if condition.several:
            return [condition_value(condition, each) for each in patterns(typed)]
        return condition_value(condition, typed) if typed.strip() else ""

    @property
    def words(self) -> list[str]:
        texts: tuple[tuple[str, str], ...] = (
            *((each.words, getattr(self, each.field)) for each in TYPED_CONDITIONS),
            ("KMS key", self.kms_keys),
            ("ARN", self.principal),
            ("role", self.role if self.way is GrantMethod.ROLE else ""),
            ("external id", self.external_id if self.way is GrantMethod.ROLE else ""),
        )
        switches = (
            (ACCOUNT, self.whole_account),
            (TLS, self.https),
            (FULL_CONTROL, self.owner_full_control),
            (MFA, self.mfa and self.way is GrantMethod.ROLE),
        )
        typed = [f"{label} {text.strip()}" for label, text in texts if text.strip()]
        return [*typed, *(words for words, chosen in switches if chosen)]


def _arn(text: str) -> str:
    arn = text.strip()
    if arn and arn.count(":") < 5:
        raise TypedError(f"{arn!r} is not an ARN")
    return arn


FindCondition = Callable[[], Awaitable[OfferedCondition]]

WIDE = (
    ("kms_keys", "KMS keys", "ARNs of the keys that encrypt the objects"),
    ("principal", "ARN", "of the identity, where STS does not return it"),
)

OF_ROLE = (("role", "role", "a name made of the bucket's"), ("external_id", "ext. id", "none"))

SWITCHES = {
    "whole_account": (IDENTITY, ACCOUNT),
    "https": (ANY, TLS),
    "owner_full_control": (ANY_ACL, FULL_CONTROL),
    "mfa": (NO_MFA, MFA),
}
"""Field of `AccessChoices`: the words for no and for yes."""


class AccessForm(VerticalGroup):
    """Posts every change at once, and shows errors below."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they are invalid, empty if they are valid."""

        choices: AccessChoices
        wrong: str

    @dataclass
    class Submitted(Message):
        """Enter in a line: the user has finished typing."""

    def __init__(self, choices: AccessChoices, base: GrantOrder, find_path: FindCondition) -> None:
        """`find_path` finds the condition that requests from here meet."""
        super().__init__(id="access-form")
        self.choices, self._base, self._find_path = choices, base, find_path

    def compose(self) -> ComposeResult:
        with Grid():
            for column, each in enumerate((*TYPED_CONDITIONS[::2], *TYPED_CONDITIONS[1::2])):
                yield _label(each.label, column)
                yield self._line(each.field, each.example)
            yield Label("for")
            yield self._stepper("whole_account")
            yield _label("by", 1)
            yield self._stepper("https")
            yield Label("uploads")
            yield self._stepper("owner_full_control")
            yield Button("Only on the path from here", id="from-here", compact=True)
        for field, label, example in WIDE:
            with HorizontalGroup():
                yield Label(label)
                yield self._line(field, example)
        with Grid(id="of-role"):
            for column, (field, label, example) in enumerate(OF_ROLE):
                yield _label(label, column)
                yield self._line(field, example)
            yield Label("assumed")
            yield self._stepper("mfa")
        yield Static(id="path")
        yield Static(id="wrong")

    def _line(self, field: str, example: str) -> Input:
        return LineInput(
            getattr(self.choices, field), placeholder=example, select_on_focus=False, compact=True, id=field
        )

    def _stepper(self, field: str) -> Stepper:
        words = SWITCHES[field]
        return Stepper(words, words[getattr(self.choices, field)], id=field)

    def on_mount(self) -> None:
        self._show("")
        self._show_path("")

    @on(Button.Pressed, "#from-here")
    def _ask_path(self, event: Button.Pressed) -> None:
        event.stop()
        self._show_path("finding out the path…")
        self._fill_in_path()

    @work(exclusive=True)
    async def _fill_in_path(self) -> None:
        """Fill in the VPC endpoint or source address of requests from here, if it can be found."""
        try:
            offered = await self._find_path()
        except ProblemError as error:
            self._show_path(error.problem.sentence())
            return
        self._show_path(f"{offered.certainty.value}: {offered.words}")
        path = GrantConditions().on_path(offered)
        for field, values in (("source_vpce", path.source_vpce), ("source_ip", path.source_ip)):
            if values:
                self.query_one(f"#{field}", Input).value = ", ".join(values)

    def _show_path(self, words: str) -> None:
        fill(self.query_one("#path", Static), outside(words, MUTED))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        field = event.input.id or ""
        if event.value != getattr(self.choices, field):
            self.take(replace(self.choices, **{field: event.value}))  # type: ignore[arg-type]  # the field is a text

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        field = event.choice.id or ""
        yes = event.value == SWITCHES[field][1]
        self.take(replace(self.choices, **{field: yes}))  # type: ignore[arg-type]  # the field is a switch

    def take(self, choices: AccessChoices) -> None:
        self.choices = choices
        self._show(self.wrong)
        self.post_message(self.Changed(choices, self.wrong))

    @property
    def wrong(self) -> str:
        try:
            self.choices.order(self._base)
        except TypedError as error:
            return str(error)
        return ""

    def _show(self, wrong: str) -> None:
        fill(self.query_one("#wrong", Static), outside(f"✗ {wrong}" if wrong else "", BAD))
        self.query_one("#of-role").display = self.choices.way is GrantMethod.ROLE


def _label(text: str, column: int) -> Label:
    return Label(text, classes="second" if column % 2 else "")


WAYS = {"bucket policy": GrantMethod.POLICY, "role to assume": GrantMethod.ROLE, "IAM user here": GrantMethod.USER}

NO_CONDITION = "VPC endpoint, source IP, https, KMS key, whole account"


class GrantHead(VerticalGroup):
    """Posts every other choice at once."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they are invalid, empty if they are valid."""

        choices: AccessChoices
        wrong: str

    def __init__(self, choices: AccessChoices, base: GrantOrder, find_path: FindCondition) -> None:
        super().__init__(id="grant-head")
        self._form, self._needs = AccessForm(choices, base, find_path), base.needs

    def compose(self) -> ComposeResult:
        with HorizontalGroup(classes="choice"):
            yield Label("who")
            yield Static(id="who")
        with HorizontalGroup(classes="choice"):
            if self._needs:
                yield Label("allow")
                yield Static(outside(needs_words(self._needs)), id="needs")
            else:
                yield Label("allow    ")
                yield Choice(tuple(Allow), self._form.choices.allow, gap=" ", id="allow")
        with HorizontalGroup(classes="choice"):
            yield Label("way      ")
            way = next(words for words, each in WAYS.items() if each is self._form.choices.way)
            yield Choice(tuple(WAYS), way, gap=" ", id="way")
        with HorizontalGroup(classes="choice"):
            yield Label(Content.assemble("only if ", (".", KEY)))
            yield CollapsibleTitle(NO_CONDITION, id="options")
        yield self._form

    def on_mount(self) -> None:
        self._form.display = False
        self._tell("")

    def show_parties(self, owner: Identity, other: Identity) -> None:
        who = outside(f"{other.label} {other.account} · {other.principal}".rstrip(" ·"))
        by = outside(f"  by {owner.label}", MUTED)
        swap = Content("") if self._needs else Content.assemble("  ", ("ctrl+u", KEY), (" swap", MUTED))
        self.query_one("#who", Static).update(Content.assemble(who, by, swap))

    @property
    def expanded(self) -> bool:
        return self._form.display

    def show_options(self, expanded: bool) -> None:
        title = self.query_one(CollapsibleTitle)
        title.expanded = self._form.display = expanded
        self._tell(self._form.wrong)
        if expanded:
            self.screen.set_focus(self._form.query(Input).first())  # focus the first line, to type at once
        else:
            self.screen.set_focus(None)  # without a focus, letters are commands again

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
        """Enter in a line applies nothing: it shows the changes again."""
        event.stop()
        if not self._form.wrong:
            self.show_options(False)

    def _tell(self, wrong: str) -> None:
        """Show the choices beside the title. An error of a hidden line is shown, too."""
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


MAX_WIDTH = 120
"""Cells of the frame; the style sheet has the same number."""


class AccessScreen(PlanDialog[bool]):
    """Returns whether anything was changed. Writes nothing before Enter, and only changes that were shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+u", "swap", "Swap")]

    def __init__(self, engine: EngineAccess, order: GrantOrder, owner: Identity, other: Identity) -> None:
        super().__init__(engine)
        self._base = order
        self._owner, self._other = owner, other
        self._choices = AccessChoices(order.way, order.allow)

    def compose(self) -> ComposeResult:
        with Frame("", id="access"):
            yield GrantHead(self._choices, self._base, self._find_path)
            yield PlanPanel(PlanView({each.connection: each for each in (self._owner, self._other)}))
            yield AccessFoot()

    def on_mount(self) -> None:
        self._show_parties()
        self._plan()

    async def _find_path(self) -> OfferedCondition:
        request = FindNetworkPath(self._other.connection, self._base.location.bucket, self._owner.connection)
        return (await self._engine.ask(request)).condition

    def _show_parties(self) -> None:
        words = f"Give {visible(self._other.label)} access to "
        room = max(8, min(self.app.size.width, MAX_WIDTH) - 8 - len(words))
        self.query_one(Frame).border_title = outside(words + cut_middle(visible(self._base.location.uri), room))
        self.query_one(GrantHead).show_parties(self._owner, self._other)

    @property
    def order(self) -> GrantOrder:
        """The chosen grant. Raises `TypedError`."""
        return self._choices.order(self._base)

    @property
    def _request(self) -> PlanGrant:
        return PlanGrant(self.order)

    @property
    def _proved(self) -> GrantOrder:
        return self.order

    @property
    def _subject(self) -> str:
        return self._base.location.bucket

    def _stop_test(self) -> None:
        if self._applying.testing:
            self._applying.testing.cancel()

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        super()._planned(plan, problem)
        if plan and not any(change.can_be_applied or change.stops for change in plan.changes):
            look = self._applying.look_back(plan, self._base.location)
            self.run_worker(look, exclusive=True, group="earlier")

    @on(GrantHead.Changed)
    def _take(self, event: GrantHead.Changed) -> None:
        event.stop()
        self._choices, self._wrong = event.choices, event.wrong
        self._plan(soon=True)

    def action_options(self) -> None:
        head = self.query_one(GrantHead)
        head.show_options(not head.expanded)

    def action_swap(self) -> None:
        """Reverse the grant: the grantee grants the owner access to the same location."""
        if self._applying.writing or self._base.needs:
            return
        if self._other.read_only:
            self._said = f"{self._other.label} is read-only ({self._other.read_only}): it cannot grant access"
            self._refresh()
            return
        self._owner, self._other = self._other, self._owner
        self._base = structs.replace(self._base, owner=self._owner.connection, other=self._other.connection)
        self._show_parties()
        self._plan()

    def action_test(self) -> None:
        now = self._state
        if now.plan is None or now.busy or now.left:
            return
        waits = now.view.applied and not changes_for_others(now.plan, now.view)
        patience = PATIENCE if waits else 0.0
        work = partial(self._test, self.order, patience)
        self._applying.testing = self.run_worker(work, exclusive=True, group="test")

    async def _test(self, order: GrantOrder, patience: float) -> None:
        """Test the grant, and undo it at once if it allows more than the order."""
        too_much = await self._applying.test(order, self._other.label, patience, self._panel.show_proof)
        if too_much:
            problem = await self._applying.undo()
            left = [each.ref.title for each in self._applying.made]
            self._plan(too_open(too_much, [*left, problem.sentence()] if problem else left).sentence())

    def action_cancel(self) -> None:
        """One step back: from the options to the changes, from there to the panes."""
        head = self.query_one(GrantHead)
        if head.expanded:
            head.show_options(False)
        else:
            self._leave(self._applying.changed or bool(self._applying.writing))
