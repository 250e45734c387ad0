"""Interleaved rounds of one workload: ours, peer, peer, then peer, peer, ours."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.comparison.clients import Client, Kind, Place, Task, client
from tests.bench.comparison.running import Cost, RunError, bare_environment, run
from tests.bench.comparison.verifying import Reader, verify_copies, verify_listing
from tests.bench.comparison.workloads import Workload
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, running_standin
from tests.servers.surroundings import scratch_variables
from tests.stores.faults import certificate

SOURCE, KEPT, DROPPED = "source", "kept", "null-sink"
PROOF = 64 << 20
"""Bytes of the object by which the contents of large copies are compared, in a bucket that keeps them."""


@dataclass(frozen=True, slots=True)
class Run:
    """One client's run in one round: its requests by kind, the `load` before it, CPU seconds of the stand-ins."""

    client: str
    round: int
    cost: Cost
    requests: dict[str, int]
    server_cpu: float
    load: float


@dataclass
class Result:
    """All runs of a workload; `failed` says which were wrong, and how."""

    workload: str
    date: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    count: int = 0
    runs: list[Run] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def measure(workload: Workload, rounds: int, say: Callable[[str], None]) -> Result:
    """Run every client `rounds` times, each time with servers of its own."""
    result = Result(workload.name, count=workload.count)
    clients = [client(name) for name in workload.clients]
    if workload.kind is Kind.LARGE:
        clients = [each for each in clients if _proved(workload, each, result, say)]
    for number in range(rounds):
        for each in clients if number % 2 == 0 else reversed(clients):
            load = os.getloadavg()[0]
            try:
                measured = _measured(workload, each, number, load)
            except RunError as error:
                result.failed.append(f"{each.name}: {error}")
                say(f"  {each.name:>24}: FAILED: {error}")
                continue
            result.runs.append(measured)
            cost = measured.cost
            say(
                f"  {each.name:>24}: {cost.seconds:7.2f} s, CPU {cost.cpu_seconds:6.2f} s, {cost.memory_mb:5.0f} MB, "
                f"{sum(measured.requests.values()) / workload.count:7.3f} requests an object, load {load:.1f}"
            )
    return result


def _proved(workload: Workload, each: Client, result: Result, say: Callable[[str], None]) -> bool:
    """Whether a client's copy of a smaller object, in a bucket that keeps it, has the source's content."""
    try:
        _measured(replace(workload, size=min(PROOF, workload.size)), each, -1, 0.0, keeps=True)
    except RunError as error:
        result.failed.append(f"{each.name}: {error}")
        say(f"  {each.name:>24}: FAILED: {error}")
        return False
    return True


def _measured(workload: Workload, each: Client, number: int, load: float, *, keeps: bool = False) -> Run:
    with tempfile.TemporaryDirectory(prefix="xs3-") as name:
        directory = Path(name)
        file = certificate(directory)[0] if workload.tls else None
        line = replace(workload.line, certificate=file)
        with _servers(workload, directory, line) as servers:
            source, target = servers
            bucket = KEPT if keeps or workload.kind is not Kind.LARGE else DROPPED
            task = Task(
                workload.kind,
                Place(source.server.endpoint, SOURCE),
                Place(target.server.endpoint, bucket),
                workload.at_once,
                file,
            )
            environment = {
                **bare_environment(),
                **scratch_variables(directory),
                **source.server.environment,
                **({"AWS_CA_BUNDLE": str(file)} if file else {}),
                **each.variables(task),
            }
            cost, output = run(each.kinds[workload.kind](task), environment, directory)
            spent = [server.statistics() for server in dict.fromkeys(servers)]
            _verify(workload, task, output, received=spent[-1].received, keeps=bucket == KEPT)
    requests: Counter[str] = Counter()
    for server in spent:
        requests.update({kind: count for kind, count in server.requests.items() if count})
    return Run(each.name, number, cost, dict(requests), sum(server.cpu_seconds for server in spent), load)


@contextmanager
def _servers(workload: Workload, directory: Path, line: Line) -> Iterator[tuple[Standin, Standin]]:
    """The source's server and the target's, the same one where everything stays on it."""
    made = [GeneratedBucket(SOURCE, workload.count, workload.size, workload.layout)]
    places = [directory / "source", directory / "target"]
    for place in places:
        place.mkdir()
    with running_standin(places[0], made, line) as source:
        if workload.kind in (Kind.COPY, Kind.LIST):
            yield source, source
        else:
            with running_standin(places[1], [], line) as target:
                yield source, target


def _verify(workload: Workload, task: Task, output: Path, *, received: int, keeps: bool) -> None:
    """Raises `RunError`."""
    if workload.kind is Kind.LIST:
        verify_listing(output, workload.count)
        return
    if workload.kind is not Kind.COPY and received < workload.count * workload.size:
        raise RunError(f"the target received {received} bytes of {workload.count * workload.size}")
    reader = Reader(task.certificate)
    verify_copies(reader, task.source, task.target, count=workload.count, size=workload.size, contents=keeps)
