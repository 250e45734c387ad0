import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.browser.host import Host
from tests.browser.scripted import HOLD, ScriptedEngine
from tui.browser.context import BrowserContext, T, ToastSeverity
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.listing import Bucket, ObjectSummary, make_page
from tui.core.location import parse_location
from tui.features.access.actions import Granting
from tui.messages.identity_requests import Connect, WatchIdentity
from tui.messages.listing_requests import ListObjects
from tui.panes.pane import Pane
from tui.panes.tree import Tree
from tui.saved.last_session import Keeping
from tui.settings import AppStart, Settings

D = TypeVar("D", bound=Screen[Any])

NOW = 1_764_025_200.0

SILENT: dict[type[Any], list[Any]] = {feed: [HOLD] for feed in (Connect, WatchIdentity, ListObjects)}
"""What panes follow by themselves, never answered."""

HOSTS: list["RecordingHost"] = []
"""Those of the running test, whose workers end with it."""


class RecordingHost:
    """Implements `Host`: toasts, dialogs, messages and timers are noted, workers are run."""

    def __init__(self) -> None:
        HOSTS.append(self)
        self.in_front = True
        self.toasts: list[tuple[str, ToastSeverity]] = []
        self.dialogs: list[tuple[Screen[Any], Callable[[Any], None] | None]] = []
        """Those that are open, each with what gets its answer."""
        self.messages: list[Message] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.left = False
        self._workers: list[asyncio.Task[None]] = []

    def notify(self, message: str, *, title: str, severity: ToastSeverity, markup: bool) -> None:
        assert not markup, "names from outside are shown as they are"
        self.toasts.append((f"{title}: {message}" if title else message, severity))

    def open_dialog(self, dialog: Screen[T], answered: Callable[[T | None], None] | None = None) -> None:
        self.dialogs.append((dialog, answered))

    def run_worker(self, work: Callable[[], Coroutine[None, None, None]], *, group: str) -> None:
        self._workers.append(asyncio.create_task(work(), name=group))

    def set_timer(self, delay: float, callback: Callable[[], None]) -> None:
        self.timers.append((delay, callback))

    def post_message(self, message: Message) -> bool:
        self.messages.append(message)
        return True

    def exit_app(self) -> None:
        self.left = True

    def expect(self, kind: type[D]) -> D:
        [(dialog, _)] = self.dialogs
        assert isinstance(dialog, kind)
        return dialog

    def answer(self, answer: object, kind: type[Screen[Any]] = Screen) -> None:
        self.expect(kind)
        [(_, answered)] = self.dialogs
        self.dialogs.clear()
        if answered:
            answered(answer)

    async def answered(self, answer: object, kind: type[Screen[Any]] = Screen) -> None:
        """And let the workers do what follows."""
        self.answer(answer, kind)
        await self.work()

    async def work(self) -> None:
        while self._workers:
            await self._workers.pop()

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        ended = await asyncio.gather(*self._workers, return_exceptions=True)
        assert [each for each in ended if isinstance(each, Exception)] == []


class Browser:
    """A context on a scripted engine, and the controllers that most others are made of."""

    def __init__(
        self,
        engine: ScriptedEngine | None = None,
        settings: Settings | None = None,
        start: AppStart | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self.host, self.engine = RecordingHost(), engine or ScriptedEngine(feeds=SILENT)
        self.context = BrowserContext(
            self.host, self.engine, start or AppStart(), settings or Settings(), keeping or Keeping(), lambda: NOW
        )
        self.panes = PanePair(self.engine, lambda: NOW)
        self.guard = WriteGuard(self.context, self.panes)
        self.needs = Needs(self.context, self.panes, lambda _side: True)

    @property
    def left(self) -> Pane:
        return self.panes.left

    @property
    def right(self) -> Pane:
        return self.panes.right

    @property
    def words(self) -> list[str]:
        return [words for words, _ in self.host.toasts]


@asynccontextmanager
async def mounted(made: Browser, *others: Widget, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Pilot[None]]:
    left, right = made.panes.sides.values()
    async with Host(widgets=[left, made.panes.splitter, right, *others]).run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot
        await pilot.pause()


def identity(connection: str, **values: Any) -> Identity:
    """A connected identity; its connection is its name, too."""
    return Identity(connection, connection, AuthMethod.KEYS, IdentitySpec(connection), **values)


def show(pane: Pane, uri: str, *names: str, who: Identity | None = None) -> None:
    if who:
        pane.connection.spec, pane.identity = who.spec, who
    pane.branches.tree = pane.table.shown = Tree(parse_location(uri))
    prefixes = [name for name in names if name.endswith("/")]
    objects = [ObjectSummary(name, 1, 0) for name in names if not name.endswith("/")]
    pane.contents.root.begin()
    if pane.location.bucket:
        pane.contents.root.take(make_page("", prefixes, objects, last=True))
    else:
        pane.contents.root.take_buckets([Bucket(name, 0) for name in names])
    pane.contents.changed()


def granting_in(made: Browser) -> Granting:
    return Granting(made.context, made.panes, made.guard)
