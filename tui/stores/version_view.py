"""A store in which one object is one of its versions: what is asked of it without a version id is about that one."""

from __future__ import annotations

from typing import Any, cast

from tui.core.versions import VersionLocation
from tui.stores.base import Store
from tui.stores.operations import Operation
from tui.stores.wrapping import Call, WrappedStore


def at_version(store: Store, place: VersionLocation) -> Store:
    """The store, for reading this version as if it were the current one."""
    return cast(Store, VersionView(store, place))


class VersionView(WrappedStore):
    """Another store; what writes goes through as it is."""

    def __init__(self, store: Store, place: VersionLocation) -> None:
        super().__init__(store, self._at_version)
        self._place = place

    def within(self, prefix: str) -> Store:
        """See `Store`."""
        return at_version(self._store.within(prefix), self._place)

    def _at_version(self, operation: Operation, call: Call) -> Call:
        if operation.writes or "version" not in operation.signature.parameters:
            return call

        async def asking(*arguments: Any, **named: Any) -> Any:
            given = operation.signature.bind(None, *arguments, **named).arguments
            asked = given.get("bucket"), given.get("key"), given.get("version", "")
            if asked == (self._place.bucket, self._place.key, ""):
                named["version"] = self._place.version
            return await call(*arguments, **named)

        return asking
