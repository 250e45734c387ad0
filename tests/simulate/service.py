"""The model of S3: request rates by partition, latency, 503.

Documented (Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance"): 3,500 PUT, COPY,
POST or DELETE and 5,500 GET or HEAD requests a second for each partitioned prefix, 503 SlowDown above, and more
partitions as load lasts, gradually. Everything else here is an assumption.
"""

from dataclasses import dataclass

from tui.core.estimates import PREFIX_WRITES

PREFIX_READS = 5500


@dataclass(frozen=True, slots=True)
class Service:
    """What S3 takes. Rates in requests a second, times in seconds."""

    writes: float = PREFIX_WRITES
    reads: float = PREFIX_READS
    partitions: int = 1
    """That a bucket begins with."""
    splits_after: float = 600.0
    """A partition that is at its rate for so long is split in two. An assumption: AWS says "gradually"."""
    most_partitions: int = 1024
    """An assumption: AWS names no bound."""
    throttled: float = 0.85
    """The share of a partition's rate that clients get out of it who are told 503 and back off. An assumption."""
    latency: float = 0.045
    """The median of one object: a GET and a PUT of some KiB in one region. An assumption."""
    spread: float = 0.5
    """The standard deviation of the logarithm of the latency. An assumption."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A worker. Rates in objects and bytes a second."""

    objects: float = 1700.0
    """That its processor relays: `make bench`, 50,000 objects of 16 KiB (docs/performance.md)."""
    bandwidth: float = 1.25e9
    """10 Gbit/s."""
    at_once: int = 64
    """Objects under way."""
    per_hour: float = 0.09
    """USD: about a c7i.large, on demand, us-east-1. From memory."""
    shared: float = 0.9
    """What two and more workers get done of it each: handing out ranges takes the rest. An assumption."""


class Partitions:
    """The partitions of one bucket, each a stretch of its keys between 0 and 1; busy ones are split in two."""

    def __init__(self, service: Service) -> None:
        self._service = service
        count = service.partitions
        self.ends = [(at + 1) / count for at in range(count)]
        self._busy = [0.0] * count

    def split_busy(self, at_rate: list[bool], seconds: float) -> None:
        """Time passes: `at_rate` says which partitions had as many requests as they take."""
        ends, busy = list[float](), list[float]()
        low = 0.0
        for end, before, full in zip(self.ends, self._busy, at_rate, strict=True):
            lasted = before + seconds if full else 0.0
            if (
                lasted >= self._service.splits_after
                and len(self.ends) + len(ends) - len(busy) < self._service.most_partitions
            ):
                ends.append((low + end) / 2)
                busy.append(0.0)
                lasted = 0.0
            ends.append(end)
            busy.append(lasted)
            low = end
        if len(ends) <= self._service.most_partitions:
            self.ends, self._busy = ends, busy
