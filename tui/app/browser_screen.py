"""The browser's screen: what is on it, and which controller each message goes to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus, Key, Paste, Resize
from textual.screen import Screen

from tui.app.engine_news import Watching
from tui.app.open_places import Bookmarking, ChoosingColumns, Pasting, Places, Tabs
from tui.app.session_restore import Remembering
from tui.browser.context import BrowserContext, T
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.browser.row_menu import RowMenu
from tui.core.identity import AddressBook
from tui.features.access.actions import Granting
from tui.features.accounts.actions import AccountNaming, IdentityDialogs, SwitchingAccounts
from tui.features.archive.actions import Restoring
from tui.features.buckets.actions import NewPlaces, RequesterPays
from tui.features.content.actions import ContentEditing, ContentViewing
from tui.features.copy.actions import Copying, Dragging
from tui.features.copy.rename_actions import Renaming
from tui.features.delete.actions import Deleting
from tui.features.edit_documents.actions import Editing, Properties
from tui.features.find.actions import Searching
from tui.features.inspect.actions import Inspecting
from tui.features.links.actions import Presigning
from tui.features.repair.actions import Repairing
from tui.features.sync.actions import Comparing
from tui.features.transfer_list.actions import Conflicts, Transfers
from tui.features.transfer_list.screen import TransfersPanel, TransfersStrip
from tui.features.uploads.actions import IncompleteUploads
from tui.features.versions.actions import ShowingVersions, Undoing
from tui.kit.command_base import CommandScope
from tui.kit.commands import bindings, commands_of, row_keys, take_actions
from tui.kit.footer import KeyFooter
from tui.kit.timers import AlwaysOnce
from tui.link.session import EngineAccess
from tui.panes import news
from tui.panes.drag import Splitter
from tui.saved.last_session import Keeping
from tui.settings import AppStart, PaneStart, Settings


class BrowserScreen(AlwaysOnce, Screen[None]):
    """Owns the controllers. A flat dispatch: one short method for each message, so it has more than most classes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CommandScope.BROWSER), Binding("q", "leave", show=False)]

    def __init__(
        self,
        start: AppStart,
        settings: Settings,
        engine: EngineAccess,
        clock: Callable[[], float] = time.time,
        *,
        keeping: Keeping | None = None,
        restored: Mapping[news.PaneSide, PaneStart] | None = None,
    ) -> None:
        """`clock` returns seconds since the epoch; `restored` says which panes are restored from the last session."""
        super().__init__()
        self.context = context = BrowserContext(self, engine, start, settings, keeping or Keeping(), clock)
        self.panes = panes = PanePair(engine, clock)
        self.guard = guard = WriteGuard(context, panes)
        self.accounts = SwitchingAccounts(context, panes)
        self.places = Places(context, panes, self.accounts)
        self.remembering = Remembering(context, panes, self.accounts, restored or {})
        self.tabs = Tabs(context, panes, self.accounts, self.remembering.restored)
        self.pasting = Pasting(context, panes, self.places)
        self.needs = needs = Needs(context, panes, self.remembering.chosen_now)
        self.identities = IdentityDialogs(context, panes, guard, needs)
        self.bookmarking = Bookmarking(context, panes)
        self.requester_pays = RequesterPays(context, panes)
        self.naming = AccountNaming(context, panes)
        self.granting = granting = Granting(context, panes, guard)
        self.copying = Copying(context, panes, guard, needs, granting)
        self.dragging = Dragging(context, panes, self.copying.dropped)
        self.deleting = Deleting(context, panes, guard, needs)
        renaming = Renaming(context, panes, guard, self.copying)
        new = (NewPlaces(context, panes, guard, needs), IncompleteUploads(context, panes, guard))
        self.repairing = Repairing(context, panes, guard, needs)
        self.transfers = Transfers(context, panes, needs)
        self.conflicts = Conflicts(context, self.transfers.target_of)
        self.finding = Searching(context, panes, guard, needs, self.transfers)
        self.inspecting = Inspecting(context, panes, needs, granting)
        content = ContentEditing(context, panes, guard)
        self.editing = Editing(context, panes, guard, self.inspecting, content.action_edit_content)
        self.viewing = ContentViewing(context, panes, self.inspecting.explain)
        self.watching = Watching(context, panes, self.transfers, self.conflicts, self._show_names)
        self.menu = RowMenu(context, panes)
        panes.active_changed = self._active_changed
        controllers = (panes, self.places, self.accounts, self.bookmarking, guard, self.requester_pays, self.naming)
        changing = (self.copying, self.deleting, renaming, *new, self.repairing, self.granting, self.editing)
        archived = (Presigning(context, panes, guard), Restoring(context, panes, guard, needs))
        links = (*archived, Properties(context, panes, self.editing))
        others = (*changing, self.transfers, self.inspecting, self.menu, *links)
        self.versions = ShowingVersions(context, panes)
        self.undoing = Undoing(context, panes, guard, needs, self.copying, self.editing.undo)
        looking = (self.versions, self.undoing, content)
        comparing = Comparing(context, panes, guard, needs, self.copying, self.transfers)
        finding = (self.finding, self.viewing, comparing)
        moving = (self.tabs, ChoosingColumns(context, panes))
        take_actions(self, commands_of(CommandScope.BROWSER), *controllers, *others, *looking, *finding, *moving)

    def compose(self) -> ComposeResult:
        with self.inspecting.work:
            with Horizontal(id="panes"):
                yield self.panes.sides[news.PaneSide.LEFT]
                yield self.panes.splitter
                yield self.panes.sides[news.PaneSide.RIGHT]
            yield self.inspecting.inspector
        yield self.transfers.panel
        yield self.transfers.strip
        yield KeyFooter()
        yield self.dragging.ghost

    @property
    def in_front(self) -> bool:
        return self.app.screen is self

    def awaits_rows(self, event: Key) -> bool:
        """Whether a key is for a row of the active pane, and its listing has given none yet."""
        pane = self.panes.active
        empty = pane.contents.loading and not pane.contents.root.total
        return empty and self.focused is pane.table and bool({event.key, event.character} & row_keys())

    def open_dialog(self, dialog: Screen[T], answered: Callable[[T | None], None] | None = None) -> None:
        self.app.push_screen(dialog, answered)

    def exit_app(self) -> None:
        self.app.exit()

    def on_mount(self) -> None:
        """Show the panes first, then begin to fill them."""
        self.panes.activate(self.panes.left)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.watching.begin()
        self.accounts.begin()
        self.tabs.begin()

    def on_unmount(self) -> None:
        self.remembering.note()

    def on_screen_resume(self) -> None:
        self.conflicts.ask_next()
        self.needs.ask_next()

    def on_resize(self, event: Resize) -> None:
        self.inspecting.resized(event.size.width)

    @on(DescendantFocus)
    def _focus_moved(self, event: DescendantFocus) -> None:
        self.panes.focus_moved(event.widget)

    def _active_changed(self) -> None:
        self.inspecting.lay_out()
        self.inspecting.follow()

    @on(news.PaneChanged)
    def _pane_changed(self, event: news.PaneChanged) -> None:
        pane = self.panes.pane(event.side)
        self.tabs.shown(pane)
        self.panes.show_active()
        self.pasting.go_on(pane)
        self.remembering.go_on(pane)
        self.remembering.note_soon()
        self.identities.choose_accents()
        self.panes.share_owners()
        self.transfers.show_accents()
        if pane is self.panes.active:
            self.inspecting.follow()

    @on(news.PaneRefreshed)
    def _pane_refreshed(self) -> None:
        self.inspecting.look_again()

    def _show_names(self, book: AddressBook) -> None:
        self.panes.show_names(book)
        self.inspecting.show_names(book)
        self.transfers.show_names(book)

    @on(news.NotConnected)
    def _not_connected(self, event: news.NotConnected) -> None:
        self.remembering.not_connected(event)
        self.needs.not_connected(event)

    @on(news.NeedOpened)
    def _need_opened(self, event: news.NeedOpened) -> None:
        self.needs.meet(event.problem)

    @on(news.IdentityOpened)
    def _identity_opened(self, event: news.IdentityOpened) -> None:
        if not (event.explaining and (self.inspecting.explain_told() or self.inspecting.show_sources())):
            self.identities.open(event.side)

    @on(news.CredentialsAged)
    def _credentials_aged(self, event: news.CredentialsAged) -> None:
        self.identities.credentials_aged(event)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self.pasting.take(event.text)

    @on(news.ObjectOpened)
    def _object_opened(self) -> None:
        self.inspecting.open()

    @on(news.ProblemOpened)
    def _problem_opened(self, event: news.ProblemOpened) -> None:
        self.inspecting.explain(event)

    @on(news.DragBegun)
    def _drag_begun(self, event: news.DragBegun) -> None:
        self.dragging.begin(event.number, event.pointer)

    @on(news.DragMoved)
    def _drag_moved(self, event: news.DragMoved) -> None:
        self.dragging.move(event.pointer)

    @on(news.DragEnded)
    def _drag_ended(self, event: news.DragEnded) -> None:
        self.dragging.end(event.pointer)

    @on(news.MenuOpened)
    def _menu_opened(self, event: news.MenuOpened) -> None:
        self.menu.open(event)

    @on(news.SplitterMoved)
    def _splitter_moved(self, event: news.SplitterMoved) -> None:
        self.panes.split_at(event.pointer)

    @on(Splitter.Centred)
    def _splitter_centred(self) -> None:
        self.panes.split_evenly()

    @on(TransfersStrip.Opened)
    def _strip_opened(self) -> None:
        self.transfers.action_transfers()

    @on(TransfersPanel.DecisionRequested)
    def _decision_requested(self, event: TransfersPanel.DecisionRequested) -> None:
        self.conflicts.ask_again(event.transfer)

    @on(TransfersPanel.NeedRequested)
    def _need_requested(self, event: TransfersPanel.NeedRequested) -> None:
        self.transfers.give(event.problem)

    @property
    def in_list(self) -> bool:
        """Whether the list of transfers or the inspector has the keys."""
        return self.focused in (self.transfers.panel, self.inspecting.inspector)

    def key_escape(self) -> None:
        """Close the inspector, or the list of transfers, if it has the keys."""
        if self.focused is self.transfers.panel:
            self.transfers.action_transfers()
        elif self.focused is self.inspecting.inspector:
            self.inspecting.close()

    def action_leave(self) -> None:
        """Close the inspector before the key quits."""
        if not self.inspecting.close():
            raise SkipAction
