"""Which identity each pane uses: those given at the start, and those chosen on the accounts screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import Address, Identity, IdentitySpec
from tui.core.location import Location
from tui.kit.commands import key_of
from tui.panes.identity_strip import renewal
from tui.panes.news import AccentChosen, CredentialsAged, Lifetime, PaneSide
from tui.panes.pane import Pane
from tui.saved.kept_identities import IdentityKeeper, config_file
from tui.settings import PaneStart, Settings, settings_file
from tui.text.format import duration

if TYPE_CHECKING:
    from tui.features.accounts.screen import ChosenIdentities


def _saw_nothing(pane: Pane) -> bool:
    """Whether the pane's identity is unusable; its list may show that before GetCallerIdentity answers."""
    if pane.identity is None:
        return True
    problems = (pane.identity.problem, pane.branches.tree.root.problem)
    return any(problem is not None and problem.kind.meaning.unusable for problem in problems)


def first_steps() -> list[str]:
    """What somebody does who has never started the program: a line each."""
    return [
        "Choose an identity for each pane: the two accounts stand side by side.",
        f"{key_of('open')} opens a bucket; {key_of('copy')} copies the row to the other pane.",
        f"{key_of('help')} shows all keys, {key_of('menu')} what can be done with a row.",
    ]


class SwitchingAccounts:
    """Asks which identity a pane is to use, and connects the pane with it."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def begin(self) -> None:
        start, unknown, last = self._context.start, [], self._context.keeping.last
        steps = first_steps() if last and not last.exists() else []
        for pane, begin in zip(self._panes, (start.left, start.right), strict=True):
            if begin.spec is None:
                unknown.append((pane, begin))
            else:
                self.connect(pane, begin.spec, begin)
        if steps and not unknown:
            self._context.tell(steps[0], "First steps", *steps[1:])
        self._ask_all(unknown, steps)

    def _ask_all(self, unknown: list[tuple[Pane, PaneStart]], steps: Sequence[str] = ()) -> None:
        """Ask for one pane after the other; a pair answers for both. `steps` are said with the first question."""
        if not unknown:
            return
        (pane, begin), *others = unknown

        def answered(chosen: ChosenIdentities | None) -> None:
            if chosen:
                self.connect(pane, chosen.spec, begin)
            if chosen and chosen.other:
                self.connect(self._panes.beside(pane), chosen.other, others[0][1] if others else PaneStart())
            else:
                self._ask_all(others)

        self._choose(pane, answered, steps)

    def connect(self, pane: Pane, spec: IdentitySpec, begin: PaneStart) -> None:
        location = begin.location if begin.location.bucket else spec.start
        pane.branches.listings.remember(location.bucket)
        pane.connection.connect(spec, location if location.is_prefix else location.parent)
        pane.navigation.seek(location)

    def _choose(
        self, pane: Pane, answered: Callable[[ChosenIdentities | None], None], steps: Sequence[str] = ()
    ) -> None:
        """Ask for a pane's identity. The demo has AWS files of its own, and writes nothing into the user's."""
        from tui.features.accounts.screen import AccountsScreen

        context = self._context
        aws_config = None if context.start.demo else config_file(os.environ)
        keeper = IdentityKeeper(context.settings, settings_file(), aws_config, self._take_settings)
        other, pairs = self._panes.beside(pane).spec, context.keeping.last_session().pairs
        dialog = AccountsScreen(
            context.engine, pane.side, keeper, current=pane.spec, other=other, pairs=pairs, steps=steps
        )
        context.host.open_dialog(dialog, answered)

    def choose_for(self, pane: Pane, location: Location) -> None:
        """Ask for an identity for `location`, then show it in `pane`."""

        def answered(chosen: ChosenIdentities | None) -> None:
            if chosen:
                there = location if chosen.spec.reaches(location) else Location()
                self.connect(pane, chosen.spec, PaneStart(chosen.spec, there))
            if chosen and chosen.other:
                self._switch(self._panes.beside(pane), chosen.other)

        self._choose(pane, answered)

    def _take_settings(self, settings: Settings) -> None:
        self._context.settings = settings

    def action_accounts(self) -> None:
        pane = self._panes.active
        beside = self._panes.beside(pane)

        def answered(chosen: ChosenIdentities | None) -> None:
            if chosen:
                self._switch(pane, chosen.spec)
            if chosen and chosen.other and chosen.other != beside.spec:
                self._switch(beside, chosen.other)

        self._choose(pane, answered)

    def _switch(self, pane: Pane, spec: IdentitySpec) -> None:
        pane.branches.listings.remembered.clear()
        meant = _saw_nothing(pane) and pane.location.bucket and spec.reaches(pane.location)
        pane.connection.connect(spec, pane.location if meant else spec.start)


class IdentityDialogs:
    """Dialogs and toasts about identities; the panes themselves connect."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._accents: dict[PaneSide, str] = {}

    def open(self, side: PaneSide) -> None:
        from tui.features.accounts.details_screen import IdentityScreen

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
        pane = self._panes.pane(event.side)
        identity = pane.identity
        if identity is None or identity.expires is None or event.lifetime is Lifetime.LASTING:
            return
        ended = event.lifetime is Lifetime.ENDED
        left = "have expired" if ended else f"expire in {duration(identity.expires - self._context.clock())}"
        tell = self._context.error if ended else self._context.warn
        tell(f"the credentials {left} · {renewal(identity)}", f"{identity.label}, {pane.side} pane")

    def choose_accents(self) -> None:
        """Show an account in its own colour once its number is known."""
        for pane in self._panes:
            colour = pane.strip.account.colour
            if colour != self._accents.get(pane.side, ""):
                self._accents[pane.side] = colour
                self._context.host.post_message(AccentChosen(pane.side, colour))


class AccountNaming:
    """Lets the user name the account of an owner or an identity."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_name_account(self) -> None:
        """Name the account of the row's owner, else of the pane's identity."""
        from tui.features.accounts.form_screen import NameAccountScreen

        known = self._somebody()
        if refusal := self._why_not(known):
            self._context.warn(refusal)
            return

        def answered(name: str | None) -> None:
            if name is not None:
                words = f"is now named {name}" if name else "no longer has a custom name"
                self._context.tell(f"{known.account or known.canonical_id} {words}")

        self._context.host.open_dialog(NameAccountScreen(self._context.engine, known), answered)

    def _why_not(self, known: Address) -> str:
        """Why a name would be of no use; empty if it is of use."""
        if not (known.canonical_id or known.account):
            return "move the cursor to an object with an owner: this identity has no account number to name"
        ours = self._context.settings.accounts.get(known.account)
        if ours and ours.label:
            return f'{known.account} is named {ours.label}: label of accounts."{known.account}" in {settings_file()}'
        return ""

    def _somebody(self) -> Address:
        book = self._context.book
        row, identity = self._panes.active.cursor_row, self._panes.active.identity
        if owner := row.owner if row else None:
            return book.entries.get(owner.id, Address(owner.id))
        if identity is None:
            return Address("")
        number = identity.account
        return Address(identity.canonical_id, number, book.account_label(number))
