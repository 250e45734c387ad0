"""Names for accounts, entered by hand."""

from __future__ import annotations

from tui.model.identity import Address
from tui.settings import settings_file
from tui.ui.format import visible
from tui.ui.screens.remembering import RememberingScreen


class NamingScreen(RememberingScreen):
    """Lets the user say who is behind an owner or an identity."""

    def action_name_account(self) -> None:
        """Name the owner of the row; without one, the account that acts in the pane."""
        from tui.ui.screens.name_account import NameAccountScreen

        known = self._somebody()
        if refusal := self._why_not(known):
            self.notify(visible(refusal), severity="warning", markup=False)
            return

        def answered(name: str | None) -> None:
            if name is not None:
                words = f"goes by {name}" if name else "has no name of yours any more"
                self.notify(visible(f"{known.account or known.canonical_id} {words}"), markup=False)

        self.app.push_screen(NameAccountScreen(self.engine, known), answered)

    def _why_not(self, known: Address) -> str:
        """Why a name by hand would be of no use; empty if it is of use."""
        if not (known.canonical_id or known.account):
            return "put the cursor on an object whose owner is shown: who acts here has no number that could be named"
        ours = self.settings.accounts.get(known.account)
        if ours and ours.label:
            return f'{known.account} goes by {ours.label}: label of accounts."{known.account}" in {settings_file()}'
        return ""

    def _somebody(self) -> Address:
        row, identity = self.active.cursor_row, self.active.identity
        if owner := row.owner if row else None:
            return self.book.entries.get(owner.id, Address(owner.id))
        if identity is None:
            return Address("")
        number = identity.account
        return Address(identity.canonical_id, number, self.book.account_label(number))
