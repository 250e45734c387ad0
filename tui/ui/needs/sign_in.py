"""A sign-in to IAM Identity Center from a machine that has no browser: a URL and a code for any other one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess
from tui.messages.identity_requests import SignIn, SignInStep
from tui.text.format import duration
from tui.ui.kit.dialog import Dialog, Frame
from tui.ui.kit.tones import BAD, KEY, MUTED, STRONG, outside
from tui.ui.needs.need_facts import rows


class SignInScreen(Dialog[bool]):
    """Follows the sign-in to its end and answers True then; one that was denied or took too long begins again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,u", "yank_url", "Copy the URL"),
        Binding("c", "yank_code", "Copy the code"),
        Binding("r", "begin", "Start again"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, problem: Problem, clock: Callable[[], float] = time.time) -> None:
        """`problem` names the session to sign in to; `clock` returns the current time in seconds since the epoch."""
        super().__init__()
        self._engine, self._problem, self._clock = engine, problem, clock
        self._step = SignInStep()
        self._following: Worker[None] | None = None
        self._copied = ""

    def compose(self) -> ComposeResult:
        """What to open, what to enter there, how long the code is valid."""
        with Frame("Sign in", id="sign-in"):
            yield Static(rows(("identity", self._problem.identity), ("session", self._problem.subject)))
            yield Static(id="steps", classes="words")
            yield Static(id="message", classes="words")
            with HorizontalGroup(classes="buttons"):
                yield Button("Start again  r", variant="primary", id="again", compact=True)
                yield Button("Copy URL  y", id="yank-url", compact=True)
                yield Button("Copy code  c", id="yank-code", compact=True)
                yield Button("Cancel  esc", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Begin at once."""
        self.set_interval(1.0, self._count_down)
        self.action_begin()

    @on(Button.Pressed, "#again")
    def action_begin(self) -> None:
        """Ask for a new code, unless one is waited for."""
        if self._following and not self._following.is_finished:
            return
        self._show(waits=True)
        self._say("requesting a code…", MUTED)
        self._following = self._follow()

    @work(exclusive=True, group="signing")
    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(SignIn(self._problem.connection))) as steps:
                async for step in steps:
                    self._take(step)
        except ProblemError as error:
            self._step = SignInStep()
            self._show(waits=False)
            self._say(f"✗ {error.problem.sentence()}", BAD)

    def _take(self, step: SignInStep) -> None:
        if step.done:
            self.leave(True)
            return
        new, self._step = step.code != self._step.code, step
        self._show(waits=True)
        if new:
            self.action_yank_url()
        self._count_down()

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
            self._say(f"waiting for your sign-in ·  {left} left{copied}", MUTED)

    def _say(self, words: str, tone: str) -> None:
        self.query_one("#message", Static).update(outside(words, tone))

    @on(Button.Pressed, "#yank-url")
    def action_yank_url(self) -> None:
        """Copy the URL with the code to the clipboard of the user's own terminal."""
        self._copy(self._step.complete_url or self._step.url, "address")

    @on(Button.Pressed, "#yank-code")
    def action_yank_code(self) -> None:
        """The code alone."""
        self._copy(self._step.code, "code")

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self._copied = what
            self._count_down()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()


def sign_in_steps(step: SignInStep) -> Content:
    """What to do elsewhere. Each address stands on a line of its own, whole: it may have to be typed off."""
    parts = [
        Content("Open this address in a browser on any machine:"),
        outside(step.url, KEY),
        Content.assemble("\nand enter the code   ", outside(step.code, f"{STRONG} reverse")),
    ]
    if step.complete_url:
        parts += [Content.styled("\nor this address, which includes the code:", MUTED), outside(step.complete_url)]
    return Content("\n").join(parts)
