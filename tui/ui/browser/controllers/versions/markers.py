"""Delete markers under F8: removing one deletes no content, so that a button is enough."""

from __future__ import annotations

from textual.content import Content

from tui.browser.context import Context
from tui.browser.needs import Needs
from tui.core.orders import DeleteOrder, Selection
from tui.kit.dialog import ConfirmScreen
from tui.messages.order_requests import SubmitDelete
from tui.panes.pane import Pane
from tui.panes.rows import RowKind

COMES_BACK = "The object is visible again: its latest version becomes the current one."
STAYS = "The object stays as it is: this marker is not its latest version."
IS_DELETED = "it is deleted already: V shows its versions, U undeletes it"


class Markers:
    """Asks, then removes a delete marker by its version id."""

    def __init__(self, context: Context, needs: Needs) -> None:
        self._context, self._needs = context, needs

    def removes(self, pane: Pane) -> bool:
        """Whether a deletion in this pane is about a delete marker, or about what is deleted: then it is done here."""
        row, identity = pane.cursor_row, pane.identity
        if row is None or identity is None or pane.contents.marks or not row.is_deleted:
            return False
        version = row.version
        if row.kind is RowKind.OBJECT or version is None:
            self._context.warn(IS_DELETED)
            return True
        place = row.branch.location
        selection = Selection(identity.connection, place.parent, keys=[place.key], version=version.version)

        def answered(yes: bool | None) -> None:
            if yes:
                self._needs.request(SubmitDelete(DeleteOrder(selection)), lambda: None)

        question = Content(COMES_BACK if version.latest else STAYS)
        self._context.host.open_dialog(ConfirmScreen("Remove the delete marker", question, "Remove"), answered)
        return True
