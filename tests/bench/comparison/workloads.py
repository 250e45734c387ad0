"""What is measured, one entry each with its clients, and what is to be reached: `WORKLOADS` has all bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tests.bench.comparison import clients
from tests.bench.comparison.clients import Kind
from tests.servers.standin.standin import Layout, Line, Traits


class Figure(Enum):
    SPEED = "speed"
    SECONDS = "seconds"
    CPU = "CPU, ms an object"
    MEMORY = "memory of the largest process, MB"
    TOGETHER = "memory of all together, MB"
    REQUESTS = "requests an object"


@dataclass(frozen=True, slots=True)
class Target:
    """SPEED of `ours` is at least `bound` times that of the fastest of `peers`; any other figure is at most `bound`."""

    ours: str
    figure: Figure
    bound: float
    peers: tuple[str, ...] = ()

    def met(self, measured: float) -> bool:
        """Whether a figure or ratio reaches it; a listing's own requests do not count against one an object."""
        if self.figure is Figure.SPEED:
            return measured >= self.bound
        return measured <= self.bound + (0.05 if self.figure is Figure.REQUESTS else 0.0)


OURS, LS = "xs3-tui", "xs3-tui ls"
WARM, FIRST, LS_WARM = OURS + clients.WARM, OURS + clients.FIRST, LS + clients.WARM
FAST = ("obstore", "rclone, no checks")
CHECKED = ("obstore, SHA-256", "rclone, checksums")
TOLD = "obstore list, by prefix"
"""It is told the prefixes, which the others have to find: no ratio is against it."""

LARGEST_MB, TOGETHER_MB = 128, 256

CONNECTION_MEGABYTES = 90.0
"""A second, of one connection to S3."""
SLOW = Line(20, CONNECTION_MEGABYTES)
NO_TAGS = Traits("unknown")
"""Neither AWS's nor Ceph's: what it keeps and counts is not known, and without tags it does not show it either."""
TAGS = Traits("unknown", tagged=100)
UNPROVEN = Traits("unknown", unproven=True)


@dataclass(frozen=True, slots=True)
class Workload:
    """`count` objects of `size` bytes, over a line; `at_once` is what the peers that must be told are best with."""

    name: str
    title: str
    kind: Kind
    count: int
    size: int
    clients: tuple[str, ...]
    targets: tuple[Target, ...]
    line: Line = Line()  # noqa: RUF009  # reason: it is frozen
    layout: Layout = Layout.FLAT
    at_once: int = 128
    tls: bool = False
    traits: Traits = Traits()  # noqa: RUF009  # reason: it is frozen


def _memory(*ours: str) -> tuple[Target, ...]:
    bounds = ((Figure.MEMORY, LARGEST_MB), (Figure.TOGETHER, TOGETHER_MB))
    return tuple(Target(each, figure, bound) for each in ours for figure, bound in bounds)


def _small(
    kind: Kind,
    count: int,
    latency: int,
    speeds: Mapping[str, float],
    *,
    traits: Traits = Traits(),  # noqa: B008  # reason: it is frozen
    cpu: float | None = None,
) -> Workload:
    """Copies of `count` small objects. `speeds`: the targets by client; `cpu`: milliseconds an object."""
    relay = kind is Kind.RELAY
    name, words = {NO_TAGS: ("-unknown", ", unknown server"), TAGS: ("-unknown-tags", ", unknown server, tags")}.get(
        traits, ("", "")
    )
    title = f"relay {count:,} × 16 KiB" if relay else f"server-side copy of {count:,}"
    more = count > 5000
    peers = (FAST[:1] if more else FAST) if relay else ("s5cmd",)
    shown = () if more or words else CHECKED if relay else FAST[1:]
    return Workload(
        f"{kind.value}-{count // 1000}k-{latency}ms{name}",
        f"{title}, {latency} ms{words}",
        kind,
        count,
        16 << 10,
        (*speeds, *((FIRST,) if words else ()), *peers, *shown),
        (
            *(Target(ours, Figure.SPEED, bound, peers) for ours, bound in speeds.items()),
            Target(OURS, Figure.REQUESTS, 2 if relay else 1),
            *((Target(OURS, Figure.CPU, cpu),) if cpu else ()),
            *_memory(OURS),
        ),
        Line(latency),
        at_once=256 if latency or not relay else 128,
        traits=traits,
    )


