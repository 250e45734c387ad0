"""How fast the engines are: what was measured, what AWS documents, and what is assumed where neither says anything."""

from __future__ import annotations

from msgspec import Struct

from tui.model.plan import Pace

PREFIX_WRITES = 3500
"""PUT, COPY, POST and DELETE requests per second of one partitioned prefix.

Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance".
"""

BATCH_SLOWEST, BATCH_FASTEST = 500.0, float(PREFIX_WRITES)
"""Objects per second of one job.

AWS documents no rate for a job: its copies come under the request rates of the prefixes that it reads and writes. The
upper figure is what one partitioned prefix takes; S3 splits busy prefixes, so a long job may get beyond it. The lower
one is an assumption of ours.
"""

BATCH_START = (60.0, 1800.0)
"""Seconds until a job works on its first object: S3 reads the manifest, the user confirms. An assumption of ours."""

MANIFEST_KEYS = 250_000.0
"""Keys per second that are listed and written into a manifest: `make bench` lists 300,000 (docs/performance.md)."""

USUAL_PACE = Pace(copies=2500.0, relays=1700.0, relayed=600.0 * 2**20)
"""Of one machine where nothing was measured: `make bench` on 2 cores, a server on loopback (docs/performance.md).

5,000 objects by CopyObject in 2.0 s, 50,000 relayed objects of 16 KiB in 29.5 s, 4 GiB relayed over TLS in 6.8 s.
"""

SMALL = 1 << 20
"""Objects are small up to this mean size, in bytes: their number takes the time, else their bytes."""

WORKERS_SHARE = 0.9
"""What a worker of a cluster gets done beside what one machine does alone: handing out ranges takes the rest.

An assumption of ours for the estimates; what was measured is in docs/scale.md.
"""


class Rate(Struct, frozen=True):
    """Objects and bytes per second. `bytes` None: they do not pass this machine."""

    objects: float
    bytes: float | None
    measured: bool

    def seconds(self, objects: int, size: int) -> float:
        """How long so many objects with so many bytes take."""
        by_bytes = size / self.bytes if self.bytes else 0.0
        return max(objects / self.objects, by_bytes)

    def times(self, factor: float) -> Rate:
        """The rate of so many such machines."""
        return Rate(self.objects * factor, self.bytes * factor if self.bytes else None, self.measured)


def rate(pace: Pace, *, server_side: bool) -> Rate:
    """The rate of one machine: as measured, else as usual."""
    usual = USUAL_PACE
    if server_side:
        return Rate(pace.copies or usual.copies or 1.0, None, pace.copies is not None)
    return Rate(
        pace.relays or usual.relays or 1.0,
        pace.relayed or usual.relayed,
        pace.relays is not None or pace.relayed is not None,
    )
