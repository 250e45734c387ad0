"""As in the browser: an engine on the demo, and screens that keep still."""

from tests.browser.conftest import buckets, engine, still, unfrozen

__all__ = ["buckets", "engine", "still", "unfrozen"]
