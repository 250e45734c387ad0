"""The commands for tabs, and the tabs of the last session: each is connected when it is first shown."""

from __future__ import annotations

from collections.abc import Callable

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair, place_of
from tui.features.accounts.actions import AccountChoice
from tui.kit.commands import key_of
from tui.panes.news import Side
from tui.panes.pane import Pane
from tui.panes.tabs import MOST_TABS, PaneTabs
from tui.settings import PaneStart, TabList


class Tabs:
    """Opens, closes and shows the tabs of the active pane."""

    def __init__(
        self, context: Context, panes: PanePair, accounts: AccountChoice, restored: Callable[[Pane, PaneStart], None]
    ) -> None:
        """`restored` is called with each tab of the last session and with what it showed."""
        self._context, self._panes, self._accounts, self._restored = context, panes, accounts, restored

    def begin(self) -> None:
        """Make the tabs of the last session."""
        start = self._context.start
        self._restore(self._panes.sides[Side.LEFT], start.left_tabs)
        self._restore(self._panes.sides[Side.RIGHT], start.right_tabs)

    def _restore(self, side: PaneTabs, kept: TabList) -> None:
        for at, begin in enumerate(kept.tabs[:MOST_TABS]):
            if at != kept.front:
                pane = side.add(at)
                pane.begins = begin
                self._restored(pane, begin)

    def shown(self, pane: Pane) -> None:
        """A tab is in front: connect it, if it is not connected yet."""
        begin, pane.begins = pane.begins, None
        if begin and begin.spec:
            self._accounts.connect(pane, begin.spec, begin)

    @property
    def _side(self) -> PaneTabs:
        return self._panes.sides[self._panes.active_side]

    async def action_new_tab(self) -> None:
        """Another tab beside the active one, at the same place with the same identity."""
        side, before = self._side, self._panes.active
        if len(side.tabs) >= MOST_TABS:
            self._context.warn(f"a pane has up to {MOST_TABS} tabs: close one first ({key_of('close_tab')})")
            return
        pane = side.add(side.number + 1)
        pane.begins = place_of(before)
        await side.show(pane)

    async def action_close_tab(self) -> None:
        """Close the tab in front."""
        side = self._side
        if len(side.tabs) == 1:
            self._context.tell(f"this is the only tab of the pane ({key_of('new_tab')} opens another one)")
        await side.close(side.front)

    async def action_previous_tab(self) -> None:
        """The tab at the left; from the first one to the last."""
        await self._step(-1)

    async def action_next_tab(self) -> None:
        """The tab at the right; from the last one to the first."""
        await self._step(1)

    async def _step(self, by: int) -> None:
        side = self._side
        await side.show(side.tabs[(side.number + by) % len(side.tabs)])
