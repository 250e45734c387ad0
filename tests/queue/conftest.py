"""Both accounts as the transfers have them."""

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

__all__ = ["by_endpoint", "connections", "journal", "journal_path", "proxied", "proxy", "relay_threads", "world"]
