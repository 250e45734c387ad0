"""Asks for the bounds of a transfer, or of all: bytes per second, objects at once; of a job for its priority."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Grid
from textual.content import Content
from textual.widgets import Input, Label, Static

from tui.core.orders import MOST_PRIORITY
from tui.core.transfer import Limits
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.text import typed as typed_limits
from tui.text.format import SIZE_UNITS, rate
from tui.text.typed import TypedError

WORDS = "Applies to data that passes this machine: relay, upload, download. Pull and push are server-side copies."

PRIORITY_WORDS = "The higher, the earlier among the jobs of the account."


class LimitsScreen(Dialog[Limits]):
    """Answers with both limits; if one is not valid, the reason is shown under it, and there is no answer."""

    def __init__(self, whose: str, limits: Limits) -> None:
        """`whose` may come from outside; `limits` are the current ones."""
        super().__init__()
        self._whose, self._limits = whose, limits

    def compose(self) -> ComposeResult:
        """Two lines to type, each with what it is understood as."""
        with Frame("Limits", id="limits"):
            yield Static(outside(self._whose))
            with Grid():
                yield Label("bytes per second")
                yield LineInput(rate_text(self._limits.rate), placeholder="no limit", compact=True, id="rate")
                yield Static(id="rate-means")
                yield Label("objects at once")
                yield LineInput(str(self._limits.objects or ""), placeholder="default", compact=True, id="objects")
                yield Static(id="objects-means")
            yield Static(f"500K   10M   1.5 MiB   empty or 0: no limit\n{WORDS}", classes="muted", markup=False)
            yield Static(hint(("enter", "applies now"), ("tab", "next field"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self._read()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        limits = self._read()
        if limits is not None:
            self.dismiss(limits)

    def _read(self) -> Limits | None:
        """The values of both lines; None, and the reason on screen, if one is not valid."""
        said: list[int | None] = []
        for name, parse, means in (
            ("rate", typed_limits.rate, _rate_means),
            ("objects", typed_limits.objects, _count_means),
        ):
            note = self.query_one(f"#{name}-means", Static)
            try:
                value = parse(self.query_one(f"#{name}", Input).value)
            except TypedError as error:
                note.update(outside(f"✗ {error}", BAD))
            else:
                said.append(value)
                note.update(Content(means(value)))
        return Limits(said[0], said[1]) if len(said) == 2 else None


class PriorityScreen(Dialog[int]):
    """Answers with a number; nothing is said of the present one, which S3 may have changed."""

    def __init__(self, whose: str) -> None:
        """`whose` may come from outside."""
        super().__init__()
        self._whose = whose

    def compose(self) -> ComposeResult:
        """One line to type."""
        with Frame("Priority of the job", id="priority-frame"):
            yield Static(outside(self._whose))
            yield LineInput(placeholder=f"0 to {MOST_PRIORITY:,}", compact=True, id="priority")
            yield Static(id="wrong")
            yield Static(PRIORITY_WORDS, classes="muted", markup=False)
            yield Static(hint(("enter", "applies now"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if typed.isascii() and typed.isdigit() and int(typed) <= MOST_PRIORITY:
            self.dismiss(int(typed))
        else:
            self.query_one("#wrong", Static).update(outside(f"✗ write a number, 0 to {MOST_PRIORITY:,}", BAD))


def rate_text(limit: int | None) -> str:
    """A rate as it would be typed, exactly: ``10 MiB``, ``1536 KiB``, ``1500 B``; empty without one."""
    if not limit:
        return ""
    power = max((n for n in range(len(SIZE_UNITS) + 1) if limit % 1024**n == 0), default=0)
    return f"{limit // 1024**power} {SIZE_UNITS[power - 1] if power else 'B'}"


def _rate_means(limit: int | None) -> str:
    return f"= {rate(limit)}" if limit else "no limit"


def _count_means(limit: int | None) -> str:
    return f"= {limit:,} at once" if limit else "the default applies"
