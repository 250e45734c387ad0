"""The columns that the user has chosen: for all tables, saved in the settings."""

from __future__ import annotations

from msgspec import structs

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.problem import ProblemError
from tui.panes.columns import Chosen
from tui.panes.pane import Pane
from tui.settings import ColumnSettings, PaneSettings, set_columns, settings_file


class Columns:
    """Gives the tables their columns."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes
        panes.prepare(self._prepare)

    @property
    def _chosen(self) -> Chosen:
        return tuple(self._context.settings.panes.columns.shown)

    def _prepare(self, pane: Pane) -> None:
        pane.table.chosen = self._chosen

    def action_columns(self) -> None:
        """Choose the columns of the tables."""
        from tui.browser.columns_screen import ChooseColumns

        def answered(chosen: Chosen | None) -> None:
            if chosen is not None and chosen != self._chosen:
                self._take(chosen)

        self._context.host.open_dialog(ChooseColumns(self._chosen), answered)

    def _take(self, chosen: Chosen) -> None:
        context = self._context
        if not context.start.demo:  # which leaves nothing behind
            try:
                set_columns(settings_file(), list(chosen))
            except ProblemError as error:
                context.fail(error.problem)
                return
        columns = PaneSettings(ColumnSettings(list(chosen)))
        context.settings = structs.replace(context.settings, panes=columns)
        for pane in self._panes.every:
            self._prepare(pane)
