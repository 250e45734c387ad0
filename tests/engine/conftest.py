"""Sessions with real engines, as the tests of the link have them."""

from tests.link.conftest import engine_process, session

__all__ = ["engine_process", "session"]
