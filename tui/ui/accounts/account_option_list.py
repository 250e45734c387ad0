"""The list of the accounts screen: quiet headings between the rows; a click moves there, a second one takes it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.kit.lines import MUTED
from tui.ui.accounts.account_choice_text import ShownRow, row_line
from tui.ui.accounts.account_choices import AccountChoice


class AccountOptionList(OptionList):
    """Headings are passed over by the cursor; a list that was searched has none: its best row comes first."""

    def __init__(self) -> None:
        super().__init__(id="accounts", compact=True, markup=False)
        self._rows: list[AccountChoice | None] = []

    def show(self, shown: Sequence[ShownRow], width: int, *, headings: bool) -> None:
        """Other rows; the cursor goes to the first. `width` is that of the names, in cells."""
        options: list[Option] = []
        self._rows = []
        section = None
        for each in shown:
            if headings and each.row.section is not section:
                section = each.row.section
                options.append(Option(Content.styled(section.value, MUTED), disabled=True))
                self._rows.append(None)
            options.append(Option(row_line(each, width)))
            self._rows.append(each.row)
        self.set_options(options)
        self.highlighted = next((at for at, row in enumerate(self._rows) if row), None)

    @property
    def row(self) -> AccountChoice | None:
        """The row under the cursor."""
        return None if self.highlighted is None else self._rows[self.highlighted]

    def point_at(self, row: AccountChoice) -> None:
        """Put the cursor on a row that is shown."""
        if row in self._rows:
            self.highlighted = self._rows.index(row)

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows, headings not counted, and stop at the ends."""
        places = [at for at, row in enumerate(self._rows) if row]
        if self.highlighted in places:
            target = places.index(self.highlighted) + rows
            self.highlighted = places[max(0, min(len(places) - 1, target))]
            if self.highlighted == places[0]:
                self.scroll_home(animate=False)  # with its heading

    async def _on_click(self, event: Click) -> None:
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is None or self._rows[index] is None:
            return
        self.highlighted = index
        if event.chain >= 2:
            self.action_select()
