"""A store in front of another one: every operation passes through one function, and none can be forgotten.

What a wrapper does to an operation, it learns from the operation's entry in `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from tui.stores.base import OPERATIONS, Store
from tui.stores.bucket_settings import BucketSettings
from tui.stores.operations import Operation
from tui.stores.values import Capabilities

PROPERTIES = frozenset({"label", "endpoint", "capabilities", "partition", "honors_delete_condition"})
"""What a store knows of itself, without a request."""

Call = Callable[..., Any]
"""An operation's method, with the arguments of its protocol."""


class Wrap(Protocol):
    """What is called in place of an operation's method."""

    def __call__(self, operation: Operation, call: Call) -> Call:
        """The method to call instead of `call`."""


class WrappedOperations:
    """The operations of a store or of its settings, each wrapped. There is nothing else, so that nothing slips by."""

    def __init__(self, inner: Store | BucketSettings, wrap: Wrap) -> None:
        self._inner, self._wrap = inner, wrap

    def __getattr__(self, name: str) -> Any:
        if name in PROPERTIES:
            return getattr(self._inner, name)
        if name not in OPERATIONS:
            raise AttributeError(f"{type(self).__name__} has no operation {name}")
        call = self.__dict__[name] = self._wrap(OPERATIONS[name], getattr(self._inner, name))  # several for each object
        return call


class WrappedStore(WrappedOperations):
    """A store whose operations are wrapped, and those of its settings, too.

    A subclass defines `within`, and the operations that it does in another way.
    """

    def __init__(self, store: Store, wrap: Wrap) -> None:
        super().__init__(store, wrap)
        self._store = store

    @property
    def capabilities(self) -> Capabilities:
        """See `Store`. Asked for many times for each object: what `__getattr__` finds costs an exception first."""
        return self._store.capabilities

    @property
    def settings(self) -> BucketSettings:
        """See `Store`."""
        return cast(BucketSettings, WrappedOperations(self._store.settings, self._wrap))
