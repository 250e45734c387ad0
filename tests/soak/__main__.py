"""``python -m tests.soak --minutes N --server ceph|demo``: random runs until the time is over; figures as Markdown."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ceph.accounts import ceph_as_server
from tests.servers.ceph.cluster import CephCluster
from tests.servers.demo import running_demo
from tests.servers.server import S3Server
from tests.servers.surroundings import scratch_surroundings
from tests.soak.model import ViolationError
from tests.soak.steps import Steps, fill
from tests.soak.world import Measure, World

STEPS = 100
"""Of one seed's run, before it settles for the last time."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--server", choices=["ceph", "demo"], default="ceph")
    parser.add_argument("--seed", type=int, help="the first seed, to see a run again; the others follow it")
    parser.add_argument("--runs", type=int, help="end after so many seeds")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of each seed")
    parser.add_argument("--workers", action="store_true", help="the engine has workers copy, too")
    wanted = parser.parse_args()
    first = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(1 << 32)
    figures = Figures(wanted.server)
    with scratch_surroundings() as directory, running(wanted.server, directory) as server:
        os.environ.update(server.environment)
        until = time.monotonic() + wanted.minutes * 60
        for number in range(wanted.runs or sys.maxsize):
            if time.monotonic() > until:
                break
            try:
                home = directory / f"engine-{number}"
                home.mkdir(mode=0o700)
                asyncio.run(one(server, home, first + number, wanted.steps, figures, helped=wanted.workers))
            except ViolationError as violation:
                sys.stdout.write(f"{violation}\n")
                figures.violations += 1
            except Exception:  # noqa: BLE001  # the other seeds are run all the same
                sys.stdout.write(f"seed {first + number}:\n{traceback.format_exc()}\n")
                figures.errors += 1
    sys.stdout.write(figures.as_markdown())
    return 1 if figures.violations or figures.errors else 0


@contextmanager
def running(name: str, directory: Path) -> Iterator[S3Server]:
    """Run the server of that name while the block lasts."""
    if name == "demo":
        with running_demo(directory / "profiles") as (server, _):
            yield server
        return
    with tempfile.TemporaryDirectory() as made:
        cluster = CephCluster.start(Path(made))
        try:
            yield ceph_as_server(cluster, Path(made))
        finally:
            cluster.stop()


async def one(server: S3Server, home: Path, seed: int, steps: int, figures: Figures, *, helped: bool) -> None:
    world = World(server, home, seed, honors_if_match=server.name == "demo", helped=helped)
    await world.open()
    try:
        made = Steps(world, random.Random(seed), kills=seed % 3 != 0)
        fill(world)
        await world.settle()
        for _ in range(steps):
            await made.one()
        await world.settle()
    finally:
        figures.add(world)
        await world.close()


class Figures:
    """What was done in all runs together."""

    def __init__(self, server: str) -> None:
        self.server, self.began = server, time.monotonic()
        self.counts: Counter[str] = Counter()
        self.runs = self.requests = self.violations = self.errors = 0
        self.longest: list[Measure] = []

    def add(self, world: World) -> None:
        self.runs += 1
        self.requests += world.network.requests
        self.counts += world.history.counts
        self.counts["faults"] += world.network.faults
        by_pid = Counter(each.pid for each in world.measures)
        for pid, times in by_pid.most_common(1):
            if times > len(self.longest):
                self.longest = [each for each in world.measures if each.pid == pid]

    def as_markdown(self) -> str:
        counts = self.counts
        orders = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("copy", "move", "delete"))
        first, last = (self.longest[0], self.longest[-1]) if self.longest else (None, None)
        rows = {
            "server": self.server,
            "minutes": f"{(time.monotonic() - self.began) / 60:.1f}",
            "seeds": f"{self.runs:,}",
            "steps": f"{sum(counts[name] for name in counts if not name.startswith(('result-', 'faults'))):,}",
            "orders": orders,
            "objects copied": f"{counts['result-copied']:,}",
            "objects moved": f"{counts['result-moved']:,}",
            "objects deleted": f"{counts['result-deleted']:,}",
            "objects skipped, failed, cancelled": ", ".join(
                f"{counts[f'result-{name}']:,}" for name in ("skipped", "failed", "cancelled")
            ),
            "requests": f"{self.requests:,}",
            "kills (SIGKILL) of the engine, of its workers": f"{counts['kill']:,}, {counts['kill-worker']:,}",
            "faults and expired credentials": f"{counts['faults']:,}",
            "changes of sources and targets by the other program": f"{sum(counts[n] for n in CHANGES):,}",
            "violations (lost, damaged, left behind, not reported)": f"{self.violations:,}",
            "runs that ended with an error in the test": f"{self.errors:,}",
        }
        if first and last:
            rows["memory of the engine that ran longest, first and last measurement"] = (
                f"{first.memory:.0f} MiB, {last.memory:.0f} MiB ({len(self.longest)} measurements)"
            )
            rows["its open file descriptors, first and last measurement"] = f"{first.descriptors}, {last.descriptors}"
        return "\n".join(
            ["| what | count |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), ""]
        )


CHANGES = ("write", "remove", "write-target", "remove-target")

if __name__ == "__main__":
    sys.exit(main())
