"""The workers of a cluster in words."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.engines import Worker, WorkerState
from tui.text.format import counted, number, rate, size

MOST = 32
"""Workers that are named each; of more, the sum of the others."""


def worker_lines(workers: Sequence[Worker]) -> list[str]:
    """One line for each worker, those in trouble first where there are too many."""
    shown = list(workers)
    if len(shown) > MOST:
        shown = sorted(workers, key=lambda each: each.problem is None)[:MOST]
    lines = [worker_line(each) for each in shown]
    if left := len(workers) - len(shown):
        others = [each for each in workers if each not in shown]
        lines.append(f"{counted(left, 'other worker')}  {rate(sum(each.rate for each in others))}")
    return lines


def worker_line(worker: Worker) -> str:
    """``worker 10.0.0.7:40001  working  1,234 objects  20 MiB  5 MiB/s``, and its latest error."""
    name = worker.name if worker.name in worker.address else f"{worker.name} {worker.address}"
    words = [
        f"worker {name.replace('tls://', '').replace('tcp://', '')}",
        worker.state.value,
        counted(worker.objects, "object"),
        size(worker.bytes) if worker.bytes else "",
        rate(worker.rate) if worker.state is WorkerState.WORKING else "",
        f"{number(worker.failed)} failed" if worker.failed else "",
        worker.problem.sentence() if worker.problem else "",
    ]
    return "  ".join(word for word in words if word)
