"""Who a pane acts as, in one line: label, account, principal, how it was had, how long it lasts, where it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.model.identity import EndpointSource, Identity
from tui.ui import format as fmt
from tui.ui.tones import BAD, MUTED, STRONG, WARNING, outside

EXPIRES_SOON = 600.0
"""Seconds left at which credentials are shown as running out."""

WIDE = 60
"""Cells from which on everything is shown."""


class IdentityStrip(Widget):
    """One line; what is not known says so."""

    ALLOW_SELECT = False
    identity: reactive[Identity | None] = reactive(None)
    """Who the pane acts as; None while nobody was chosen."""
    waiting: reactive[bool] = reactive(False)
    """Whether the engine is still finding out."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells the present in seconds since the epoch."""
        super().__init__()
        self._clock = clock

    def render(self) -> Content:
        """The line for the width there is."""
        if self.identity is None:
            return Content("connecting…" if self.waiting else "no account   a: choose one")
        describe = wide_line if self.size.width >= WIDE else narrow_line
        return describe(self.identity, self._clock())


def wide_line(identity: Identity, now: float) -> Content:
    """``media-prod 111111111111 ▸ role/deploy via sso · 41 min · ap-northeast-1 · endpoint``."""
    label = Content(" ").join(part for part in (outside(identity.label, STRONG), outside(identity.account)) if part)
    who = Content.assemble(outside(identity.principal or "identity unknown"), (f" via {identity.method}", MUTED))
    parts = [
        Content.assemble(label, (" ▸ ", MUTED), who),
        _remaining(identity, now),
        outside(identity.region, MUTED),
        outside(_endpoint(identity), MUTED),
        _problem(identity),
    ]
    return Content.styled(" · ", MUTED).join(part for part in parts if part)


def narrow_line(identity: Identity, now: float) -> Content:
    """``media-prod ▸deploy 41 min ap-ne-1``."""
    principal = identity.principal.rsplit("/", 1)[-1] or "?"
    parts = [
        Content.assemble(outside(identity.label, STRONG), (" ▸", MUTED), outside(principal)),
        _remaining(identity, now),
        outside(fmt.short_region(identity.region), MUTED),
        outside(_endpoint(identity), MUTED),
    ]
    first = [Content.styled("✗", BAD)] if identity.problem else []
    return Content(" ").join(part for part in first + parts if part)


def _remaining(identity: Identity, now: float) -> Content:
    if identity.expires is None:
        return Content("")
    left = identity.expires - now
    if left <= 0:
        return Content.styled("expired", BAD)
    return Content.styled(fmt.duration(left), WARNING if left < EXPIRES_SOON else "")


def _endpoint(identity: Identity) -> str:
    """Host and port of an endpoint that somebody configured; the default one says nothing that the region does not."""
    if identity.endpoint_source is EndpointSource.RULES or not identity.endpoint:
        return ""
    return urlsplit(identity.endpoint).netloc or identity.endpoint


def _problem(identity: Identity) -> Content:
    return outside(f"✗ {identity.problem.title}", BAD) if identity.problem else Content("")
