"""The workers of a Dask cluster that carry a transfer out: how they are reached, and what they do."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.problem import Problem


class WorkerCredentials(StrEnum):
    """Where workers have their credentials from."""

    PROFILES = "profiles"
    """They have the profiles themselves, by the same names: those may last."""
    SESSION = "session"
    """They are given session credentials that expire, over TLS only."""


class ClusterOptions(Struct, frozen=True):
    """How a cluster is reached. Paths are absolute; empty: what Dask's own configuration says."""

    credentials: WorkerCredentials = WorkerCredentials.SESSION
    ca: str = ""
    """The file of the authority that has signed the certificates of scheduler and workers (PEM)."""
    certificate: str = ""
    key: str = ""
    """The files of the certificate that this machine shows, and of its key (PEM)."""
    insecure: bool = False
    """Whether a scheduler on another machine is reached without TLS."""


class WorkerState(StrEnum):
    """What a worker does."""

    STARTING = "starting"
    """It opens the connections, and its identities are compared."""
    WORKING = "working"
    IDLE = "idle"
    REFUSED = "refused"
    """It is not used: `Worker.problem` says why."""
    LOST = "lost"


class Worker(Struct, frozen=True):
    """One worker of a transfer. Rates in bytes per second."""

    address: str
    name: str
    state: WorkerState
    objects: int = 0
    """Those whose results have arrived."""
    failed: int = 0
    bytes: int = 0
    rate: float = 0.0
    ranges: int = 0
    """The ranges of keys that it lists and copies now."""
    problem: Problem | None = None
    """Why it is not used, or its latest error."""


class WorkerReport(Struct, frozen=True):
    """What is missing on one worker."""

    address: str
    name: str
    versions: dict[str, str] = {}
    """Of Python, distributed and xs3-tui, as far as they are known."""
    missing: list[Problem] = []
    """Each with its remedy; empty: it can take part."""