def _large(
    name: str,
    title: str,
    bound: float,
    rclone: float | None,
    *,
    line: Line = Line(),  # noqa: B008  # reason: it is frozen
    traits: Traits = Traits(),  # noqa: B008  # reason: it is frozen
    tls: bool = False,
) -> Workload:
    """One large relay. `rclone`: how many times faster than rclone it is to be; None: rclone is not asked."""
    peers = (("obstore", bound), *((("rclone, no checks", rclone),) if rclone else ()))
    return Workload(
        f"large-{name}",
        f"relay one 4 GiB object, {title}",
        Kind.LARGE,
        1,
        4 << 30,
        (OURS, *(peer for peer, _ in peers)),
        (*(Target(OURS, Figure.SPEED, times, (peer,)) for peer, times in peers), *_memory(OURS)),
        line,
        at_once=16 if line.latency_ms else 8,
        tls=tls,
        traits=traits,
    )


def _list(latency: int, layout: Layout, bound: float, peer: str) -> Workload:
    return Workload(
        f"list-{layout.value}-{latency}ms",
        f"list 1,000,000 keys, {layout.value}, {latency} ms",
        Kind.LIST,
        1_000_000,
        16 << 10,
        (LS, peer, *((TOLD,) if layout is Layout.TREE else ())),
        (Target(LS, Figure.SPEED, bound, (peer,)), *_memory(LS)),
        Line(latency),
        layout,
        at_once=64,
    )


LS_5K = Workload(
    "ls-5k",
    "ls of 5,000 keys",
    Kind.LIST,
    5000,
    16 << 10,
    (LS, LS_WARM, "rclone lsf", "s5cmd"),
    (Target(LS, Figure.SECONDS, 0.45), Target(LS_WARM, Figure.SECONDS, 0.20), *_memory(LS, LS_WARM)),
)

WORKLOADS = (
    _small(Kind.RELAY, 5000, 0, {OURS: 0.85, WARM: 1.1}),
    _small(Kind.RELAY, 5000, 20, {OURS: 0.85, WARM: 1.1}),
    _small(Kind.RELAY, 50_000, 0, {OURS: 1.2}, cpu=0.25),
    _small(Kind.RELAY, 50_000, 20, {OURS: 1.2}, cpu=0.25),
    _small(Kind.RELAY, 5000, 0, {OURS: 0.9}, traits=NO_TAGS),
    _small(Kind.RELAY, 5000, 0, {OURS: 0.9}, traits=TAGS),
    _small(Kind.COPY, 5000, 0, {OURS: 0.8}),
    _small(Kind.COPY, 5000, 20, {OURS: 0.8}),
    _small(Kind.COPY, 50_000, 0, {OURS: 1.2}, cpu=0.15),
    _small(Kind.COPY, 5000, 0, {OURS: 0.6}, traits=NO_TAGS),
    _small(Kind.COPY, 5000, 0, {OURS: 0.6}, traits=TAGS),
    _large("plain", "plain", 0.6, 2.0),
    _large("tls", "TLS", 0.9, 1.8, tls=True),
    _large("slow", "20 ms, 90 MB/s a connection", 1.1, 2.5, line=SLOW),
    _large("unproven", "parts prove nothing", 0.5, None, traits=UNPROVEN),
    _large("unproven-slow", "parts prove nothing, 20 ms, 90 MB/s a connection", 0.7, None, line=SLOW, traits=UNPROVEN),
    _list(0, Layout.TREE, 1.45, "obstore list"),
    _list(20, Layout.TREE, 3.3, "rclone lsf"),
    _list(20, Layout.FLAT, 10.9, "obstore list"),
    LS_5K,
)
