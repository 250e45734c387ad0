"""Signature Version 4 for S3, equal to botocore's, with the signing key kept for the day.

Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

EMPTY_SHA256 = hashlib.sha256().hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


class Secrets(Protocol):
    """Credentials at one moment, as botocore freezes them."""

    @property
    def access_key(self) -> str:
        """The access key."""

    @property
    def secret_key(self) -> str:
        """The secret key."""

    @property
    def token(self) -> str | None:
        """The session token, of temporary credentials."""


class Canonical(NamedTuple):
    """What of a request is signed: path and query are percent-encoded."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    """Names in lower case and values, sorted by name."""
    payload: str
    """The SHA-256 of the body in hexadecimal digits, or `UNSIGNED`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a signature is valid."""

    region: str
    service: str

    def of_day(self, day: str) -> str:
        """As signatures of a day such as ``20261124`` have it."""
        return f"{day}/{self.region}/{self.service}/aws4_request"

    def key(self, day: str, secrets: Secrets) -> bytes:
        """What all of a day is signed with."""
        return _signing_key(secrets.secret_key, day, self.region, self.service)

    def authorization(self, asked: Canonical, stamp: str, secrets: Secrets) -> str:
        """The ``Authorization`` header of a request at a time such as ``20261124T101112Z``."""
        scope = self.of_day(stamp[:8])
        signed = ";".join([name for name, _ in asked.headers])
        lines = "".join([f"{name}:{' '.join(value.split())}\n" for name, value in asked.headers])
        text = f"{asked.method}\n{asked.path}\n{asked.query}\n{lines}\n{signed}\n{asked.payload}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        key = self.key(stamp[:8], secrets)
        signature = hmac.digest(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}".encode(), "sha256").hex()
        return f"{_ALGORITHM} Credential={secrets.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"


def scope_of(authorization: str) -> Scope | None:
    """The scope of an ``Authorization`` header; None for one of another kind."""
    kind, _, rest = authorization.partition(" Credential=")
    parts = rest.partition(",")[0].split("/")
    return Scope(parts[-3], parts[-2]) if kind == _ALGORITHM and len(parts) >= 5 else None


def stamp_now() -> str:
    """The time as signatures have it."""
    return _stamp(int(time.time()))


def signature_of(authorization: str) -> str:
    """The signature in an ``Authorization`` header of our own."""
    return authorization.rpartition("Signature=")[2]


@lru_cache(maxsize=2)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


@lru_cache(maxsize=64)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
