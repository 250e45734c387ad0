"""What features share with the browser, the commands and transfers."""

from tests.browser.conftest import buckets, engine, still, unfrozen
from tests.cli.conftest import bench, demo_environment, lasting_engine, run
from tests.transfers.conftest import (
    by_endpoint,
    connections,
    journal,
    journal_path,
    proxied,
    proxy,
    relay_threads,
    world,
)

__all__ = [
    "bench",
    "buckets",
    "by_endpoint",
    "connections",
    "demo_environment",
    "engine",
    "journal",
    "journal_path",
    "lasting_engine",
    "proxied",
    "proxy",
    "relay_threads",
    "run",
    "still",
    "unfrozen",
    "world",
]
