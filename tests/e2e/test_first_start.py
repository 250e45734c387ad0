"""The first start, from an empty home: a first account comes in by keys that are typed, and their secret is nowhere."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.terminal import Terminal
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.protocol.process import EngineProcess


def test_typed_keys_connect_from_an_empty_home(demo_server: S3Server, surroundings: Path) -> None:
    keys = demo_server.a
    with Terminal([], dict(os.environ), 100, 30) as terminal:
        terminal.until_shown("Choose an identity for the left pane")
        terminal.until_shown("No accounts yet")
        for words in ("aws configure sso", "xs3-tui --demo", "no config file"):
            terminal.until_shown(words)
        terminal.send("\r")
        terminal.until_shown("session token")
        for text in (keys.access_key, keys.secret_key, "", demo_server.endpoint):
            terminal.send(text + "\t")
        terminal.until_shown(demo_server.endpoint)
        terminal.send(keys.region)
        terminal.send("\r")
        terminal.until_shown("Choose an identity for the right pane")
        terminal.send("\x1b")
        terminal.until_shown("media-prod-assets")
        assert keys.secret_key.encode() not in terminal.output
        for directory, _, names in os.walk(surroundings):
            for name in names:
                path = Path(directory, name)
                assert not path.is_file() or keys.secret_key.encode() not in path.read_bytes(), path
    until_true(lambda: not EngineProcess().running, "the engine has ended, and the keys with it")
