"""What every operation needs: the client, and problems that name identity, operation, bucket and key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.accounts.clients.connection import Connection
from tui.accounts.clients.endpoints import is_aws
from tui.accounts.problems.attempt import Attempt
from tui.stores.s3.errors import Mapped, attempt_on, sent_by
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

    def attempt(self, operation: str, bucket: str = "", key: str = "", permission: str = "") -> Attempt:
        """An attempt by this identity; `permission`, where the operation takes another one than usual."""
        attempt = attempt_on(operation, bucket, key, permission)
        return sent_by(attempt, self.connection.settings.attempt, self.connection.endpoint)

    def asking(
        self, operation: str, bucket: str = "", key: str = "", permission: str = ""
    ) -> AbstractContextManager[None]:
        """A block in which every failure becomes a `ProblemError` of this attempt."""
        return Mapped(partial(self.attempt, operation, bucket, key, permission))


class Operations:
    """Some of a store's operations, made by one identity."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
