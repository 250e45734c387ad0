"""A pane's identity: connects as it, follows its credentials, and lists again when they work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from functools import partial
from typing import Protocol

from textual.message import Message
from textual.worker import Worker

from tui.core.identity import Identity, IdentitySpec
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.link.session import EngineAccess, EngineLostError
from tui.messages.identity_requests import Connect, WatchIdentity
from tui.panes.branches import Branches
from tui.panes.identity_strip import IdentityStrip
from tui.panes.navigation import Navigation
from tui.panes.news import NotConnected, PaneChanged, PaneSide
from tui.panes.path_line import PathLine
from tui.settings.schema import without_settings


class Connecting(Protocol):
    """The part of the pane that a connection needs: the pane keeps and shows its identity."""

    side: PaneSide

    @property
    def display(self) -> bool:
        """Whether it is shown, not hidden behind another tab."""

    @property
    def identity(self) -> Identity | None:
        """None until one was chosen and its configuration read."""

    @identity.setter
    def identity(self, identity: Identity | None) -> None: ...

    def run_worker(
        self, work: Callable[[], Coroutine[None, None, None]], *, group: str, exclusive: bool
    ) -> Worker[None]:
        """Run `work` in the background as long as the pane exists; it may be cancelled before it begins."""

    def post_message(self, message: Message) -> bool: ...


class PaneConnection:
    """Connects a pane; the identity is then the pane's `identity`."""

    def __init__(
        self,
        pane: Connecting,
        engine: EngineAccess,
        branches: Branches,
        navigation: Navigation,
        strip: IdentityStrip,
        path: PathLine,
    ) -> None:
        self._pane, self._engine = pane, engine
        self._branches, self._navigation, self._strip, self._path = branches, navigation, strip, path
        self._watching: Worker[None] | None = None
        self._settling: Worker[None] | None = None
        self.spec: IdentitySpec | None = None
        """The identity that was asked for, without what the settings add."""
        self.apply_settings: Callable[[IdentitySpec], IdentitySpec] = lambda spec: spec
        """Adds the settings' rules and the user's switches to an identity; set from above."""

    def connect(self, spec: IdentitySpec, location: Location) -> None:
        self._branches.listings.own_buckets = None
        self._path.top = spec.kind.scheme
        self._begin(spec)
        self._navigation.begin(location)

    def reconnect(self) -> None:
        """Connect as the same identity with the present settings; location, rows and marks stay."""
        if self.spec:
            self._branches.stop()
            self._begin(self.spec)

    def action_refresh(self) -> None:
        """List every branch again; if the pane is not connected, try that again."""
        if self._pane.identity:
            self._branches.refresh()
            self.watch()
        elif self.spec:
            self.connect(self.spec, self._branches.location)

    def _begin(self, spec: IdentitySpec) -> None:
        self.spec, self._pane.identity = without_settings(spec), None
        self._strip.waiting = self._branches.connecting = True
        for asking in (self._watching, self._settling):  # what is asked as the identity before
            if asking:
                asking.cancel()
        self._pane.run_worker(
            partial(self._connect, self.apply_settings(self.spec)), group="connecting", exclusive=True
        )

    async def _connect(self, spec: IdentitySpec) -> None:
        try:
            try:
                await self._find_out(spec)
            except EngineLostError:  # it was just ending as the last screen left: the next one is started
                self._pane.identity = None
                await self._find_out(spec)
            await self._list_own_buckets()
        except ProblemError as error:
            root = self._branches.tree.root
            self._branches.stop()
            root.fail(error.problem)
            self._branches.changed(root)
            if self._pane.display:  # a tab behind another one asks for nothing: its row says what it needs
                self._pane.post_message(NotConnected(self._pane.side, error.problem))
        self._strip.waiting = self._branches.connecting = False
        self.watch()

    async def _find_out(self, spec: IdentitySpec) -> None:
        """List at once with the configured identity; GetCallerIdentity answers later."""
        async with aclosing(self._engine.follow(Connect(spec))) as identities:
            async for identity in identities:
                first, self._pane.identity = self._pane.identity is None, identity
                if first:
                    self._branches.refresh()

    async def _list_own_buckets(self) -> None:
        """Inside a bucket, the identity's own buckets are not listed yet."""
        identity, listings = self._pane.identity, self._branches.listings
        if identity and listings.own_buckets is None and self._branches.location.bucket:
            await listings.own(identity.connection)
            self._pane.post_message(PaneChanged(self._pane.side))

    def watch(self) -> None:
        """Follow the lifetime of the credentials: the engine renews them, and other programs may."""
        if self._pane.identity:
            work = partial(self._follow, self._pane.identity.connection)
            self._watching = self._pane.run_worker(work, group="watching", exclusive=True)

    async def _follow(self, connection: str) -> None:
        with suppress(ProblemError):  # the feed of transfers reports an engine that is gone; a refresh begins again
            async with aclosing(self._engine.follow(WatchIdentity(connection))) as identities:
                async for identity in identities:
                    before, self._pane.identity = self._pane.identity, identity
                    needed = before and before.problem and before.problem.needs
                    if needed and not (identity.problem and identity.problem.needs):
                        self.working_again()

    def working_again(self) -> None:
        """The identity has what it needed: list what failed."""
        self._branches.refresh_failed()
        self._settling = self._pane.run_worker(self._list_own_buckets, group="settling", exclusive=True)
