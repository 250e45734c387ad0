"""The engine and the buckets of the browser's tests."""

from tests.ui.browser.conftest import buckets, engine

__all__ = ["buckets", "engine"]
