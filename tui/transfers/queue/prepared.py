"""What an order is made ready as: the work on its objects, and how they are listed and counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from tui.core.transfer import ObjectResult, Tally
from tui.stores.base import Store
from tui.transfers.counting import Keep, TargetBeside
from tui.transfers.queue.object_work import Work
from tui.transfers.queue.run_state import RunState
from tui.transfers.selection import Picked, SectionPage


@dataclass(frozen=True, slots=True)
class Prepared:
    """The work on a transfer, the store its objects are listed by, and a count of them that may be begun.

    `settle`, before the work continues after an interruption, finds out what became of those that had almost ended.
    """

    work: Work
    source: Store
    count: Callable[[Keep], AsyncGenerator[Tally]]
    settle: Callable[[], Awaitable[list[ObjectResult]]]
    beside: TargetBeside | None = None
    """Looks up in the target's listing what matters at the keys that the objects get."""
    pages: Callable[[int, str], AsyncGenerator[SectionPage]] | None = None
    """The objects of a section behind a key, where they are not just listed; None: `section_pages` of `source`."""
    meant: Callable[[Picked], bool] | None = None
    """Which of the objects that the filters let through get a result; None: all."""
    receipt_lines: Callable[[], Sequence[object]] = list
    """What the receipt says besides the results, so far."""
    first: Callable[[], Awaitable[None]] | None = None
    """What is waited for before any object is begun."""
    sections: int | None = None
    """How many sections there are, where these are not those of the selection."""
    elsewhere: Callable[[RunState], Awaitable[None]] | None = None
    """Carries all of it out where it is not done object by object in this process: in jobs of S3, by workers.

    It records a result for every object, raises `Interrupted` and cancellation, and finds in `RunState.again` and the
    journal's states what an earlier run has begun.
    """
    keeps: bool = True
    """Whether `count` hands on what it lists, so that the work need not list it again."""


async def nothing() -> list[ObjectResult]:
    """Nothing is known of what had almost ended: an object that is still there is treated like any other."""
    return []
