"""What is asked about an object or bucket, the path to it, and why a request was denied."""

from __future__ import annotations

from msgspec import Struct

from tui.core.engines import ClusterOptions, WorkerReport
from tui.core.facts import Fact, FactSection, Finding
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint, NetworkPath, OfferedCondition
from tui.core.policy import Evaluation
from tui.core.problem import Problem
from tui.link.request import Feed, Request


class InspectorUpdate(Struct, frozen=True):
    """Facts that were answered at the same time, and all findings that follow from the facts so far.

    `findings` None: the same as before.
    """

    facts: list[Fact]
    findings: list[Finding] | None = None


class Explanation(Struct, frozen=True):
    """How a request is evaluated; None: nothing but the refusal itself is known (it names no IAM action)."""

    evaluation: Evaluation | None


class Inspect(Feed[InspectorUpdate], frozen=True, tag="inspect"):
    """What can be known about an object (or a bucket), by its pane's identity and the other pane's.

    First the facts that owner, grants, endpoint and findings need, then those of `sections`. With `known`, all facts
    that an earlier feed brought, only the latter. `fresh`: nothing that was answered a short while ago is used again.
    """

    connection: str
    location: Location
    other: str | None = None
    sections: tuple[FactSection, ...] = ()
    known: tuple[Fact, ...] = ()
    fresh: bool = False
    version: str = ""
    """The id of the version of the object that is meant; empty: the current one."""


class Explain(Request[Explanation], frozen=True, tag="explain"):
    """Which policy decides about a request at a location, and what to change: looked at by both panes' identities.

    The request is the one that `problem` was refused, or `action` as the identity of `connection`; without both, what
    reading the location takes. Nothing that writes is sent.
    """

    location: Location
    connection: str
    other: str | None = None
    problem: Problem | None = None
    action: str = ""
    transfer: str = ""
    """The transfer that met `problem`: its identities are meant; `other` is used where it has only one."""


InspectionRequests = Inspect | Explain
"""All requests of this subject."""


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


NetworkRequests = FindNetworkPath | CheckWorkers
"""All requests of this subject."""
