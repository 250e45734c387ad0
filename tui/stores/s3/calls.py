"""What every operation needs: the client, and problems that name who tried what on which bucket and key."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.accounts.connection import Connection
from tui.accounts.problems import Attempt
from tui.stores.s3.errors import attempt_on, mapped, sent_by

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
        return self.connection.client

    def attempt(self, operation: str, bucket: str = "", key: str = "") -> Attempt:
        """An attempt by this identity."""
        return sent_by(attempt_on(operation, bucket, key), self.connection.settings.attempt, self.connection.endpoint)

    def asking(self, operation: str, bucket: str = "", key: str = "") -> AbstractContextManager[None]:
        """A block in which every failure becomes a `ProblemError` of this attempt."""
        return mapped(self.attempt(operation, bucket, key))
