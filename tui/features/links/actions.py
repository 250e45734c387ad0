"""Presigned links of what is picked."""

from __future__ import annotations

from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.versions import VersionLocation
from tui.features.links.values import MOST_LINKS
from tui.kit.commands import key_of
from tui.panes.rows import PickError


class Presigning:
    """Opens the dialog for links to the marked objects, the row, or an upload below the prefix."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard) -> None:
        self._context, self._panes, self._guard = context, panes, guard

    def action_presign(self) -> None:
        from tui.features.links.screen import PresignScreen

        pane, context = self._panes.active, self._context
        if pane.identity is None:
            context.no_identity()
            return
        if not pane.identity.spec.kind.has_accounts:
            context.warn("files have no links: choose an object in S3")
            return
        if pane.identity.spec.anonymous:
            context.warn(f"an anonymous identity cannot sign a link: choose another one ({key_of('accounts')})")
            return
        try:
            picked = list(pane.picked)
        except PickError as error:
            context.warn(str(error))
            return
        objects = [place for place in picked if not place.is_prefix]
        places = objects or [place for place in picked or [pane.location] if place.bucket][:1]
        if any(isinstance(place, VersionLocation) for place in places):
            context.warn("there are no links to versions: move the cursor to the object")
        elif not places:
            context.warn("move the cursor to an object, or to a bucket or prefix to upload to")
        elif len(places) > MOST_LINKS:
            context.warn(f"at most {MOST_LINKS} links at once: mark fewer objects")
        else:
            may_write = partial(self._guard.may_write, pane)
            connection = pane.identity.connection
            context.host.open_dialog(PresignScreen(context.engine, connection, places, context.clock, may_write))
