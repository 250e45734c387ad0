"""A job that is watched: asked about after waits that grow, up to a bound, and begin small again when it changes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable

from tui.core.jobs import NAMES_JOB, JobSnapshot, JobState
from tui.core.naming import counted
from tui.transfers.tasks import set_within

FIRST = 0.5
"""Seconds before it is asked about again."""

GROWS = 1.5

MOST = 30.0
"""Seconds; jobs take minutes to weeks."""

_SPREAD = 0.2
"""So much a wait is longer or shorter by chance: many that watch do not ask at once."""


class Watch:
    """The waits between two looks at a job. `soon` ends the present one: the user has changed something."""

    def __init__(self) -> None:
        self._wait = FIRST
        self._soon = asyncio.Event()

    def soon(self) -> None:
        """Look at once."""
        self._wait = FIRST
        self._soon.set()

    async def pause(self, *, changed: bool) -> None:
        """Wait for the next look; `changed`: the last one saw something new."""
        self._wait = FIRST if changed else min(self._wait * GROWS, MOST)
        self._soon.clear()
        spread = random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311  # nothing has to be hard to guess
        await set_within(self._soon, self._wait * spread)


async def follow(describe: Callable[[], Awaitable[JobSnapshot]], watch: Watch) -> AsyncGenerator[JobSnapshot]:
    """The job whenever it has changed, until it has ended. Raises what `describe` raises."""
    seen: JobSnapshot | None = None
    while True:
        now = await describe()
        if changed := now != seen:
            seen = now
            yield now
        if now.state.ended:
            return
        await watch.pause(changed=changed)


def words_of(job: JobSnapshot) -> str:
    """Where it stands: ``job 4711… Active: 12,000 of 20,000 objects, 3 failed, 35 s``."""
    done = job.succeeded + job.failed
    counts = f": {done:,} of {counted(job.total, 'object')}" if job.total else ""
    failed = f", {job.failed:,} failed" if job.failed else ""
    active = f", active for {job.active:,} s" if job.active else ""
    return f"{NAMES_JOB}{job.id} {job.state.value}{counts}{failed}{active}"


def awaits_confirmation(job: JobSnapshot) -> bool:
    """Whether it begins when the user confirms it."""
    return job.state is JobState.SUSPENDED
