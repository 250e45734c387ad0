"""The path that requests for a bucket take, the condition by which a policy can tell them; the workers of a cluster."""

from __future__ import annotations

from msgspec import Struct

from tui.core.engines import ClusterOptions, WorkerReport
from tui.core.network import EffectiveEndpoint, NetworkPath, OfferedCondition
from tui.link.request import Request


class NetworkReport(Struct, frozen=True):
    """The endpoint as a HeadBucket used it, what lies on the way, and what to tell these requests by."""

    endpoint: EffectiveEndpoint
    path: NetworkPath
    condition: OfferedCondition


class FindNetworkPath(Request[NetworkReport], frozen=True, tag="find-network-path"):
    """The path of an identity's requests for a bucket; EC2 is asked as it, or as the other one."""

    connection: str
    bucket: str
    other: str | None = None


class WorkersChecked(Struct, frozen=True):
    """What is missing on the scheduler and on each worker."""

    reports: list[WorkerReport]


class CheckWorkers(Request[WorkersChecked], frozen=True, tag="check-workers"):
    """What workers of a Dask scheduler need for copies by these connections. `engine`: see `read_engine`."""

    engine: str
    options: ClusterOptions
    connections: list[str]


Requests = FindNetworkPath | CheckWorkers
"""All requests of this subject."""
