"""Retries of an engine: shared by all its transfers, because they share its servers and its network."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from tui.aws.connection import POOL_CONNECTIONS
from tui.stores.base import Store
from tui.transfers.limits.endpoint_concurrency import ConcurrencyLimit
from tui.transfers.retry.backoff import PROBES, RETRIES, Allowance, Backoff, Budget
from tui.transfers.retry.calls import RetriedCalls
from tui.transfers.retry.classify import Interrupted
from tui.transfers.retry.connection_health import ConnectionHealth, News, Probe
from tui.transfers.retry.store import retrying


class Retries:
    """Makes stores retry, and waits until an interrupted transfer can resume. Used from one event loop.

    `probe` checks whether a connection works (`accounts.probing.probe`); `retries` is waited between the requests of a
    call, `probes` between two checks; `most` bounds the requests at once to one endpoint.
    """

    def __init__(
        self,
        probe: Probe,
        *,
        retries: Backoff = RETRIES,
        probes: Backoff = PROBES,
        allowance: Allowance | None = None,
        most: int = POOL_CONNECTIONS,
    ) -> None:
        self._health = ConnectionHealth(probe, probes)
        self._retries = retries
        self._allowance = allowance or Allowance()
        self._limits: defaultdict[str, ConcurrencyLimit] = defaultdict(partial(ConcurrencyLimit, most))

    def budget(self) -> Budget:
        """A fresh budget for one object: set `backoff.budget` to it in the object's task."""
        return Budget(self._allowance)

    def retrying(self, store: Store, connection: str) -> Store:
        """The store, retrying on transient errors; its requests must not be retried below it.

        Every call may raise `Interrupted` besides the `ProblemError` of `Store`.
        """
        calls = RetriedCalls(connection, self.limit(store.endpoint), self._health, self._retries, self._allowance)
        return retrying(store, calls)

    def limit(self, endpoint: str) -> ConcurrencyLimit:
        """How many requests an endpoint (`Store.endpoint`) takes at once; all stores on it share this."""
        return self._limits[endpoint]

    async def wait_until_usable(self, interruption: Interrupted, news: News = lambda _: None) -> None:
        """Return when what was interrupted can resume; the stores must then be opened again.

        Until then `news` is called with what every check has found to be wrong.
        """
        await self._health.wait_until_usable(interruption.connection, news)

    def check_now(self, connection: str = "") -> None:
        """Check at once whether a connection (empty: each) works again, instead of when its turn comes."""
        self._health.check_now(connection)

    async def close(self) -> None:
        """End all checks; callers of `wait_until_usable` are cancelled."""
        await self._health.close()
