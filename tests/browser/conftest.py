"""What the tests of the screen share: an engine on the demo, a bucket of each account, and screens that keep still."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.browser.passing import Buckets
from tests.engines import session_in
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tui.link.session import EngineSession


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """The app freezes what it has imported, once in a process; of many apps in one process each would stay for ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "freeze", lambda: None)
        yield


@pytest.fixture(autouse=True)
def still() -> Iterator[None]:
    """No cursor blinks: a picture that is taken late on a busy machine would be without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Input.cursor_blink, "_default", False)
        yield


@pytest.fixture
async def engine(demo_server: S3Server, surroundings: Path) -> AsyncIterator[EngineSession]:
    async with session_in(demo_server.environment) as session:
        yield session


@pytest.fixture
def buckets(demo_server: S3Server, engine: EngineSession) -> Iterator[Buckets]:
    with fresh_bucket(demo_server, demo_server.a) as a, fresh_bucket(demo_server, demo_server.b) as b:
        client = demo_server.client(demo_server.a)
        for key in ("one.txt", "two.txt", "three.bin", "sub/four.txt", "sub/deep/five.txt"):
            client.put_object(Bucket=a, Key=key, Body=key.encode())
        demo_server.client(demo_server.b).put_object(Bucket=b, Key="in/seed.txt", Body=b"seed")
        yield Buckets(demo_server, a, b, engine)
