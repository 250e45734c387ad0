"""Who acts in the panes, from connecting to the end of credentials; what the user lets them write."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from msgspec import structs
from textual import on

from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import Problem
from tui.protocol.session import EngineAccess
from tui.settings import Settings, Start, settings_file
from tui.ui.format import duration, visible
from tui.ui.messages import (
    AccentChosen,
    CredentialsAged,
    IdentityOpened,
    Lifetime,
    NeedOpened,
    NotConnected,
    PaneChanged,
    Side,
)
from tui.ui.need_words import need_words
from tui.ui.screens.needs import ask_for
from tui.ui.screens.panes import PanesScreen
from tui.ui.widgets.identity_lines import renewal
from tui.ui.widgets.pane_keys import KeyedPane


class IdentitiesScreen(PanesScreen):
    """Asks for what identities need, dresses them in what settings and switches say, and tells when they end."""

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(start, settings, engine, clock)
        self.locked = {Side(side) for side in start.read_only}
        """The panes that the user has made read-only."""
        self._unasked: dict[Side, Problem] = {}
        """What panes need that the user has not been asked for yet: something else was in front."""
        self._accents: dict[Side, str] = {}
        for pane in self.panes:
            pane.dress = partial(self._dressed, pane.side)
            pane.strip.accounts = settings.accounts
            pane.strip.locked = pane.side in self.locked

    def _dressed(self, side: Side, spec: IdentitySpec) -> IdentitySpec:
        dressed = self.settings.dress(spec)
        if side not in self.locked:
            return dressed
        return structs.replace(dressed, safety=structs.replace(dressed.safety, read_only=True))

    @on(NotConnected)
    def _not_connected(self, event: NotConnected) -> None:
        event.stop()
        if need_words(event.problem) and self.asks_by_itself(event.side):
            self._unasked[event.side] = event.problem
            self._ask_needs()

    def asks_by_itself(self, side: Side) -> bool:  # noqa: ARG002  # for those who know more of the pane
        """Whether the user has just chosen who acts there, and expects to be asked."""
        return True

    def on_screen_resume(self) -> None:
        """A dialog has closed: the next question may be asked."""
        self._ask_needs()

    def _ask_needs(self) -> None:
        if self._unasked and self.app.screen is self:
            side = next(iter(self._unasked))
            self.meet(self._unasked.pop(side))

    @on(NeedOpened)
    def _need_opened(self, event: NeedOpened) -> None:
        event.stop()
        self.meet(event.problem)

    def meet(
        self,
        problem: Problem,
        then: Callable[[], object] = lambda: None,
        otherwise: Callable[[], object] = lambda: None,
    ) -> bool:
        """Ask for what `problem` needs; what failed for want of it is then tried again, and `then` called.

        `otherwise` is called when the user does not give it. False: there is nothing that he could give.
        """

        def answered(met: bool) -> None:
            if met:
                self._try_again(problem)
                then()
            else:
                otherwise()

        return ask_for(self, self.engine, problem, answered, self.clock)

    def _try_again(self, met: Problem) -> None:
        self._unasked = {side: needed for side, needed in self._unasked.items() if not _same_need(needed, met)}
        for pane in self.panes:
            needed = pane.contents.root.problem
            if pane.identity is not None:
                pane.working_again()
                pane.watch_credentials()
            elif needed and _same_need(needed, met):
                pane.action_refresh()

    @on(IdentityOpened)
    def _identity_opened(self, event: IdentityOpened) -> None:
        from tui.ui.screens.identity import IdentityScreen

        event.stop()
        pane = self.pane(event.side)
        identity = pane.identity
        if identity is None:
            return

        def present() -> Identity:
            return pane.identity or identity

        def answered(renew: bool | None) -> None:
            problem = present().problem
            if renew and not (problem and self.meet(problem)):
                pane.reconnect()

        locked = pane.side in self.locked
        screen = IdentityScreen(present, lambda: pane.strip.account.label, locked=locked, clock=self.clock)
        self.app.push_screen(screen, answered)

    @on(CredentialsAged)
    def _credentials_aged(self, event: CredentialsAged) -> None:
        event.stop()
        pane = self.pane(event.side)
        identity = pane.identity
        if identity is None or identity.expires is None or event.lifetime is Lifetime.LASTING:
            return
        ended = event.lifetime is Lifetime.ENDED
        left = "have ended" if ended else f"end in {duration(identity.expires - self.clock())}"
        self.notify(
            visible(f"the credentials {left} · {renewal(identity)}"),
            title=visible(f"{identity.label}, {pane.side} pane"),
            severity="error" if ended else "warning",
            markup=False,
        )

    def action_read_only(self) -> None:
        """Let nothing be written as who acts in the active pane, or let it be written again."""
        pane = self.active
        if pane.spec is None:
            self.notify("choose an account for this pane first: a", severity="warning", markup=False)
            return
        if pane.side not in self.locked and pane.identity and pane.identity.read_only:
            self.may_write(pane)  # which says what demands it
            return
        self.locked ^= {pane.side}
        pane.strip.locked = pane.side in self.locked
        pane.reconnect()
        words = "is read-only: the app writes nothing there; W lifts it" if pane.strip.locked else "may be written to"
        self.notify(f"the {pane.side} pane {words}", markup=False)

    def may_write(self, pane: KeyedPane) -> bool:
        """Whether a pane may be written to, as who acts there; why not is said."""
        if pane.side in self.locked:
            words = f"the {pane.side} pane is read-only · W lifts it"
        elif pane.identity and pane.identity.read_only:
            words = f"{pane.identity.label}: {pane.identity.read_only} · {self._demand(pane.identity)}"
        else:
            return True
        self.notify(visible(words), title="Read-only", severity="warning", markup=False)
        return False

    def _demand(self, identity: Identity) -> str:
        """Which setting wants it so: no key lifts that."""
        ours = self.settings.identities.get(identity.spec.name)
        where = f"read_only of identities.{identity.spec.name}" if ours and ours.read_only else "[safety] or [accounts]"
        return f"{where} in {settings_file()} demands it"

    @on(PaneChanged)
    def _choose_accents(self) -> None:
        """An account that has a colour of its own is shown in it as soon as its number is known."""
        for pane in self.panes:
            colour = pane.strip.account.colour
            if colour != self._accents.get(pane.side, ""):
                self._accents[pane.side] = colour
                self.post_message(AccentChosen(pane.side, colour))


def _same_need(one: Problem, other: Problem) -> bool:
    """Whether what meets one of them meets the other, too: both panes may hang on one sign-in."""
    return one.needs is other.needs and one.subject == other.subject
