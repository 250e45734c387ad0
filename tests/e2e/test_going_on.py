"""A session begins where the last one ended, and bookmarks lead to where both panes were, in a real terminal."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.servers.server import S3Server

ASSETS, LANDING = "s3://media-prod-assets/video/", "s3://analytics-landing/"


@pytest.fixture
def environment(demo_server: S3Server, surroundings: Path) -> dict[str, str]:
    return {**os.environ, **demo_server.environment}


def quit_app(terminal: Terminal) -> None:
    terminal.send("q")
    assert terminal.until_ended() == 0


def test_the_next_start_and_a_bookmark_lead_back(environment: dict[str, str], surroundings: Path) -> None:
    named = ["--left", "media-prod", "--right", "analytics", ASSETS, LANDING]
    with Terminal(named, environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob")
        terminal.until_shown("2026/")
        terminal.send("b")
        terminal.until_shown("No bookmarks yet")
        terminal.send("a")
        terminal.until_shown("Name of the bookmark")
        terminal.send("both of them\r")
        terminal.until_gone("Name of the bookmark")
        terminal.until_shown("both of them")
        terminal.send("\x1b")
        terminal.until_gone("both of them")
        quit_app(terminal)
    for file in (surroundings / "data/xs3-tui/bookmarks.json", surroundings / "state/xs3-tui/last.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Terminal([], environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob")
        terminal.until_shown("2026/")
        terminal.send("\x7f\x7f")  # up twice, away from there
        terminal.until_gone("2026/")
        terminal.send("b")
        terminal.until_shown("both of them")
        terminal.send("\r")
        terminal.until_shown("2026/")
        quit_app(terminal)
    with Terminal(["--no-restore"], environment, 120, 40) as terminal:
        terminal.until_shown("Choose an identity for the left pane")
        terminal.send("\x1b")
        terminal.until_shown("Choose an identity for the right pane")


def test_a_demo_leaves_no_trace_of_itself(environment: dict[str, str], surroundings: Path) -> None:
    with Terminal(["--demo"], environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob")
        terminal.send("b")
        terminal.until_shown("No bookmarks yet")
        terminal.send("a")
        terminal.until_shown("Name of the bookmark")
        terminal.send("of the demo\r")
        terminal.until_gone("Name of the bookmark")
        terminal.until_shown("of the demo")
        terminal.send("\x1b")
        terminal.until_gone("of the demo")
        quit_app(terminal)
    assert not list(surroundings.rglob("last.json"))
    assert not list(surroundings.rglob("bookmarks.json"))
