"""Medians, ratios of runs of the same round, and the table that is made of them, also of earlier runs."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.bench.comparison.clients import KEPT, ROOT
from tests.bench.comparison.rounds import Result, Run
from tests.bench.comparison.workloads import Figure, Target, Workload


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
        return self.measured is not None and self.target.met(self.measured)


def summaries(result: Result) -> list[Summary]:
    return [summary(result, name) for name in dict.fromkeys(run.client for run in result.runs)]


def summary(result: Result, client: str) -> Summary:
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
    if target.figure is not Figure.SPEED:
        return Verdict(target, measured=_figure_of(summary(result, target.ours), target.figure, result.count))
    fastest = _fastest(result, target.peers)
    ratios = _ratios(ours, _runs(result, fastest))
    return Verdict(target, fastest, statistics.median(ratios)) if ratios else Verdict(target, fastest)


def _figure_of(of: Summary, figure: Figure, count: int) -> float:
    return {
        Figure.SECONDS: of.seconds,
        Figure.CPU: of.cpu_seconds / count * 1000,
        Figure.MEMORY: of.largest_mb,
        Figure.TOGETHER: of.memory_mb,
        Figure.REQUESTS: of.requests,
    }[figure]


def _runs(result: Result, client: str) -> list[Run]:
    return [run for run in result.runs if run.client == client]


def _fastest(result: Result, peers: Sequence[str]) -> str:
    ran = [peer for peer in peers if _runs(result, peer)]
    return min(ran, key=lambda peer: summary(result, peer).seconds, default="")


def _ratios(ours: Sequence[Run], peers: Sequence[Run]) -> list[float]:
    """How many times faster ours is, for each round that both have."""
    other = {run.round: run.cost.seconds for run in peers}
    return [other[run.round] / run.cost.seconds for run in ours if run.round in other]


INTRODUCTION = Path(__file__).with_name("introduction.md").read_text()


@dataclass(frozen=True, slots=True)
class Measured:
    """A workload's result, the machine and the versions it was measured on."""

    workload: Workload
    result: Result
    machine: Mapping[str, str]
    versions: Mapping[str, str]

    def verdicts(self) -> list[Verdict]:
        return [verdict(self.result, target) for target in self.workload.targets]


def page(measured: Sequence[Measured]) -> str:
    tables = [*_targets(measured), "", *_figures(measured), "", *_origins(measured), "", *_missed(measured)]
    return "\n".join([INTRODUCTION, *tables, ""])


def _targets(measured: Sequence[Measured]) -> list[str]:
    rows = [(each.workload.title, of) for each in measured for of in each.verdicts()]
    return [
        "| workload | client | figure | against | target | measured | |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {title} | {of.target.ours} | {of.target.figure.value} | {of.against or '–'} | {_bound(of)} "
            f"| {_figure(of)} | {'met' if of.met else 'missed'} |"
            for title, of in rows
        ),
    ]


def _missed(measured: Sequence[Measured]) -> list[str]:
    """Each target that was missed, with its figures."""
    lines = [
        f"- {each.workload.title}: {of.target.ours}: {of.target.figure.value} {_figure(of)} instead of {_bound(of)}"
        f"{_seconds(each.result, of)}"
        for each in measured
        for of in each.verdicts()
        if not of.met
    ]
    return [f"Missed targets: {len(lines) or 'none'}", *(["", *lines] if lines else [])]


def _seconds(result: Result, of: Verdict) -> str:
    """What a ratio is made of."""
    if not of.against or of.measured is None:
        return ""
    ours, theirs = (summary(result, name) for name in (of.target.ours, of.against))
    return f" ({ours.seconds:.2f} s, {of.against} {theirs.seconds:.2f} s)"


def _bound(of: Verdict) -> str:
    sign = "≥" if of.target.figure is Figure.SPEED else "≤"
    return f"{sign} {of.target.bound:g}{'×' if of.target.peers else ''}"


def _figure(of: Verdict) -> str:
    if of.measured is None:
        return "–"
    if of.target.figure in (Figure.MEMORY, Figure.TOGETHER):
        return f"{of.measured:.0f}"
    return f"{of.measured:.2f}{'×' if of.target.peers else ''}"


def _figures(measured: Sequence[Measured]) -> list[str]:
    return [
        "| workload | client | seconds (least–most) | CPU s | server CPU s | MB, largest | MB, all | requests | load |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(each.workload.title, of) for each in measured for of in summaries(each.result)),
    ]


def _row(title: str, of: Summary) -> str:
    return (
        f"| {title} | {of.client} | {of.seconds:.2f} ({of.least:.2f}–{of.most:.2f}) | {of.cpu_seconds:.2f} "
        f"| {of.server_cpu:.2f} | {of.largest_mb:.0f} | {of.memory_mb:.0f} | {of.requests:.3g} | {of.load:.1f} |"
    )


def _origins(measured: Sequence[Measured]) -> list[str]:
    """One line for each machine, versions and day; then what failed."""
    origins: dict[str, list[str]] = {}
    for each in measured:
        facts = [*(f"{name} {value}" for name, value in {**each.machine, **each.versions}.items())]
        rounds = max((of.rounds for of in summaries(each.result)), default=0)
        origin = f"{each.result.date[:10]}, {rounds} round{'s' if rounds != 1 else ''}: {', '.join(facts)}"
        origins.setdefault(origin, []).append(each.workload.name)
    failed = [f"- {each.workload.name}: {what}" for each in measured for what in each.result.failed]
    lines = [f"- {origin}: {', '.join(names)}" for origin, names in origins.items()]
    return ["Measured:", "", *lines, *(["", "Runs that failed or were wrong:", "", *failed] if failed else [])]


RESULTS = KEPT / "results"
PAGE = ROOT / "docs" / "performance.md"
TABLE = KEPT / "table.md"


def keep(measured: Measured) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {"result": measured.result, "machine": measured.machine, "versions": measured.versions}
    (RESULTS / f"{measured.workload.name}.json").write_bytes(msgspec.json.encode(kept))


def kept(workloads: Sequence[Workload]) -> list[Measured]:
    return [_read(each) for each in workloads if (RESULTS / f"{each.name}.json").exists()]


def write(measured: Sequence[Measured], *, to_docs: bool) -> None:
    """The table, and as the page of the documentation, too."""
    TABLE.write_text(page(measured))
    if to_docs:
        PAGE.write_text(page(measured))


def _read(workload: Workload) -> Measured:
    fields: dict[str, Any] = json.loads((RESULTS / f"{workload.name}.json").read_bytes())
    result = msgspec.convert(fields["result"], Result)
    return Measured(workload, result, fields["machine"], fields["versions"])
