"""Medians, and ratios of runs of the same round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.comparison.rounds import Result, Run
from tests.bench.comparison.targets import Figure, Target


@dataclass(frozen=True, slots=True)
class Summary:
    """One client at one workload: medians, and the least and the most seconds."""

    client: str
    rounds: int
    seconds: float
    least: float
    most: float
    cpu_seconds: float
    server_cpu: float
    memory_mb: float
    largest_mb: float
    requests: float
    load: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a target's figure is. `against` is the fastest of its peers; None in `measured`: nothing was measured."""

    target: Target
    against: str = ""
    measured: float | None = None

    @property
    def met(self) -> bool:
        """Whether it was measured and reaches the target."""
        return self.measured is not None and self.target.met(self.measured)


def summaries(result: Result) -> list[Summary]:
    """Of every client that ran, in the order of their first runs."""
    return [summary(result, name) for name in dict.fromkeys(run.client for run in result.runs)]


def summary(result: Result, client: str) -> Summary:
    """Of a client that ran at least once."""
    runs = _runs(result, client)
    seconds = [run.cost.seconds for run in runs]

    def median(figure: Callable[[Run], float]) -> float:
        return statistics.median(map(figure, runs))

    return Summary(
        client=client,
        rounds=len(runs),
        seconds=statistics.median(seconds),
        least=min(seconds),
        most=max(seconds),
        cpu_seconds=median(lambda run: run.cost.cpu_seconds),
        server_cpu=median(lambda run: run.server_cpu),
        memory_mb=median(lambda run: run.cost.memory_mb),
        largest_mb=median(lambda run: run.cost.largest_mb),
        requests=median(lambda run: sum(run.requests.values())) / result.count,
        load=median(lambda run: run.load),
    )


def verdict(result: Result, target: Target) -> Verdict:
    """The target's figure in a result: a median over the rounds, of ratios where there are peers."""
    ours = _runs(result, target.ours)
    if not ours:
        return Verdict(target)
    if not target.peers:
        of = summary(result, target.ours)
        return Verdict(target, measured=of.largest_mb if target.figure is Figure.MEMORY else of.requests)
    fastest = _fastest(result, target.peers)
    ratios = _ratios(ours, _runs(result, fastest), target.figure)
    return Verdict(target, fastest, statistics.median(ratios)) if ratios else Verdict(target, fastest)


def _runs(result: Result, client: str) -> list[Run]:
    return [run for run in result.runs if run.client == client]


def _fastest(result: Result, peers: Sequence[str]) -> str:
    ran = [peer for peer in peers if _runs(result, peer)]
    return min(ran, key=lambda peer: summary(result, peer).seconds, default="")


def _ratios(ours: Sequence[Run], peers: Sequence[Run], figure: Figure) -> list[float]:
    """For each round that both have: how many times faster ours is, or how many times the peer's CPU it takes."""
    other = {run.round: run.cost for run in peers}
    pairs = [(run.cost, other[run.round]) for run in ours if run.round in other]
    if figure is Figure.CPU:
        return [mine.cpu_seconds / theirs.cpu_seconds for mine, theirs in pairs]
    return [theirs.seconds / mine.seconds for mine, theirs in pairs]
