"""The route card: what a copy or a move would do, found out before it does anything; confirmed with Enter."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import msgspec
from msgspec.structs import replace as replace_struct
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static
from textual.worker import Worker

from tui.browser.card_lines import card_lines, is_missing, title, verb
from tui.core.engines import LOCAL, EngineKind
from tui.core.estimates import HandOver, Terms, hand_over, work_of
from tui.core.identity import AddressBook
from tui.core.orders import AclChoice, BatchOrder, ConflictPolicy, CopyOrder, CopyRoute, RestoreTier
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import RouteCard, RouteVerdict, Tally
from tui.features.copy.card_choices_screen import KMS, STORAGE_CLASSES, CardChoices, CardMemory
from tui.features.copy.hand_over_screen import MakeRole
from tui.kit.choice import Choice, ChoiceLine, CollapsibleTitle, Stepper
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, Lines, outside
from tui.kit.need_dialogs import ask_for, need_words
from tui.kit.timers import once
from tui.link.session import EngineAccess
from tui.messages.order_requests import AskEngines, PlanCopy
from tui.text.order_lines import can_undo_move, hand_over_lines, terms_words
from tui.text.typed import TypedError, receipt_path

AS_SOURCE, AS_BUCKET = "as the source", "as the bucket"
NOT_RESTORED = "left out"

TEXTS = (
    ("include", "include", "*.mp4, raw/*"),
    ("exclude", "exclude", "*.tmp"),
    ("newer", "newer", "7d, 2026-11-01"),
    ("older", "older", "4w, 2026-11-01"),
    ("smallest", "min", "10M"),
    ("largest", "max", "5G"),
)
"""Field of `CardChoices`, label, example."""


class CopyForm(VerticalGroup):
    """Posts every change at once, and shows mistakes below."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they are not valid, empty if they are."""

        choices: CardChoices
        wrong: str

    @dataclass
    class Submitted(Message):
        """Enter in one of the lines: the user is done with them."""

    def __init__(self, choices: CardChoices, clock: Callable[[], float] = time.time) -> None:
        """`choices` are filled in at first. `clock` returns the current time in seconds since the epoch."""
        super().__init__(id="copy-form")
        self.choices, self._clock = choices, clock

    def compose(self) -> ComposeResult:
        chosen = self.choices
        with Grid():
            for column, (field, label, example) in enumerate(TEXTS):
                yield _label(label, column)
                typed = getattr(chosen, field)
                yield LineInput(typed, placeholder=example, select_on_focus=False, compact=True, id=field)
            yield Label("acl")
            yield Stepper(tuple(AclChoice), chosen.acl, id="acl")
            yield _label("class", 1)
            yield Stepper((AS_SOURCE, *STORAGE_CLASSES), chosen.storage_class or AS_SOURCE, id="class")
            yield Label("encrypt")
            yield Stepper((AS_BUCKET, "AES256", KMS), chosen.encryption or AS_BUCKET, id="encryption")
            yield Label("key", classes="second", id="kms-label")
            yield LineInput(chosen.kms_key, placeholder="the account's default", compact=True, id="kms_key")
        with HorizontalGroup():
            yield Label("archived")
            yield Choice((NOT_RESTORED, *RestoreTier), chosen.restore or NOT_RESTORED, id="restore")
        with HorizontalGroup():
            yield Label("receipt")
            yield LineInput(chosen.receipt, placeholder="file: one JSON line per object", compact=True, id="receipt")
        yield Static(id="wrong")

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        field = event.input.id or ""
        if event.value != getattr(self.choices, field):
            self._take(replace(self.choices, **{field: event.value}))  # type: ignore[arg-type]  # the field is a text

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        match event.choice.id:
            case "acl":
                self._take(replace(self.choices, acl=AclChoice(event.value)))
            case "restore":
                self._take(replace(self.choices, restore="" if event.value == NOT_RESTORED else event.value))
            case "class":
                self._take(replace(self.choices, storage_class="" if event.value == AS_SOURCE else event.value))
            case _:
                self._take(replace(self.choices, encryption="" if event.value == AS_BUCKET else event.value))

    def _take(self, choices: CardChoices) -> None:
        self.choices, wrong = choices, ""
        try:
            choices.filters(self._clock())
            receipt_path(choices.receipt)
        except TypedError as error:
            wrong = str(error)
        self._show(wrong)
        self.post_message(self.Changed(choices, wrong))

    def _show(self, wrong: str) -> None:
        said = self.query_one("#wrong", Static)
        said.update(outside(f"✗ {wrong}" if wrong else "", BAD))
        said.display = bool(wrong)
        for part in ("#kms-label", "#kms_key"):
            self.query_one(part).display = self.choices.encryption == KMS


