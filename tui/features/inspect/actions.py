"""The inspector: its position on screen, and its content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial

from textual.containers import Container

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair
from tui.core.changes import AppliedChange
from tui.core.identity import AddressBook
from tui.core.policy import Evaluation, PolicyEdit
from tui.core.problem import ProblemError
from tui.features.access.actions import Granting
from tui.features.inspect.screen import Inspector, InspectTarget
from tui.kit.commands import key_of
from tui.messages.document_requests import PlanEdit
from tui.panes.news import ProblemOpened
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow, RowKind
from tui.saved.taking_back import explanation, place_of
from tui.text.format import time_exact, visible

WIDE = 120
"""Cells. On a wider screen the inspector is beside both panes. On a narrower one it covers the passive pane."""


def marker_words(row: PaneRow) -> str:
    """What the inspector shows for a delete marker, or for a key that one hides; empty for any other row."""
    if not row.is_deleted:
        return ""
    version, undelete = row.version, key_of("undelete")
    which = f" (version {visible(version.version)})" if version else ""
    marker = f"a delete marker of {time_exact(row.modified)}{which}"
    if version and not version.latest:
        return f"{marker}: it hid the object until the next version was written"
    return f"deleted: {marker} hides it; {undelete} brings it back"


class Docked(StrEnum):
    """The position of the inspector."""

    OFF = "off"
    RIGHT = "right"
    BELOW = "below"


class Inspecting:
    """Docks the inspector, which follows the cursor of the active pane."""

    def __init__(self, context: BrowserContext, panes: PanePair, needs: Needs, granting: Granting) -> None:
        self._context, self._panes, self._needs, self._granting = context, panes, needs, granting
        self.amending = Amending(context, panes, self.look_again)
        self.docked = Docked.OFF
        self.inspector = Inspector(context.engine, context.clock)
        self.inspector.display = False
        self.work = Container(id="work")
        """Contains panes and inspector; its classes set the layout."""
        self._width = 0

    def resized(self, width: int) -> None:
        self._width = width
        self.lay_out()

    def lay_out(self) -> None:
        covers = self.docked is Docked.RIGHT and self._width < WIDE
        for name, side in self._panes.sides.items():
            side.display = not covers or name is self._panes.active_side
        self._panes.splitter.display = not covers
        self.inspector.display = self.docked is not Docked.OFF
        self.work.set_class(covers, "-narrow")
        for place in Docked:
            self.work.set_class(self.docked is place, f"-{place.value}")

    def action_inspector(self) -> None:
        places = list(Docked)
        self._dock(places[(places.index(self.docked) + 1) % len(places)])

    def _dock(self, place: Docked) -> None:
        self.docked = place
        if place is Docked.OFF and self.inspector.has_focus:
            self._panes.active.table.focus()
        self.lay_out()
        self.follow()

    def close(self) -> bool:
        """Close it; False: it was not open."""
        if self.docked is Docked.OFF:
            return False
        self._dock(Docked.OFF)
        return True

    def action_into_inspector(self) -> None:
        self.open()
        self.inspector.focus()

    def open(self) -> None:
        """Show it; where it is shown already, go into it."""
        if self.docked is Docked.OFF:
            self._dock(Docked.RIGHT)
        else:
            self.inspector.focus()

    def action_read_policy(self) -> None:
        self.inspector.action_read_policy()

    def follow(self) -> None:
        """Inspect the row under the cursor; for a row with a message about the listing, the location."""
        if self.docked is Docked.OFF:
            return
        active = self._panes.active
        mine, other, row = active.identity, self._panes.passive.identity, active.cursor_row
        if mine is None:
            self.inspector.show(None)
            return
        subject = row.branch.location if row and row.kind is RowKind.STATUS else active.subject
        marker = marker_words(row) if row else ""
        self.inspector.show(InspectTarget(mine.connection, subject, other.connection if other else None, marker))

    def look_again(self) -> None:
        if self.docked is not Docked.OFF:
            self.inspector.refresh_facts()

    def show_names(self, book: AddressBook) -> None:
        self.inspector.book = book

    def explain_told(self) -> bool:
        """Explain the denial in the last toast; False if there was none."""
        problem, self._context.denied = self._context.denied, None
        place = place_of(problem) if problem else None
        if problem is None or place is None:
            return False
        panes = [self._panes.active, self._panes.passive]
        pane = next((each for each in panes if each.identity and each.identity.label == problem.identity), panes[0])
        self.explain(ProblemOpened(pane.side, problem, place))
        return True

    def show_sources(self) -> bool:
        """Say how each fact of the inspector is known, or no longer; False: it is not shown."""
        if self.docked is Docked.OFF:
            return False
        self.inspector.action_sources()
        return True

    def explain(self, event: ProblemOpened) -> None:
        from tui.kit.problem_screen import ProblemScreen

        context, pane = self._context, self._panes.pane(event.side)
        mine, other = pane.identity, self._panes.beside(pane).identity

        async def explain() -> Evaluation | None:
            if mine is None:
                return None
            others = other.connection if other else None
            return await explanation(context.engine, event.problem, mine.connection, others, event.location)

        grants = self._granting.can_help(event.problem, event.location)
        grant = partial(self._granting.explained, event.problem, event.location, pane) if grants else None
        amend = partial(self.amending.amend, pane)
        dialog = ProblemScreen(event.problem, explain, lambda: self._needs.meet(event.problem), grant, amend)
        context.host.open_dialog(dialog)


AGAIN = "listing again"


class Amending:
    """Shows changes one after the other. If one is cancelled, the rest are, too."""

    def __init__(self, context: BrowserContext, panes: PanePair, changed: Callable[[], object]) -> None:
        """`changed` is called after each change, while its dialog is still open."""
        self._context, self._panes, self._changed = context, panes, changed

    def amend(self, pane: Pane, edits: Sequence[PolicyEdit]) -> None:
        self._context.host.run_worker(partial(self._next, pane, list(edits)), group="requests")

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
