"""What is read from the terminal, as events: a pasted text is one event, whatever it contains.

Textual 8.2.8 ends a bracketed paste at the first ESC in it, and takes the rest for keys.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from textual._xterm_parser import XTermParser
from textual.events import Paste
from textual.message import Message

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
"""Around a pasted text (xterm's mode 2004)."""

SPLIT = len(PASTE_BEGINS) - 1
"""So many characters of either may be read before the rest of it."""

LONGEST_PASTE = 1 << 20
"""Characters of a pasted text that are kept; the rest is read and dropped."""


class InputEvents:
    """Textual's own events of what is fed, but for pasted texts."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._before = ""
        """What was read last: a paste may begin in it."""
        self._pasted: str | None = None
        """What was read of a paste that has not ended yet."""

    def feed(self, text: str) -> Iterator[Message]:
        """The events that are complete with this text."""
        while text:
            text = yield from (self._keys(text) if self._pasted is None else self._paste(text))

    def waited(self) -> Iterator[Message]:
        """The events of what has waited long enough for more: ESC alone is a key."""
        yield from self._parser.tick()

    def _keys(self, text: str) -> Generator[Message, None, str]:
        """What comes before a paste; returns what is in it."""
        known, text = len(self._before), self._before + text
        begins = text.find(PASTE_BEGINS)
        if keys := text[known : max(begins, known) if begins >= 0 else None]:
            yield from self._parser.feed(keys)
        if begins < 0:
            self._before = text[-SPLIT:]
            return ""
        behind = begins + len(PASTE_BEGINS)
        ended = list(self._parser.feed(text[max(begins, known) : behind] + PASTE_ENDS))  # a paste of nothing, for it
        if begins >= known:
            yield from (event for event in ended if not isinstance(event, Paste))
        self._before, self._pasted = "", ""
        return text[behind:]

    def _paste(self, text: str) -> Generator[Message, None, str]:
        """The paste, once it is whole; returns what comes behind it."""
        assert self._pasted is not None
        searched, pasted = max(0, len(self._pasted) - SPLIT), self._pasted + text
        ends = pasted.find(PASTE_ENDS, searched)
        if ends < 0:
            self._pasted = pasted if len(pasted) <= LONGEST_PASTE else pasted[:LONGEST_PASTE] + pasted[-SPLIT:]
            return ""
        self._pasted = None
        yield Paste(pasted[: min(ends, LONGEST_PASTE)].replace("\0", ""))
        return pasted[ends + len(PASTE_ENDS) :]
