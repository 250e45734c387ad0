"""A pane's identity in one line: label, account, principal, method, how long it lasts, endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from tui.core.identity import Identity
from tui.kit.timers import once
from tui.settings import AccountSettings
from tui.ui.kit.messages import Lifetime
from tui.ui.panes.identity_lines import EXPIRES_SOON, fact_line, identity_facts, identity_lines

MINUTE = 60.0


class IdentityStrip(Widget):
    """One line; what is not known says so, and what there is no room for is in the tooltip."""

    ALLOW_SELECT = False
    identity: reactive[Identity | None] = reactive(None)
    """The pane's identity; None until one was chosen."""
    waiting: reactive[bool] = reactive(False)
    """Whether the engine is still finding out."""
    names: reactive[dict[str, str]] = reactive(dict)
    """What the user calls accounts, by their number."""
    locked: reactive[bool] = reactive(False)
    """Whether the user has made the pane read-only."""

    @dataclass
    class LifetimeChanged(Message):
        """The credentials will end soon, have ended, or were renewed after that."""

        lifetime: Lifetime

    @dataclass
    class Opened(Message):
        """A click: all of it is wanted."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` returns the current time in seconds since the epoch."""
        super().__init__()
        self.accounts: dict[str, AccountSettings] = {}
        """What the settings say of accounts, by their number."""
        self._clock = clock
        self._lifetime = Lifetime.LASTING
        self._timer: Timer | None = None

    @property
    def account(self) -> AccountSettings:
        """What the settings say of the identity's account, with the name it has been given by hand."""
        number = self.identity.account if self.identity else ""
        found = self.accounts.get(number, AccountSettings())
        return found if found.label else structs.replace(found, label=self.names.get(number, ""))

    def render(self) -> Content:
        """The fullest line for which there is room."""
        if self.identity is None:
            return Content("connecting…" if self.waiting else "no identity   a: choose one")
        width = self.content_size.width
        lines = identity_lines(self.identity, self._clock(), self.account.label, locked=self.locked)
        return next((line for line in lines if line.cell_length <= width), lines[-1])

    def watch_identity(self) -> None:
        """Count again."""
        self._count_down()

    def watch_names(self) -> None:
        """The tooltip says it, too."""
        self._count_down()

    def watch_locked(self) -> None:
        """The tooltip says so, too."""
        self._count_down()

    def on_click(self) -> None:
        """Show all of it."""
        self.post_message(self.Opened())

    def _count_down(self) -> None:
        """Show the time that is left, now and whenever it reads differently."""
        if self._timer:
            self._timer.stop()
        left = self._left
        self._tell(left)
        self.refresh()
        self.tooltip = self._in_full()
        if left is not None and left > 0 and self.is_attached:
            self._timer = once(self, 1.0 if left <= MINUTE else left % MINUTE + 0.5, self._count_down)

    def _in_full(self) -> Content | None:
        if self.identity is None:
            return None
        facts = identity_facts(self.identity, self._clock(), self.account.label, locked=self.locked)
        return Content("\n").join(fact_line(name, value) for name, value in facts)

    @property
    def _left(self) -> float | None:
        expires = self.identity.expires if self.identity else None
        return None if expires is None else expires - self._clock()

    def _tell(self, left: float | None) -> None:
        lifetime = lifetime_of(left)
        if lifetime is not self._lifetime:
            self._lifetime = lifetime
            self.post_message(self.LifetimeChanged(lifetime))


def lifetime_of(left: float | None) -> Lifetime:
    """How long credentials last that have so many seconds left; None: they do not end."""
    if left is None or left > EXPIRES_SOON:
        return Lifetime.LASTING
    return Lifetime.ENDING if left > 0 else Lifetime.ENDED
