"""The weather of an engine: shared by all its transfers, because slow servers and lost networks are."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from tui.stores.base import Store
from tui.transfers.weather.backoff import PROBES, RETRIES, Backoff
from tui.transfers.weather.budgets import Allowance, Budget
from tui.transfers.weather.interrupted import Interrupted
from tui.transfers.weather.lanes import MOST, Lane
from tui.transfers.weather.shelter import Shelter
from tui.transfers.weather.sheltered import ShelteredStore
from tui.transfers.weather.standing import News, Probe, Standing


class Weather:
    """Shelters stores, and knows when what was interrupted can go on. Used from one event loop.

    `probe` looks whether a connection works (`accounts.probing.probe`); `retries` is waited between the requests of a
    call, `probes` between two looks; `most` bounds the requests at once to one endpoint.
    """

    def __init__(
        self,
        probe: Probe,
        *,
        retries: Backoff = RETRIES,
        probes: Backoff = PROBES,
        allowance: Allowance | None = None,
        most: int = MOST,
    ) -> None:
        self._standing = Standing(probe, probes)
        self._retries = retries
        self._allowance = allowance or Allowance()
        self._lanes: defaultdict[str, Lane] = defaultdict(partial(Lane, most))

    def budget(self) -> Budget:
        """A fresh budget for one object: set `weather.budget` to it in the object's task."""
        return Budget(self._allowance)

    def sheltered(self, store: Store, connection: str) -> Store:
        """The store, asked again on failures that pass; its requests must not be retried below it.

        Every call may raise `Interrupted` besides the `ProblemError` of `Store`.
        """
        shelter = Shelter(connection, self.lane(store.endpoint), self._standing, self._retries, self._allowance)
        return ShelteredStore(store, shelter)

    def lane(self, endpoint: str) -> Lane:
        """The way to an endpoint (`Store.endpoint`), which all stores on it share."""
        return self._lanes[endpoint]

    async def better(self, interruption: Interrupted, news: News = lambda _: None) -> None:
        """Return when what was interrupted can go on; the stores must then be opened anew.

        Until then `news` is told what every look has found to be wrong.
        """
        await self._standing.better(interruption.connection, news)

    def hurry(self, connection: str = "") -> None:
        """Look at once whether a connection (empty: any) works again, instead of when its turn comes."""
        self._standing.hurry(connection)

    async def close(self) -> None:
        """End all looking; who waits for `better` is cancelled."""
        await self._standing.close()
