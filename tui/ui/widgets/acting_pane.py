"""A pane as somebody: connects as an identity, follows its credentials, and says what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing, suppress

from textual import on
from textual.containers import Vertical
from textual.reactive import reactive

from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import Problem, ProblemError
from tui.protocol.client import EngineLostError
from tui.protocol.messages import Connect, WatchIdentity
from tui.protocol.session import EngineAccess
from tui.settings.schema import undressed
from tui.ui.messages import CredentialsAged, IdentityOpened, PaneChanged, Side
from tui.ui.widgets.identity_strip import IdentityStrip


class ActingPane(Vertical):
    """Knows who acts. What is listed as that identity is the matter of the classes that build on it."""

    identity: reactive[Identity | None] = reactive(None, init=False)
    """Who the pane acts as; None until one was chosen and its configuration read."""

    def __init__(self, side: Side, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells the present in seconds since the epoch."""
        super().__init__(id=side.value, classes=f"-{side.value}")
        self.side, self.engine = side, engine
        self.spec: IdentitySpec | None = None
        """Who was asked for, without what the settings add."""
        self.dress: Callable[[IdentitySpec], IdentitySpec] = lambda spec: spec
        """What settings and switches make of who was asked for; given from above."""
        self.strip = IdentityStrip(clock=clock)

    def act_as(self, spec: IdentitySpec) -> None:
        """Connect; who acted before does so no longer, from now on."""
        self.spec, self.identity = undressed(spec), None
        self.strip.waiting = True
        self.workers.cancel_group(self, "watching")
        self.run_worker(self._connect(self.dress(self.spec)), group="connecting", exclusive=True)

    async def _connect(self, spec: IdentitySpec) -> None:
        try:
            try:
                await self._find_out(spec)
            except EngineLostError:  # it was just ending as the last screen left: the next one is started
                self.identity = None
                await self._find_out(spec)
            await self.settled()
        except ProblemError as error:
            self.failed(error.problem)
        self.strip.waiting = False
        self.watch_credentials()

    async def _find_out(self, spec: IdentitySpec) -> None:
        async with aclosing(self.engine.follow(Connect(spec))) as identities:
            async for identity in identities:
                first, self.identity = self.identity is None, identity
                if first:
                    self.connected()

    def connected(self) -> None:
        """The identity can be used; who it really is may still have to be found out."""

    async def settled(self) -> None:
        """All is known of the identity that can be."""

    def failed(self, problem: Problem) -> None:
        """It cannot be used."""

    def working_again(self) -> None:
        """What it needed was given, wherever that was."""

    def watch_credentials(self) -> None:
        """Follow how long they last, from now on: they are renewed in the engine, and elsewhere."""
        if self.identity:
            self.run_worker(self._follow(self.identity.connection), group="watching", exclusive=True)

    async def _follow(self, connection: str) -> None:
        with suppress(ProblemError):  # of an engine that is gone others tell; a refresh begins anew
            async with aclosing(self.engine.follow(WatchIdentity(connection))) as identities:
                async for identity in identities:
                    self._take(identity)

    def _take(self, identity: Identity) -> None:
        before, self.identity = self.identity, identity
        needed = before and before.problem and before.problem.needs
        if needed and not (identity.problem and identity.problem.needs):
            self.working_again()

    def watch_identity(self, identity: Identity | None) -> None:
        """Show it."""
        self.strip.identity = identity
        self.post_message(PaneChanged(self.side))

    @on(IdentityStrip.LifetimeChanged)
    def _lifetime_changed(self, event: IdentityStrip.LifetimeChanged) -> None:
        event.stop()
        self.post_message(CredentialsAged(self.side, event.lifetime))

    @on(IdentityStrip.Opened)
    def _strip_opened(self, event: IdentityStrip.Opened) -> None:
        event.stop()
        self.post_message(IdentityOpened(self.side))
