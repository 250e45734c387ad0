"""What the user sees of the identities in use: all about one, when its credentials end, its account's colour."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import Identity
from tui.panes.identity_strip import renewal
from tui.panes.news import AccentChosen, CredentialsAged, Lifetime, Side
from tui.text.format import duration


class Identities:
    """Dialogs and toasts about identities; the panes themselves connect."""

    def __init__(self, context: Context, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._accents: dict[Side, str] = {}

    def open(self, side: Side) -> None:
        """Show all about the identity of a pane; it may be renewed there."""
        from tui.ui.accounts.identity_details import IdentityScreen

        pane = self._panes.pane(side)
        identity = pane.identity
        if identity is None:
            return

        def present() -> Identity:
            return pane.identity or identity

        def answered(renew: bool | None) -> None:
            problem = present().problem
            if renew and not (problem and self._needs.meet(problem)):
                pane.connection.reconnect()

        locked, clock = side in self._guard.locked, self._context.clock
        screen = IdentityScreen(present, lambda: pane.strip.account.label, locked=locked, clock=clock)
        self._context.host.open_dialog(screen, answered)

    def credentials_aged(self, event: CredentialsAged) -> None:
        """Show a notice if credentials expire soon, or have expired."""
        pane = self._panes.pane(event.side)
        identity = pane.identity
        if identity is None or identity.expires is None or event.lifetime is Lifetime.LASTING:
            return
        ended = event.lifetime is Lifetime.ENDED
        left = "have expired" if ended else f"expire in {duration(identity.expires - self._context.clock())}"
        tell = self._context.error if ended else self._context.warn
        tell(f"the credentials {left} · {renewal(identity)}", f"{identity.label}, {pane.side} pane")

    def choose_accents(self) -> None:
        """Show an account that has a colour of its own in it as soon as its number is known."""
        for pane in self._panes:
            colour = pane.strip.account.colour
            if colour != self._accents.get(pane.side, ""):
                self._accents[pane.side] = colour
                self._context.host.post_message(AccentChosen(pane.side, colour))
