"""What a sign-in asks for: a code, a URL and a code, a secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Input, Label, Static
from textual.worker import Worker

from tui.core.problem import Problem, ProblemError
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput, SecretInput
from tui.kit.lines import BAD, KEY, MUTED, STRONG, hint, outside
from tui.link.session import EngineAccess
from tui.messages.identity_requests import GiveCode, GiveKeys, Secret, SignIn, SignInStep
from tui.text.format import duration


class SignInScreen(Dialog[bool]):
    """Answers True when the sign-in ends; one that was denied or took too long can be started again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yank_url", "Copy the URL"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, problem: Problem, clock: Callable[[], float] = time.time) -> None:
        """`problem` names the session to sign in to."""
        super().__init__()
        self._engine, self._problem, self._clock = engine, problem, clock
        self._step = SignInStep()
        self._following: Worker[None] | None = None
        self._copied = ""

    def compose(self) -> ComposeResult:
        with Frame("Sign in", id="sign-in"):
            yield Static(rows(("identity", self._problem.identity), ("session", self._problem.subject)))
            yield Static(id="steps", classes="words")
            yield Static(id="message", classes="words")
            with HorizontalGroup(classes="buttons"):
                yield Button("Start again  enter", variant="primary", id="again", action="screen.begin", compact=True)
                yield Button("Copy URL  y", id="yank-url", action="screen.yank_url", compact=True)
                yield Button("Copy code", id="yank-code", action="screen.yank_code", compact=True)
                yield Button("Cancel  esc", id="cancel", action="screen.cancel", compact=True)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._count_down)
        self.action_begin()

    def action_begin(self) -> None:
        """Request a new code, unless one is pending."""
        if self._following and not self._following.is_finished:
            return
        self._show(waits=True)
        self.say("requesting a code…", MUTED)
        self._following = self._follow()

    @work(exclusive=True, group="signing")
    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(SignIn(self._problem.connection))) as steps:
                async for step in steps:
                    if step.done:
                        self.leave(True)
                        return
                    new, self._step = step.code != self._step.code, step
                    self._show(waits=True)
                    if new:
                        self.action_yank_url()
                    self._count_down()
        except ProblemError as error:
            self._step = SignInStep()
            self._show(waits=False)
            self.say(f"✗ {error.problem.sentence()}", BAD)

    def _show(self, *, waits: bool) -> None:
        step = self._step
        steps = self.query_one("#steps", Static)
        steps.display = bool(step.url)
        steps.update(sign_in_steps(step))
        self.query_one("#again").display = not waits
        for button in ("#yank-url", "#yank-code"):
            self.query_one(button).display = bool(step.url)
        self.set_focus(self.query_one("#yank-url" if waits else "#again"))

    def _count_down(self) -> None:
        if self._step.url:
            left = duration(max(0.0, self._step.expires - self._clock()))
            copied = f" · {self._copied} sent to the clipboard" if self._copied else ""
            self.say(f"waiting for your sign-in ·  {left} left{copied}", MUTED)

    def action_yank_url(self) -> None:
        self._copy(self._step.complete_url or self._step.url, "address")

    def action_yank_code(self) -> None:
        self._copy(self._step.code, "code")

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self._copied = what
            self._count_down()


def sign_in_steps(step: SignInStep) -> Content:
    """The steps in the browser. Each URL has a line of its own, uncut: it may have to be typed by hand."""
    parts = [
        Content("Open this address in a browser on any machine:"),
        outside(step.url, KEY),
        Content.assemble("\nand enter the code   ", outside(step.code, f"{STRONG} reverse")),
    ]
    if step.complete_url:
        parts += [Content.styled("\nor this address, which includes the code:", MUTED), outside(step.complete_url)]
    return Content("\n").join(parts)


LABEL = 10


def rows(*facts: tuple[str, str]) -> Content:
    """A label and an external text in each line; unknown ones are left out."""
    return Content("\n").join(
        Content.assemble((f"{name:<{LABEL}}", MUTED), outside(text)) for name, text in facts if text
    )


DIGITS = 6
"""AWS's virtual and hardware MFA devices show six digits."""


class CodeScreen(Dialog[bool]):
    """Answers True once the engine has a session; a rejected code can be entered again."""

    def __init__(self, engine: EngineAccess, problem: Problem) -> None:
        """`problem` names the device, and the role that wants its code."""
        super().__init__()
        self._engine, self._problem = engine, problem

    def compose(self) -> ComposeResult:
        asked = self._problem
        with Frame("MFA code", id="code-asked"):
            yield Static(rows(("identity", asked.identity), ("role", asked.resource), ("device", asked.subject)))
            yield LineInput(placeholder="six digits", password=True, restrict=r"[0-9 ]*", compact=True, id="code")
            yield Static(id="message")
            yield Static(hint(("enter", "assume the role"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.value:
            self.say("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        code = event.value.replace(" ", "")  # some devices show it in two halves
        if len(code) != DIGITS:
            self.say(f"✗ an MFA code has {DIGITS} digits", BAD)
            return
        self.say("checking…", MUTED)
        self._give(code)
        event.input.clear()  # it is good for one try

    @work(exclusive=True, group="giving")
    async def _give(self, code: str) -> None:
        try:
            await self._engine.ask(GiveCode(self._problem.connection, Secret(code)))
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(True)


WORDS = "Kept in the engine's memory until it stops; never written to a file, log or screen."


class SecretScreen(Dialog[bool]):
    """Answers True once the engine has the secret; the first request shows whether it is right."""

    def __init__(self, engine: EngineAccess, problem: Problem) -> None:
        """`problem` names the access key."""
        super().__init__()
        self._engine, self._problem = engine, problem

    def compose(self) -> ComposeResult:
        asked = self._problem
        with Frame("Secret access key", id="secret-asked"):
            yield Static(rows(("identity", asked.identity), ("key id", asked.subject), ("at", asked.endpoint)))
            with Grid(id="secrets"):
                yield Label("secret")
                yield SecretInput(id="secret")
                yield Label("token")
                yield SecretInput(placeholder="for temporary keys only", id="token")
            yield Static(id="message")
            yield Static(WORDS, classes="muted")
            keys = (("enter", "continue"), ("tab", "session token"), ("esc", "cancel"))
            yield Static(hint(*keys), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.say("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        secret, token = (self.query_one(line, Input).value.strip() for line in ("#secret", "#token"))
        if secret:
            self._give(secret, token)
        else:
            self.say("✗ type or paste the secret access key", BAD)

    @work(exclusive=True, group="giving")
    async def _give(self, secret: str, token: str) -> None:
        try:
            problem = self._problem
            await self._engine.ask(GiveKeys(problem.subject, Secret(secret), Secret(token), problem.endpoint))
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(True)
