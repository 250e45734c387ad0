"""One simulated copy: workers take ranges as the cluster's engine hands them out, S3 answers as the model says.

A fluid simulation in steps: within a step each worker does objects at the rate that its processor, its latency, its
bandwidth and the partition of its keys allow. Memory grows with ranges and workers, never with objects.
"""

from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import exp, log
from random import Random
from statistics import fmean

from tests.simulate.service import Machine, Partitions, Service
from tui.features.cluster.worker_pool import MOST_OBJECTS
from tui.stores.split_listing import LEAST

TASK = MOST_OBJECTS
"""Objects of one task: the rest of its range is another one."""
STEPS = 2000
"""About so many steps has a run: in each about the same number of objects is done."""
SAMPLES = 500


Waiting = deque[tuple[float, float]]
"""The ranges that nobody has: places (first, behind the last)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has taken. `refused`: the share of the workers' time in which S3 said 503; `idle`: without a range."""

    objects: int
    workers: int
    seconds: float
    partitions: int
    refused: float
    idle: float
    usd: float = 0.0
    """Of the machines."""


@dataclass(slots=True)
class _Worker:
    place: float = 0.0
    left: float = 0.0
    rest: float = 0.0
    pause: float = 0.0
    """Seconds until the last answers of its task are there."""


def copy(
    objects: int,
    size: int,
    ranges: list[tuple[float, float]],
    workers: int,
    service: Service = Service(),  # noqa: B008  # a frozen value
    machine: Machine = Machine(),  # noqa: B008  # a frozen value
    seed: int = 1,
    *,
    balanced: bool = False,
) -> Result:
    """Copy `objects` of `size` bytes each, cut into `ranges` of places, by so many workers.

    `balanced`: workers without a range get half of what another one has left, as `Balance` of the engine does it.
    """
    random = Random(seed)
    own, tail = _own_rate(size, workers, service, machine, random)
    most = min(service.writes, service.reads)
    waiting: Waiting = deque(ranges)
    crew, partitions = [_Worker() for _ in range(workers)], Partitions(service)
    clock = refused = idle = done = 0.0
    while done < objects - 0.5:
        busy = [each for each in crew if _has_work(each, waiting)]
        if balanced and len(busy) < workers:
            _cut_off(busy, workers - len(busy), waiting)
            busy = [each for each in crew if _has_work(each, waiting)]
        places = [
            min(bisect_left(partitions.ends, (each.place + 1) / objects), len(partitions.ends) - 1) for each in busy
        ]
        asked = Counter(places)
        full = {place: count * own > most for place, count in asked.items()}
        shares = {place: most * service.throttled / asked[place] if over else own for place, over in full.items()}
        step = objects / STEPS / sum(shares[place] for place in places)
        if any(full.values()):
            step = min(step, service.splits_after / 2)
        took = 0.0
        for each, place in zip(busy, places, strict=True):
            copied, used = _work(each, waiting, shares[place], step, tail)
            done += copied
            took = max(took, used)
            refused += full[place] * used
        idle += (workers - len(busy)) * took
        clock += took
        partitions.split_busy([full.get(place, False) for place in range(len(partitions.ends))], took)
    usd = clock / 3600 * workers * machine.per_hour
    worked = clock * workers
    return Result(objects, workers, clock, len(partitions.ends), refused / worked, idle / worked, usd)


def _own_rate(size: int, workers: int, service: Service, machine: Machine, random: Random) -> tuple[float, float]:
    """What a worker does alone, in objects a second, and the latency of the slowest of those that are under way."""
    samples = [exp(random.gauss(log(service.latency), service.spread)) for _ in range(SAMPLES)]
    by_latency = machine.at_once / fmean(samples)
    by_bytes = machine.bandwidth / size if size else float("inf")
    share = machine.shared if workers > 1 else 1.0
    tail = sorted(samples)[-max(1, SAMPLES // machine.at_once)]
    return min(machine.objects * share, by_latency, by_bytes), tail


def _has_work(worker: _Worker, waiting: Waiting) -> bool:
    if not worker.left and not worker.pause and waiting:
        low, high = waiting.popleft()
        worker.place, worker.left, worker.rest = low, min(TASK, high - low), max(0.0, high - low - TASK)
    return bool(worker.left or worker.pause)


def _cut_off(busy: list[_Worker], wanted: int, waiting: Waiting) -> None:
    """So many times half of the largest rest becomes a range."""
    rests = [(-each.left - each.rest, at) for at, each in enumerate(busy)]
    heapify(rests)
    while wanted and rests and -rests[0][0] >= 2 * LEAST:
        whole, each = -rests[0][0], busy[rests[0][1]]
        each.left = min(each.left, whole / 2)
        each.rest = whole / 2 - each.left
        waiting.append((each.place + whole / 2, each.place + whole))
        heapreplace(rests, (-whole / 2, rests[0][1]))
        wanted -= 1


def _work(worker: _Worker, waiting: Waiting, rate: float, seconds: float, tail: float) -> tuple[float, float]:
    """Objects that a worker does in a step, task after task, and how much of the step that took."""
    copied, left = 0.0, seconds
    while left > 1e-12 and _has_work(worker, waiting):
        waited = min(left, worker.pause)
        worker.pause -= waited
        left -= waited
        some = min(rate * left, worker.left)
        copied += some
        left -= some / rate
        worker.place += some
        worker.left -= some
        if worker.left < 1e-6 and some:
            worker.left, worker.pause = 0.0, tail
            if worker.rest >= 1:
                waiting.append((worker.place, worker.place + worker.rest))
                worker.rest = 0.0
    return copied, seconds - max(0.0, left)
