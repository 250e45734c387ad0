"""``python -m tests.bench``: workloads beside peers, then the table; 1 if a run was wrong, never for being slow."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.bench.comparison.clients import machine, versions
from tests.bench.comparison.rounds import measure
from tests.bench.comparison.table import TABLE, Measured, keep, kept, page, write
from tests.bench.comparison.workloads import WORKLOADS, Workload


def main() -> int:
    wanted = _arguments()
    chosen = [_scaled(each, wanted.scale) for each in WORKLOADS if any(is_meant(each, word) for word in wanted.only)]
    if not chosen:
        sys.exit(f"no such workload; there are {', '.join(each.name for each in WORKLOADS)}")
    measured, began = [], time.monotonic()
    for workload in chosen:
        _say(f"{workload.title} ({workload.name}), load {os.getloadavg()[0]:.1f}")
        result = measure(workload, wanted.rounds, _say)
        measured.append(Measured(workload, result, machine(), versions()))
        if wanted.scale == 1:
            keep(measured[-1])
    if wanted.scale == 1:
        write(kept(WORKLOADS), to_docs=wanted.write)
        _say(f"the table of these and earlier runs is {TABLE}")
    _say(page(measured))
    _say(f"This took {(time.monotonic() - began) / 60:.0f} minutes.")
    return 1 if any(each.result.failed for each in measured) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=_words, default=[""], help="names of workloads, or words in names")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the objects or bytes; nothing is kept")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md from the last results of all")
    return parser.parse_args()


def _words(text: str) -> Sequence[str]:
    return text.split(",")


def is_meant(workload: Workload, word: str) -> bool:
    """A whole name means that workload alone."""
    return word == workload.name or (word in workload.name and all(word != each.name for each in WORKLOADS))


def _scaled(workload: Workload, scale: float) -> Workload:
    title = workload.title if scale == 1 else f"{workload.title}, a share of {scale:g}"
    if workload.count == 1:
        return replace(workload, title=title, size=int(workload.size * scale))
    return replace(workload, title=title, count=max(1, int(workload.count * scale)))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
