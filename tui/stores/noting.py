"""A store that says which bucket was written to: what was known of it is then to be asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from tui.stores.base import Store
from tui.stores.operations import Operation
from tui.stores.wrapping import Call, WrappedStore

Written = Callable[[str, str], None]
"""Called with the service and the bucket of a write that has ended, well or not."""


def noting(store: Store, written: Written) -> Store:
    """The same store, which calls `written` after each write."""
    return cast(Store, NotingStore(store, written))


class NotingStore(WrappedStore):
    """Another store, whose writes are noted."""

    def __init__(self, store: Store, written: Written) -> None:
        super().__init__(store, self._noting)
        self._written = written

    def within(self, prefix: str) -> Store:
        """See `Store`."""
        return noting(self._store.within(prefix), self._written)

    def _noting(self, operation: Operation, call: Call) -> Call:
        async def noted(*arguments: Any, **named: Any) -> Any:
            try:
                return await call(*arguments, **named)
            finally:
                self._written(self._store.endpoint, operation.bucket(arguments, named))

        return noted if operation.writes else call
