"""What every controller of the browser is given: the engine, the settings, and the little it needs of the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from tui.core.identity import AddressBook
from tui.core.problem import Problem
from tui.kit.commands import key_of
from tui.link.session import EngineAccess
from tui.saved.last_session import Keeping
from tui.settings import AppStart, Settings
from tui.text.format import visible

ToastSeverity = Literal["information", "warning", "error"]
T = TypeVar("T")


class Host(Protocol):
    """The part of the screen that controllers need."""

    @property
    def in_front(self) -> bool:
        """Whether no dialog is above the screen."""

    def notify(self, message: str, *, title: str, severity: ToastSeverity, markup: bool) -> None: ...

    def open_dialog(self, dialog: Screen[T], answered: Callable[[T | None], None] | None = None) -> None:
        """Show a dialog on top; `answered` gets its answer, None if the user cancelled."""

    def run_worker(self, work: Callable[[], Coroutine[None, None, None]], *, group: str) -> Worker[None] | None:
        """Run it in the background as long as the screen exists; it may be cancelled before it begins."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> object: ...
    def post_message(self, message: Message) -> bool: ...
    def exit_app(self) -> None: ...


@dataclass
class BrowserContext:
    """Shared by all controllers. `clock` returns the current time in seconds since the epoch."""

    host: Host
    engine: EngineAccess
    start: AppStart
    settings: Settings
    """Replaced on each change that the user makes."""
    keeping: Keeping = field(default_factory=Keeping)
    """Where bookmarks and the last session are saved."""
    clock: Callable[[], float] = time.time
    book: AddressBook = field(default_factory=AddressBook)
    denied: Problem | None = None
    """The last denial in a toast, for `explain`."""

    def no_identity(self, pane: str = "this pane", why: str = "") -> None:
        """Say that `pane` needs an identity first, and what for."""
        self.warn(f"choose an identity for {pane} first ({key_of('accounts')}){why}")

    def tell(self, words: str, title: str = "", *more: str) -> None:
        """`more`: further lines."""
        self._toast(words, title, "information", *more)

    def warn(self, words: str, title: str = "") -> None:
        self._toast(words, title, "warning")

    def error(self, words: str, title: str = "") -> None:
        self._toast(words, title, "error")

    def fail(self, problem: Problem) -> None:
        """Say what went wrong; a denial can be explained afterwards."""
        if problem.explainable:
            self.denied = problem
        self.error(problem.sentence() + (f" · {key_of('explain')} explains it" if problem.explainable else ""))

    def _toast(self, words: str, title: str, severity: ToastSeverity, *more: str) -> None:
        self.host.notify("\n".join(map(visible, (words, *more))), title=visible(title), severity=severity, markup=False)
