"""The error answers of AWS services, taken apart: code, message, status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as boto

from tui.accounts.problems.error_codes import SKEWED_CLOCK


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of an error answer; any of them may be missing (a HEAD has no body, some servers send none)."""

    code: str
    message: str
    status: int
    request_id: str
    operation: str
    location: str = ""
    """Where a redirect leads, as the server wrote it."""

    @property
    def redirects(self) -> bool:
        """Whether it leads to another address; a 304 does not."""
        return 300 <= self.status < 400 and self.status != 304

    @property
    def sent_code(self) -> str:
        """The code if the server sent one; without a body botocore puts the status there."""
        return "" if self.code.isdecimal() else self.code

    @property
    def in_short(self) -> str:
        """The cause of an answer without a message."""
        return f"the server answered {self.code}" if self.code != "0" else "the server sent an empty response"


_ALLOWED_SKEW = 15 * 60
"""Seconds (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header")."""


def _far_from_now(date: str) -> bool:
    """Whether a server's date is so far from this machine's that it takes no request of ours; False: it gave none."""
    try:
        servers = parsedate_to_datetime(date)
    except ValueError:
        return False
    if servers.tzinfo is None:
        servers = servers.replace(tzinfo=UTC)
    return abs((servers - datetime.now(UTC)).total_seconds()) > _ALLOWED_SKEW


def read_refusal(error: boto.ClientError) -> Refusal:
    """Take a `ClientError` apart without trusting that it has any part."""
    answer: dict[str, Any] = dict(error.response or {})
    said, meta = answer.get("Error") or answer, answer.get("ResponseMetadata") or {}  # STS of Ceph has no ErrorResponse
    status = meta.get("HTTPStatusCode") or 0
    code = str(said.get("Code") or status)
    if code == "403" and _far_from_now(str((meta.get("HTTPHeaders") or {}).get("date", ""))):
        code = SKEWED_CLOCK  # a HEAD's answer has no body to say it
    headers: dict[str, Any] = meta.get("HTTPHeaders") or {}
    return Refusal(
        code=code,
        message=str(said.get("Message") or ""),
        status=status,
        request_id=str(meta.get("RequestId") or ""),
        operation=error.operation_name,
        location=str(headers.get("location", "")),
    )
