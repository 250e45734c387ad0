"""What is measured, one entry each with its clients, and what is to be reached."""

from dataclasses import dataclass
from enum import Enum

from tests.bench.comparison.clients import Kind
from tests.servers.standin.standin import Layout, Line


class Figure(Enum):
    SPEED = "speed"
    CPU = "CPU"
    MEMORY = "memory of the largest process, MB"
    REQUESTS = "requests an object"


@dataclass(frozen=True, slots=True)
class Target:
    """`ours` against the fastest of `peers`: at least `bound` times its speed, or at most `bound` times its CPU.

    Without peers the figure itself is compared: MEMORY in MB and REQUESTS an object are at most `bound`.
    """

    ours: str
    figure: Figure
    bound: float
    peers: tuple[str, ...] = ()

    def met(self, measured: float) -> bool:
        """Whether a figure or ratio reaches it; a listing's own requests do not count against one an object."""
        if self.figure is Figure.SPEED:
            return measured >= self.bound
        return measured <= self.bound + (0.05 if self.figure is Figure.REQUESTS else 0.0)


OURS = "xs3-tui"
LISTING = ("xs3-tui ls", "xs3-tui engine")
FAST = ("obstore", "rclone, no checks")
CHECKED = ("obstore, SHA-256", "rclone, checksums")
TREE = ("obstore list", "obstore list, by prefix", "rclone lsf", "rclone lsf, fast-list")
FLAT = ("obstore list", "rclone lsf, fast-list")

CONNECTION_MEGABYTES = 90.0
"""A second, of one connection to S3."""


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


def _relay(count: int, latency: int, bound: float) -> Workload:
    return Workload(
        f"relay-{count // 1000}k-{latency}ms",
        f"relay {count:,} × 16 KiB, {latency} ms",
        Kind.RELAY,
        count,
        16 << 10,
        (OURS, *FAST, *CHECKED),
        (
            Target(OURS, Figure.SPEED, bound, FAST),
            Target(OURS, Figure.CPU, 1.0, FAST),
            Target(OURS, Figure.SPEED, 1.5, CHECKED),
            Target(OURS, Figure.REQUESTS, 2),
        ),
        Line(latency),
        at_once=256 if latency else 128,
    )


def _copy(latency: int, bound: float) -> Workload:
    return Workload(
        f"copy-{latency}ms",
        f"server-side copy of 5,000, {latency} ms",
        Kind.COPY,
        5000,
        16 << 10,
        (OURS, "s5cmd", "rclone, no checks"),
        (Target(OURS, Figure.SPEED, bound, ("s5cmd",)), Target(OURS, Figure.REQUESTS, 1)),
        Line(latency),
        at_once=256,
    )


def _large(name: str, title: str, bound: float, line: Line, *, at_once: int, tls: bool = False) -> Workload:
    return Workload(
        f"large-{name}",
        f"relay one 4 GiB object, {title}",
        Kind.LARGE,
        1,
        4 << 30,
        (OURS, "obstore", "rclone, no checks"),
        (
            Target(OURS, Figure.SPEED, bound, ("obstore",)),
            Target(OURS, Figure.SPEED, 2.5, ("rclone, no checks",)),
            Target(OURS, Figure.MEMORY, 128),
        ),
        line,
        at_once=at_once,
        tls=tls,
    )


def _list(latency: int, layout: Layout, bound: float, peers: tuple[str, ...]) -> Workload:
    return Workload(
        f"list-{layout.value}-{latency}ms",
        f"list 1,000,000 keys, {layout.value}, {latency} ms",
        Kind.LIST,
        1_000_000,
        16 << 10,
        (*LISTING, *peers),
        tuple(Target(ours, Figure.SPEED, bound, peers) for ours in LISTING),
        Line(latency),
        layout,
        at_once=64,
    )


WORKLOADS = (
    _relay(5000, 0, 1.0),
    _relay(5000, 20, 1.2),
    _relay(50_000, 0, 1.0),
    _relay(50_000, 20, 1.2),
    _copy(0, 1.5),
    _copy(20, 1.3),
    _large("plain", "plain", 0.8, Line(), at_once=8),
    _large("tls", "TLS", 0.9, Line(), at_once=8, tls=True),
    _large("slow", "20 ms, 90 MB/s a connection", 1.2, Line(20, CONNECTION_MEGABYTES), at_once=16),
    _list(0, Layout.TREE, 2, (*TREE, "s5cmd")),
    _list(20, Layout.TREE, 3, TREE),
    _list(20, Layout.FLAT, 8, FLAT),
    _list(80, Layout.TREE, 4, TREE),
)
