"""The properties of a bucket at a glance: what the inspector knows of it, as one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.core.identity import AddressBook
from tui.features.inspect.screen import Inspector, InspectTarget
from tui.kit.commands import key_of
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import MUTED, hint, outside
from tui.link.session import EngineAccess
from tui.text.format import time_exact


class BucketScreen(Dialog[bool]):
    """True: something of it is to be edited."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("E,f9", "edit", "Edit"),
        Binding("q,B", "cancel", "Close"),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        target: InspectTarget,
        book: AddressBook,
        clock: Callable[[], float],
        *,
        created: float = 0.0,
    ) -> None:
        """`target` is the bucket; `created` as ListBuckets has it, in seconds since the epoch, 0 where it has not."""
        super().__init__()
        self._target, self._book = target, book
        known = [f"created {time_exact(created)}"] if created else []
        self._listed = " · ".join([*known, f"S3 does not report its size: {key_of('sizes')} in the pane measures it"])
        self._inspector = Inspector(engine, clock)

    def compose(self) -> ComposeResult:
        """What ListBuckets says, then the facts by section."""
        with Frame(outside(self._target.location.uri), id="bucket"):
            yield Static(outside(self._listed, MUTED), id="listed")
            yield self._inspector
            with Foot():
                keys = (("E", "edit"), ("p", "policy"), ("] [", "sections"), ("ctrl+r", "refresh"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        """Ask, and give it the keys."""
        self._inspector.book = self._book
        self._inspector.focus()
        self._inspector.show(self._target)

    def action_edit(self) -> None:
        self.leave(True)

    def action_page(self, pages: int) -> None:
        rows = pages * max(1, self._inspector.size.height - 1)
        self._inspector.scroll_relative(y=rows, animate=False)
