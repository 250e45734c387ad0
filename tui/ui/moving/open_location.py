"""Asks for a bucket, prefix or object by its name: also for one that ListBuckets never shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.location import SCHEME, Location, LocationError, typed_location, with_plain_scheme
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.ui.moving.levels import Levels
from tui.ui.moving.offers import Known, Offer, Opened, completed, offer_line, offers

WORDS = "Open a bucket of another account by name: ListBuckets shows only your own."

FORMS = "s3://bucket/prefix/   bucket   arn:aws:s3:::bucket/key   /directory/"


class OfferList(OptionList, can_focus=False):
    """The keys stay in the line: its screen moves the cursor."""


class OpenLocationScreen(Dialog[Opened]):
    """Answers with the location that was typed or chosen; what is wrong with it is shown under the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(8)", show=False),
        Binding("pageup", "move(-8)", show=False),
        Binding("tab", "complete", show=False, priority=True),
    ]

    def __init__(
        self,
        initial: Location | None = None,
        known: Known | None = None,
        levels: Levels | None = None,
        endpoint: str = "",
    ) -> None:
        """`initial` is in the line at first, selected; `known` and `levels` are what is offered below the line.

        Links to the server at `endpoint` are read, too.
        """
        super().__init__()
        self._endpoint = endpoint
        self._initial = initial.uri if initial and initial.bucket else ""
        self._known, self._levels = known or Known(), levels
        self._offered: Sequence[Offer] = ()
        self._untouched = True
        """Whether the line is as it was at first: that was not typed."""

    def compose(self) -> ComposeResult:
        """The line, what is offered, the message below it, and what may be typed."""
        keys = [("tab", "complete"), ("↑ ↓", "choose")] if self._levels else []
        with Frame("Open", id="open-location"):
            yield LineInput(self._initial, placeholder="s3://bucket/prefix/", compact=True, id="location")
            yield OfferList(id="offers", compact=True, markup=False)
            yield Static(id="message")
            yield Static(f"{WORDS}\n{FORMS}", classes="muted")
            yield Static(hint(*keys, ("enter", "open"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        """What is in the line at first is where the pane is: nothing was typed yet."""
        self._offer("")

    def on_resize(self) -> None:
        """The rows follow the width."""
        self.call_after_refresh(self._lay_out)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _line(self) -> Input:
        return self.query_one(Input)

    def offer_also(self, known: Known) -> None:
        """More can be offered; the engine may answer before the dialog is composed."""
        self._known = known
        if self.is_mounted:
            self._offer(self._typed_text)

    @property
    def _typed_text(self) -> str:
        return "" if self._untouched else self._line.value

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#message", Static).update("")
        self._list.highlighted = None
        self._untouched = self._untouched and self._line.value == self._initial
        self._offer(self._typed_text)

    @work(exclusive=True, group="offers")
    async def _offer(self, typed: str) -> None:
        """Show what is known at once, and what the server has below it as soon as it has answered."""
        self._show(offers(typed, (), self._known))
        if typed and self._levels and (level := await self._levels.below(typed)):
            self._show(offers(typed, level, self._known))

    def _show(self, offered: Sequence[Offer]) -> None:
        """What was chosen stays chosen while more is offered."""
        number = self._list.highlighted
        chosen = None if number is None else self._offered[number]
        self._list.highlighted = None
        self._offered = offered
        self._list.display = bool(offered)
        self._lay_out()
        self._list.highlighted = offered.index(chosen) if chosen in offered else None

    def _lay_out(self) -> None:
        if not self.is_mounted:  # or no longer
            return
        chosen, width = self._list.highlighted, max(20, self._line.size.width - 1)
        self._list.set_options([Option(offer_line(offer, width)) for offer in self._offered])
        self._list.highlighted = chosen

    def action_move(self, rows: int) -> None:
        """Choose another row; up from the first one leads back to the line."""
        before = -1 if self._list.highlighted is None else self._list.highlighted
        after = min(before + rows, len(self._offered) - 1)
        self._list.highlighted = after if after >= 0 else None

    def action_complete(self) -> None:
        """Put the chosen row into the line; without one, what all entries that fit have in common."""
        if (number := self._list.highlighted) is not None:
            text = self._offered[number].text
        else:
            text = completed(self._typed_text, self._offered)
        if text:
            self._line.value = text
            self._line.cursor_position = len(text)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.leave(self._offered[event.option_index].opens)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if (number := self._list.highlighted) is not None:
            self.leave(self._offered[number].opens)
            return
        try:
            location = typed_location(_typed(event.value), self._endpoint)
        except LocationError as error:
            self.query_one("#message", Static).update(outside(f"✗ {error}", BAD))
        else:
            self.leave(location)


def _typed(text: str) -> str:
    """Without the spaces that a paste brings; behind a key they may be part of it."""
    names_a_key = "/" in with_plain_scheme(text).removeprefix(SCHEME).rstrip("/ ")
    return text.lstrip(" ") if names_a_key else text.strip(" ")
