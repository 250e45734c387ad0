"""What the transfers of a queue share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tui.model.identity import Owner
from tui.model.problem import Problem, ProblemError
from tui.stores.base import Store
from tui.transfers.conflicts import ConflictDesk
from tui.transfers.delivery import Gates
from tui.transfers.journal import Journal
from tui.transfers.limits import TransferLimits
from tui.transfers.weather import Interrupted, Weather
from tui.transfers.weather.verdicts import Verdict, verdict_of


@dataclass(frozen=True, slots=True)
class Office:
    """Where the transfers of a queue get what they need, and whom they tell.

    `changed` is told that a snapshot would differ, `stands` that a transfer's state has changed, `report` of every
    problem that is met.
    """

    open_store: Callable[[str], Awaitable[Store]]
    owner_of: Callable[[str], Awaitable[Owner | None]]
    journal: Journal
    weather: Weather | None
    limits: TransferLimits
    gates: Gates
    desk: ConflictDesk
    changed: Callable[[], None]
    stands: Callable[[], None]
    report: Callable[[Problem], None]

    async def sheltered(self, connection: str) -> Store:
        """Open a store whose calls are made again when it helps; raise `ProblemError` if it cannot be opened."""
        store = await self.open_store(connection)
        return self.weather.sheltered(store, connection) if self.weather else store

    async def patient(self, connection: str) -> Store:
        """The same, but `Interrupted` for what time or a new login may mend."""
        with self._patience(connection):
            return await self.sheltered(connection)

    async def owner(self, connection: str) -> Owner | None:
        """Whose a connection's objects are, None where that is not known; raises as `patient` does."""
        with self._patience(connection):
            return await self.owner_of(connection)

    @contextmanager
    def _patience(self, connection: str) -> Iterator[None]:
        try:
            yield
        except ProblemError as error:
            if self.weather and verdict_of(error.problem) in (Verdict.IDENTITY, Verdict.NETWORK):
                raise Interrupted(error.problem, connection) from error
            raise
