"""Going from place to place: tabs, bookmarks, pasted locations, columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import structs

from tui.browser.context import BrowserContext
from tui.browser.open_screen import Levels, OfferSources, OpenLocationScreen, OpenTarget, pasted_locations
from tui.browser.pane_pair import PanePair, place_of
from tui.core.identity import IdentitySpec, Safety, without_account
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.features.accounts.actions import SwitchingAccounts
from tui.kit.commands import key_of
from tui.messages.identity_requests import ListProfiles
from tui.panes.columns import ColumnNames
from tui.panes.news import PaneSide
from tui.panes.pane import Pane
from tui.panes.tabs import MOST_TABS, PaneTabs
from tui.panes.tree import Tree
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.saved.last_session import known_by_now
from tui.saved.own_files import add_to_history, read_history
from tui.settings import ColumnSettings, PaneStart, TabList, set_columns, settings_file
from tui.text import format as fmt


class Bookmarking:
    """Opens bookmarks in the panes."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_bookmarks(self) -> None:
        from tui.browser.bookmarks_screen import BookmarksScreen

        file, panes = self._context.keeping.bookmarks, self._panes
        if not file:
            self._context.warn("bookmarks are not saved in this session")
            return

        def answered(bookmark: Bookmark | None) -> None:
            if bookmark and bookmark.left.spec and bookmark.right.spec:
                show_as(self._context, panes.left, bookmark.left)
                show_as(self._context, panes.right, bookmark.right)
            elif bookmark:
                show_as(self._context, panes.active, bookmark.left if bookmark.left.spec else bookmark.right)

        dialog = BookmarksScreen(Bookmarks(file), place_of(panes.left), place_of(panes.right), panes.active.side)
        self._context.host.open_dialog(dialog, answered)


class Places:
    """Takes panes to places."""

    def __init__(self, context: BrowserContext, panes: PanePair, accounts: SwitchingAccounts) -> None:
        self._context, self._panes, self._accounts = context, panes, accounts

    def action_same_path(self) -> None:
        here, other = self._panes.active.location, self._panes.passive
        if other.location != here:
            self.show_in(other, here)

    def action_open_location(self) -> None:
        pane, known = self._panes.active, self._known()
        levels = None
        if pane.identity:
            levels = Levels(self._context.engine, pane.identity.connection, pane.identity.spec.kind)
        dialog = OpenLocationScreen(pane.location, known, levels, endpoint_of(pane))
        self._context.host.open_dialog(dialog, partial(self.answered, pane))
        self._context.host.run_worker(partial(self._offer_identities, dialog, known), group="identities")

    def answered(self, pane: Pane, opened: OpenTarget | None) -> None:
        if isinstance(opened, PaneStart):
            show_as(self._context, pane, opened)
        elif opened:
            self.show_in(pane, opened)
            self._note(opened)

    def _note(self, location: Location) -> None:
        file = self._context.keeping.history
        if file is None or not location.bucket:
            return
        try:
            add_to_history(file, location)
        except ProblemError as error:
            self._context.warn(error.problem.sentence())

    def _known(self) -> OfferSources:
        keeping = self._context.keeping
        buckets: dict[str, None] = {}
        for pane in (self._panes.active, *self._panes.every):
            listings = pane.branches.listings
            own = listings.own_buckets.buckets if listings.own_buckets else []
            buckets |= dict.fromkeys([*(bucket.name for bucket in own), *listings.remembered])
        return OfferSources(
            list(buckets),
            read_history(keeping.history) if keeping.history else [],
            Bookmarks(keeping.bookmarks).read() if keeping.bookmarks else [],
        )

    async def _offer_identities(self, dialog: OpenLocationScreen, known: OfferSources) -> None:
        """The engine reads the AWS config files: the dialog does not wait for that."""
        try:
            profiles = (await self._context.engine.ask(ListProfiles())).profiles
        except ProblemError:
            return
        names = [IdentitySpec(name=name) for name in self._context.settings.identities]
        specs = [*names, *(IdentitySpec(profile.name) for profile in profiles)]
        if dialog.is_attached:
            dialog.offer_also(OfferSources(known.buckets, known.history, known.bookmarks, specs))

    def show_in(self, pane: Pane, location: Location) -> None:
        """Show a location; a path opens the local disk. From there into S3 it asks for an identity first."""
        if (pane.spec or IdentitySpec()).reaches(location):
            pane.navigation.go(location, by_name=True)
        elif not location.kind.has_accounts:
            spec = without_account(location, Safety())
            pane.connection.connect(spec, location if location.is_prefix else location.parent)
            pane.navigation.seek(location)
        else:
            self._accounts.choose_for(pane, location)


def endpoint_of(pane: Pane) -> str:
    """The endpoint of the pane's identity: the pane opens its links."""
    return pane.identity.endpoint if pane.identity else ""


def show_as(context: BrowserContext, pane: Pane, begin: PaneStart) -> None:
    """Show a saved pane, with its identity as the settings define it today."""
    spec = known_by_now(begin.spec, context.settings) if begin.spec else None
    if spec is None:
        name = begin.spec.name if begin.spec else ""
        context.warn(f"{settings_file()} no longer has identity {name}")
    elif pane.identity and pane.spec == spec:
        pane.navigation.go(begin.location, by_name=True)
    else:
        location = begin.location if begin.location.bucket else spec.start
        pane.branches.listings.remembered.clear()
        pane.branches.listings.remember(location.bucket)
        pane.connection.connect(spec, location)


