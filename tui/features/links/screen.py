"""Presigned links of what was picked: signed again with each choice, copied to the clipboard, shown as a QR code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, ScrollableContainer, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.features.links.values import LinkMethod, LinkOptions, Presign, PresignedLink
from tui.features.links.words import (
    QrError,
    ascii_cells,
    end,
    half_blocks,
    lasts,
    lifetime,
    must_send,
    qr_modules,
    signer,
)
from tui.kit.choice import Choice
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, Lines, hint, outside, wrapped
from tui.link.session import EngineAccess
from tui.text.format import counted, visible
from tui.text.typed import TypedError, object_below

LIVES = ("15m", "1h", "12h", "1d", "7d")
UNCHANGED, DOWNLOAD = "unchanged", "as a download"
PAUSE = 0.3
"""Seconds without a key before the text is signed."""


class PresignScreen(Dialog[None]):
    """Links to `places`; a place that is a prefix is for an upload below it, whose name is typed.

    A link is a secret: it is in no title, toast or log.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy"),
        Binding("v", "qr", "QR code"),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        connection: str,
        places: Sequence[Location],
        clock: Callable[[], float],
        may_write: Callable[[], bool],
    ) -> None:
        """`may_write` says whether upload links may be made, and shows why not."""
        super().__init__()
        self._engine, self._connection, self._places = engine, connection, list(places)
        self._clock, self._may_write = clock, may_write
        self._below = places[0] if places[0].is_prefix else None
        self._links: list[PresignedLink] = []

    def compose(self) -> ComposeResult:
        first = LinkMethod.PUT if self._below else LinkMethod.GET
        with Frame("Presigned link", id="presign"):
            what = self._places[0].uri if len(self._places) == 1 else counted(len(self._places), "object")
            yield Static(outside(what, STRONG))
            with HorizontalGroup(id="below"):
                yield Label("Name")
                yield LineInput(compact=True, select_on_focus=False, placeholder="of the object to upload", id="name")
            for label, options, chosen, name in (
                ("For", tuple(LinkMethod), first, "method"),
                ("Lasts", LIVES, "1h", "life"),
                ("Opens", (UNCHANGED, DOWNLOAD), UNCHANGED, "opens"),
            ):
                with HorizontalGroup():
                    yield Label(label)
                    yield Choice(options, chosen, id=name)
            with HorizontalGroup():
                yield Label("Type")
                yield LineInput(
                    compact=True, select_on_focus=False, placeholder="Content-Type (leave empty to keep it)", id="type"
                )
            with VerticalScroll(can_focus=False):
                yield Lines(id="link")
            with Foot():
                yield Static(hint(("y", "copy"), ("v", "QR code"), ("esc", "close")), classes="hints")

    def on_mount(self) -> None:
        """Sign with the defaults; for an upload, ask for a name first."""
        self.query_one("#below").display = self._below is not None
        if self._below:
            self.query_one("#method", Choice).closed = frozenset({LinkMethod.GET})
            self.query_one("#name").focus()
        else:
            self.query_one("#method").focus()
        self._changed()

    @on(Choice.Changed)
    def _chosen(self) -> None:
        self._changed()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._links = []
        self.run_worker(self._sign_after(PAUSE), exclusive=True)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.query_one("#life").focus()

    def _changed(self) -> None:
        method = self._method
        self.query_one("#opens", Choice).closed = frozenset() if method is LinkMethod.GET else frozenset({DOWNLOAD})
        self._links = []
        if method is LinkMethod.PUT and not self._may_write():
            self.workers.cancel_node(self)  # a link of the choice before
            self._say("this pane is read-only: no upload links", BAD)
            return
        self.run_worker(self._sign_after(0.0), exclusive=True)

    @property
    def _method(self) -> LinkMethod:
        return LinkMethod(self.query_one("#method", Choice).value)

    def _options(self) -> LinkOptions:
        typed = self.query_one("#type", Input).value.strip()
        options = LinkOptions(self._method, lifetime(self.query_one("#life", Choice).value))
        if options.method is LinkMethod.PUT:
            return structs.replace(options, content_type=typed)
        response = {"content-type": typed} if typed else {}
        if self.query_one("#opens", Choice).value == DOWNLOAD:
            response["content-disposition"] = "attachment"
        return structs.replace(options, response=response)

    async def _sign_after(self, seconds: float) -> None:
        """Sign after so many seconds without a key."""
        if seconds:
            await asyncio.sleep(seconds)
        try:
            places = [object_below(self._below, self.query_one("#name", Input).value)] if self._below else self._places
            answer = await self._engine.ask(Presign(self._connection, places, self._options()))
        except TypedError as error:
            self._say(str(error), MUTED)
        except ProblemError as error:
            self._say(error.problem.sentence(), BAD)
        else:
            self._links = answer.links
            self.query_one("#link", Lines).show(partial(_lines, self._links, self._clock()))

    def _say(self, words: str, tone: str) -> None:
        self.query_one("#link", Lines).show(partial(wrapped, outside(words, tone)))

    def action_copy(self) -> None:
        if self._links:
            self.app.copy_to_clipboard("\n".join(link.url for link in self._links))
            self.notify(counted(len(self._links), "link"), title="Sent to the terminal's clipboard", markup=False)

    def action_qr(self) -> None:
        if len(self._links) != 1:
            if self._links:
                self.notify("a QR code is of one link: mark one object", severity="warning", markup=False)
            return
        try:
            self.app.push_screen(QrScreen(qr_modules(self._links[0].url)))
        except QrError as error:
            self.notify(str(error), severity="warning", markup=False)


def _lines(links: Sequence[PresignedLink], now: float, width: int) -> list[Content]:
    """Signer and expiry of the first one, the same for all; then warnings and links."""
    first = links[0]
    sooner = first.ends_with_credentials
    lines = [outside(signer(first), MUTED), outside(lasts(first, now), STRONG)]
    lines.append(outside(end(first), WARNING if sooner else MUTED))
    for link in links:
        lines += [outside(f"⚠ {warning}", WARNING) for warning in dict.fromkeys(link.warnings)]
        lines += [outside(f"send the header {each}") for each in must_send(link)]
        lines += [Content(""), Content(visible(link.url))]
    return [each for line in lines for each in wrapped(line, width)]


class QrScreen(Dialog[None]):
    """Shows the code; if the terminal is too small, says how large it must be."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "cancel", "Close")]

    def __init__(self, modules: Sequence[Sequence[bool]]) -> None:
        super().__init__()
        encoding = (sys.__stdout__.encoding if sys.__stdout__ else "") or ""
        self._rows = half_blocks(modules) if encoding.lower().startswith("utf") else ascii_cells(modules)

    def compose(self) -> ComposeResult:
        width, height = len(self._rows[0]), len(self._rows)
        room = self.app.size
        with ScrollableContainer(id="qr-room"):
            if width > room.width or height > room.height:
                words = f"The code needs {width} × {height} cells, this terminal has {room.width} × {room.height}:"
                yield Static(f"{words} make it larger, or its font smaller. esc closes.", id="qr-small")
            yield Static(Content("\n".join(self._rows)), id="qr")
