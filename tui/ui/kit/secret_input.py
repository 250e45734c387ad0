"""A line in which a secret is typed."""

from __future__ import annotations

from textual.widgets import Input


class SecretInput(Input):
    """Its value is never shown or copied: the clipboard of a terminal is that of the whole desktop."""

    def __init__(
        self,
        *,
        placeholder: str = "",
        id: str,  # noqa: A002  # Textual's own name
    ) -> None:
        super().__init__(placeholder=placeholder, password=True, select_on_focus=False, compact=True, id=id)

    def action_copy(self) -> None:
        """It stays here."""

    def action_cut(self) -> None:
        """It is gone from here, too."""
        self.delete_selection()
