"""Answers about buckets that were given a short while ago: they are used again for the other rows of the bucket."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui.inspection.requests.request import Reply

LASTS = 60.0
"""Seconds for which an answer is used again."""

MOST = 1_000
"""Answers that are kept at most."""

Place = tuple[str, str]
"""A service and a bucket of it."""

Question = tuple[str, ...]
"""The connections that ask, and the operation."""


class KeptReplies:
    """Replies by bucket and question, for `LASTS` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._clock = clock
        self._kept: dict[tuple[Place, Question], tuple[float, Reply]] = {}

    def find(self, place: Place, question: Question) -> Reply | None:
        """The reply, unless it is too old or was never given."""
        since, reply = self._kept.get((place, question), (0.0, None))
        return reply if reply and self._clock() - since < LASTS else None

    def keep(self, place: Place, question: Question, reply: Reply) -> None:
        """Use a reply again; the oldest ones go where there are too many."""
        self._kept.pop((place, question), None)
        self._kept[place, question] = self._clock(), reply
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def forget(self, service: str, bucket: str) -> None:
        """Ask again about a bucket: it was changed, or somebody wants to know what is so now."""
        for key in [key for key in self._kept if key[0] == (service, bucket)]:
            del self._kept[key]

    def clear(self) -> None:
        """Ask again about every bucket."""
        self._kept.clear()
