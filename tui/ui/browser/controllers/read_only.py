"""Which panes may be written to: read-only by the user's switch, or because the settings demand it."""

from __future__ import annotations

from functools import partial

from msgspec import structs

from tui.core.identity import Identity, IdentitySpec
from tui.panes.news import Side
from tui.panes.pane import Pane
from tui.settings import settings_file
from tui.ui.browser.context import Context
from tui.ui.browser.controllers.panes import PanePair


class WriteGuard:
    """Adds the settings and the user's switch to every identity that a pane connects as."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes
        self.locked = {Side(side) for side in context.start.read_only}
        """The panes that the user has made read-only, with all their tabs."""
        panes.prepare(self._prepare)

    def _prepare(self, pane: Pane) -> None:
        pane.connection.apply_settings = partial(self._with_settings, pane.side)
        pane.strip.accounts = self._context.settings.accounts
        pane.strip.locked = pane.side in self.locked

    def _with_settings(self, side: Side, spec: IdentitySpec) -> IdentitySpec:
        applied = self._context.settings.apply(spec)
        if side not in self.locked:
            return applied
        return structs.replace(applied, safety=structs.replace(applied.safety, read_only=True))

    def action_read_only(self) -> None:
        """Make the active pane read-only, or writable again."""
        pane = self._panes.active
        if pane.spec is None:
            self._context.no_identity()
            return
        if pane.side not in self.locked and pane.identity and pane.identity.read_only:
            self.may_write(pane)  # which shows the setting that requires it
            return
        self.locked ^= {pane.side}
        for tab in self._panes.sides[pane.side].tabs:
            tab.strip.locked = pane.side in self.locked
            tab.connection.reconnect()
        words = "is read-only; W allows writes" if pane.strip.locked else "allows writes"
        self._context.tell(f"the {pane.side} pane {words}")

    def may_write(self, pane: Pane) -> bool:
        """Whether a pane may be written to with its identity; if not, a toast says why."""
        if pane.side in self.locked:
            words = f"the {pane.side} pane is read-only · W allows writes"
        elif pane.identity and pane.identity.read_only:
            words = f"{pane.identity.label}: {pane.identity.read_only} · {self._demand(pane.identity)}"
        else:
            return True
        self._context.warn(words, "Read-only")
        return False

    def _demand(self, identity: Identity) -> str:
        """Which setting demands it: no key lifts that."""
        ours = self._context.settings.identities.get(identity.spec.name)
        where = f"read_only of identities.{identity.spec.name}" if ours and ours.read_only else "[safety] or [accounts]"
        return f"{where} in {settings_file()} requires it"
