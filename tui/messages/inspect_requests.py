"""Requests about an object or bucket, its network path, and denied requests."""

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
    """Facts that arrived together, and all findings from the facts so far.

    `findings` None: unchanged.
    """

    facts: list[Fact]
    findings: list[Finding] | None = None


class Explanation(Struct, frozen=True):
    """The evaluation of a request; None: only the denial itself is known (it names no IAM action)."""

    evaluation: Evaluation | None


class Inspect(Feed[InspectorUpdate], frozen=True, tag="inspect"):
    """The facts about an object or bucket, with the identities of its pane and the other pane.

    First come the facts for owner, grants, endpoint and findings, then those of `sections`. With `known`, all facts of
    an earlier feed, only the latter. `fresh`: recent responses are not reused.
    """

    connection: str
    location: Location
    other: str | None = None
    sections: tuple[FactSection, ...] = ()
    known: tuple[Fact, ...] = ()
    fresh: bool = False
    version: str = ""
    """The version ID of the object; empty: the current version."""


class Explain(Request[Explanation], frozen=True, tag="explain"):
    """Evaluate which policy decides a request at a location, and what to change, with both panes' identities.

    The request is the denied one of `problem`, or `action` as the identity of `connection`; without both, reading the
    location. No request writes.
    """

    location: Location
    connection: str
    other: str | None = None
    problem: Problem | None = None
    action: str = ""
    transfer: str = ""
    """The transfer that met `problem`: its identities are meant; `other` is used if it has only one."""


class NetworkReport(Struct, frozen=True):
    """The endpoint that a HeadBucket used, the path to it, and the condition keys of these requests."""

    endpoint: EffectiveEndpoint
    path: NetworkPath
    condition: OfferedCondition


class FindNetworkPath(Request[NetworkReport], frozen=True, tag="find-network-path"):
    """The network path of an identity's requests for a bucket; EC2 is asked as this identity, or as the other."""

    connection: str
    bucket: str
    other: str | None = None


class WorkersChecked(Struct, frozen=True):
    """What is missing on the scheduler and on each worker."""

    reports: list[WorkerReport]


class CheckWorkers(Request[WorkersChecked], frozen=True, tag="check-workers"):
    """Check whether a Dask cluster can copy with these connections. `engine`: see `read_engine`."""

    engine: str
    options: ClusterOptions
    connections: list[str]
