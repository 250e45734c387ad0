"""What a run did so far, and the error that shows it."""

from __future__ import annotations

from collections import Counter


class ViolationError(AssertionError):
    """Something was not as it must be; the message has the seed, the history and what was found."""


class History:
    """The steps of one run, numbered from 1."""

    def __init__(self, seed: int, server: str) -> None:
        self._run = f"seed {seed} on {server}"
        self._lines: list[str] = []
        self.counts: Counter[str] = Counter()
        """How often each kind of step was made."""
        self.step = 0

    def note(self, what: str) -> None:
        """Add a step. Its first word is its kind."""
        self.step += 1
        self._lines.append(f"{self.step:4} {what}")
        self.counts[what.split(maxsplit=1)[0]] += 1

    def violation(self, wrong: list[str], transfers: list[str]) -> ViolationError:
        """The error with everything needed to repeat the run; `transfers` are those that have ended."""
        lines = [self._run, *wrong, "history:", *self._lines, "transfers:", *transfers]
        return ViolationError("\n".join(lines))