class ChoosingColumns:
    """Gives the tables their columns."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes
        panes.prepare(self._prepare)

    @property
    def _chosen(self) -> ColumnNames:
        return tuple(self._context.settings.panes.columns.shown)

    def _prepare(self, pane: Pane) -> None:
        pane.table.chosen = self._chosen
        pane.branches.with_parent = self._context.settings.panes.parent_row

    def action_columns(self) -> None:
        from tui.browser.columns_screen import ChooseColumns

        def answered(chosen: ColumnNames | None) -> None:
            if chosen is not None and chosen != self._chosen:
                self._take(chosen)

        self._context.host.open_dialog(ChooseColumns(self._chosen), answered)

    def _take(self, chosen: ColumnNames) -> None:
        context = self._context
        if not context.start.demo:  # which leaves nothing behind
            try:
                set_columns(settings_file(), list(chosen))
            except ProblemError as error:
                context.fail(error.problem)
                return
        panes = structs.replace(context.settings.panes, columns=ColumnSettings(list(chosen)))
        context.settings = structs.replace(context.settings, panes=panes)
        for pane in self._panes.every:
            self._prepare(pane)


class Pasting:
    """Reads the text, goes there, and marks rows as soon as they are listed."""

    def __init__(self, context: BrowserContext, panes: PanePair, places: Places) -> None:
        self._context, self._panes, self._places = context, panes, places
        self._to_mark: tuple[Tree, list[Location]] | None = None
        """Marked once its level is listed."""

    def take(self, text: str) -> None:
        pane = self._panes.active
        pasted = pasted_locations(text, endpoint_of(pane))
        if pasted.others:
            lines = fmt.counted(pasted.others, "line")
            self._context.warn(f"{lines} not opened: {pasted.wrong}", "Pasted text")
        if len(pasted.locations) == 1:
            self._places.answered(pane, pasted.locations[0])
        elif pasted.locations:
            self._open_many(pane, pasted.locations)

    def _open_many(self, pane: Pane, locations: list[Location]) -> None:
        [level, *others] = dict.fromkeys(location.parent for location in locations)
        if others:
            dialog = OpenLocationScreen(known=OfferSources(history=locations), endpoint=endpoint_of(pane))
            self._context.host.open_dialog(dialog, partial(self._places.answered, pane))
            return
        if pane.location != level or not pane.contents.root.total:
            self._places.show_in(pane, level)
        if pane.location == level:
            self._to_mark = pane.contents, locations
            self.go_on(pane)

    def go_on(self, pane: Pane) -> None:
        if self._to_mark is None or self._to_mark[0] is not pane.contents or pane.contents.loading:
            return
        (tree, locations), self._to_mark = self._to_mark, None
        rows = [number for location in locations if (number := tree.row_of(location)) is not None]
        for number in rows:
            tree.mark(tree.row(number), on=True)
        if rows:
            pane.table.move(rows[0])
        pane.table.marks_changed()
        missing = len(locations) - len(rows)
        words = f"{fmt.counted(len(rows), 'row')} marked" + (f", {fmt.number(missing)} not found" if missing else "")
        (self._context.warn if missing else self._context.tell)(words, "Pasted URIs")


class Tabs:
    """Opens, closes and shows the tabs of the active pane."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        accounts: SwitchingAccounts,
        restored: Callable[[Pane, PaneStart], None],
    ) -> None:
        """`restored` gets each tab of the last session, and what it showed."""
        self._context, self._panes, self._accounts, self._restored = context, panes, accounts, restored

    def begin(self) -> None:
        start = self._context.start
        self._restore(self._panes.sides[PaneSide.LEFT], start.left_tabs)
        self._restore(self._panes.sides[PaneSide.RIGHT], start.right_tabs)

    def _restore(self, side: PaneTabs, kept: TabList) -> None:
        for at, begin in enumerate(kept.tabs[:MOST_TABS]):
            if at != kept.front:
                pane = side.add(at)
                pane.begins = begin
                self._restored(pane, begin)

    def shown(self, pane: Pane) -> None:
        """Connect a tab when it first comes to the front."""
        begin, pane.begins = pane.begins, None
        if begin and begin.spec:
            self._accounts.connect(pane, begin.spec, begin)

    @property
    def _side(self) -> PaneTabs:
        return self._panes.sides[self._panes.active_side]

    async def action_new_tab(self) -> None:
        """Open a tab beside the active one, with its identity and location."""
        side, before = self._side, self._panes.active
        if len(side.tabs) >= MOST_TABS:
            self._context.warn(f"a pane has up to {MOST_TABS} tabs: close one first ({key_of('close_tab')})")
            return
        pane = side.add(side.number + 1)
        pane.begins = place_of(before)
        await side.show(pane)

    async def action_close_tab(self) -> None:
        side = self._side
        if len(side.tabs) == 1:
            self._context.tell(f"this is the only tab of the pane ({key_of('new_tab')} opens another one)")
        await side.close(side.front)

    async def action_previous_tab(self) -> None:
        await self._step(-1)

    async def action_next_tab(self) -> None:
        await self._step(1)

    async def _step(self, by: int) -> None:
        side = self._side
        await side.show(side.tabs[(side.number + by) % len(side.tabs)])
