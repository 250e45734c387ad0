"""This machine's file system as a store: the bucket ``/``, keys that are paths without their leading ``/``."""

from tui.stores.local.store import LocalStore

__all__ = ["LocalStore"]
