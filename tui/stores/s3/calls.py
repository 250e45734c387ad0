"""What every operation needs: the client, and problems that name identity, operation, bucket and key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.aws.connection import Connection, is_aws
from tui.aws.refusals import Attempt
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.s3.errors import Mapped, attempt_on, not_here, sent_by
from tui.stores.s3.wire.choosing import client_of

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


@dataclass(frozen=True, slots=True)
class Calls:
    """The way the operations of one identity take.

    An operation is a function of a `Calls` and typed values, so that another transport can replace it alone.
    """

    connection: Connection

    @property
    def client(self) -> S3Client:
        """The client; it follows a bucket into its region by itself and remembers it (botocore's redirector)."""
        return client_of(self.connection)

    @property
    def keeps_tags(self) -> bool:
        """Whether the server is known to count tags in heads and to copy them: AWS's, or one that was recognised."""
        connection = self.connection
        return is_aws(connection.endpoint) or connection.services.keeps_tags(connection.service)

    def learn_server(self, answer: Mapping[str, Any]) -> None:
        """Recognise the server by the headers of its answer."""
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        self.connection.services.learn_headers(self.connection.service, headers)

    def has(self, operation: str) -> bool | None:
        """Whether the server is known to have an operation, or not to have it; None: neither."""
        if is_aws(self.connection.endpoint):
            return True
        return self.connection.services.has(self.connection.service, operation)

    def learn(self, operation: str, *, has: bool) -> None:
        """An answer has shown whether the server has an operation; that is kept for its service."""
        self.connection.services.learn_operation(self.connection.service, operation, has=has)

    def first_alone(self, operation: str) -> AbstractAsyncContextManager[None]:
        """A block in which an operation is asked for that not every server has: the first shows it for all."""
        if self.has(operation) is not None:
            return nullcontext()
        return self.connection.services.first_alone(self.connection.service, operation)

    async def require(self, operation: str, reading: Callable[[], Awaitable[object]]) -> None:
        """Read what an operation is about to be written for, unless the server is known to have it.

        A server that does not know ``?tagging`` takes a PUT with it for one of the object itself, and replaces it.
        Raises the `ProblemError` of one that has not; whoever may not read may write all the same.
        """
        if self.has(operation):
            return
        try:
            await reading()
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                raise

    def attempt(self, operation: str, bucket: str = "", key: str = "", permission: str = "") -> Attempt:
        """An attempt by this identity; `permission`, where the operation takes another one than usual."""
        attempt = attempt_on(operation, bucket, key, permission)
        return sent_by(attempt, self.connection.settings.attempt, self.connection.endpoint)

    def asking(
        self, operation: str, bucket: str = "", key: str = "", permission: str = ""
    ) -> AbstractContextManager[None]:
        """A block in which every failure becomes a `ProblemError` of this attempt.

        Raises one at once for an operation that the server was seen not to have.
        """
        if self.has(operation) is False:
            raise ProblemError(not_here(self.attempt(operation, bucket, key, permission)))
        return Mapped(partial(self.attempt, operation, bucket, key, permission), self.learn)


class Operations:
    """Some of a store's operations, made by one identity."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
