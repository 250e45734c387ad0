"""Keys, pastes and clicks act in the order in which they were read, and on what the user saw when they were typed.

Textual 8.2.8 inserts a printable character in the widget that has the focus, but runs a bound key (backspace, Tab,
Enter) only once it has bubbled up to the app; the next character may be inserted before (Textualize/textual #6605;
its open pull request #6631 mends it for the keys of Input and TextArea alone). So the app is given one event at a
time: the next one comes when nothing is left to do for the one before, with the focus and the screen that it led to.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.events import Event, InputEvent, Key, MouseMove, Paste

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.screen import Screen

LONGEST = 2.0
"""Seconds that an event is waited for: a handler that waits must not block the keyboard."""

SPINS, PAUSE = 100, 0.001
"""So many turns of the event loop without a pause; then so many seconds between two looks."""

PATIENCE = 10.0
"""Seconds that a key for a row waits for the first rows; Esc ends the wait, and drops what was typed before it."""

LOOK = 0.01
"""Seconds between two looks for rows."""

STILL = 2
"""So many idle turns of the event loop in a row: one handler may hand work to another in between."""


@runtime_checkable
class DecisionScreen(Protocol):
    """A screen that asks for a decision: keys read before it was painted do not answer it."""

    def before_painted(self, event: Key) -> bool:
        """Whether a key was read before the screen was painted."""


@runtime_checkable
class RowScreen(Protocol):
    """A screen whose rows may not have come yet."""

    def awaits_rows(self, event: Key) -> bool:
        """Whether a key is for a row, and none is there yet."""


class OrderedInput(App[None]):
    """The part of an app that orders its input."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # whatever the app takes
        self._waiting: deque[Event] = deque()
        self._given: Event | None = None
        """The event that the app processes now."""
        self._giving: asyncio.Task[None] | None = None
        self._uncovered = 0.0
        """When what was behind a question was painted after it had closed, by the clock of events."""

    async def on_event(self, event: Event) -> None:
        """Process what is no input, and the input whose turn it is; queue the rest."""
        only_points = isinstance(event, MouseMove) and not self._waiting  # which changes nothing for the keys
        if not isinstance(event, InputEvent | Paste) or event.is_forwarded or event is self._given or only_points:
            await super().on_event(event)
            return
        if isinstance(event, Key) and event.key == "escape" and self._awaits_rows():
            self._waiting.clear()
        self._waiting.append(event)
        if self._giving is None or self._giving.done():
            self._giving = asyncio.create_task(self._give_all(), name="input order")

    def on_unmount(self) -> None:
        """Wait for nothing more: the last key's effect may never have been painted."""
        if self._giving:
            self._giving.cancel()

    async def _give_all(self) -> None:
        while self._waiting:
            await self._settled(list(self._reached()))
            await self._rows()
            event, screen = self._waiting.popleft(), self.screen
            if isinstance(event, Key) and (
                event.time < self._uncovered or (isinstance(screen, DecisionScreen) and screen.before_painted(event))
            ):
                continue
            reached = list(self._reached())
            self._given = event
            self.post_message(event)
            await self._settled(reached)
            if self.screen is not screen:
                await self._painted(self.screen)

    def pop_screen(self) -> AwaitComplete:
        """Keys that were typed into a question that has closed are for nobody: not for what was behind it."""
        asked = isinstance(self.screen, DecisionScreen)
        popped = super().pop_screen()
        if asked:
            self._uncovered = math.inf
            self.screen.call_after_refresh(self._seen)
        return popped

    def _seen(self) -> None:
        self._uncovered = time.monotonic()

    def _awaits_rows(self) -> bool:
        """Whether the next key is for a row, and none is there yet."""
        first = self._waiting[0] if self._waiting else None
        return isinstance(first, Key) and isinstance(self.screen, RowScreen) and self.screen.awaits_rows(first)

    async def _rows(self) -> None:
        end = time.monotonic() + PATIENCE
        while self._awaits_rows() and self.is_running and time.monotonic() < end:  # noqa: ASYNC110  # no event tells it
            await asyncio.sleep(LOOK)

    def _reached(self) -> Iterator[MessagePump]:
        """The nodes that a key reaches: the app, the top screen, the focused widget and its ancestors."""
        yield self
        yield self.screen
        if self.focused:
            yield from self.focused.ancestors_with_self

    async def _settled(self, reached: list[MessagePump]) -> None:
        """Wait until these nodes, and those that replace them, are idle."""
        end, looks, still = time.monotonic() + LONGEST, 0, 0
        while still < STILL and self.is_running and time.monotonic() < end:
            still = 0 if any(map(_busy, (*reached, *self._reached()))) else still + 1
            looks += 1
            await asyncio.sleep(0 if looks < SPINS else PAUSE)

    async def _painted(self, screen: Screen[object]) -> None:
        """Wait until a new screen is on the terminal and its first widget has the focus."""
        painted = asyncio.Event()
        screen.call_after_refresh(painted.set)
        try:
            async with asyncio.timeout(LONGEST):
                await painted.wait()
        except TimeoutError:
            return
        await self._settled([screen])


def _busy(pump: MessagePump) -> bool:
    """Whether a node has messages left, or is at one now: else its task waits for the next one.

    Textual has no public name for it. With a Textual that does it otherwise no node ever seems busy: the order is then
    Textual's own, and `tests/hostile/test_input_order.py` fails.
    """
    ready = getattr(pump._message_queue, "ready_event", None)
    return pump.is_running and bool(pump.message_queue_size or (ready and not getattr(ready, "_waiters", True)))
