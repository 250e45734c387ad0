"""What is to be reached, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Figure(Enum):
    """What a target is about."""

    SPEED = "speed"
    CPU = "CPU"
    MEMORY = "memory of the largest process, MB"
    REQUESTS = "requests an object"


@dataclass(frozen=True, slots=True)
class Target:
    """`ours` against the fastest of `peers`: at least `bound` times its speed, or at most `bound` times its CPU.

    Without peers the figure itself is compared: MEMORY in MB and REQUESTS an object are at most `bound`.
    """

    ours: str
    figure: Figure
    bound: float
    peers: tuple[str, ...] = ()

    def met(self, measured: float) -> bool:
        """Whether a figure or ratio reaches it; a listing's own requests do not count against one an object."""
        if self.figure is Figure.SPEED:
            return measured >= self.bound
        return measured <= self.bound + (0.05 if self.figure is Figure.REQUESTS else 0.0)
