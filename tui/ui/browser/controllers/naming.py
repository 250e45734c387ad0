"""Names for accounts, entered by hand."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.identity import Address
from tui.settings import settings_file


class AccountNaming:
    """Lets the user name the account of an owner or an identity."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_name_account(self) -> None:
        """Name the owner of the row; without one, the account of the pane's identity."""
        from tui.ui.accounts.name_account import NameAccountScreen

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
        """Why a name by hand would be of no use; empty if it is of use."""
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
