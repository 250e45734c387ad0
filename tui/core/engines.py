"""Engines run transfers: this machine, S3 itself (a job of S3 Batch Operations), or the workers of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from msgspec import Struct

from tui.core.problem import Problem

LOCAL = "local"
BATCH = "batch"

_SCHEMES = ("dask", "tls")
_MOST_PORT = 65535


class EngineKind(StrEnum):
    """Where a transfer runs."""

    LOCAL = "local"
    """This machine."""
    BATCH = "batch"
    """A job of S3 Batch Operations."""
    DASK = "dask"
    """The workers of a Dask scheduler."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine. `address` is the scheduler's (``tls://host:port``); empty for other engines.

    `encrypted`: whether the connections to scheduler and workers use TLS.
    """

    kind: EngineKind
    address: str = ""
    host: str = ""
    port: int = 0
    encrypted: bool = False

    @property
    def exposed(self) -> bool:
        """Whether others could read the traffic to the scheduler: it is on another machine, without TLS."""
        return self.kind is EngineKind.DASK and not self.encrypted and not on_loopback(self.host)

    @property
    def text(self) -> str:
        return self.address or self.kind.value


def read_engine(text: str) -> Engine:
    """Read ``local``, ``batch``, ``dask://host:port`` or ``tls://host:port``.

    The `ValueError` names the text and the remedy.
    """
    if text in (LOCAL, BATCH):
        return Engine(EngineKind(text))
    scheme, mark, place = text.partition("://")
    if not mark or scheme not in _SCHEMES:
        raise ValueError(f"{text!r} is not an engine: write local, batch, dask://HOST:PORT or tls://HOST:PORT")
    host, mark, port = place.rpartition(":")
    if not mark or not _is_host(host):
        raise ValueError(f"{text!r} names no scheduler: write {scheme}://HOST:PORT")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MOST_PORT):
        raise ValueError(f"{text!r} has no port: write {scheme}://{host}:8786, a port is 1 to {_MOST_PORT}")
    return Engine(EngineKind.DASK, text, host.removeprefix("[").removesuffix("]"), int(port), scheme == "tls")


def on_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, whatever name servers say."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    """A name, an IPv4 address, or an IPv6 address in brackets."""
    if host.startswith("[") and host.endswith("]"):
        return len(host) > 2 and all(each in "0123456789abcdefABCDEF:.%" for each in host[1:-1])
    return bool(host) and all(each.isalnum() or each in "-._" for each in host)


class WorkerCredentials(StrEnum):
    """Where workers get their credentials."""

    PROFILES = "profiles"
    """Workers have the profiles themselves, by the same names; these credentials may be long-lived."""
    SESSION = "session"
    """Workers receive session credentials that expire; only over TLS."""


class ClusterOptions(Struct, frozen=True):
    """The connection to a cluster. Paths are absolute; empty: Dask's own configuration applies."""

    credentials: WorkerCredentials = WorkerCredentials.SESSION
    ca: str = ""
    """The CA file for the certificates of scheduler and workers (PEM)."""
    certificate: str = ""
    key: str = ""
    """The files of this machine's certificate and its key (PEM)."""
    insecure: bool = False
    """Whether a scheduler on another machine may be used without TLS."""


class WorkerState(StrEnum):
    """The state of a worker."""

    STARTING = "starting"
    """Opening connections; its identities are being compared."""
    WORKING = "working"
    IDLE = "idle"
    REFUSED = "refused"
    """Not used: `Worker.problem` says why."""
    LOST = "lost"


class Worker(Struct, frozen=True):
    """One worker of a transfer. Rates in bytes per second."""

    address: str
    name: str
    state: WorkerState
    objects: int = 0
    """Objects whose results have arrived."""
    failed: int = 0
    bytes: int = 0
    rate: float = 0.0
    ranges: int = 0
    """Key ranges that it lists and copies now."""
    problem: Problem | None = None
    """Why it is not used, or its latest error."""


class WorkerReport(Struct, frozen=True):
    """Everything missing on a worker."""

    address: str
    name: str
    versions: dict[str, str] = {}
    """Versions of Python, distributed and xs3-tui, as far as known."""
    missing: list[Problem] = []
    """Each with its remedy; empty if the worker can take part."""
