"""A store that refuses to write where the user's settings forbid it, before any request."""

from __future__ import annotations

from typing import Any, cast

from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.aws.safety import Refusal, refusal, refusal_so_far
from tui.core.identity import AuthMethod, Identity
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.operations import Operation
from tui.stores.wrapping import Call, WrappedStore

_NOT_TOLD = (ProblemKind.DENIED, ProblemKind.NO_SUCH_BUCKET, ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""Answers after which the owner of a bucket stays unknown."""


def guarded(store: Store, connections: Connections, connection: str) -> Store:
    """The store of a connection, which writes as far as the safety of its spec lets it."""
    return cast(Store, GuardedStore(store, connections, connection))


class GuardedStore(WrappedStore):
    """Another store, guarded: an operation that writes raises `ProblemError` (READ_ONLY) where it is forbidden."""

    def __init__(self, store: Store, connections: Connections, connection: str) -> None:
        super().__init__(store, self._guarding)
        self._connections, self._connection = connections, connection
        self._spec = spec_of(connection)
        self._asked: set[str] = set()
        """Buckets whose owner was asked for."""

    def within(self, prefix: str) -> Store:
        """See `Store`."""
        return guarded(self._store.within(prefix), self._connections, self._connection)

    async def write_refusal(self, bucket: str) -> Problem | None:
        """See `Store`."""
        found = await self._refusal(bucket)
        return _problem(found, self._store.label, bucket) if found else None

    def _guarding(self, operation: Operation, call: Call) -> Call:
        async def guarding(*arguments: Any, **named: Any) -> Any:
            if problem := await self.write_refusal(operation.bucket(arguments, named)):
                raise ProblemError(problem)
            return await call(*arguments, **named)

        return guarding if operation.writes else call

    async def _refusal(self, bucket: str) -> Refusal | None:
        """First by what is known without asking anybody."""
        safety, book = self._spec.safety, self._connections.addresses.book
        presumed = Identity(self._connection, self._store.label, AuthMethod.UNKNOWN, self._spec)
        if found := refusal_so_far(safety, presumed, book):
            return found
        identity = await self._connections.identity(self._connection)
        owner = await self._owner(bucket)
        return refusal(safety, identity, self._connections.addresses.book, bucket, owner)

    async def _owner(self, bucket: str) -> str:
        """The canonical id of the bucket's owner, asked for once; empty where it cannot be found out."""
        addresses, service = self._connections.addresses, self._store.endpoint
        if not addresses.owner_of(service, bucket) and bucket not in self._asked and not self._spec.local:
            try:
                await self._store.settings.bucket_acl(bucket)  # the answer is remembered
            except ProblemError as error:
                if error.problem.kind not in _NOT_TOLD:
                    raise
            self._asked.add(bucket)
        return addresses.owner_of(service, bucket)


def _problem(found: Refusal, label: str, bucket: str) -> Problem:
    where = Location(bucket).uri if bucket else ""
    return Problem(
        kind=ProblemKind.READ_ONLY,
        title=f"writing to {where} as {label} is blocked",
        cause=found.why,
        remedy=found.remedy,
        resource=where,
        identity=label,
    )
