"""What is known of each operation of a store: whether it writes, how it is retried, which IAM action it takes.

The facts stand beside the operation in its protocol (`tui.stores.base`), as the decorator `reads` or `writes`.
The read-only guard, the retries and the permission that a problem names are made from the table that comes of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_MARK = "__operation__"


class Retry(Enum):
    """What is to be done where an operation failed for something that passes."""

    SAME = auto()
    """The same request is sent again: it does the same as the first one."""
    OWN = auto()
    """Sent twice it does something else than once, or only a part of it is sent again: it has a method of its own in
    `tui.transfers.retry.store`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `actions` are the requests of S3 that it sends, each with the IAM action that it takes.

    The actions are those of the Service Authorization Reference, "Actions defined by Amazon S3".
    """

    name: str
    writes: bool
    retry: Retry
    actions: Mapping[str, str]
    signature: inspect.Signature

    def bucket(self, arguments: Sequence[object], named: Mapping[str, object]) -> str:
        """The bucket that a call with these arguments (without the store itself) is about; empty: none."""
        return str(self.signature.bind(None, *arguments, **named).arguments.get("bucket", ""))


def reads(*, retry: Retry = Retry.SAME, **actions: str) -> Callable[[F], F]:
    """Marks a method as an operation that only reads; `actions` are its requests: ``GetObject="s3:GetObject"``."""
    return _marked(writes=False, retry=retry, actions=actions)


def writes(*, retry: Retry = Retry.SAME, **actions: str) -> Callable[[F], F]:
    """Marks a method as an operation that changes something; `actions` as for `reads`."""
    return _marked(writes=True, retry=retry, actions=actions)


def no_request(method: F) -> F:
    """Marks a method that asks no server."""
    setattr(method, _MARK, None)
    return method


def _marked(*, writes: bool, retry: Retry, actions: Mapping[str, str]) -> Callable[[F], F]:
    def mark(method: F) -> F:
        setattr(method, _MARK, Operation(method.__name__, writes, retry, actions, inspect.signature(method)))
        return method

    return mark


def operations_of(*protocols: type) -> dict[str, Operation]:
    """The table of all operations of these protocols, by name. Raises `TypeError` for a method that is not marked."""
    found: dict[str, Operation] = {}
    for protocol in protocols:
        methods = {name: each for name, each in vars(protocol).items() if inspect.isfunction(each) and name[0] != "_"}
        for name, method in methods.items():
            if not hasattr(method, _MARK):
                raise TypeError(f"{protocol.__name__}.{name} is marked neither @reads nor @writes")
            if operation := getattr(method, _MARK):
                found[name] = operation
    return found


def actions_of(operations: Iterable[Operation]) -> dict[str, str]:
    """The IAM action of each request that operations send."""
    return {request: action for operation in operations for request, action in operation.actions.items()}
