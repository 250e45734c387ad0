"""The store of a connection: a local disk's, or S3 as its identity sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.aws.connection import ATTEMPTS
from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.aws.safety import WriteRefusal, refusal, refusal_so_far
from tui.core.identity import AuthMethod, Identity, Safety
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionLocation
from tui.stores.base import OperationCall, Store, WrappedStore
from tui.stores.local.local_store import LocalStore
from tui.stores.operations import StoreOperation
from tui.stores.s3.s3_store import S3Store


async def open_store(connections: Connections, connection: str, attempts: int = ATTEMPTS) -> Store:
    """The store of a connection, whose requests are sent up to `attempts` times; raises `ProblemError`.

    It is guarded where the spec's safety forbids something.
    """
    spec = spec_of(connection)
    store: Store = LocalStore() if spec.local else S3Store(await connections.get(connection, attempts))
    return GuardedStore(store, connections, connection).as_store if spec.safety != Safety() else store


_NOT_TOLD = (ProblemKind.DENIED, ProblemKind.NO_SUCH_BUCKET, ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""Answers after which the owner of a bucket stays unknown."""


class GuardedStore(WrappedStore):
    """Another store, guarded: an operation that writes raises `ProblemError` (READ_ONLY) where it is forbidden."""

    def __init__(self, store: Store, connections: Connections, connection: str) -> None:
        super().__init__(store, self._guarding)
        self._connections, self._connection = connections, connection
        self._spec = spec_of(connection)
        self._asked: set[str] = set()
        """Buckets whose owner was asked for."""

    def within(self, prefix: str) -> Store:
        return GuardedStore(self._store.within(prefix), self._connections, self._connection).as_store

    async def write_refusal(self, bucket: str) -> Problem | None:
        found = await self._refusal(bucket)
        return _problem(found, self._store.label, bucket) if found else None

    def _guarding(self, operation: StoreOperation, call: OperationCall) -> OperationCall:
        async def guarding(*arguments: Any, **named: Any) -> Any:
            if problem := await self.write_refusal(operation.bucket(arguments, named)):
                raise ProblemError(problem)
            return await call(*arguments, **named)

        return guarding if operation.writes else call

    async def _refusal(self, bucket: str) -> WriteRefusal | None:
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
        if not addresses.owner_of(service, bucket) and bucket not in self._asked and self._spec.kind.has_accounts:
            try:
                await self._store.settings.bucket_acl(bucket)  # the answer is remembered
            except ProblemError as error:
                if error.problem.kind not in _NOT_TOLD:
                    raise
            self._asked.add(bucket)
        return addresses.owner_of(service, bucket)


def _problem(found: WriteRefusal, label: str, bucket: str) -> Problem:
    where = Location(bucket).uri if bucket else ""
    title = f"writing to {where} as {label} is blocked"
    return Problem(ProblemKind.READ_ONLY, title, found.why, found.remedy, resource=where, identity=label)


TellWritten = Callable[[str, str], None]
"""Called with the service and the bucket of a write that has ended, well or not."""


class NotingStore(WrappedStore):
    """Another store, whose writes are noted."""

    def __init__(self, store: Store, written: TellWritten) -> None:
        super().__init__(store, self._noting)
        self._written = written

    def within(self, prefix: str) -> Store:
        return NotingStore(self._store.within(prefix), self._written).as_store

    def _noting(self, operation: StoreOperation, call: OperationCall) -> OperationCall:
        async def noted(*arguments: Any, **named: Any) -> Any:
            try:
                return await call(*arguments, **named)
            finally:
                self._written(self._store.endpoint, operation.bucket(arguments, named))

        return noted if operation.writes else call


class VersionView(WrappedStore):
    """Another store, for reading this version as if it were the current one; writes go through unchanged."""

    def __init__(self, store: Store, place: VersionLocation) -> None:
        super().__init__(store, self._at_version)
        self._place = place

    def within(self, prefix: str) -> Store:
        return VersionView(self._store.within(prefix), self._place).as_store

    def _at_version(self, operation: StoreOperation, call: OperationCall) -> OperationCall:
        if operation.writes or "version" not in operation.signature.parameters:
            return call

        async def asking(*arguments: Any, **named: Any) -> Any:
            given = operation.signature.bind(None, *arguments, **named).arguments
            asked = given.get("bucket"), given.get("key"), given.get("version", "")
            if asked == (self._place.bucket, self._place.key, ""):
                named["version"] = self._place.version
            return await call(*arguments, **named)

        return asking