def _label(text: str, column: int) -> Label:
    return Label(text, classes="second" if column % 2 else "")


AUTO = "auto"

OpenGrant = Callable[[CopyOrder, RouteCard, Callable[[], None]], Coroutine[None, None, None]]
"""Opens the access assistant for the permissions that a card lacks; calls back after a change. Ends with the card."""

MAX_WIDTH = 100
"""Of the frame, in cells; its style sheet says the same."""


class RouteCardScreen(DecisionDialog[CopyOrder | BatchOrder]):
    """Answers with the order as the user wants it done. Copying is possible before the count has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "copy", "Copy"),
        Binding("d", "dry_run", "Dry run"),
        Binding("full_stop", "options", "Options"),
        Binding("A", "grant", show=False),
        Binding("up", "app.focus_previous", "The line above: ← → change it"),
        Binding("down", "app.focus_next", "The line below"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        order: CopyOrder,
        book: AddressBook | None = None,
        memory: CardMemory | None = None,
        clock: Callable[[], float] = time.time,
        grant: OpenGrant | None = None,
        terms: Terms | None = None,
        make_role: MakeRole | None = None,
    ) -> None:
        """`memory` has the latest choices; `clock` returns seconds since the epoch.

        The card offers `grant` where permissions are missing, `make_role` where a job has no role, and other engines by
        their `terms` (None: none).
        """
        super().__init__()
        self._grant, self._terms, self._make_role = grant, terms, make_role
        self._engine, self._book, self._clock = engine, book or AddressBook(), clock
        self._memory = memory or CardMemory()
        self._choices = self._memory.recall(order)
        self._order = self._choices.order(order, clock())
        self._wrong = ""
        self._card = RouteCard(Tally())
        self._may_point = order.options.move
        self._open: list[RouteVerdict] = []
        self.planning = Planning(self, engine, self._show, self._planned)

    def compose(self) -> ComposeResult:
        do = verb(self._order)
        with Frame(do, id="route-card"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="card")
            with Foot():
                with HorizontalGroup(classes="choice"):
                    yield Label("exists  ")
                    yield Choice(tuple(ConflictPolicy), self._choices.conflict, gap=" ", id="conflict")
                route = Choice((AUTO, *CopyRoute), self._order.options.route or AUTO, gap=" ", id="route")
                yield ChoiceLine("route   ", route)
                yield EngineChoice(self._engine, self._terms, self._refresh, self._make_role)
                with HorizontalGroup(classes="choice"):
                    yield Label(Content.assemble("more   ", (".", KEY)))
                    yield CollapsibleTitle("filters, ACL, class, encryption, receipt", id="options")
                yield CopyForm(self._choices, self._clock)
                with HorizontalGroup(classes="buttons"):
                    yield Button("", variant="primary", id="meet", compact=True, action="screen.meet")
                    yield Button(f"{do}  enter", variant="primary", id="copy", compact=True)
                    yield Button("Dry run  d", id="dry-run", compact=True, action="screen.dry_run")
                    yield Button("Grant access  A", id="grant", compact=True, action="screen.grant")
                    yield Button("Stop counting  ctrl+c", id="stop", compact=True, action="screen.stop")
                    yield Button("Cancel  esc", id="cancel", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
        self.query_one(CopyForm).display = self.query_one("#meet").display = False
        self._tell_choices()
        self.set_focus(self._usual)
        self.planning.begin(self._order)

    def _show(self, card: RouteCard) -> None:
        self._card = card
        if self._order.options.route is None:
            self._open = card.verdicts
            closed = {each.route.value: each.why for each in card.verdicts if each.possible is False}
            routes = self.query_one(ChoiceLine)
            routes.close(closed)
            routes.display = not card.complete or len(card.verdicts) - len(closed) > 1
        self._refresh()

    def _planned(self, problem: Problem | None) -> None:
        if problem:
            self._card = msgspec.structs.replace(self._card, problem=problem, complete=True)
        self._refresh(counting=False)

    def _refresh(self, *, counting: bool | None = None) -> None:
        counting = not self._card.tally.complete if counting is None else counting
        card, order, verdicts, book = self._card, self._order, self._open or self._card.verdicts, self._book
        words = self._choices.filter_words
        frame = self.query_one(Frame)
        frame.border_title = title(card, order, min(self.app.size.width, MAX_WIDTH) - 8, counting=counting)
        engines = self.query_one(EngineChoice)
        engines.show(card, order)
        lines = engines.lines
        copy, do = self.query_one("#copy", Button), verb(self._order)
        cancel, usual = self.query_one("#cancel", Button), self._usual
        copy.label = f"{'Hand over…' if engines.kind is EngineKind.BATCH else do}{'  enter' if usual is copy else ''}"
        cancel.label = f"Cancel  {'esc' if usual is copy else 'enter'}"
        copy.refresh(layout=True)  # its width is that of its label
        if self.focused is cancel and usual is copy and self._may_point:
            self._may_point = False
            self.set_focus(copy)
        self.query_one("#card", Lines).show(lambda width: card_lines(card, order, verdicts, book, width, words, lines))
        self.query_one("#stop", Button).display = counting
        self.query_one("#grant", Button).display = self._grant is not None and is_missing(card, order)
        meet, needed = self.query_one("#meet", Button), need_words(card.problem) if card.problem else ""
        meet.display, meet.label = bool(needed), needed.capitalize()
        if not self._possible and self.focused is self.query_one("#copy"):
            self.set_focus(meet if needed else None)  # else the focus would move to the cancel button
        for button in ("#copy", "#dry-run"):
            self.query_one(button, Button).disabled = not self._possible

    def action_meet(self) -> None:
        def answered(met: bool) -> None:
            if met:
                self._plan_again()
                self.set_focus(self._usual)

        if self._card.problem:
            ask_for(self, self._engine, self._card.problem, answered, self._clock)

    def action_grant(self) -> None:
        if self._grant and is_missing(self._card, self._order):
            granting = self._grant(self._order, self._card, self._plan_again)
            self.run_worker(granting, group="grant", exclusive=True)

    @property
    def _usual(self) -> Widget:
        """The button for Enter: that of a move only once it is known that it can be undone."""
        lost = self._order.options.move and not can_undo_move(self._card.source_undo, self._card.undo)
        return self.query_one("#cancel" if lost else "#copy")

    @property
    def _possible(self) -> bool:
        return self._card.problem is None and not self._wrong

    @on(Choice.Changed, "#conflict")
    def _take_conflict(self, event: Choice.Changed) -> None:
        form = self.query_one(CopyForm)
        self._choices = form.choices = replace(form.choices, conflict=ConflictPolicy(event.value))
        if not self._wrong:
            self._order = self._choices.order(self._order, self._clock())
        self._refresh()

    @on(Choice.Changed, "#route")
    def _take_route(self, event: Choice.Changed) -> None:
        route = None if event.value == AUTO else CopyRoute(event.value)
        options = msgspec.structs.replace(self._order.options, route=route)
        self._order = msgspec.structs.replace(self._order, options=options)
        self.planning.begin(self._order)  # owner, what is kept and what is dropped depend on the writer

    @on(CopyForm.Changed)
    def _take_options(self, event: CopyForm.Changed) -> None:
        """Count again as soon as the user stops typing."""
        self._choices, self._wrong = event.choices, event.wrong
        self._tell_choices()
        self.planning.wait_no_longer()
        if not event.wrong:
            self._order = event.choices.order(self._order, self._clock())
            self.planning.begin_soon(self._plan_again)
        self._refresh()

    def _plan_again(self) -> None:
        self._card = msgspec.structs.replace(self._card, tally=Tally(), unlisted=None, problem=None)
        self._refresh(counting=True)
        self.planning.begin(self._order)

    @on(CollapsibleTitle.Toggled)
    def action_options(self) -> None:
        self._expand(not self.query_one(CollapsibleTitle).expanded)

    def _expand(self, expanded: bool) -> None:
        form = self.query_one(CopyForm)
        self.query_one(CollapsibleTitle).expanded = form.display = expanded
        self._tell_choices()
        self.set_focus(None)  # a button that cannot be pressed takes no focus, and a hidden line must not keep it
        self.set_focus(form.query("Input").first() if expanded else self._usual)  # at once: typing follows

    def _tell_choices(self) -> None:
        """The words beside the folded options; a mistake in them must be seen."""
        title = self.query_one(CollapsibleTitle)
        hidden = self._wrong and not title.expanded
        title.words = (f"✗ {self._wrong}",) if hidden else tuple(self._choices.words)

    @on(CopyForm.Submitted)
    def _options_done(self) -> None:
        """Enter in a line does not copy yet: it goes back to the card."""
        if not self._wrong:
            self._expand(False)

    def action_stop(self) -> None:
        """Stop counting, and all other questions; keeps the answers."""
        self.planning.stop()
        self._refresh(counting=False)

    def break_off(self) -> None:
        if self.query_one("#stop").display:
            self.action_stop()
        else:
            super().break_off()

    def action_dry_run(self) -> None:
        from tui.browser.dry_run_screen import DryRunScreen

        def answered(do: bool | None) -> None:
            if do:
                self.action_copy()

        if self._possible:
            self.app.push_screen(DryRunScreen(self._engine, self._order), answered)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        if self._possible:
            self._memory.keep(self._order, self._choices)
            self.query_one(EngineChoice).confirm(self._order, self.leave)

    def action_cancel(self) -> None:
        if self.focused and self.query_one(CopyForm) in self.focused.ancestors:
            self._expand(False)
        else:
            self.leave()

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


MARKS = {True: ("✓", GOOD), False: ("✗", BAD)}


class EngineChoice(HorizontalGroup):
    """Asks the engine once whether S3 can do it in a job; nothing is asked below the threshold."""

    def __init__(
        self, engine: EngineAccess, terms: Terms | None, changed: Callable[[], None], make_role: MakeRole | None
    ) -> None:
        """`terms` None: offers no other engine. Calls `changed` when there is more to show."""
        super().__init__(classes="choice", id="engines")
        self._engine, self._terms, self._changed, self._make_role = engine, terms, changed, make_role
        self._refused: str | None = None
        self._asked = False
        self._plan: HandOver | None = None

    def compose(self) -> ComposeResult:
        dask = (EngineKind.DASK,) if self._terms and self._terms.dask else ()
        yield Label("engine  ")
        yield Choice((EngineKind.LOCAL, EngineKind.BATCH, *dask), EngineKind.LOCAL, gap=" ", id="engine")

    def on_mount(self) -> None:
        self.display = False
        self._choice.closed = frozenset((EngineKind.BATCH, EngineKind.DASK))

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        self._changed()

    def show(self, card: RouteCard, order: CopyOrder) -> None:
        if self._terms is None:
            return
        work = work_of(card.tally, order, order.options.route or card.chosen)
        plan = hand_over(work, order, card.pace, self._terms, self._refused)
        self._plan = plan if plan.due or self.kind is not EngineKind.LOCAL else None
        self.display = self._plan is not None
        if self._plan is None:
            return
        self._choice.closed = frozenset(plan.refused)
        if self.kind in plan.refused:
            self._choice.value = EngineKind.LOCAL
        if not self._asked:
            self._asked = True
            self.run_worker(self._ask(order), group="engines")

    async def _ask(self, order: CopyOrder) -> None:
        try:
            self._refused = (await self._engine.ask(AskEngines(order))).refused
        except ProblemError as error:
            self._refused = error.problem.sentence()
        self._changed()

    @property
    def _choice(self) -> Choice:
        return self.query_one(Choice)

    @property
    def kind(self) -> EngineKind:
        return EngineKind(self._choice.value)

    @property
    def lines(self) -> list[Content]:
        """An engine a line, then by which prices; nothing below the threshold."""
        if self._plan is None:
            return []
        lines = []
        for engine, possible, words in hand_over_lines(self._plan):
            name, tone = (STRONG, "") if engine is self.kind else (MUTED, MUTED)
            lines.append(Content.assemble((f"{engine.value:<6}", name), MARKS[possible], " ", outside(words, tone)))
        return [*lines, outside(terms_words(self._plan), MUTED)]

    def confirm(self, order: CopyOrder, leave: Callable[[CopyOrder | BatchOrder], None]) -> None:
        """Leave with the order for the engine that is chosen; a job is asked about first."""
        from tui.features.copy.hand_over_screen import HandOverScreen

        def answered(job: BatchOrder | None) -> None:
            if job:
                leave(job)

        if self.kind is EngineKind.BATCH and self._plan and self._terms:
            screen = HandOverScreen(self._engine, order, self._plan, self._terms, self._make_role)
            self.app.push_screen(screen, answered)
        else:
            address = self._terms.dask if self._terms and self.kind is EngineKind.DASK else LOCAL
            leave(replace_struct(order, options=replace_struct(order.options, engine=address)))


TYPING_SECONDS = 0.4
"""From the last key in a line of the options to a new plan."""


class Planning:
    """Follows one plan at a time: `show` gets each card as it grows, `ended` the problem that ended it, or None."""

    def __init__(
        self,
        node: Widget,
        engine: EngineAccess,
        show: Callable[[RouteCard], None],
        ended: Callable[[Problem | None], None],
    ) -> None:
        """The work ends with `node`."""
        self._node, self._engine, self._show, self._ended = node, engine, show, ended
        self._following: Worker[None] | None = None
        self._typing: Timer | None = None

    @property
    def is_due(self) -> bool:
        """Whether a plan begins as soon as the user stops typing."""
        return self._typing is not None

    def begin(self, order: CopyOrder) -> None:
        """Plan an order now, and no other any longer."""
        self.wait_no_longer()
        work = partial(self._follow, PlanCopy(order))
        self._following = self._node.run_worker(work, exclusive=True, group="plan")

    def begin_soon(self, begin: Callable[[], None]) -> None:
        self.wait_no_longer()
        self._typing = once(self._node, TYPING_SECONDS, begin)

    def wait_no_longer(self) -> None:
        """Forget the plan that `begin_soon` has announced."""
        if self._typing:
            self._typing.stop()
        self._typing = None

    def stop(self) -> None:
        if self._following:
            self._following.cancel()

    async def _follow(self, plan: PlanCopy) -> None:
        problem = None
        try:
            async with aclosing(self._engine.follow(plan)) as cards:
                async for card in cards:
                    self._show(card)
        except ProblemError as error:
            problem = error.problem
        self._ended(problem)
