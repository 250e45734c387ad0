"""Timers that always act.

Textual's own one-shot timer never acts when its time is over before it begins to wait: whatever waits for it in
a process that lost its processor for a moment would wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump
from textual.timer import Timer


def once(node: MessagePump, delay: float, callback: Callable[[], object]) -> Timer:
    """Call `callback` once, `delay` seconds from now or as soon as the event loop can."""
    timer = node.set_timer(delay, callback)
    timer._skip = False
    return timer


class AlwaysOnce(MessagePump):
    """A part of the screen whose one-shot timers always act, those that Textual sets for it, too."""

    def set_timer(self, *arguments: Any, **named: Any) -> Timer:  # whatever Textual's takes
        timer = super().set_timer(*arguments, **named)
        timer._skip = False
        return timer
