"""Results as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.comparison.figures import Summary, Verdict, summaries, verdict
from tests.bench.comparison.rounds import Result
from tests.bench.comparison.targets import Figure
from tests.bench.comparison.workloads import Workload

INTRODUCTION = Path(__file__).with_name("introduction.md").read_text()


@dataclass(frozen=True, slots=True)
class Measured:
    """A workload's result, the machine and the versions it was measured on."""

    workload: Workload
    result: Result
    machine: Mapping[str, str]
    versions: Mapping[str, str]

    def verdicts(self) -> list[Verdict]:
        """One of each target."""
        return [verdict(self.result, target) for target in self.workload.targets]


def page(measured: Sequence[Measured]) -> str:
    """The whole page: targets, figures, and on what they were measured."""
    return "\n".join([INTRODUCTION, *_targets(measured), "", *_figures(measured), "", *_origins(measured), ""])


def as_json(measured: Sequence[Measured]) -> dict[str, Any]:
    """The same, and every run."""
    return {
        each.workload.name: {
            "title": each.workload.title,
            "date": each.result.date,
            "objects": each.result.count,
            "machine": dict(each.machine),
            "versions": dict(each.versions),
            "targets": [_target_json(of) for of in each.verdicts()],
            "clients": [asdict(of) for of in summaries(each.result)],
            "runs": [asdict(of) for of in each.result.runs],
            "failed": each.result.failed,
        }
        for each in measured
    }


def _target_json(of: Verdict) -> dict[str, Any]:
    return {
        "client": of.target.ours,
        "figure": of.target.figure.value,
        "against": of.against,
        "peers": list(of.target.peers),
        "target": of.target.bound,
        "measured": of.measured,
        "met": of.met,
    }


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


def _bound(of: Verdict) -> str:
    sign = "≥" if of.target.figure is Figure.SPEED else "≤"
    return f"{sign} {of.target.bound:g}{'×' if of.target.peers else ''}"


def _figure(of: Verdict) -> str:
    if of.measured is None:
        return "–"
    if of.target.figure is Figure.MEMORY:
        return f"{of.measured:.0f}"
    return f"{of.measured:.2f}{'×' if of.target.peers else ''}"


def _figures(measured: Sequence[Measured]) -> list[str]:
    return [
        "| workload | client | seconds (least–most) | CPU s | server CPU s | memory MB | requests an object | load |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(each.workload.title, of) for each in measured for of in summaries(each.result)),
    ]


def _row(title: str, of: Summary) -> str:
    return (
        f"| {title} | {of.client} | {of.seconds:.2f} ({of.least:.2f}–{of.most:.2f}) | {of.cpu_seconds:.2f} "
        f"| {of.server_cpu:.2f} | {of.memory_mb:.0f} | {of.requests:.3g} | {of.load:.1f} |"
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
