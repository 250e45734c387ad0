"""Makes what an explanation asks for: each of its changes is shown, confirmed and applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.changes import AppliedChange
from tui.core.policy import PolicyEdit
from tui.core.problem import ProblemError
from tui.messages.document_requests import PlanEdit
from tui.panes.pane import Pane

AGAIN = "listing again"


class Amending:
    """One change after the other; what is left out leaves out those that follow."""

    def __init__(self, context: Context, panes: PanePair, changed: Callable[[], object]) -> None:
        """`changed` is called after each change, while its dialog is still open."""
        self._context, self._panes, self._changed = context, panes, changed

    def amend(self, pane: Pane, edits: Sequence[PolicyEdit]) -> None:
        """Show the first change; after the last one the pane is listed again."""
        self._context.host.run_in_background(partial(self._next, pane, list(edits)), "requests")

    async def _next(self, pane: Pane, edits: list[PolicyEdit]) -> None:
        from tui.kit.change_screens import ConfirmChange

        identities = (pane.identity, self._panes.beside(pane).identity)
        connections = [identity.connection for identity in identities if identity]
        try:
            change = await self._context.engine.ask(PlanEdit(edits[0], connections))
        except ProblemError as error:
            self._context.fail(error.problem)
            return
        dialog = ConfirmChange(self._context.engine, change, made=self._changed)
        self._context.host.open_dialog(dialog, partial(self._made, pane, edits[1:]))

    def _made(self, pane: Pane, rest: list[PolicyEdit], applied: AppliedChange | None) -> None:
        if applied is None or applied.undoes:
            return
        if rest:
            self.amend(pane, rest)
        else:
            pane.branches.refresh_below(pane.location)
            self._context.tell(AGAIN, title=f"{applied.ref.title} {applied.ref.was} changed")
