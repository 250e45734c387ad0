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


CUT_HOST = 17
"""Cells of an endpoint for which there is little room: the port, or the end of its domain, stays visible."""


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
        """The fullest line for which there is room."""
        if self.identity is None:
            return Content("connecting…" if self.waiting else "no account   a: choose one")
        width = self.content_size.width
        lines = identity_lines(self.identity, self._clock())
        return next((line for line in lines if line.cell_length <= width), lines[-1])


def identity_lines(identity: Identity, now: float) -> list[Content]:
    """The line in ever shorter forms."""
    if identity.spec.local:
        label = outside(identity.label, STRONG)
        return [Content.styled(" · ", MUTED).join([label, outside(identity.endpoint, MUTED)]), label]
    region, short = outside(identity.region, MUTED), outside(fmt.short_region(identity.region), MUTED)
    host = _endpoint(identity)
    endpoint, cut = outside(host, MUTED), outside(fmt.cut_middle(fmt.visible(host), CUT_HOST), MUTED)
    return [
        _wide_line(identity, now, region, endpoint),
        _wide_line(identity, now, short, endpoint),
        _wide_line(identity, now, short, cut),
        _wide_line(identity, now, short),
        _narrow_line(identity, now, short, endpoint),
        _narrow_line(identity, now, short, cut),
        _narrow_line(identity, now, short),
        _narrow_line(identity, now),
    ]


def _wide_line(identity: Identity, now: float, *places: Content) -> Content:
    """``media-prod 111111111111 ▸ role/deploy via sso · 41 min · ap-northeast-1 · endpoint``."""
    label = Content(" ").join(part for part in (outside(identity.label, STRONG), outside(identity.account)) if part)
    who = Content.assemble(outside(identity.principal or "identity unknown"), (f" via {identity.method}", MUTED))
    parts = [
        _problem(identity),
        Content.assemble(label, (" ▸ ", MUTED), who),
        _remaining(identity, now),
        *places,
    ]
    return Content.styled(" · ", MUTED).join(part for part in parts if part)


def _narrow_line(identity: Identity, now: float, *places: Content) -> Content:
    """``media-prod ▸deploy 41 min ap-ne-1``."""
    principal = identity.principal.rsplit("/", 1)[-1] or "?"
    parts = [
        Content.styled("✗", BAD) if identity.problem else Content(""),
        Content.assemble(outside(identity.label, STRONG), (" ▸", MUTED), outside(principal)),
        _remaining(identity, now),
        *places,
    ]
    return Content(" ").join(part for part in parts if part)


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
