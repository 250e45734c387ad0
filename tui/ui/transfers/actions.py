"""What the keys of the list of transfers do to the selected transfer, or to all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.widget import Widget

from tui.core.transfer import Transfer, TransferList
from tui.link.session import EngineAccess
from tui.ui.transfers.control import TransferControl
from tui.ui.transfers.groups import GROUPS, moved_before
from tui.ui.transfers.table import TransfersTable


class TransferActions:
    """Asks the engine for it; `transfers` gives the latest snapshot."""

    def __init__(
        self, node: Widget, engine: EngineAccess, table: TransfersTable, transfers: Callable[[], TransferList]
    ) -> None:
        """Toasts of `node` say what cannot be done, and what is under way ends with it."""
        self._node, self._table, self._transfers = node, table, transfers
        self._control = TransferControl(node, engine)

    def current(self) -> Transfer | None:
        """The selected transfer; without one, a toast says so."""
        found = next((each for each in self._transfers().transfers if each.id == self._table.selected), None)
        if found is None:
            self._node.notify("no transfer is selected", severity="warning", markup=False)
        return found

    def _on_current(self, action: Callable[[Transfer], Coroutine[Any, Any, None]]) -> None:
        if transfer := self.current():
            self._node.run_worker(action(transfer))

    def action_pause(self) -> None:
        """Pause or resume the selected one."""
        self._on_current(self._control.toggle)

    def action_pause_all(self) -> None:
        """Pause or resume all."""
        self._node.run_worker(self._control.toggle_all(self._transfers().transfers))

    def action_cancel_transfer(self) -> None:
        """Cancel the selected one."""
        self._on_current(self._control.cancel)

    def action_cancel_all(self) -> None:
        """Cancel all that have not ended."""
        self._node.run_worker(self._control.cancel_all(self._transfers().transfers))

    def action_retry(self) -> None:
        """Try the failed and cancelled objects of the selected one again."""
        self._on_current(self._control.retry)

    def action_move_up(self) -> None:
        """The selected one comes earlier."""
        self._move(-1)

    def action_move_down(self) -> None:
        """The selected one comes later."""
        self._move(1)

    def _move(self, by: int) -> None:
        def move(transfer: Transfer) -> Coroutine[Any, Any, None]:
            group = GROUPS[transfer.state]
            queue = [each.id for each in self._transfers().transfers if GROUPS[each.state] is group]
            return self._control.move(transfer, moved_before(queue, transfer.id, by))

        self._on_current(move)

    def action_limits(self) -> None:
        """Bound the selected one."""
        self._on_current(self._control.limits)

    def action_limits_all(self) -> None:
        """Bound all together."""
        self._node.run_worker(self._control.limits_all(self._transfers().limits))

    def action_receipt(self) -> None:
        """Write the receipt of the selected one."""
        self._on_current(self._control.receipt)

    def action_verify(self) -> None:
        """Verify the copies of the selected one."""
        self._on_current(self._control.verify)

    def action_export_failed(self) -> None:
        """Write what failed of the selected one."""
        self._on_current(lambda transfer: self._control.receipt(transfer, failed=True))

    def action_forget(self) -> None:
        """Take the ended ones that are shown off the list."""
        shown = set(self._table.order)
        self._node.run_worker(self._control.forget([each for each in self._transfers().transfers if each.id in shown]))
